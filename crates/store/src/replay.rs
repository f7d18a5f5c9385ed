//! Carries the journal into the index when a store is opened or repaired, and finds the journal's end.

use std::collections::VecDeque;
use std::sync::Arc;

use mailbox::Fault;

use crate::change::ChangeReader;
use crate::changes::{Changes, Forget};
use crate::disk::DiskFile;
use crate::encoding::octets_of;
use crate::fault::OpenError;
use crate::record::Kind;
use crate::salvage::Salvage;
use crate::scan::{Record, Scanner, Stand, Step};
use crate::seal::{Sealed, Sealer};
use crate::segment::Segments;
use crate::visible::Visible;
use crate::whole::Whole;

/// One pass of replay takes at most about so many octets of journal into memory.
const OCTETS_AT_ONCE: u64 = 8 << 20;

/// Reads the journal from a stand to its end.
pub(crate) struct Replay {
    segments: Arc<Segments>,
    /// Segments after the one being read, ascending.
    later: VecDeque<u32>,
    scanner: Scanner,
    file: Arc<dyn DiskFile>,
    sealed: bool,
    /// Records of this segment that are not known to be durable: sequence and offset.
    unproven: VecDeque<(u64, u64)>,
    records: u64,
    octets: u64,
    changes: u64,
}

/// Where the journal ends.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) stand: Stand,
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) tail: Tail,
    /// The first octet that may be in memory only, although it can be read.
    pub(crate) unproven_from: u64,
    pub(crate) records: u64,
    pub(crate) octets: u64,
    /// How many puts and deletes.
    pub(crate) changes: u64,
}

/// What lies behind the last record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing: records can be added.
    Clear,
    /// A piece of a record whose writing was cut off.
    Torn,
    /// Nothing, and the segment is closed: the next one is to be begun.
    Sealed,
}

enum Next {
    Applied,
    Over(Tail),
}

impl Replay {
    /// Prepares to read from a stand on.
    pub(crate) fn new(segments: &Arc<Segments>, from: Stand) -> Result<Replay, OpenError> {
        let numbers = segments.numbers();
        let later = numbers.iter().copied().filter(|it| *it > from.position.segment).collect();
        let file =
            segments.file(from.position.segment)?.ok_or_else(|| OpenError::JournalDamaged {
                segment: from.position.segment,
                offset: from.position.offset,
                what: "the index counts on this segment, and it is not there".to_owned(),
            })?;
        let scanner = Scanner::new(file.clone(), from)?;
        if scanner.file_octets() < from.position.offset {
            return Err(OpenError::JournalDamaged {
                segment: from.position.segment,
                offset: scanner.file_octets(),
                what: "the segment is shorter than the index says".to_owned(),
            });
        }
        Ok(Replay {
            segments: segments.clone(),
            later,
            scanner,
            file,
            sealed: false,
            unproven: VecDeque::new(),
            records: 0,
            octets: 0,
            changes: 0,
        })
    }

    /// Carries everything into memory, many records at once. Between, `relieve` may make room in memory; it is told
    /// where the journal stands.
    pub(crate) fn run(
        mut self,
        visible: &Visible,
        forget: Forget,
        records_at_once: usize,
        relieve: &mut dyn FnMut(Stand) -> Result<(), Fault>,
    ) -> Result<End, OpenError> {
        loop {
            let mut changes = Changes::new(visible.begin_turn(), forget);
            let begun_at = self.octets;
            let mut over = None;
            for _ in 0..records_at_once.max(1) {
                match self.next(&mut changes)? {
                    Next::Over(tail) => over = Some(tail),
                    Next::Applied if self.octets.saturating_sub(begun_at) < OCTETS_AT_ONCE => {
                        continue;
                    }
                    Next::Applied => {}
                }
                break;
            }
            let turn = changes.into_turn();
            visible.show(&turn);
            self.changes = self.changes.saturating_add(turn.changes());
            if let Some(tail) = over {
                return Ok(self.end(tail));
            }
            relieve(self.scanner.stand())?;
        }
    }

    fn end(self, tail: Tail) -> End {
        let stand = self.scanner.stand();
        let unproven_from =
            self.unproven.front().map_or(stand.position.offset, |(_, offset)| *offset);
        End {
            stand,
            file: self.file,
            tail,
            unproven_from,
            records: self.records,
            octets: self.octets,
            changes: self.changes,
        }
    }

    /// Carries one record over.
    fn next(&mut self, changes: &mut Changes) -> Result<Next, OpenError> {
        loop {
            let before = self.scanner.stand();
            let what = match self.scanner.step()? {
                Step::Record(record) => {
                    self.octets = self.octets.saturating_add(octets_of(record.payload));
                    let segment = before.position.segment;
                    match record.header.kind {
                        Kind::Batch => apply(&record, segment, changes)?,
                        Kind::Whole => {
                            let whole = Whole {
                                segment,
                                offset: before.position.offset,
                                salt: record.header.salt,
                                payload: record.payload.to_vec(),
                            };
                            let octets = whole.apply(&self.file, changes)?;
                            self.octets = self.octets.saturating_add(octets);
                        }
                        Kind::Gap => apply_what_is_whole(&record, segment, changes)?,
                        // The octets of a chunk or a part count when another record says so.
                        Kind::Open | Kind::Chunk | Kind::Part | Kind::Seal => {}
                    }
                    self.sealed = record.header.kind == Kind::Seal;
                    let (sequence, synced) = (record.header.sequence, record.header.synced);
                    self.records = self.records.saturating_add(1);
                    self.unproven.push_back((sequence, before.position.offset));
                    while self.unproven.front().is_some_and(|(sequence, _)| *sequence <= synced) {
                        self.unproven.pop_front();
                    }
                    return Ok(Next::Applied);
                }
                Step::End => "it ends there, although there is more after it",
                Step::Bad(what) => what,
            };
            if let Some(tail) = self.next_segment(before, what)? {
                return Ok(Next::Over(tail));
            }
        }
    }

    /// Goes on with the segment after this one; says what lies behind the last record if there is none.
    fn next_segment(&mut self, at: Stand, what: &str) -> Result<Option<Tail>, OpenError> {
        let damaged = |offset: u64, segment: u32, what: &str| OpenError::JournalDamaged {
            segment,
            offset,
            what: what.to_owned(),
        };
        let Some(next) = self.later.pop_front() else {
            if self.sealed {
                return Ok(Some(Tail::Sealed));
            }
            return self.tail(at, what).map(Some);
        };
        // A segment is begun only when the one before it is closed and durable.
        if !self.sealed {
            return Err(damaged(at.position.offset, at.position.segment, what));
        }
        let file = self.segments.file(next)?;
        let file = file.ok_or_else(|| damaged(0, next, "the segment is not there"))?;
        let mut scanner = Scanner::new(file.clone(), Stand::at_start(next))?;
        let sequence = match scanner.step()? {
            Step::Record(record) => record.header.sequence,
            Step::End => return Err(damaged(0, next, "the segment is empty")),
            Step::Bad(what) => return Err(damaged(0, next, what)),
        };
        // Segments between may have been rewritten and removed; then records are missing between, too.
        let adjacent = next == at.position.segment.saturating_add(1);
        if sequence < at.sequence || (adjacent && sequence != at.sequence) {
            return Err(damaged(0, next, "it does not follow the segment before it"));
        }
        self.scanner = scanner;
        self.file = file;
        self.sealed = false;
        self.unproven.clear();
        Ok(None)
    }

    /// Tells a record whose writing was cut off from a durable one that was damaged: a later record would know that
    /// the place had been synced.
    fn tail(&mut self, at: Stand, what: &str) -> Result<Tail, OpenError> {
        let offset = at.position.offset;
        if offset == 0 {
            // A segment gets its name only when its first record is durable.
            let what = format!("its first record: {what}");
            return Err(OpenError::JournalDamaged { segment: at.position.segment, offset, what });
        }
        if self.scanner.only_zeros_from(offset)? {
            return Ok(Tail::Clear);
        }
        let mut from = offset;
        while let Some((found, header)) = self.scanner.find_header(from)? {
            if header.synced >= at.sequence {
                let what = format!("{what}, and a later record says that it had been written");
                return Err(OpenError::JournalDamaged {
                    segment: at.position.segment,
                    offset,
                    what,
                });
            }
            from = found.saturating_add(1);
        }
        Ok(Tail::Torn)
    }
}

/// Carries the changes of a batch over.
fn apply(record: &Record<'_>, segment: u32, changes: &mut Changes) -> Result<(), Fault> {
    let (encoding, offset) = (record.header.encoding, record.payload_offset);
    let mut reader = ChangeReader::new(record.payload, encoding, segment, offset);
    for change in reader.by_ref() {
        changes.apply(change, segment);
    }
    changes.end_batch()?;
    if reader.is_whole() {
        Ok(())
    } else {
        Err(Fault::new(format!(
            "a record of segment {segment} at octet {} has the right checksum and makes no sense; \
             it was written by a later version, or by a fault of this one",
            record.payload_offset
        )))
    }
}

/// Carries over what is whole among damaged octets: the changes of batches that lay there.
fn apply_what_is_whole(
    record: &Record<'_>,
    segment: u32,
    changes: &mut Changes,
) -> Result<(), Fault> {
    let sealer = Sealer::new(segment, record.header.salt, Sealed::InBatch);
    for change in Salvage::new(record.payload, segment, record.payload_offset, sealer) {
        changes.apply(change, segment);
    }
    changes.end_batch()
}
