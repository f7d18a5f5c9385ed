//! The literal that the end of a line announces: `{5}`, `{5+}` (RFC 9051, 4.3).

use super::Waits;

/// A literal that is to follow a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Announced {
    /// Its size; none: more than 63 bits.
    pub(crate) octets: Option<u64>,
    /// Whether its sender waits.
    pub(crate) waits: Waits,
}

impl Announced {
    /// Reads the end of a line that ends with LF.
    pub(crate) fn at_end_of(line: &[u8]) -> Option<Announced> {
        let line = line.strip_suffix(b"\n")?;
        let line = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
        let (line, waits) = match line.strip_suffix(b"+") {
            Some(line) => (line, Waits::Not),
            None => (line, Waits::ForContinue),
        };
        let before = line.iter().rposition(|octet| !octet.is_ascii_digit())?;
        let (before, digits) = line.split_at_checked(before.checked_add(1)?)?;
        if digits.is_empty() || !before.ends_with(b"{") {
            return None;
        }
        let octets = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<i64>().ok());
        Some(Announced { octets: octets.and_then(|octets| u64::try_from(octets).ok()), waits })
    }
}

/// The end of a line that is being dropped: enough of it to hold an announcement.
#[derive(Debug, Default)]
pub(super) struct Tail(Vec<u8>);

/// `{`, 19 digits, `+}`, CR, LF, and some zeros in front.
const TAIL_OCTETS: usize = 64;

impl Tail {
    pub(super) fn push(&mut self, octets: &[u8]) {
        let from = octets.len().saturating_sub(TAIL_OCTETS);
        self.0.extend_from_slice(octets.get(from..).unwrap_or_default());
        let surplus = self.0.len().saturating_sub(TAIL_OCTETS);
        self.0.drain(..surplus);
    }

    pub(super) fn announced(&self) -> Option<Announced> {
        Announced::at_end_of(&self.0)
    }
}
