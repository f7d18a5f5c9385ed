//! The record that makes parts one batch: it names them by where they lie in its segment.

use std::ops::Range;
use std::sync::Arc;

use mailbox::Fault;

use crate::change::ChangeReader;
use crate::changes::Changes;
use crate::disk::DiskFile;
use crate::encoding::{Reader, octets_of, put_number};
use crate::fault::{Doing, OpenError};
use crate::record::{HEADER_OCTETS, Kind, Position};
use crate::salvage::Salvage;
use crate::scan::{Scanner, Stand, Step, read_record};
use crate::seal::{Sealed, Sealer};

/// The payload of a `Whole`: where the payload of each part begins, counted from the one before.
pub(crate) fn payload(offsets: &[u64]) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, u64::try_from(offsets.len()).unwrap_or(u64::MAX));
    let mut before = 0;
    for offset in offsets {
        put_number(&mut out, offset.saturating_sub(before));
        before = *offset;
    }
    out
}

/// Where the parts begin that a `Whole` at this offset names; none if it makes no sense.
fn offsets(payload: &[u8], whole_offset: u64) -> Option<Vec<u64>> {
    let mut reader = Reader::new(payload);
    let count = reader.length()?;
    // Each takes at least one octet, so that a false count cannot make us take much memory.
    let mut offsets = Vec::with_capacity(count.min(reader.left()));
    let mut before = 0_u64;
    for _ in 0..count {
        let more = reader.number()?;
        let offset = before.checked_add(more)?;
        // Ascending, so that no part can be named twice.
        if more < HEADER_OCTETS || offset >= whole_offset {
            return None;
        }
        offsets.push(offset);
        before = offset;
    }
    reader.is_empty().then_some(offsets)
}

/// A `Whole` as it was found.
pub(crate) struct Whole {
    pub(crate) segment: u32,
    /// Where it begins in the segment.
    pub(crate) offset: u64,
    pub(crate) salt: u64,
    pub(crate) payload: Vec<u8>,
}

impl Whole {
    /// Carries the parts over as one batch. Gives back how many octets they had.
    pub(crate) fn apply(
        &self,
        file: &Arc<dyn DiskFile>,
        changes: &mut Changes,
    ) -> Result<u64, OpenError> {
        let nonsense = "a record that should name the parts of a batch, and makes no sense";
        let offsets = offsets(&self.payload, self.offset)
            .ok_or_else(|| self.damaged(self.offset, nonsense))?;
        let mut octets = 0_u64;
        let mut gaps = None;
        let ends = offsets.iter().copied().skip(1).chain([self.offset]);
        for (payload_offset, end) in offsets.iter().copied().zip(ends) {
            let offset = payload_offset.saturating_sub(HEADER_OCTETS);
            let position = Position { segment: self.segment, offset };
            let found = read_record(&**file, position, self.salt)?;
            let Some((header, payload)) = found.filter(|(header, _)| header.kind == Kind::Part)
            else {
                let gaps = match &mut gaps {
                    Some(gaps) => gaps,
                    none => none.insert(self.gaps(file)?),
                };
                let gap = gaps.iter().find(|gap| gap.contains(&payload_offset));
                let gap =
                    gap.ok_or_else(|| self.damaged(offset, "a part of a batch is not there"))?;
                let lost = payload_offset..end.min(gap.end);
                octets = octets.saturating_add(self.apply_what_is_whole(file, lost, changes)?);
                continue;
            };
            let encoding = header.encoding;
            let mut reader = ChangeReader::new(&payload, encoding, self.segment, payload_offset);
            for change in reader.by_ref() {
                changes.apply(change, self.segment);
            }
            if !reader.is_whole() {
                return Err(self.damaged(offset, "a part of a batch makes no sense"));
            }
            octets = octets.saturating_add(octets_of(&payload));
        }
        changes.end_batch()?;
        Ok(octets)
    }

    fn damaged(&self, offset: u64, what: &str) -> OpenError {
        OpenError::JournalDamaged { segment: self.segment, offset, what: what.to_owned() }
    }

    /// What repair has left of the segment's damaged records, up to this one: where their octets lie.
    fn gaps(&self, file: &Arc<dyn DiskFile>) -> Result<Vec<Range<u64>>, OpenError> {
        let mut scanner = Scanner::new(file.clone(), Stand::at_start(self.segment))?;
        let mut gaps = Vec::new();
        while scanner.stand().position.offset < self.offset {
            let payload_offset = match scanner.step()? {
                Step::Record(record) if record.header.kind == Kind::Gap => record.payload_offset,
                Step::Record(_) => continue,
                Step::End | Step::Bad(_) => break,
            };
            gaps.push(payload_offset..scanner.stand().position.offset);
        }
        Ok(gaps)
    }

    /// Carries over what is whole of a damaged part. Gives back how many octets were looked at.
    fn apply_what_is_whole(
        &self,
        file: &Arc<dyn DiskFile>,
        lost: Range<u64>,
        changes: &mut Changes,
    ) -> Result<u64, Fault> {
        let octets = lost.end.saturating_sub(lost.start);
        let mut held = vec![0; usize::try_from(octets).unwrap_or(usize::MAX)];
        file.read_at(lost.start, &mut held).doing("reading the journal")?;
        let sealer = Sealer::new(self.segment, self.salt, Sealed::InPart);
        for change in Salvage::new(&held, self.segment, lost.start, sealer) {
            changes.apply(change, self.segment);
        }
        Ok(octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_parts_are_read_back() {
        let places = [104, 1_000, 70_000];
        assert_eq!(offsets(&payload(&places), 70_300).unwrap(), places);
        assert_eq!(offsets(&payload(&places), 70_000), None);
        assert_eq!(offsets(&payload(&[1_000, 1_000]), 70_000), None);
        assert_eq!(offsets(&[0xff, 0xff, 0xff, 0x7f, 200], 70_000), None);
    }
}
