//! What a batch record says: puts, deletes and bodies, in the order in which they happened.

use mailbox::BodyHash;

use crate::encoding::{Reader, octets_of, put_number, put_string};
use crate::limits::KEY_OCTETS_MAX;
use crate::location::{Extent, Location, put_checksums, put_extents, read_checksums, read_extents};

const PUT: u8 = 1;
const DELETE: u8 = 2;
const BODY_HERE: u8 = 3;
const BODY_ELSEWHERE: u8 = 4;

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

/// Writes the changes of one batch.
#[derive(Debug)]
pub(crate) struct ChangeWriter {
    octets: Vec<u8>,
    segment: u32,
    /// Where the payload will begin in the segment.
    offset: u64,
}

impl ChangeWriter {
    pub(crate) fn new(segment: u32, offset: u64, octets: usize) -> ChangeWriter {
        ChangeWriter { octets: Vec::with_capacity(octets), segment, offset }
    }

    pub(crate) fn put(&mut self, key: &[u8], value: &[u8]) {
        self.octets.push(PUT);
        put_string(&mut self.octets, key);
        put_string(&mut self.octets, value);
    }

    pub(crate) fn delete(&mut self, key: &[u8]) {
        self.octets.push(DELETE);
        put_string(&mut self.octets, key);
    }

    /// Adds a body whose octets come along, and says where it will lie.
    pub(crate) fn body_here(
        &mut self,
        hash: &BodyHash,
        body: &[u8],
        checksums: Vec<u32>,
    ) -> Location {
        let octets = octets_of(body);
        self.octets.push(BODY_HERE);
        self.octets.extend_from_slice(&hash.0);
        put_number(&mut self.octets, octets);
        put_checksums(&mut self.octets, &checksums);
        let offset = self.offset.saturating_add(octets_of(&self.octets));
        self.octets.extend_from_slice(body);
        let extents = match octets {
            0 => Vec::new(),
            _ => vec![Extent { segment: self.segment, offset, octets }],
        };
        Location { octets, extents, checksums }
    }

    /// Adds a body whose octets lie in chunks already.
    pub(crate) fn body_elsewhere(&mut self, hash: &BodyHash, location: &Location) {
        self.octets.push(BODY_ELSEWHERE);
        self.octets.extend_from_slice(&hash.0);
        put_number(&mut self.octets, location.octets);
        put_checksums(&mut self.octets, &location.checksums);
        put_extents(&mut self.octets, &location.extents);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.octets
    }

    pub(crate) fn into_payload(self) -> Vec<u8> {
        self.octets
    }
}

/// Reads the changes of a batch record. After something unreadable there is nothing more, and `is_whole` is false.
#[derive(Debug)]
pub(crate) struct ChangeReader<'a> {
    reader: Reader<'a>,
    payload_octets: usize,
    segment: u32,
    offset: u64,
    bad: bool,
}

impl<'a> ChangeReader<'a> {
    /// Reads a payload that begins at this offset of a segment.
    pub(crate) fn new(payload: &'a [u8], segment: u32, offset: u64) -> ChangeReader<'a> {
        let payload_octets = payload.len();
        ChangeReader { reader: Reader::new(payload), payload_octets, segment, offset, bad: false }
    }

    /// Says whether everything read so far made sense.
    pub(crate) fn is_whole(&self) -> bool {
        !self.bad
    }

    fn read(&mut self) -> Option<Change<'a>> {
        match self.reader.u8()? {
            PUT => Some(Change::Put(self.key()?, self.reader.string()?)),
            DELETE => Some(Change::Delete(self.key()?)),
            BODY_HERE => {
                let hash = BodyHash(self.reader.array()?);
                let octets = self.reader.number()?;
                let checksums = read_checksums(&mut self.reader, octets)?;
                let before = self.payload_octets.checked_sub(self.reader.left())?;
                let offset = self.offset.checked_add(u64::try_from(before).ok()?)?;
                self.reader.take(usize::try_from(octets).ok()?)?;
                let extents = match octets {
                    0 => Vec::new(),
                    _ => vec![Extent { segment: self.segment, offset, octets }],
                };
                Some(Change::Body(hash, Location { octets, extents, checksums }))
            }
            BODY_ELSEWHERE => {
                let hash = BodyHash(self.reader.array()?);
                let octets = self.reader.number()?;
                let checksums = read_checksums(&mut self.reader, octets)?;
                let extents = read_extents(&mut self.reader, octets)?;
                Some(Change::Body(hash, Location { octets, extents, checksums }))
            }
            _ => None,
        }
    }

    fn key(&mut self) -> Option<&'a [u8]> {
        self.reader.string().filter(|key| key.len() <= KEY_OCTETS_MAX)
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
        let payload = writer.payload();
        let begin = usize::try_from(here.extents[0].offset - 1_000).unwrap();
        assert_eq!(&payload[begin..begin + 6], b"octets");
        let mut reader = ChangeReader::new(payload, 7, 1_000);
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
        let payload = writer.payload();
        for cut in 1..payload.len() {
            let mut reader = ChangeReader::new(&payload[..cut], 1, 48);
            assert_eq!(reader.by_ref().count(), 0);
            assert!(!reader.is_whole());
        }
    }
}
