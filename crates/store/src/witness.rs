//! The index as the second witness of what the journal said: where records of the journal are lost, what they said up
//! to the last checkpoint stands in the index.
//!
//! An index of which all pages are what their checksums say is exact at its mark: what it has is written to the journal
//! again where the journal lacks it, and what it lacks had been deleted. Of an index that is damaged itself only single
//! entries count, each by its own checksum, and only where their segment has lost something.

use std::collections::BTreeSet;
use std::sync::Arc;

use mailbox::{BodyHash, Fault};

use crate::base::{Base, Kept};
use crate::change::ChangeWriter;
use crate::changes::{Changes, Forget};
use crate::disk::Disk;
use crate::entry::Entry;
use crate::fault::{Doing, OpenError};
use crate::index::{INDEX, Index, Proof};
use crate::journal::{Journal, WriteError};
use crate::location::Location;
use crate::mark::Mark;
use crate::options::Options;
use crate::overlay::Overlay;
use crate::record::{Kind, Position};
use crate::replay::Replay;
use crate::salvage::Salvage;
use crate::scan::{Scanner, Stand, Step};
use crate::seal::{Sealed, Sealer};
use crate::segment::Segments;
use crate::visible::{View, Visible};

/// A record of what is written again holds about so many octets.
const RECORD_OCTETS: u64 = 256 << 10;

/// The index as it was found, which stays as it is.
pub(crate) struct Witness {
    index: Index,
    base: Base,
    /// Up to where it knows the journal.
    pub(crate) mark: Mark,
    is_proven: bool,
}

/// What the journal says without the index.
pub(crate) struct Told<'a> {
    pub(crate) base: &'a Base,
    pub(crate) segments: &'a Arc<Segments>,
    /// Segments that have lost something.
    pub(crate) with_gaps: &'a BTreeSet<u32>,
}

impl Witness {
    /// Opens the index that there is; none if there is none that can be asked.
    pub(crate) fn find(disk: &dyn Disk, options: &Options) -> Result<Option<Witness>, Fault> {
        for proof in [Proof::Wanted, Proof::NotWanted] {
            let doing = "opening the index";
            let Some(file) = disk.open(INDEX).doing(doing)? else { return Ok(None) };
            let overlay = Overlay::new(file).doing(doing)?;
            match Witness::open(overlay, options, proof) {
                Err(fault) if fault.is_damaged() => {}
                found => return found,
            }
        }
        Ok(None)
    }

    fn open(overlay: Overlay, options: &Options, proof: Proof) -> Result<Option<Witness>, Fault> {
        let index = Index::open(overlay, options.index_cache_octets, proof)?;
        let Some(mark) = index.mark()? else { return Ok(None) };
        let base = index.base()?;
        Ok(Some(Witness { index, base, mark, is_proven: proof == Proof::Wanted }))
    }

    /// What of this segment counts as known to the index although nothing of it may be left.
    pub(crate) fn counts_on(&self) -> impl Iterator<Item = u32> + '_ {
        self.mark.live.segments().chain([self.mark.stand.position.segment])
    }

    /// Writes to the end of the journal what the index knows and the journal does not say any more. Gives back how
    /// many changes those were.
    pub(crate) fn restore(
        &self,
        told: &Told<'_>,
        journal: &mut Journal,
        options: &Options,
    ) -> Result<u64, OpenError> {
        let later = self.what_came_later(told, options)?;
        let mut restoring = Restoring { journal, writer: None, changes: 0 };
        // Bodies before what refers to them, and what is gone last, so that none is forgotten in between.
        self.missing_bodies(told, &later, &mut restoring)?;
        self.missing_keys(told, &later, &mut restoring)?;
        if self.is_proven {
            self.deletes(told, &later, &mut restoring)?;
        }
        restoring.end_record()?;
        Ok(restoring.changes)
    }

    /// All that the journal says about what came after the index's mark, by itself.
    fn what_came_later(&self, told: &Told<'_>, options: &Options) -> Result<View, OpenError> {
        let visible = Arc::new(Visible::new(self.index.base()?));
        let mark = self.mark.stand.position;
        if let Some(after) = after_mark(told.segments, mark)? {
            let mut changes = Changes::new(visible.begin_turn(), Forget::Later);
            after.in_gap.apply(mark.segment, &mut changes);
            visible.show(&changes.into_turn());
            let replay = Replay::new(told.segments, after.stand)?;
            let at_once = options.replay_records_at_once;
            replay.run(&visible, Forget::Later, at_once, &mut |_| Ok(()))?;
        }
        Ok(visible.look())
    }

    /// Says whether the index is to be believed about an entry of a segment, where the journal says something of
    /// another segment or nothing.
    fn is_believed(&self, told: &Told<'_>, here: u32, there: Option<u32>) -> bool {
        self.is_proven
            || (told.with_gaps.contains(&here) && there.is_none_or(|there| there <= here))
    }

    fn missing_bodies(
        &self,
        told: &Told<'_>,
        later: &View,
        restoring: &mut Restoring<'_>,
    ) -> Result<(), Fault> {
        let there: BTreeSet<u32> = told.segments.numbers().into_iter().collect();
        self.base.each_readable(Kept::Bodies, &mut |key, octets| {
            let hash = key.first_chunk::<32>().map(|hash| BodyHash(*hash));
            let (Some(hash), Some(location)) = (hash, Location::parse(octets)) else {
                return Ok(());
            };
            let lies_somewhere = location.extents.iter().all(|it| there.contains(&it.segment));
            if !lies_somewhere || later.touches_body(&hash) {
                return Ok(());
            }
            let known = told.base.body(&hash)?;
            let is_believed = self.is_proven || known.is_none();
            if is_believed && known.as_ref() != Some(&location) {
                restoring.change(|writer| writer.body_elsewhere(&hash, &location))?;
            }
            Ok(())
        })
    }

    fn missing_keys(
        &self,
        told: &Told<'_>,
        later: &View,
        restoring: &mut Restoring<'_>,
    ) -> Result<(), Fault> {
        self.base.each_readable(Kept::Keys, &mut |key, octets| {
            let Ok(entry) = Entry::parse(key, octets) else { return Ok(()) };
            if later.touches_key(key) {
                return Ok(());
            }
            let known = told.base.key(key)?;
            let segment = known.as_ref().map(|slot| slot.segment);
            if known.is_none_or(|slot| slot.value != entry.value)
                && self.is_believed(told, entry.segment, segment)
            {
                restoring.change(|writer| writer.put(key, entry.value))?;
            }
            Ok(())
        })
    }

    fn deletes(
        &self,
        told: &Told<'_>,
        later: &View,
        restoring: &mut Restoring<'_>,
    ) -> Result<(), Fault> {
        told.base.each_key(&mut |key, _| {
            if !later.touches_key(key) && self.base.key(key)?.is_none() {
                restoring.change(|writer| writer.delete(key))?;
            }
            Ok(())
        })
    }
}

/// Where the journal goes on after a mark.
struct AfterMark {
    in_gap: InGap,
    stand: Stand,
}

/// What of a gap comes after the mark.
#[derive(Default)]
struct InGap {
    offset: u64,
    octets: Vec<u8>,
    salt: u64,
}

impl InGap {
    fn apply(&self, segment: u32, changes: &mut Changes) {
        let sealer = Sealer::new(segment, self.salt, Sealed::InBatch);
        for change in Salvage::new(&self.octets, segment, self.offset, sealer) {
            changes.apply(change, segment);
        }
    }
}

/// Finds the first record after a mark in a segment that may have been mended since; none if nothing comes after it.
fn after_mark(segments: &Arc<Segments>, mark: Position) -> Result<Option<AfterMark>, Fault> {
    let Some(file) = segments.file(mark.segment)? else { return Ok(None) };
    let mut scanner = Scanner::new(file, Stand::at_start(mark.segment))?;
    let mut in_gap = InGap::default();
    loop {
        let stand = scanner.stand();
        if stand.position.offset >= mark.offset {
            return Ok(Some(AfterMark { in_gap, stand }));
        }
        let (header, payload_offset, payload) = match scanner.step()? {
            Step::Record(record) => (record.header, record.payload_offset, record.payload),
            Step::End | Step::Bad(_) => return Ok(None),
        };
        match header.kind {
            // Whatever the mark says, the segment ends here.
            Kind::Seal => return Ok(Some(AfterMark { in_gap, stand })),
            Kind::Gap if header.next_offset(stand.position.offset) > mark.offset => {
                let skip = mark.offset.saturating_sub(payload_offset);
                let skip = usize::try_from(skip).unwrap_or(usize::MAX);
                let octets = payload.get(skip..).unwrap_or_default().to_vec();
                in_gap =
                    InGap { offset: payload_offset.max(mark.offset), octets, salt: header.salt };
            }
            Kind::Open | Kind::Batch | Kind::Chunk | Kind::Gap | Kind::Part | Kind::Whole => {}
        }
    }
}

/// Writes changes to the end of the journal.
struct Restoring<'a> {
    journal: &'a mut Journal,
    writer: Option<ChangeWriter>,
    changes: u64,
}

impl Restoring<'_> {
    fn change(&mut self, write: impl FnOnce(&mut ChangeWriter)) -> Result<(), Fault> {
        if self.writer.is_none() && self.journal.is_full_for(RECORD_OCTETS) {
            self.journal.rotate(0).map_err(of_write)?;
        }
        let run = self.journal.run();
        let begin = (run.position.segment, run.next_payload_offset());
        let writer = self.writer.get_or_insert_with(|| ChangeWriter::new(begin.0, begin.1, 0));
        write(writer);
        self.changes = self.changes.saturating_add(1);
        if writer.octets() >= RECORD_OCTETS { self.end_record() } else { Ok(()) }
    }

    fn end_record(&mut self) -> Result<(), Fault> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let mut run = self.journal.run();
        run.push_changes(Kind::Batch, writer);
        self.journal.append(&run).map_err(of_write)?;
        self.journal.sync()
    }
}

fn of_write(error: WriteError) -> Fault {
    match error {
        WriteError::Full => Fault::new("the disk is full"),
        WriteError::Failed(fault) | WriteError::InDoubt(fault) => fault,
    }
}
