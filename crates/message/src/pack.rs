//! The alphabet of the stored outline: numbers of seven bits an octet, and strings with their length before them.

use crate::octets::{narrow, wide};

/// Writes a number, seven bits an octet, lowest first, the high bit saying that more follow.
pub(crate) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Writes octets with their length before them.
pub(crate) fn put_octets(out: &mut Vec<u8>, octets: &[u8]) {
    put_number(out, wide(octets.len()));
    out.extend_from_slice(octets);
}

/// Writes octets that may be absent: the length is one more, and 0 stands for absence.
pub(crate) fn put_optional(out: &mut Vec<u8>, octets: Option<&[u8]>) {
    match octets {
        None => out.push(0),
        Some(octets) => {
            put_number(out, wide(octets.len()).saturating_add(1));
            out.extend_from_slice(octets);
        }
    }
}

/// Reads what the functions above wrote. Every method gives `None` when the octets cannot have been written so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unpack<'a>(pub(crate) &'a [u8]);

impl<'a> Unpack<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let first = self.octet()?;
        if first < 0x80 {
            return Some(u64::from(first));
        }
        let mut number = u64::from(first & 0x7f);
        for shift in (7..64).step_by(7) {
            let octet = self.octet()?;
            let bits = u64::from(octet & 0x7f);
            if shift == 63 && bits > 1 {
                return None;
            }
            number |= bits << shift;
            if octet < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (octets, rest) = self.0.split_at_checked(narrow(length))?;
        self.0 = rest;
        Some(octets)
    }

    pub(crate) fn octets(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(length)
    }

    pub(crate) fn optional(&mut self) -> Option<Option<&'a [u8]>> {
        match self.number()?.checked_sub(1) {
            None => Some(None),
            Some(length) => self.take(length).map(Some),
        }
    }
}
