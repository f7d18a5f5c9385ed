//! What a record of changes says: puts, deletes and bodies, in the order in which they happened.
//!
//! Each change is a head, which says what it is and how long, with a checksum; what it is about; and a seal (`seal`).
//! The octets of a body come after that: they are proven by their block checksums and by the name of the body.

use mailbox::BodyHash;

use crate::encoding::{Reader, octets_of, put_number};
use crate::limits::KEY_OCTETS_MAX;
use crate::location::{Extent, Location, put_checksums, put_extents, read_checksums, read_extents};
use crate::plain;
use crate::record::Encoding;
use crate::seal::{HEAD_CHECKSUM_OCTETS, SEAL_OCTETS, Sealer};

const PUT: u8 = 0x51;
const DELETE: u8 = 0x52;
const BODY_HERE: u8 = 0x53;
const BODY_ELSEWHERE: u8 = 0x54;

/// One change, as read from a record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change<'a> {
    /// A key has a new value.
    Put(&'a [u8], &'a [u8]),
    /// A key is gone.
    Delete(&'a [u8]),
    /// A body is kept. Its extents lie in this record or in chunks before it.
    Body(BodyHash, Location),
}

/// Writes the changes of one record. They count once they are sealed.
#[derive(Clone, Debug)]
pub(crate) struct ChangeWriter {
    octets: Vec<u8>,
    pieces: Vec<Piece>,
    segment: u32,
    /// Where the payload will begin in the segment.
    offset: u64,
}

/// Where in the payload a change has its parts.
#[derive(Clone, Copy, Debug)]
struct Piece {
    begin: usize,
    /// Where its head ends and the checksum of it begins.
    head_end: usize,
    /// Where what is sealed ends and the seal begins.
    end: usize,
}

impl ChangeWriter {
    pub(crate) fn new(segment: u32, offset: u64, octets: usize) -> ChangeWriter {
        ChangeWriter { octets: Vec::with_capacity(octets), pieces: Vec::new(), segment, offset }
    }

    pub(crate) fn put(&mut self, key: &[u8], value: &[u8]) {
        let numbers = [octets_of(key), octets_of(value)];
        self.change(&[PUT], &numbers, |out| {
            out.extend_from_slice(key);
            out.extend_from_slice(value);
        });
    }

    pub(crate) fn delete(&mut self, key: &[u8]) {
        self.change(&[DELETE], &[octets_of(key)], |out| out.extend_from_slice(key));
    }

    /// Adds a body whose octets come along, and says where it will lie.
    pub(crate) fn body_here(
        &mut self,
        hash: &BodyHash,
        body: &[u8],
        checksums: Vec<u32>,
    ) -> Location {
        let octets = octets_of(body);
        let kind = [&[BODY_HERE], hash.0.as_slice()].concat();
        self.change(&kind, &[octets], |out| put_checksums(out, &checksums));
        let offset = self.offset.saturating_add(octets_of(&self.octets));
        self.octets.extend_from_slice(body);
        let extents = match octets {
            0 => Vec::new(),
            _ => vec![Extent { segment: self.segment, offset, octets }],
        };
        Location { octets, extents, checksums }
    }

    /// Adds a body whose octets lie somewhere already.
    pub(crate) fn body_elsewhere(&mut self, hash: &BodyHash, location: &Location) {
        let mut way = Vec::new();
        put_checksums(&mut way, &location.checksums);
        put_extents(&mut way, &location.extents);
        let kind = [&[BODY_ELSEWHERE], hash.0.as_slice()].concat();
        self.change(&kind, &[location.octets, octets_of(&way)], |out| out.extend_from_slice(&way));
    }

    fn change(&mut self, kind: &[u8], numbers: &[u64], about: impl FnOnce(&mut Vec<u8>)) {
        let begin = self.octets.len();
        self.octets.extend_from_slice(kind);
        numbers.iter().for_each(|number| put_number(&mut self.octets, *number));
        let head_end = self.octets.len();
        self.octets.extend_from_slice(&[0; HEAD_CHECKSUM_OCTETS]);
        about(&mut self.octets);
        let end = self.octets.len();
        self.octets.extend_from_slice(&[0; SEAL_OCTETS]);
        self.pieces.push(Piece { begin, head_end, end });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// How many octets there are so far.
    pub(crate) fn octets(&self) -> u64 {
        octets_of(&self.octets)
    }

    /// Seals the changes for the place where the payload begins, and gives the payload back.
    pub(crate) fn sealed(mut self, sealer: &Sealer, offset: u64) -> Vec<u8> {
        for Piece { begin, head_end, end } in self.pieces {
            let place = offset.saturating_add(u64::try_from(begin).unwrap_or(u64::MAX));
            let head = self.octets.get(begin..head_end).unwrap_or_default();
            let checksum = sealer.head_checksum(place, head);
            copy_to(&mut self.octets, head_end, &checksum);
            let said = self.octets.get(begin..end).unwrap_or_default();
            let seal = sealer.seal(place, said);
            copy_to(&mut self.octets, end, &seal);
        }
        self.octets
    }
}

fn copy_to(octets: &mut [u8], at: usize, from: &[u8]) {
    if let Some(to) = octets.get_mut(at..).and_then(|rest| rest.get_mut(..from.len())) {
        to.copy_from_slice(from);
    }
}

/// The head of a sealed change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// How many octets it has.
    pub(crate) octets: usize,
    /// How many octets what it is about has.
    pub(crate) about_octets: usize,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Put { key_octets: usize },
    Delete,
    BodyHere { hash: BodyHash, octets: u64 },
    BodyElsewhere { hash: BodyHash, octets: u64 },
}

impl Head {
    /// Says whether a head may begin with this octet.
    pub(crate) fn may_begin_with(octet: u8) -> bool {
        matches!(octet, PUT | DELETE | BODY_HERE | BODY_ELSEWHERE)
    }

    pub(crate) fn parse(octets: &[u8]) -> Option<Head> {
        let mut reader = Reader::new(octets);
        let key_octets =
            |reader: &mut Reader<'_>| reader.length().filter(|octets| *octets <= KEY_OCTETS_MAX);
        let (what, about_octets) = match reader.u8()? {
            PUT => {
                let key_octets = key_octets(&mut reader)?;
                (What::Put { key_octets }, key_octets.checked_add(reader.length()?)?)
            }
            DELETE => (What::Delete, key_octets(&mut reader)?),
            BODY_HERE => {
                let (hash, octets) = (BodyHash(reader.array()?), reader.number()?);
                let checksums = crate::location::blocks(octets).checked_mul(4)?;
                (What::BodyHere { hash, octets }, usize::try_from(checksums).ok()?)
            }
            BODY_ELSEWHERE => {
                let (hash, octets) = (BodyHash(reader.array()?), reader.number()?);
                (What::BodyElsewhere { hash, octets }, reader.length()?)
            }
            _ => return None,
        };
        let octets = octets.len().checked_sub(reader.left())?;
        Some(Head { octets, about_octets, what })
    }

    /// How long the change is up to its seal.
    pub(crate) fn sealed_octets(&self) -> Option<usize> {
        self.octets.checked_add(HEAD_CHECKSUM_OCTETS)?.checked_add(self.about_octets)
    }

    /// How many octets of a body come after it.
    pub(crate) fn body_octets(&self) -> u64 {
        match self.what {
            What::BodyHere { octets, .. } => octets,
            What::Put { .. } | What::Delete | What::BodyElsewhere { .. } => 0,
        }
    }

    /// The change, from what it is about and the place where the octets of its body begin.
    pub(crate) fn change<'a>(
        &self,
        about: &'a [u8],
        segment: u32,
        body: u64,
    ) -> Option<Change<'a>> {
        let mut reader = Reader::new(about);
        match self.what {
            What::Put { key_octets } => {
                let (key, value) = about.split_at_checked(key_octets)?;
                Some(Change::Put(key, value))
            }
            What::Delete => Some(Change::Delete(about)),
            What::BodyHere { hash, octets } => {
                let checksums = read_checksums(&mut reader, octets)?;
                body.checked_add(octets)?;
                let extents = match octets {
                    0 => Vec::new(),
                    _ => vec![Extent { segment, offset: body, octets }],
                };
                Some(Change::Body(hash, Location { octets, extents, checksums }))
            }
            What::BodyElsewhere { hash, octets } => {
                let checksums = read_checksums(&mut reader, octets)?;
                let extents = read_extents(&mut reader, octets)?;
                let location = Location { octets, extents, checksums };
                reader.is_empty().then_some(Change::Body(hash, location))
            }
        }
    }
}

/// Reads the changes of a record whose payload is what its checksum says. After something unreadable there is nothing
/// more, and `is_whole` is false.
#[derive(Debug)]
pub(crate) struct ChangeReader<'a> {
    reader: Reader<'a>,
    encoding: Encoding,
    payload_octets: usize,
    segment: u32,
    offset: u64,
    bad: bool,
}

impl<'a> ChangeReader<'a> {
    /// Reads a payload that begins at this offset of a segment.
    pub(crate) fn new(
        payload: &'a [u8],
        encoding: Encoding,
        segment: u32,
        offset: u64,
    ) -> ChangeReader<'a> {
        let (reader, payload_octets) = (Reader::new(payload), payload.len());
        ChangeReader { reader, encoding, payload_octets, segment, offset, bad: false }
    }

    /// Says whether everything read so far made sense.
    pub(crate) fn is_whole(&self) -> bool {
        !self.bad
    }

    fn read(&mut self) -> Option<Change<'a>> {
        match self.encoding {
            Encoding::Plain => {
                let (payload_octets, offset) = (self.payload_octets, self.offset);
                let place = |left: usize| {
                    offset.checked_add(u64::try_from(payload_octets.checked_sub(left)?).ok()?)
                };
                plain::read(&mut self.reader, self.segment, place)
            }
            Encoding::Sealed => self.read_sealed(),
        }
    }

    fn read_sealed(&mut self) -> Option<Change<'a>> {
        let head = Head::parse(self.reader.rest())?;
        self.reader.take(head.octets.checked_add(HEAD_CHECKSUM_OCTETS)?)?;
        let about = self.reader.take(head.about_octets)?;
        self.reader.take(SEAL_OCTETS)?;
        let before = self.payload_octets.checked_sub(self.reader.left())?;
        let body = self.offset.checked_add(u64::try_from(before).ok()?)?;
        self.reader.take(usize::try_from(head.body_octets()).ok()?)?;
        head.change(about, self.segment, body)
    }
}

impl<'a> Iterator for ChangeReader<'a> {
    type Item = Change<'a>;

    fn next(&mut self) -> Option<Change<'a>> {
        if self.bad || self.reader.is_empty() {
            return None;
        }
        let change = self.read();
        self.bad = change.is_none();
        change
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::location::checksums;
    use crate::seal::Sealed;

    #[test]
    fn changes_are_read_back_and_bodies_lie_where_was_said() {
        let mut writer = ChangeWriter::new(7, 1_000, 0);
        writer.put(b"key", b"value");
        let here = writer.body_here(&BodyHash([1; 32]), b"octets", checksums(b"octets"));
        let elsewhere = Location {
            octets: 5,
            extents: vec![Extent { segment: 6, offset: 48, octets: 5 }],
            checksums: vec![9],
        };
        writer.body_elsewhere(&BodyHash([2; 32]), &elsewhere);
        writer.delete(b"gone");
        let payload = writer.sealed(&Sealer::new(7, 99, Sealed::InBatch), 1_000);
        let begin = usize::try_from(here.extents[0].offset - 1_000).unwrap();
        assert_eq!(&payload[begin..begin + 6], b"octets");
        let mut reader = ChangeReader::new(&payload, Encoding::Sealed, 7, 1_000);
        let changes: Vec<Change<'_>> = reader.by_ref().collect();
        assert!(reader.is_whole());
        assert_eq!(
            changes,
            [
                Change::Put(b"key", b"value"),
                Change::Body(BodyHash([1; 32]), here),
                Change::Body(BodyHash([2; 32]), elsewhere),
                Change::Delete(b"gone"),
            ]
        );
    }

    #[test]
    fn a_cut_payload_ends_without_being_whole() {
        let mut writer = ChangeWriter::new(1, 48, 0);
        writer.put(b"key", b"value");
        let payload = writer.sealed(&Sealer::new(1, 99, Sealed::InBatch), 48);
        for cut in 1..payload.len() {
            let mut reader = ChangeReader::new(&payload[..cut], Encoding::Sealed, 1, 48);
            assert_eq!(reader.by_ref().count(), 0);
            assert!(!reader.is_whole());
        }
    }
}
