//! The words of an account's mail (`crates/words`), so that a search reads only what may match. They stand in keys of the
//! account, in segments: each has the words of the emails of a range of numbers, field by field, in blocks. Emails never
//! change, so a segment never does; small ones are merged into larger ones, without the words of emails that are gone.
//!
//! What the words do not say yet, because they lag behind or a message could not be read, a search looks up in the mail
//! (`search/found.rs`). So an answer never depends on how far the words have got, and they may be thrown away at any time.

mod build;
mod check;
mod filters;
mod merge;

use bytes::Bytes;

use crate::codec::{Input, Output};
use crate::engine::Snapshot;
use crate::records::damaged;
use crate::{AccountId, EmailId, Fault, layout};

pub use build::{IndexState, Indexed};
pub(crate) use check::check;
pub(crate) use filters::{FILTERED_BLOCKS, Filters};

/// A part of a message that has words of its own, by the number that stands in keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    /// The texts of the body.
    Body,
    /// The text of the header.
    Header,
    /// Values of single header fields that are not in that text as they are: folded or encoded ones.
    HeaderMore,
    /// The addresses of the envelope, as people write them.
    From,
    /// To.
    To,
    /// Cc.
    Cc,
    /// Bcc.
    Bcc,
    /// The subject.
    Subject,
}

impl Field {
    pub(crate) const ALL: [Field; 8] = [
        Field::Body,
        Field::Header,
        Field::HeaderMore,
        Field::From,
        Field::To,
        Field::Cc,
        Field::Bcc,
        Field::Subject,
    ];

    /// The octet that stands for it in keys.
    pub(crate) fn octet(self) -> u8 {
        let at = Field::ALL.iter().position(|field| *field == self);
        at.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
    }

    fn at<T>(self, all: &[T; 8]) -> Option<&T> {
        all.get(usize::from(self.octet()))
    }
}

/// The fields in which the value of some header field stands.
pub(crate) const HEADERS: &[Field] = &[Field::Header, Field::HeaderMore];

/// How words are folded: by i;unicode-casemap.
const VERSION: u8 = 2;
/// Folded in another way, which did not tell all characters apart.
const EARLIER_VERSION: u8 = 1;

/// Which words there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The number of the next segment.
    pub(crate) next_segment: u32,
    /// The segment that is being made of others, if any: its blocks go when that does not end.
    pub(crate) making: Option<u32>,
    /// By the emails they are of, one behind the other, the first from email 1.
    pub(crate) segments: Vec<Segment>,
}

/// A segment: emails from `first` up to, not including, `end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) number: u32,
    pub(crate) first: EmailId,
    pub(crate) end: EmailId,
    /// How many blocks each field has.
    pub(crate) blocks: [u32; 8],
    /// Emails of which some words are missing, as they could not be read whole or are very long; as what lies between them and the first.
    pub(crate) unread: Vec<u32>,
}

impl Segment {
    /// How many emails it is of, those among them that are gone.
    pub(crate) fn emails(&self) -> u32 {
        u32::try_from(self.end.0.saturating_sub(self.first.0)).unwrap_or(u32::MAX)
    }

    pub(crate) fn blocks_of(&self, field: Field) -> u32 {
        field.at(&self.blocks).copied().unwrap_or(0)
    }

    /// The keys of its blocks, and of their filters.
    pub(crate) fn keys(&self, account: AccountId) -> impl Iterator<Item = Vec<u8>> + '_ {
        Field::ALL.into_iter().flat_map(move |field| {
            let blocks = self.blocks_of(field);
            let groups = blocks.div_ceil(FILTERED_BLOCKS);
            let block = move |block| layout::words(account, self.number, field.octet(), block);
            let group = move |group| filters::key(account, self.number, field, group);
            (0..blocks).map(block).chain((0..groups).map(group))
        })
    }
}

impl Manifest {
    /// The first email of which no segment is.
    pub(crate) fn covered(&self) -> EmailId {
        self.segments.last().map_or(EmailId(1), |segment| segment.end)
    }

    pub(crate) fn write(&self) -> Bytes {
        let mut output = Output::version(VERSION);
        output.number(self.next_segment).maybe(self.making.map(u64::from));
        output.count(self.segments.len());
        for segment in &self.segments {
            output.number(segment.number).number(segment.emails());
            for blocks in segment.blocks {
                output.number(blocks);
            }
            output.count(segment.unread.len());
            for unread in &segment.unread {
                output.number(*unread);
            }
        }
        output.done()
    }

    pub(crate) fn read(value: &[u8]) -> Option<Manifest> {
        let mut input = Input::version(value, VERSION)?;
        let next_segment = input.number_u32()?;
        let making = match input.maybe()? {
            None => None,
            Some(number) => Some(u32::try_from(number).ok()?),
        };
        let mut manifest = Manifest { next_segment, making, segments: Vec::new() };
        for _ in 0..input.number()? {
            let number = input.number_u32()?;
            let first = manifest.covered();
            let end = EmailId(first.0.checked_add(input.number()?)?);
            let mut blocks = [0; 8];
            for blocks in &mut blocks {
                *blocks = input.number_u32()?;
            }
            let mut unread = Vec::new();
            for _ in 0..input.number()? {
                unread.push(input.number_u32()?);
            }
            manifest.segments.push(Segment { number, first, end, blocks, unread });
        }
        input.rest().is_empty().then_some(manifest)
    }

    /// The manifest of an account, with its value; none where there are no words, or only earlier ones, to be made anew.
    pub(crate) fn of(
        account: AccountId,
        snapshot: &dyn Snapshot,
    ) -> Result<Option<(Manifest, Bytes)>, Fault> {
        let key = layout::words_manifest(account);
        let Some(value) = snapshot.get(&key)? else { return Ok(None) };
        if value.first() == Some(&EARLIER_VERSION) {
            return Ok(None);
        }
        let manifest = Manifest::read(&value).ok_or_else(|| damaged(&key))?;
        Ok(Some((manifest, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_as_written() {
        let segment = |number, first, end, unread| Segment {
            number,
            first: EmailId(first),
            end: EmailId(end),
            blocks: [7, 0, 1, 2, 3, 4, 300, 6],
            unread,
        };
        for manifest in [
            Manifest::default(),
            Manifest {
                next_segment: 9,
                making: Some(8),
                segments: vec![segment(3, 1, 70_000, vec![]), segment(7, 70_000, 70_001, vec![0])],
            },
        ] {
            let value = manifest.write();
            assert_eq!(Manifest::read(&value), Some(manifest));
            assert_eq!(Manifest::read(&value[..value.len() - 1]), None);
        }
    }
}
