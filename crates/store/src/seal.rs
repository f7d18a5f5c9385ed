//! What proves a change by itself: a checksum of its head and a seal of all it says, both bound to the salt of its
//! segment, to the place where it lies and to the kind of its record.
//!
//! So a change can be told from any other octets even where nothing around it can be read: octets of a mail are never
//! taken for one, since nobody outside knows the salt, and neither is a copy of a change that lies elsewhere. The head
//! has a checksum of its own so that a false length is found out before the octets that it claims are looked at:
//! looking for changes among damaged octets takes time linear in their number.

/// The checksum of a head has so many octets.
pub(crate) const HEAD_CHECKSUM_OCTETS: usize = 4;
/// A seal has so many octets.
pub(crate) const SEAL_OCTETS: usize = 8;

/// What kind of record a change stands in. A part counts only once a `Whole` names it, so that the changes of one must
/// not be taken for those of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sealed {
    InBatch,
    InPart,
}

/// Seals and proves the changes of one segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sealer {
    key: [u8; 32],
}

impl Sealer {
    pub(crate) fn new(segment: u32, salt: u64, kind: Sealed) -> Sealer {
        let kind = match kind {
            Sealed::InBatch => 1,
            Sealed::InPart => 2,
        };
        let mut key = [0; 32];
        let parts = [&salt.to_le_bytes()[..], &segment.to_le_bytes(), &[kind]];
        let octets = parts.into_iter().flatten();
        key.iter_mut().zip(octets).for_each(|(to, from)| *to = *from);
        Sealer { key }
    }

    /// The checksum of the head of a change that begins at this offset of the segment.
    pub(crate) fn head_checksum(&self, offset: u64, head: &[u8]) -> [u8; HEAD_CHECKSUM_OCTETS] {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.key);
        hasher.update(&offset.to_le_bytes());
        hasher.update(head);
        hasher.finalize().to_le_bytes()
    }

    /// The seal of a change that begins at this offset of the segment.
    pub(crate) fn seal(&self, offset: u64, change: &[u8]) -> [u8; SEAL_OCTETS] {
        let mut key = self.key;
        let place = offset.to_le_bytes();
        key.iter_mut().rev().zip(place).for_each(|(to, from)| *to = from);
        let hash = blake3::keyed_hash(&key, change);
        hash.as_bytes().first_chunk().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_belongs_to_its_place_its_segment_its_salt_and_its_kind() {
        let sealer = Sealer::new(3, 99, Sealed::InBatch);
        let others = [
            (Sealer::new(4, 99, Sealed::InBatch), 480),
            (Sealer::new(3, 98, Sealed::InBatch), 480),
            (Sealer::new(3, 99, Sealed::InPart), 480),
            (sealer, 481),
        ];
        for (other, offset) in others {
            assert_ne!(sealer.seal(480, b"a change"), other.seal(offset, b"a change"));
            let head = sealer.head_checksum(480, b"a change");
            assert_ne!(head, other.head_checksum(offset, b"a change"));
        }
        assert_ne!(sealer.seal(480, b"a change"), sealer.seal(480, b"a chance"));
    }
}
