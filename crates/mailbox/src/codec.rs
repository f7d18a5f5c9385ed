//! How values are written for the engine: numbers as little-endian base 128, text and lists with their length in
//! front. Reading never panics; what does not fit is `None`.

use bytes::Bytes;

/// Writes a value.
#[derive(Default)]
pub(crate) struct Output(Vec<u8>);

impl Output {
    /// Begins a value with the octet that says how it is laid out.
    pub(crate) fn version(version: u8) -> Output {
        let mut octets = Vec::with_capacity(64);
        octets.push(version);
        Output(octets)
    }

    pub(crate) fn octet(&mut self, octet: u8) -> &mut Output {
        self.0.push(octet);
        self
    }

    pub(crate) fn number(&mut self, number: impl Into<u64>) -> &mut Output {
        let mut rest: u64 = number.into();
        loop {
            let [low, ..] = rest.to_le_bytes();
            rest >>= 7;
            if rest == 0 {
                self.0.push(low & 0x7f);
                return self;
            }
            self.0.push(low | 0x80);
        }
    }

    /// A number that may be below zero; small ones on either side are short.
    pub(crate) fn signed(&mut self, number: i64) -> &mut Output {
        let folded = (number << 1) ^ (number >> 63);
        self.number(u64::from_le_bytes(folded.to_le_bytes()))
    }

    /// A number that may be missing.
    pub(crate) fn maybe(&mut self, number: Option<u64>) -> &mut Output {
        match number {
            None => self.octet(0),
            Some(number) => self.octet(1).number(number),
        }
    }

    /// How many things follow.
    pub(crate) fn count(&mut self, count: usize) -> &mut Output {
        self.number(u64::try_from(count).unwrap_or(u64::MAX))
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Output {
        self.octets(text.as_bytes())
    }

    pub(crate) fn octets(&mut self, octets: &[u8]) -> &mut Output {
        self.count(octets.len());
        self.plain(octets)
    }

    /// Octets whose number is known to the reader.
    pub(crate) fn plain(&mut self, octets: &[u8]) -> &mut Output {
        self.0.extend_from_slice(octets);
        self
    }

    pub(crate) fn done(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.0))
    }
}

/// Reads a value.
pub(crate) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// Begins to read a value that must be laid out as `version` says.
    pub(crate) fn version(octets: &'a [u8], version: u8) -> Option<Input<'a>> {
        let (first, rest) = octets.split_first()?;
        (*first == version).then_some(Input { rest })
    }

    pub(crate) fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64u32).step_by(7) {
            let octet = self.octet()?;
            let low = u64::from(octet & 0x7f);
            // The tenth octet holds the one bit that is left.
            if shift == 63 && low > 1 {
                return None;
            }
            number |= low.checked_shl(shift)?;
            if octet & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn number_u32(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let folded = self.number()?;
        let half = i64::try_from(folded >> 1).ok()?;
        Some(if folded & 1 == 1 { !half } else { half })
    }

    pub(crate) fn maybe(&mut self) -> Option<Option<u64>> {
        match self.octet()? {
            0 => Some(None),
            1 => Some(Some(self.number()?)),
            _ => None,
        }
    }

    /// How many things follow, each of at least one octet: never more than there are octets left.
    pub(crate) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.rest.len()).then_some(count)
    }

    pub(crate) fn octets(&mut self) -> Option<&'a [u8]> {
        let count = self.count()?;
        self.take(count)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.octets()?).ok()
    }

    pub(crate) fn plain<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (octets, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(octets)
    }

    /// So many octets.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (octets, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(octets)
    }

    /// What is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// The value ends here.
    pub(crate) fn end(self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(a: u64, b: i64, c: Option<u64>, d: Vec<u8>, e: String) {
            let octets = Output::version(3).number(a).signed(b).maybe(c).octets(&d).text(&e).done();
            let mut input = Input::version(&octets, 3).unwrap();
            prop_assert_eq!(input.number(), Some(a));
            prop_assert_eq!(input.signed(), Some(b));
            prop_assert_eq!(input.maybe(), Some(c));
            prop_assert_eq!(input.octets(), Some(&d[..]));
            prop_assert_eq!(input.text(), Some(&e[..]));
            prop_assert_eq!(input.end(), Some(()));
        }

        #[test]
        fn any_octets_are_read_or_refused(octets: Vec<u8>) {
            let mut input = Input { rest: &octets };
            while input.rest.len() > 1 {
                let before = input.rest.len();
                let _ = (input.number(), input.text(), input.signed(), input.maybe());
                prop_assert!(input.rest.len() < before);
            }
        }
    }
}
