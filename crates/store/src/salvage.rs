//! Finds the changes that are whole among octets of which something is wrong.
//!
//! Where a head, its checksum and a seal fit the place, a change begins; everything else is passed over octet by octet.
//! The work is linear: what a head claims is looked at only when its checksum is right, and a change that is found is
//! passed over with the octets of its body.

use crate::change::{Change, Head};
use crate::seal::{HEAD_CHECKSUM_OCTETS, SEAL_OCTETS, Sealer};

/// The changes that can be found in octets that begin at some place of a segment.
#[derive(Debug)]
pub(crate) struct Salvage<'a> {
    octets: &'a [u8],
    at: usize,
    segment: u32,
    offset: u64,
    sealer: Sealer,
}

impl<'a> Salvage<'a> {
    /// Looks through octets that begin at this offset of a segment.
    pub(crate) fn new(octets: &'a [u8], segment: u32, offset: u64, sealer: Sealer) -> Salvage<'a> {
        Salvage { octets, at: 0, segment, offset, sealer }
    }

    /// The change that begins here, if one does, and how far it goes.
    fn change_here(&self) -> Option<(Change<'a>, usize)> {
        let rest = self.octets.get(self.at..)?;
        let place = self.offset.checked_add(u64::try_from(self.at).ok()?)?;
        let head = Head::parse(rest)?;
        let (head_octets, after) = rest.split_at_checked(head.octets)?;
        let (checksum, _) = after.split_at_checked(HEAD_CHECKSUM_OCTETS)?;
        if checksum != self.sealer.head_checksum(place, head_octets) {
            return None;
        }
        let (said, after) = rest.split_at_checked(head.sealed_octets()?)?;
        let (seal, _) = after.split_at_checked(SEAL_OCTETS)?;
        if seal != self.sealer.seal(place, said) {
            return None;
        }
        let about = said.get(head.octets.checked_add(HEAD_CHECKSUM_OCTETS)?..)?;
        let octets = said.len().checked_add(SEAL_OCTETS)?;
        let body = place.checked_add(u64::try_from(octets).ok()?)?;
        let change = head.change(about, self.segment, body)?;
        let body_octets = usize::try_from(head.body_octets()).unwrap_or(usize::MAX);
        Some((change, octets.saturating_add(body_octets)))
    }
}

impl<'a> Iterator for Salvage<'a> {
    type Item = Change<'a>;

    fn next(&mut self) -> Option<Change<'a>> {
        loop {
            let rest = self.octets.get(self.at..)?;
            let next = rest.iter().position(|octet| Head::may_begin_with(*octet))?;
            self.at = self.at.saturating_add(next);
            match self.change_here() {
                Some((change, octets)) => {
                    self.at = self.at.saturating_add(octets);
                    return Some(change);
                }
                None => self.at = self.at.saturating_add(1),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mailbox::BodyHash;

    use super::*;
    use crate::change::ChangeWriter;
    use crate::location::checksums;
    use crate::seal::Sealed;

    fn sealer() -> Sealer {
        Sealer::new(7, 99, Sealed::InBatch)
    }

    fn some_changes() -> Vec<u8> {
        let mut writer = ChangeWriter::new(7, 1_000, 0);
        for number in 0..20_u8 {
            writer.put(&[b'k', number], &[number; 30]);
            let body = [number; 100];
            writer.body_here(&BodyHash([number; 32]), &body, checksums(&body));
            writer.delete(&[b'd', number]);
        }
        writer.sealed(&sealer(), 1_000)
    }

    #[test]
    fn all_changes_but_the_damaged_one_are_found() {
        let payload = some_changes();
        let whole = Salvage::new(&payload, 7, 1_000, sealer()).count();
        assert_eq!(whole, 60);
        for place in 0..payload.len() {
            let mut damaged = payload.clone();
            damaged[place] ^= 0x40;
            let found = Salvage::new(&damaged, 7, 1_000, sealer()).count();
            assert!(found == 59 || found == 60, "octet {place}: {found}");
        }
    }

    #[test]
    fn they_are_found_without_what_came_before() {
        let payload = some_changes();
        let found: Vec<_> = Salvage::new(&payload[500..], 7, 1_500, sealer()).collect();
        let all: Vec<_> = Salvage::new(&payload, 7, 1_000, sealer()).collect();
        assert!(found.len() > 40);
        assert_eq!(found, all[60 - found.len()..]);
    }

    #[test]
    fn a_mail_that_holds_changes_brings_none() {
        let copy = some_changes();
        let mut writer = ChangeWriter::new(7, 1_000, 0);
        writer.body_here(&BodyHash([1; 32]), &copy, checksums(&copy));
        let mut payload = writer.sealed(&sealer(), 1_000);
        // Even where nothing says that a body begins here.
        payload[3] ^= 1;
        assert_eq!(Salvage::new(&payload, 7, 1_000, sealer()).count(), 0);
    }

    #[test]
    fn octets_made_to_look_like_heads_take_linear_time() {
        // Each would have a megabyte of the rest looked at.
        let octets = [0x51, 0x03, 0x80, 0x80, 0x40].repeat(400_000);
        assert_eq!(Salvage::new(&octets, 7, 1_000, sealer()).count(), 0);
    }
}
