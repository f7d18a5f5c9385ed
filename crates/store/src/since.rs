//! Whether anything was changed since a moment: what came to the journal after it is read, and nothing else.

use std::fmt;
use std::str::FromStr;

use mailbox::Fault;

use crate::change::{Change, ChangeReader};
use crate::encoding::octets_of;
use crate::limits::SINCE_OCTETS_MAX;
use crate::record::{Kind, Position};
use crate::scan::{Record, Scanner, Stand, Step};
use crate::store::Store;

/// A place of the journal, to be kept elsewhere as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalPlace(Stand);

impl JournalPlace {
    pub(crate) fn of(stand: Stand) -> JournalPlace {
        JournalPlace(stand)
    }
}

impl fmt::Display for JournalPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stand { position, chain, salt, sequence } = self.0;
        write!(f, "{} {} {chain} {salt} {sequence}", position.segment, position.offset)
    }
}

/// The text is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no place of a journal")]
pub struct NoPlace;

impl FromStr for JournalPlace {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<JournalPlace, NoPlace> {
        let mut words = text.split(' ').map(|word| word.parse::<u64>().map_err(|_| NoPlace));
        let mut number = || words.next().unwrap_or(Err(NoPlace));
        let narrow = |number: u64| u32::try_from(number).map_err(|_| NoPlace);
        let position = Position { segment: narrow(number()?)?, offset: number()? };
        let chain = narrow(number()?)?;
        let stand = Stand { position, chain, salt: number()?, sequence: number()? };
        if words.next().is_some() { Err(NoPlace) } else { Ok(JournalPlace(stand)) }
    }
}

/// What became of a store since a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Nothing, but for the keys that do not count.
    Unchanged,
    /// Something; or it cannot be told, since the journal of that time is not there any more, or too much came.
    Changed,
}

impl Store {
    /// Says whether anything was changed after a place of the journal. Keys for which `is_apart` is true do not count.
    pub fn since(
        &self,
        place: &JournalPlace,
        is_apart: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Since, Fault> {
        let (end, pin) = self.errand(|committer| {
            Ok((committer.journal.end(), committer.shared.segments.pin_all()))
        })?;
        let since = self.look_since(place.0, end.position, is_apart);
        drop(pin);
        since
    }

    fn look_since(
        &self,
        from: Stand,
        end: Position,
        is_apart: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Since, Fault> {
        let segments = &self.shared().segments;
        let Some(file) = segments.file(from.position.segment)? else { return Ok(Since::Changed) };
        // Another store may have a segment of the same number: what is random in it tells.
        let mut first = Scanner::new(file.clone(), Stand::at_start(from.position.segment))?;
        let is_ours = match first.step()? {
            Step::Record(record) => record.header.salt == from.salt,
            Step::End | Step::Bad(_) => false,
        };
        if !is_ours {
            return Ok(Since::Changed);
        }
        let mut scanner = Scanner::new(file, from)?;
        let mut octets = 0_u64;
        loop {
            let place = scanner.stand().position;
            if place == end {
                return Ok(Since::Unchanged);
            }
            let kind = match scanner.step()? {
                Step::Record(record) if counts_not(&record, place.segment, is_apart) => {
                    octets = octets.saturating_add(octets_of(record.payload));
                    record.header.kind
                }
                Step::Record(_) | Step::End | Step::Bad(_) => return Ok(Since::Changed),
            };
            if octets > SINCE_OCTETS_MAX {
                return Ok(Since::Changed);
            }
            if kind == Kind::Seal {
                let next = place.segment.saturating_add(1);
                let Some(file) = segments.file(next)? else { return Ok(Since::Changed) };
                scanner = Scanner::new(file, Stand::at_start(next))?;
            }
        }
    }
}

/// Says whether a record changes nothing that counts.
fn counts_not(record: &Record<'_>, segment: u32, is_apart: &dyn Fn(&[u8]) -> bool) -> bool {
    match record.header.kind {
        Kind::Open | Kind::Seal => true,
        Kind::Batch => {
            let encoding = record.header.encoding;
            let mut changes =
                ChangeReader::new(record.payload, encoding, segment, record.payload_offset);
            let all = changes.by_ref().all(|change| match change {
                Change::Put(key, _) | Change::Delete(key) => is_apart(key),
                Change::Body(..) => false,
            });
            all && changes.is_whole()
        }
        Kind::Chunk | Kind::Gap | Kind::Part | Kind::Whole => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let place = JournalPlace(Stand {
            position: Position { segment: 7, offset: 1 << 40 },
            chain: u32::MAX,
            salt: u64::MAX,
            sequence: 12,
        });
        assert_eq!(place.to_string().parse(), Ok(place));
        for text in ["", "1 2 3 4", "1 2 3 4 5 6", "1 2 3 4 x", "4294967296 1 1 1 1", "-1 1 1 1 1"]
        {
            assert_eq!(text.parse::<JournalPlace>(), Err(NoPlace), "{text}");
        }
    }
}
