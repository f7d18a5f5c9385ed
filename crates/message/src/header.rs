//! Header fields as they stand in the message (RFC 5322, 2.2): walking them, finding one, and choosing some of them
//! for HEADER.FIELDS (RFC 9051, 6.4.5.1).

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::octets::{find as find_octet, head, split_where, tail, trim_end, unfold};

/// One field, or a line in a header that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name as sent. Empty for what is no field, such as the `From ` line of an mbox or a byte order mark.
    pub name: &'a [u8],
    /// What follows the colon, with its folding.
    pub value: &'a [u8],
    /// All its octets, line ends included.
    pub raw: &'a [u8],
}

impl<'a> Field<'a> {
    /// Compares the name, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value on one line and trimmed, without CR, LF and NUL; encoded words stay as they are.
    pub fn unfolded(&self) -> Cow<'a, [u8]> {
        unfold(self.value)
    }
}

/// Walks the fields of a header, up to the blank line that ends it. Takes time linear in the header.
pub fn fields(header: &[u8]) -> Fields<'_> {
    Fields { rest: header }
}

/// The first field with this name, in any case.
pub fn find<'a>(header: &'a [u8], name: &str) -> Option<Field<'a>> {
    fields(header).find(|field| field.is(name))
}

/// See `fields`.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        if self.rest.is_empty() || is_blank(self.rest) {
            return None;
        }
        if let Some(rest) = self.rest.strip_prefix(BYTE_ORDER_MARK) {
            let raw = head(self.rest, BYTE_ORDER_MARK.len());
            self.rest = rest;
            return Some(Field { name: &[], value: raw, raw });
        }
        let mut length = line_length(self.rest);
        // A line that begins with space goes on with the field before it, even if nothing else is on it.
        while matches!(self.rest.get(length), Some(b' ' | b'\t')) {
            length = length.saturating_add(line_length(tail(self.rest, length)));
        }
        let (raw, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        let (name, value) = split_name(raw).unwrap_or((&[], raw));
        Some(Field { name, value: strip_line_end(value), raw })
    }
}

/// Splits a line at its colon if a field name stands before it. Space before the colon is obsolete but allowed
/// (RFC 5322, 4.5).
pub(crate) fn split_name(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (before, from_colon) =
        split_where(line, |octet| !matches!(octet, b'!'..=b'9' | b';'..=b'~'));
    let after = from_colon.trim_ascii_start();
    let skipped = from_colon.len().saturating_sub(after.len());
    let plain_space = !from_colon.iter().take(skipped).any(|octet| matches!(octet, b'\r' | b'\n'));
    let value = after.strip_prefix(b":")?;
    (!before.is_empty() && plain_space).then_some((before, value))
}

/// What some programs on Windows put before a text, and so before the header of a message that they keep as a file. It
/// counts as a line that is no field.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether a blank line comes next. CR CR LF is one line end: some relay put a CR too many.
pub(crate) fn is_blank(octets: &[u8]) -> bool {
    [&b"\n"[..], b"\r\n", b"\r\r\n"].iter().any(|line_end| octets.starts_with(line_end))
}

fn line_length(octets: &[u8]) -> usize {
    find_octet(b'\n', octets).map_or(octets.len(), |at| at.saturating_add(1))
}

fn strip_line_end(value: &[u8]) -> &[u8] {
    let value = value.strip_suffix(b"\n").unwrap_or(value);
    let value = value.strip_suffix(b"\r").unwrap_or(value);
    value.strip_suffix(b"\r").unwrap_or(value)
}

/// Which fields to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Those with one of the names: HEADER.FIELDS.
    Named,
    /// All others: HEADER.FIELDS.NOT.
    NotNamed,
}

/// The chosen fields, octet for octet and in their order, with the blank line if the header ends with one
/// (RFC 9051, 6.4.5.1). Names match in any case.
pub fn select<N: AsRef<[u8]>>(header: &[u8], names: &[N], choice: Choice) -> Vec<u8> {
    let mut sorted: Vec<&[u8]> = names.iter().map(|name| trim_end(name.as_ref())).collect();
    sorted.sort_by(|a, b| compare(a, b));
    let mut chosen = Vec::new();
    let mut walk = fields(header);
    for field in walk.by_ref() {
        let named = sorted.binary_search_by(|name| compare(name, field.name)).is_ok();
        if named == (choice == Choice::Named) {
            chosen.extend_from_slice(field.raw);
        }
    }
    if is_blank(walk.rest) {
        chosen.extend_from_slice(walk.rest.get(..line_length(walk.rest)).unwrap_or_default());
    }
    chosen
}

fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let lower = |octet: &u8| octet.to_ascii_lowercase();
    a.iter().map(lower).cmp(b.iter().map(lower))
}
