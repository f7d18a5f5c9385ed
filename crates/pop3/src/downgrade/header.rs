//! Takes a header apart into its fields as its octets come, and hands each on as soon as it is whole.

use super::Labels;
use super::field::{Beginning, rewrite};
use crate::limits::FIELD_OCTETS_MAX;

/// One header on its way. Holds the field that is not yet whole.
#[derive(Default)]
pub(crate) struct Header {
    field: Vec<u8>,
    /// What the held octets go on with, when the field was too long to be held as one.
    beginning: Beginning,
}

impl Header {
    /// Takes some octets of the header.
    pub(crate) fn take(&mut self, mut octets: &[u8], labels: Labels, out: &mut Vec<u8>) {
        while let Some(first) = octets.first() {
            let at_line_start = self.field.last() == Some(&b'\n');
            // A line that begins with space goes on with the field before it (RFC 5322, 2.2.3).
            if at_line_start && !matches!(first, b' ' | b'\t') {
                self.end(labels, out);
            }
            let line =
                memchr::memchr(b'\n', octets).map_or(octets.len(), |at| at.saturating_add(1));
            let room = FIELD_OCTETS_MAX.saturating_sub(self.field.len()).max(1);
            let (part, rest) = octets.split_at_checked(line.min(room)).unwrap_or((octets, &[]));
            self.field.extend_from_slice(part);
            octets = rest;
            if self.field.len() >= FIELD_OCTETS_MAX {
                self.cut(labels, out);
            }
        }
    }

    /// Hands on the field at hand, which is whole.
    pub(crate) fn end(&mut self, labels: Labels, out: &mut Vec<u8>) {
        if !self.field.is_empty() {
            rewrite(&self.field, std::mem::take(&mut self.beginning), labels, out);
        }
        self.field = Vec::new();
        self.beginning = Beginning::Name;
    }

    /// Hands on most of a field that is too long to be held: up to white space, or at least not in the middle of a
    /// character.
    fn cut(&mut self, labels: Labels, out: &mut Vec<u8>) {
        let spaces = |octet: &u8| octet.is_ascii_whitespace();
        let last_space = self.field.iter().rposition(spaces).unwrap_or(0);
        let before = self.field.get(..last_space).unwrap_or_default();
        let mut at =
            before.iter().rposition(|octet| !spaces(octet)).map_or(0, |at| at.saturating_add(1));
        if at < FIELD_OCTETS_MAX / 2 {
            let begins_character = |octet: &u8| octet & 0b1100_0000 != 0b1000_0000;
            at = self.field.iter().rposition(begins_character).unwrap_or_default();
            // A line end must not be cut in two either.
            if at < FIELD_OCTETS_MAX / 2 {
                at = self.field.len();
            }
        }
        let rest = self.field.split_off(at);
        self.beginning = rewrite(&self.field, std::mem::take(&mut self.beginning), labels, out);
        self.field = rest;
    }
}
