//! Where a body lies in the journal, and the checksums that prove any part of it.

use bytes::Bytes;
use mailbox::Fault;

use crate::encoding::{Reader, put_number};
use crate::limits::{BODY_BLOCK_OCTETS, BODY_OCTETS_MAX, EXTENTS_MAX};

/// A piece of a body: octets that lie together in one segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) segment: u32,
    pub(crate) offset: u64,
    pub(crate) octets: u64,
}

/// Where a body lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    /// How long the body is.
    pub(crate) octets: u64,
    /// Its pieces in order; together as long as the body.
    pub(crate) extents: Vec<Extent>,
    /// One checksum for each block of `BODY_BLOCK_OCTETS`.
    pub(crate) checksums: Vec<u32>,
}

impl Location {
    pub(crate) fn print(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(32);
        put_number(&mut out, self.octets);
        put_checksums(&mut out, &self.checksums);
        put_extents(&mut out, &self.extents);
        // A flipped bit in the index must not lead to other octets without being noticed.
        let checksum = crc32fast::hash(&out);
        out.extend_from_slice(&checksum.to_le_bytes());
        out
    }

    pub(crate) fn parse(octets: &[u8]) -> Option<Location> {
        let (checked, checksum) = octets.split_last_chunk::<4>()?;
        if crc32fast::hash(checked) != u32::from_le_bytes(*checksum) {
            return None;
        }
        let mut reader = Reader::new(checked);
        let octets = reader.number()?;
        let checksums = read_checksums(&mut reader, octets)?;
        let extents = read_extents(&mut reader, octets)?;
        reader.is_empty().then_some(Location { octets, extents, checksums })
    }

    pub(crate) fn damaged() -> Fault {
        Fault::damaged(
            "the index is damaged where it says where a body lies; the next start makes it anew",
        )
    }

    /// How many octets each segment holds of the body.
    pub(crate) fn octets_by_segment(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.extents.iter().map(|extent| (extent.segment, extent.octets))
    }

    /// The pieces that hold the octets of a range.
    pub(crate) fn pieces(&self, from: u64, to: u64) -> Vec<Extent> {
        let mut pieces = Vec::new();
        let mut begin = 0_u64;
        for extent in &self.extents {
            let end = begin.saturating_add(extent.octets);
            let (first, last) = (from.max(begin), to.min(end));
            if first < last {
                pieces.push(Extent {
                    segment: extent.segment,
                    offset: extent.offset.saturating_add(first.saturating_sub(begin)),
                    octets: last.saturating_sub(first),
                });
            }
            begin = end;
        }
        pieces
    }

    /// Checks octets that begin at a block against their checksums.
    pub(crate) fn blocks_are_right(&self, first_block: u64, octets: &[u8]) -> bool {
        let skip = usize::try_from(first_block).unwrap_or(usize::MAX);
        let mut expected = self.checksums.iter().skip(skip);
        octets.chunks(block_size()).all(|block| {
            expected.next().is_some_and(|checksum| *checksum == crc32fast::hash(block))
        })
    }
}

fn block_size() -> usize {
    usize::try_from(BODY_BLOCK_OCTETS).unwrap_or(usize::MAX)
}

/// How many blocks so many octets have.
pub(crate) fn blocks(octets: u64) -> u64 {
    octets.div_ceil(BODY_BLOCK_OCTETS)
}

/// The checksums of the blocks of a body.
pub(crate) fn checksums(octets: &[u8]) -> Vec<u32> {
    octets.chunks(block_size()).map(crc32fast::hash).collect()
}

pub(crate) fn put_checksums(out: &mut Vec<u8>, checksums: &[u32]) {
    for checksum in checksums {
        out.extend_from_slice(&checksum.to_le_bytes());
    }
}

/// Reads the block checksums of a body of so many octets.
pub(crate) fn read_checksums(reader: &mut Reader<'_>, octets: u64) -> Option<Vec<u32>> {
    if octets > BODY_OCTETS_MAX {
        return None;
    }
    let mut list = Reader::new(reader.take(usize::try_from(blocks(octets).checked_mul(4)?).ok()?)?);
    let mut checksums = Vec::with_capacity(list.left() / 4);
    while let Some(checksum) = list.u32() {
        checksums.push(checksum);
    }
    Some(checksums)
}

pub(crate) fn put_extents(out: &mut Vec<u8>, extents: &[Extent]) {
    put_number(out, u64::try_from(extents.len()).unwrap_or(u64::MAX));
    for extent in extents {
        put_number(out, u64::from(extent.segment));
        put_number(out, extent.offset);
        put_number(out, extent.octets);
    }
}

/// Reads the pieces of a body of so many octets.
pub(crate) fn read_extents(reader: &mut Reader<'_>, octets: u64) -> Option<Vec<Extent>> {
    let count = reader.length()?;
    // Each takes at least three octets, so that a false count cannot make us take much memory.
    if count > EXTENTS_MAX || count > reader.left() {
        return None;
    }
    let mut extents = Vec::with_capacity(count);
    let mut sum = 0_u64;
    for _ in 0..count {
        let extent = Extent {
            segment: u32::try_from(reader.number()?).ok()?,
            offset: reader.number()?,
            octets: reader.number()?,
        };
        extent.offset.checked_add(extent.octets)?;
        sum = sum.checked_add(extent.octets)?;
        extents.push(extent);
    }
    (sum == octets).then_some(extents)
}

/// Computes block checksums of octets that arrive in pieces.
#[derive(Debug, Default)]
pub(crate) struct Checksummer {
    done: Vec<u32>,
    block: crc32fast::Hasher,
    in_block: usize,
}

impl Checksummer {
    pub(crate) fn update(&mut self, octets: &Bytes) {
        let mut rest: &[u8] = octets;
        while !rest.is_empty() {
            let room = block_size().saturating_sub(self.in_block);
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            self.block.update(now);
            self.in_block = self.in_block.saturating_add(now.len());
            rest = later;
            if self.in_block == block_size() {
                self.end_block();
            }
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u32> {
        if self.in_block > 0 {
            self.end_block();
        }
        self.done
    }

    fn end_block(&mut self) {
        self.done.push(std::mem::take(&mut self.block).finalize());
        self.in_block = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_read_back_and_a_flipped_bit_is_noticed() {
        let location = Location {
            octets: 70_000,
            extents: vec![
                Extent { segment: 3, offset: 48, octets: 65_536 },
                Extent { segment: 4, offset: 100, octets: 4_464 },
            ],
            checksums: vec![1, 2],
        };
        let octets = location.print();
        assert_eq!(Location::parse(&octets), Some(location.clone()));
        for bit in 0..octets.len() * 8 {
            let mut flipped = octets.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Location::parse(&flipped), None);
        }
        assert_eq!(
            location.pieces(65_530, 65_540),
            [
                Extent { segment: 3, offset: 48 + 65_530, octets: 6 },
                Extent { segment: 4, offset: 100, octets: 4 }
            ]
        );
    }

    #[test]
    fn checksums_of_pieces_are_those_of_the_whole() {
        let body: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
        for piece in [1_000, 65_536, 65_537, 200_000] {
            let mut checksummer = Checksummer::default();
            for octets in body.chunks(piece) {
                checksummer.update(&Bytes::copy_from_slice(octets));
            }
            assert_eq!(checksummer.finish(), checksums(&body));
        }
    }
}
