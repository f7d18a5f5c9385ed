//! Makes room: segments in which little lives are rewritten, which means that what lives in them is written again at
//! the end of the journal, and then they are removed.
//!
//! What must hold at every moment: replaying all segments there are into an empty index gives the index there is.
//! So a put is written again if its segment holds the present value; a delete, as long as an older segment may hold
//! a put of its key; and a body together with the way to it, wherever its pieces are.

mod choose;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use mailbox::{BodyHash, Fault};

use crate::body;
use crate::change::{Change, ChangeReader};
use crate::committer::Committer;
use crate::encoding::octets_of;
use crate::location::{Extent, Location};
use crate::moves::{Destination, Moves, STEP_KEYS};
use crate::queue::Brings;
use crate::record::{Header, Kind};
use crate::salvage::Salvage;
use crate::scan::{Scanner, Step};
use crate::seal::{Sealed, Sealer};
use crate::segment::Retired;
use crate::store::Store;

/// One step reads at most about so many octets, and moves at most about as many.
const STEP_OCTETS: u64 = 1 << 20;

/// What one step of rewriting did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewriting {
    /// No segment is worth it.
    Nothing,
    /// Some of this segment was looked at or moved; there is more.
    Working {
        /// The number of the segment.
        segment: u32,
    },
    /// This segment is gone.
    Removed {
        /// The number of the segment.
        segment: u32,
    },
}

/// The rewriting of a store: which segment is at work, and what is known of the others.
#[derive(Debug, Default)]
pub(crate) struct Rewriter {
    work: Mutex<Work>,
}

#[derive(Debug, Default)]
struct Work {
    job: Option<Job>,
    /// Segments that could not be rewritten, while this one was the oldest.
    failed: BTreeSet<u32>,
    oldest: u32,
    /// How many octets of deletes segments hold that must stay because of older segments.
    deletes: BTreeMap<u32, u64>,
    /// How long each closed segment is.
    lengths: BTreeMap<u32, u64>,
    /// What lived at most in segments that hold what was written again. What else is in them is what it takes to write it, and
    /// would be there again: on a full disk the same would be written again and again for nothing.
    full: BTreeMap<u32, u64>,
    /// A segment that was closed early for this.
    closed_early: Option<u32>,
    /// How often in a row that was in vain.
    in_vain: u32,
}

/// One segment being rewritten.
#[derive(Debug)]
struct Job {
    segment: u32,
    /// Whether older segments may hold puts of keys that this one deletes.
    is_oldest: bool,
    scanner: Scanner,
    phase: Phase,
    /// The segment that was written to when it began.
    began_at: u32,
    /// What lives, in octets.
    live: u64,
    /// Octets that would have to be written again.
    needed: u64,
    /// When more than this would have to be written again, in percent, it is not worth it.
    below_percent: u64,
    has_chunks: bool,
    /// Bodies that lie in chunks of this segment.
    in_chunks: Vec<BodyHash>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Finding out how much would have to be written again.
    Weighing,
    /// Writing again what the records hold.
    Moving,
    /// Writing again what lies in chunks.
    MovingChunks,
}

impl Store {
    /// Does a bounded piece of rewriting. To be called again and again as long as it is not `Nothing`, and then
    /// every few minutes. Waits for the disk.
    pub fn rewrite_step(&self) -> Result<Rewriting, Fault> {
        if let Some(fault) = self.failure() {
            return Err(fault);
        }
        let mut work = self.rewriter().work.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut job) =
            work.job.take().map_or_else(|| self.choose(&mut work), |job| Ok(Some(job)))?
        else {
            return Ok(Rewriting::Nothing);
        };
        let segment = job.segment;
        let done = match job.phase {
            Phase::Weighing => self.weigh_some(&mut job),
            Phase::Moving => self.move_some(&mut job),
            Phase::MovingChunks => self.move_chunk_body(&mut job),
        };
        if done.is_err() && !self.shared().lacks_room() {
            // A damaged segment stays as it is, and does not keep others from being rewritten.
            work.failed.insert(segment);
        }
        match done? {
            Done::Part => work.job = Some(job),
            Done::NotWorthIt => work.not_worth_it(&job),
            Done::All => {
                self.checkpoint()?;
                let retired =
                    self.errand(move |committer| Ok(committer.retire_segment(segment)))?;
                if retired == Retired::Yes {
                    // Removing a file of this length takes long: not where others wait.
                    self.shared().segments.remove_retired(segment)?;
                    self.shared().counting.segments_rewritten.add(1);
                    work.removed(segment);
                    let live = self.errand(|committer| Ok(committer.live.clone()))?;
                    let numbers = self.shared().segments.numbers();
                    for number in numbers.into_iter().filter(|number| *number >= job.began_at) {
                        work.full.insert(number, live.of(number));
                    }
                    return Ok(Rewriting::Removed { segment });
                }
                work.failed.insert(segment);
            }
        }
        Ok(Rewriting::Working { segment })
    }

    /// Adds to what lives the deletes that would have to be written again. Else a segment full of deletes would be
    /// rewritten for ever.
    fn weigh_some(&self, job: &mut Job) -> Result<Done, Fault> {
        let view = self.shared().view();
        let mut read = 0_u64;
        while let Some(record) = job.next_record()? {
            read = read.saturating_add(octets_of(record.payload));
            for change in record.changes() {
                if let Change::Delete(key) = change
                    && !record.is_oldest
                    && view.key(key)?.is_none()
                {
                    *record.needed = record.needed.saturating_add(octets_of(key)).saturating_add(4);
                }
            }
            if read >= STEP_OCTETS {
                return Ok(Done::Part);
            }
        }
        let is_too_full = percent_of(job.needed, job.scanner.file_octets()) >= job.below_percent;
        if is_too_full || job.needed > self.room_to_rewrite()? {
            return Ok(Done::NotWorthIt);
        }
        // Bodies in chunks are looked up in the index.
        self.checkpoint()?;
        job.start_over(Phase::Moving);
        Ok(Done::Part)
    }

    /// Writes again what some records hold.
    fn move_some(&self, job: &mut Job) -> Result<Done, Fault> {
        let mut moves = Moves::new(job.segment);
        let mut read = 0_u64;
        let mut over = true;
        let mut bodies = Vec::new();
        let view = self.shared().view();
        while let Some(record) = job.next_record()? {
            read = read.saturating_add(octets_of(record.payload));
            for change in record.changes() {
                match change {
                    Change::Put(key, _) => {
                        let slot = view.key(key)?;
                        if slot.is_some_and(|slot| slot.segment == record.segment) {
                            moves.puts.push(key.to_vec());
                        }
                    }
                    Change::Delete(key) => {
                        if !record.is_oldest && view.key(key)?.is_none() {
                            moves.deletes.push(key.to_vec());
                        }
                    }
                    Change::Body(hash, location) => {
                        if view.location(&hash)?.as_deref() == Some(&location) {
                            bodies.push(hash);
                        }
                    }
                }
            }
            if read >= STEP_OCTETS {
                over = false;
                break;
            }
        }
        for hash in bodies {
            self.move_body(job.segment, &hash, &mut moves)?;
        }
        self.carry_out(moves)?;
        if !over {
            return Ok(Done::Part);
        }
        if job.has_chunks {
            let segment = job.segment;
            job.in_chunks = self.shared().visible.base().bodies_in(segment)?;
            job.start_over(Phase::MovingChunks);
            return Ok(Done::Part);
        }
        Ok(Done::All)
    }

    /// Writes again one of the bodies that lie in chunks.
    fn move_chunk_body(&self, job: &mut Job) -> Result<Done, Fault> {
        let Some(hash) = job.in_chunks.pop() else { return Ok(Done::All) };
        let mut moves = Moves::new(job.segment);
        self.move_body(job.segment, &hash, &mut moves)?;
        self.carry_out(moves)?;
        Ok(Done::Part)
    }

    fn carry_out(&self, moves: Moves) -> Result<(), Fault> {
        for moves in moves.in_steps() {
            self.errand(move |committer| committer.carry_out(&moves))?;
        }
        Ok(())
    }

    /// Prepares the moving of a body, if it has to be moved.
    fn move_body(&self, segment: u32, hash: &BodyHash, moves: &mut Moves) -> Result<(), Fault> {
        let Some(location) = self.shared().view().location(hash)? else { return Ok(()) };
        let here = location.extents.iter().any(|extent| extent.segment == segment);
        let chunk_octets = u64::try_from(self.shared().options.chunk_octets).unwrap_or(u64::MAX);
        let destination = if !here {
            // Only the way to it is in this segment.
            Destination::Same
        } else if location.octets <= chunk_octets.min(STEP_OCTETS) {
            Destination::Here(self.read_all(hash, &location, 0, location.octets)?)
        } else {
            Destination::Chunks(self.copy_in_chunks(hash, &location, chunk_octets)?)
        };
        moves.bodies.push((*hash, (*location).clone(), destination));
        // Bodies are what makes moves large; what has been collected so far need not wait for more.
        if moves.octets() >= STEP_OCTETS || moves.bodies.len() >= STEP_KEYS {
            let full = std::mem::replace(moves, Moves::new(segment));
            self.carry_out(full)?;
        }
        Ok(())
    }

    fn read_all(
        &self,
        hash: &BodyHash,
        location: &Location,
        begin: u64,
        end: u64,
    ) -> Result<bytes::Bytes, Fault> {
        body::read(&self.shared().segments, hash, location, begin..end)?
            .ok_or_else(|| Fault::new(format!("body {hash} lies in a segment that is not there")))
    }

    /// Copies a large body to the end of the journal. The copy counts once it is located there.
    fn copy_in_chunks(
        &self,
        hash: &BodyHash,
        location: &Location,
        chunk_octets: u64,
    ) -> Result<Vec<Extent>, Fault> {
        let mut extents = Vec::new();
        let mut begin = 0_u64;
        while begin < location.octets {
            let end = begin.saturating_add(chunk_octets).min(location.octets);
            let octets = self.read_all(hash, location, begin, end)?;
            extents
                .push(self.errand(move |committer: &mut Committer| committer.add_chunk(&octets))?);
            begin = end;
        }
        Ok(extents)
    }
}

fn percent_of(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(100)
}

enum Done {
    Part,
    All,
    NotWorthIt,
}

/// A batch record of the segment at work, with what is needed to judge it.
struct JobRecord<'a> {
    segment: u32,
    is_oldest: bool,
    header: Header,
    payload_offset: u64,
    payload: &'a [u8],
    needed: &'a mut u64,
}

impl<'a> JobRecord<'a> {
    fn changes(&self) -> Box<dyn Iterator<Item = Change<'a>> + 'a> {
        let (segment, offset) = (self.segment, self.payload_offset);
        if self.header.kind != Kind::Gap {
            let encoding = self.header.encoding;
            return Box::new(ChangeReader::new(self.payload, encoding, segment, offset));
        }
        let salvage = |kind| {
            let sealer = Sealer::new(segment, self.header.salt, kind);
            Salvage::new(self.payload, segment, offset, sealer)
        };
        Box::new(salvage(Sealed::InBatch).chain(salvage(Sealed::InPart)))
    }
}

impl Job {
    fn new(
        (segment, live): (u32, u64),
        began_at: u32,
        is_oldest: bool,
        below_percent: u64,
        scanner: Scanner,
    ) -> Job {
        Job {
            segment,
            is_oldest,
            scanner,
            phase: Phase::Weighing,
            began_at,
            live,
            needed: live,
            below_percent,
            has_chunks: false,
            in_chunks: Vec::new(),
        }
    }

    fn start_over(&mut self, phase: Phase) {
        self.phase = phase;
        self.scanner.start_over();
    }

    /// The next batch of the segment. Something unreadable stops the rewriting: the segment stays as it is.
    fn next_record(&mut self) -> Result<Option<JobRecord<'_>>, Fault> {
        loop {
            let kind = match self.scanner.peek_kind()? {
                Some(kind) => kind,
                None => return self.at_end().map(|()| None),
            };
            match kind {
                // A part without a whole holds nothing that is current.
                Kind::Batch | Kind::Part => break,
                // Bodies may lie in it of which the ways are elsewhere.
                Kind::Gap => {
                    self.has_chunks = true;
                    break;
                }
                Kind::Chunk => self.has_chunks = true,
                Kind::Open | Kind::Seal | Kind::Whole => {}
            }
            if !matches!(self.scanner.step()?, Step::Record(_)) {
                return Err(damaged(self.segment));
            }
        }
        match self.scanner.step()? {
            Step::Record(record) => Ok(Some(JobRecord {
                segment: self.segment,
                is_oldest: self.is_oldest,
                header: record.header,
                payload_offset: record.payload_offset,
                payload: record.payload,
                needed: &mut self.needed,
            })),
            Step::End | Step::Bad(_) => Err(damaged(self.segment)),
        }
    }

    fn at_end(&mut self) -> Result<(), Fault> {
        match self.scanner.step()? {
            Step::End => Ok(()),
            Step::Record(_) | Step::Bad(_) => Err(damaged(self.segment)),
        }
    }
}

fn damaged(segment: u32) -> Fault {
    Fault::new(format!("segment {segment} of the journal is damaged; run `correio check`"))
}

impl Committer {
    /// Puts a piece of a body at the end of the journal. It needs no sync: locating it brings one.
    fn add_chunk(&mut self, octets: &[u8]) -> Result<Extent, Fault> {
        let mut extent = None;
        let written = self.with_reserve(Brings::Room, |committer| {
            committer.make_room(octets_of(octets).saturating_add(48))?;
            let mut run = committer.journal.run();
            extent = Some(crate::group::add_record(&mut run, Kind::Chunk, octets));
            committer.append_unsynced(&run)
        });
        written.map_err(|error| self.not_written(error))?;
        extent.ok_or_else(|| Fault::new("a piece of a body was not written"))
    }
}
