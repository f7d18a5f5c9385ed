//! Small things done to octets everywhere in this crate.

use std::borrow::Cow;

use crate::work::spend;

/// A length as an offset.
pub(crate) fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// An offset as a length; one that memory cannot hold becomes the longest.
pub(crate) fn narrow(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// The octets of a range, as far as there are any.
pub(crate) fn slice(octets: &[u8], range: std::ops::Range<u64>) -> &[u8] {
    let end = narrow(range.end).min(octets.len());
    octets.get(narrow(range.start).min(end)..end).unwrap_or_default()
}

/// The first `length` octets, or all if there are fewer.
pub(crate) fn head(octets: &[u8], length: usize) -> &[u8] {
    octets.get(..length).unwrap_or(octets)
}

/// What follows the first `length` octets.
pub(crate) fn tail(octets: &[u8], length: usize) -> &[u8] {
    octets.get(length..).unwrap_or_default()
}

/// Space, tab, and the line ends that folding leaves inside a field (RFC 5322, 2.2.3). NUL counts, since mail that
/// holds one comes from programs that meant nothing by it.
pub(crate) fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n' | 0)
}

/// Takes space off both ends.
pub(crate) fn trim(octets: &[u8]) -> &[u8] {
    trim_end(trim_start(octets))
}

/// Takes space off the beginning.
pub(crate) fn trim_start(mut octets: &[u8]) -> &[u8] {
    while let Some((first, rest)) = octets.split_first()
        && is_space(*first)
    {
        spend(1);
        octets = rest;
    }
    octets
}

/// Takes space off the end.
pub(crate) fn trim_end(mut octets: &[u8]) -> &[u8] {
    while let Some((last, rest)) = octets.split_last()
        && is_space(*last)
    {
        spend(1);
        octets = rest;
    }
    octets
}

/// Undoes folding (RFC 5322, 2.2.3) and trims. No CR, LF or NUL is left, so the result fits every wire format.
pub(crate) fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    let value = trim(value);
    spend(value.len());
    match memchr::memchr3(b'\r', b'\n', 0, value) {
        None => Cow::Borrowed(value),
        Some(_) => {
            Cow::Owned(value.iter().copied().filter(|o| !matches!(o, b'\r' | b'\n' | 0)).collect())
        }
    }
}

/// Where the octet first stands.
pub(crate) fn find(octet: u8, octets: &[u8]) -> Option<usize> {
    let at = memchr::memchr(octet, octets);
    spend(at.unwrap_or(octets.len()));
    at
}

/// How often the octet stands there.
pub(crate) fn count(octet: u8, octets: &[u8]) -> u64 {
    spend(octets.len());
    wide(memchr::memchr_iter(octet, octets).count())
}

/// Cuts at the first octet for which `stop` holds; that octet starts the second half.
pub(crate) fn split_where(octets: &[u8], stop: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let at = octets.iter().position(|octet| stop(*octet)).unwrap_or(octets.len());
    spend(at);
    octets.split_at_checked(at).unwrap_or((octets, &[]))
}
