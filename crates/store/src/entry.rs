//! How the index keeps a value.

use mailbox::Fault;

use crate::encoding::Reader;

/// A value as the index keeps it: the segment of its put, and a checksum, since redb looks at its own only when it
/// repairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    /// The segment of the journal that holds the put.
    pub(crate) segment: u32,
    /// The value.
    pub(crate) value: &'a [u8],
}

impl<'a> Entry<'a> {
    pub(crate) fn print(key: &[u8], value: &[u8], segment: u32) -> Vec<u8> {
        let segment = segment.to_le_bytes();
        let mut octets = Vec::with_capacity(value.len().saturating_add(8));
        octets.extend_from_slice(&segment);
        octets.extend_from_slice(&entry_checksum(key, &segment, value).to_le_bytes());
        octets.extend_from_slice(value);
        octets
    }

    pub(crate) fn parse(key: &[u8], octets: &'a [u8]) -> Result<Entry<'a>, Fault> {
        Entry::read(key, octets).ok_or_else(|| {
            Fault::damaged("a value of the index is damaged; the next start makes the index anew")
        })
    }

    fn read(key: &[u8], octets: &'a [u8]) -> Option<Entry<'a>> {
        let (segment, rest) = octets.split_first_chunk::<4>()?;
        let (checksum, value) = rest.split_first_chunk::<4>()?;
        (u32::from_le_bytes(*checksum) == entry_checksum(key, segment, value))
            .then_some(Entry { segment: u32::from_le_bytes(*segment), value })
    }

    /// The segment and the length of the value, unchecked: enough to count with.
    pub(crate) fn origin(octets: &[u8]) -> Option<(u32, usize)> {
        let mut reader = Reader::new(octets);
        let segment = reader.u32()?;
        reader.u32()?;
        Some((segment, reader.left()))
    }
}

fn entry_checksum(key: &[u8], segment: &[u8; 4], value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(segment);
    hasher.update(value);
    hasher.finalize()
}
