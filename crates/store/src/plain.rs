//! Changes as records of the formats 1 and 2 have them, without checksums of their own. They are read, not written.

use mailbox::BodyHash;

use crate::change::Change;
use crate::encoding::Reader;
use crate::limits::KEY_OCTETS_MAX;
use crate::location::{Extent, Location, read_checksums, read_extents};

const PUT: u8 = 1;
const DELETE: u8 = 2;
const BODY_HERE: u8 = 3;
const BODY_ELSEWHERE: u8 = 4;

/// Reads one change. `place` gives the offset in the segment at which so many octets are left.
pub(crate) fn read<'a>(
    reader: &mut Reader<'a>,
    segment: u32,
    place: impl Fn(usize) -> Option<u64>,
) -> Option<Change<'a>> {
    match reader.u8()? {
        PUT => Some(Change::Put(key(reader)?, reader.string()?)),
        DELETE => Some(Change::Delete(key(reader)?)),
        BODY_HERE => {
            let hash = BodyHash(reader.array()?);
            let octets = reader.number()?;
            let checksums = read_checksums(reader, octets)?;
            let offset = place(reader.left())?;
            reader.take(usize::try_from(octets).ok()?)?;
            let extents = match octets {
                0 => Vec::new(),
                _ => vec![Extent { segment, offset, octets }],
            };
            Some(Change::Body(hash, Location { octets, extents, checksums }))
        }
        BODY_ELSEWHERE => {
            let hash = BodyHash(reader.array()?);
            let octets = reader.number()?;
            let checksums = read_checksums(reader, octets)?;
            let extents = read_extents(reader, octets)?;
            Some(Change::Body(hash, Location { octets, extents, checksums }))
        }
        _ => None,
    }
}

fn key<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    reader.string().filter(|key| key.len() <= KEY_OCTETS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::ChangeReader;
    use crate::record::Encoding;

    #[test]
    fn changes_of_the_first_formats_are_read() {
        let mut payload = b"\x01\x03key\x05value\x02\x04gone\x03".to_vec();
        payload.extend_from_slice(&[1; 32]);
        payload.extend_from_slice(b"\x06\x09\x00\x00\x00octets");
        let changes: Vec<Change<'_>> =
            ChangeReader::new(&payload, Encoding::Plain, 7, 1_000).collect();
        let offset = 1_000 + u64::try_from(payload.len()).unwrap() - 6;
        let extents = vec![Extent { segment: 7, offset, octets: 6 }];
        let location = Location { octets: 6, extents, checksums: vec![9] };
        assert_eq!(
            changes,
            [
                Change::Put(b"key", b"value"),
                Change::Delete(b"gone"),
                Change::Body(BodyHash([1; 32]), location),
            ]
        );
        assert_eq!(ChangeReader::new(&payload[..12], Encoding::Plain, 7, 1_000).count(), 1);
    }
}
