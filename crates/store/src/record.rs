//! The frame of a journal record: a header that proves itself and its payload, and that belongs to this place of
//! this segment only.
//!
//! A mail may hold octets that look like records. They are no danger: the checksum of a header takes in the salt of
//! its segment, which nobody outside knows, and the place where the record lies.

use crate::change::ChangeWriter;
use crate::encoding::{Reader, octets_of};
use crate::limits::RECORD_OCTETS_MAX;
use crate::seal::{Sealed, Sealer};

/// A header has so many octets.
pub(crate) const HEADER_OCTETS: u64 = 48;
const HEADER_SIZE: usize = 48;
const MAGIC: [u8; 4] = *b"cRec";

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The first record of a segment: says which one it is.
    Open,
    /// One batch: puts, deletes and bodies.
    Batch,
    /// A piece of a large body. It counts only once a batch refers to it.
    Chunk,
    /// The last record of a segment that was closed.
    Seal,
    /// Stands where a record was damaged or lost, in a segment that was repaired. It holds the octets that were there:
    /// what is whole among them still counts.
    Gap,
    /// A part of a large batch. It counts only once a `Whole` in the same segment names it.
    Part,
    /// Makes one batch of the parts that it names.
    Whole,
}

impl Kind {
    fn octet(self) -> u8 {
        match self {
            Kind::Open => 1,
            Kind::Batch => 2,
            Kind::Chunk => 3,
            Kind::Seal => 4,
            Kind::Gap => 5,
            Kind::Part => 6,
            Kind::Whole => 7,
        }
    }

    fn of(octet: u8) -> Option<Kind> {
        match octet {
            1 => Some(Kind::Open),
            2 => Some(Kind::Batch),
            3 => Some(Kind::Chunk),
            4 => Some(Kind::Seal),
            5 => Some(Kind::Gap),
            6 => Some(Kind::Part),
            7 => Some(Kind::Whole),
            _ => None,
        }
    }
}

/// How the changes of a record are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As in the formats 1 and 2, and in records that hold no changes.
    Plain,
    /// Each with a checksum of its own: since format 3.
    Sealed,
}

impl Encoding {
    fn octet(self) -> u8 {
        match self {
            Encoding::Plain => 0,
            Encoding::Sealed => 1,
        }
    }

    fn of(octet: u8) -> Option<Encoding> {
        match octet {
            0 => Some(Encoding::Plain),
            1 => Some(Encoding::Sealed),
            _ => None,
        }
    }
}

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) segment: u32,
    pub(crate) offset: u64,
}

/// The header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    /// How its changes are written.
    pub(crate) encoding: Encoding,
    /// How many octets follow the header.
    pub(crate) octets: u32,
    /// The checksum of the header before it in the segment; 0 for the first.
    pub(crate) chain: u32,
    /// The salt of the segment.
    pub(crate) salt: u64,
    /// Records count up by one through all segments.
    pub(crate) sequence: u64,
    /// When this record was written, all up to this sequence were known to be durable.
    pub(crate) synced: u64,
    /// The checksum of the payload.
    pub(crate) payload_checksum: u32,
}

impl Header {
    /// The header as it lies on the disk, and its checksum, which the next record chains to.
    pub(crate) fn print(&self, position: Position) -> ([u8; HEADER_SIZE], u32) {
        let mut out = [0; HEADER_SIZE];
        let mut rest = out.as_mut_slice();
        fill(&mut rest, &MAGIC);
        fill(&mut rest, &[self.kind.octet(), self.encoding.octet(), 0, 0]);
        fill(&mut rest, &self.octets.to_le_bytes());
        fill(&mut rest, &self.chain.to_le_bytes());
        fill(&mut rest, &self.salt.to_le_bytes());
        fill(&mut rest, &self.sequence.to_le_bytes());
        fill(&mut rest, &self.synced.to_le_bytes());
        fill(&mut rest, &self.payload_checksum.to_le_bytes());
        let checksum = header_checksum(out.first_chunk().unwrap_or(&[0; 44]), position);
        fill(&mut out.split_at_mut(44).1, &checksum.to_le_bytes());
        (out, checksum)
    }

    /// Reads a header that lies at this place; none if it is not one of ours.
    pub(crate) fn parse(octets: &[u8; HEADER_SIZE], position: Position) -> Option<(Header, u32)> {
        let checked = octets.first_chunk::<44>()?;
        let mut reader = Reader::new(octets);
        if reader.array()? != MAGIC {
            return None;
        }
        let kind = Kind::of(reader.u8()?)?;
        let encoding = Encoding::of(reader.u8()?)?;
        reader.take(2)?;
        let header = Header {
            kind,
            encoding,
            octets: reader.u32()?,
            chain: reader.u32()?,
            salt: reader.u64()?,
            sequence: reader.u64()?,
            synced: reader.u64()?,
            payload_checksum: reader.u32()?,
        };
        let checksum = reader.u32()?;
        let right = checksum == header_checksum(checked, position)
            && u64::from(header.octets) <= RECORD_OCTETS_MAX
            && header.sequence < u64::MAX;
        right.then_some((header, checksum))
    }

    /// Where the record after this one begins.
    pub(crate) fn next_offset(&self, offset: u64) -> u64 {
        offset.saturating_add(HEADER_OCTETS).saturating_add(u64::from(self.octets))
    }
}

/// The payload checksum that a header carries.
pub(crate) fn payload_checksum(payload: &[u8]) -> u32 {
    crc32fast::hash(payload)
}

fn header_checksum(checked: &[u8; 44], position: Position) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(checked);
    hasher.update(&position.segment.to_le_bytes());
    hasher.update(&position.offset.to_le_bytes());
    hasher.finalize()
}

fn fill(rest: &mut &mut [u8], octets: &[u8]) {
    let taken = std::mem::take(rest);
    if let Some((front, back)) = taken.split_at_mut_checked(octets.len()) {
        front.copy_from_slice(octets);
        *rest = back;
    }
}

/// Collects the records that one write puts at the end of a segment.
#[derive(Debug)]
pub(crate) struct Run {
    /// Where the run begins.
    pub(crate) position: Position,
    /// What is to be written there.
    pub(crate) octets: Vec<u8>,
    /// The checksum that the next record chains to.
    pub(crate) chain: u32,
    /// The sequence that the next record gets.
    pub(crate) sequence: u64,
    salt: u64,
    synced: u64,
}

impl Run {
    pub(crate) fn new(
        position: Position,
        chain: u32,
        sequence: u64,
        salt: u64,
        synced: u64,
    ) -> Run {
        Run { position, octets: Vec::new(), chain, sequence, salt, synced }
    }

    /// Where the payload of the next record will begin in the segment.
    pub(crate) fn next_payload_offset(&self) -> u64 {
        self.end().saturating_add(HEADER_OCTETS)
    }

    /// Where the run ends in the segment.
    pub(crate) fn end(&self) -> u64 {
        self.position.offset.saturating_add(octets_of(&self.octets))
    }

    /// Adds a record that holds no changes. The payload must be no longer than `RECORD_OCTETS_MAX`.
    pub(crate) fn push(&mut self, kind: Kind, payload: &[u8]) {
        self.push_encoded(kind, Encoding::Plain, payload);
    }

    /// Adds a record of changes, sealed for this place.
    pub(crate) fn push_changes(&mut self, kind: Kind, changes: ChangeWriter) {
        let sealer = self.sealer(if kind == Kind::Part { Sealed::InPart } else { Sealed::InBatch });
        let payload = changes.sealed(&sealer, self.next_payload_offset());
        self.push_encoded(kind, Encoding::Sealed, &payload);
    }

    fn sealer(&self, kind: Sealed) -> Sealer {
        Sealer::new(self.position.segment, self.salt, kind)
    }

    /// Adds a record with a payload that is encoded already.
    pub(crate) fn push_encoded(&mut self, kind: Kind, encoding: Encoding, payload: &[u8]) {
        let header = Header {
            kind,
            encoding,
            octets: u32::try_from(payload.len()).unwrap_or(u32::MAX),
            chain: self.chain,
            salt: self.salt,
            sequence: self.sequence,
            synced: self.synced,
            payload_checksum: payload_checksum(payload),
        };
        let position = Position { segment: self.position.segment, offset: self.end() };
        let (octets, checksum) = header.print(position);
        self.octets.extend_from_slice(&octets);
        self.octets.extend_from_slice(payload);
        self.chain = checksum;
        self.sequence = self.sequence.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header {
            kind: Kind::Batch,
            encoding: Encoding::Sealed,
            octets: 7,
            chain: 3,
            salt: 99,
            sequence: 12,
            synced: 11,
            payload_checksum: 5,
        }
    }

    #[test]
    fn a_header_is_read_back_only_at_its_place() {
        let position = Position { segment: 4, offset: 480 };
        let (octets, checksum) = header().print(position);
        assert_eq!(Header::parse(&octets, position), Some((header(), checksum)));
        assert_eq!(Header::parse(&octets, Position { segment: 5, offset: 480 }), None);
        assert_eq!(Header::parse(&octets, Position { segment: 4, offset: 481 }), None);
    }

    #[test]
    fn every_flipped_bit_of_a_header_is_noticed() {
        let position = Position { segment: 1, offset: 0 };
        let (octets, _) = header().print(position);
        for bit in 0..octets.len() * 8 {
            let mut flipped = octets;
            flipped[bit / 8] ^= 1 << (bit % 8);
            // The two unused octets are covered by the checksum, too.
            assert_eq!(Header::parse(&flipped, position), None, "bit {bit}");
        }
    }
}
