//! The lexical pieces shared by all structured fields (RFC 5322, 3.2): space, comments, quoted strings. Nothing here
//! fails: what is not closed ends where the octets end.

use crate::octets::{is_space, split_where, trim_start};
use crate::work::spend;

/// Reads a structured field piece by piece.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    pub(crate) rest: &'a [u8],
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(value: &'a [u8]) -> Lexer<'a> {
        Lexer { rest: value }
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn bump(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        spend(1);
        self.rest = rest;
        Some(*first)
    }

    /// Takes this octet if it comes next.
    pub(crate) fn eat(&mut self, octet: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[octet])?;
        Some(())
    }

    /// Takes all octets up to one for which `stop` holds.
    pub(crate) fn until(&mut self, stop: impl Fn(u8) -> bool) -> &'a [u8] {
        let (taken, rest) = split_where(self.rest, stop);
        self.rest = rest;
        taken
    }

    pub(crate) fn skip_space(&mut self) {
        self.rest = trim_start(self.rest);
    }

    /// Skips space and comments.
    pub(crate) fn skip_space_and_comments(&mut self) {
        loop {
            self.skip_space();
            if self.peek() != Some(b'(') {
                return;
            }
            self.comment(&mut Vec::new());
        }
    }

    /// Takes a comment whose bracket comes next and writes out what is inside, with quoting undone. Comments nest
    /// (RFC 5322, 3.2.2); inner brackets stay.
    pub(crate) fn comment(&mut self, out: &mut Vec<u8>) {
        let mut depth = 0_usize;
        while let Some(octet) = self.bump() {
            match octet {
                b'(' => {
                    depth = depth.saturating_add(1);
                    if depth == 1 {
                        continue;
                    }
                }
                b')' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return;
                    }
                }
                b'\\' => {
                    if let Some(quoted) = self.bump() {
                        push_plain(out, quoted);
                    }
                    continue;
                }
                _ => {}
            }
            push_plain(out, octet);
        }
    }

    /// Takes a quoted string whose quote comes next and writes out what it means (RFC 5322, 3.2.4).
    pub(crate) fn quoted(&mut self, out: &mut Vec<u8>) {
        self.bump();
        loop {
            let run = self.until(|octet| matches!(octet, b'"' | b'\\' | b'\r' | b'\n' | 0));
            out.extend_from_slice(run);
            match self.bump() {
                None | Some(b'"') => return,
                Some(b'\\') => {
                    if let Some(quoted) = self.bump() {
                        push_plain(out, quoted);
                    }
                }
                // Folding inside a quoted string is not part of it (RFC 5322, 3.2.4), and NUL fits no wire format.
                Some(_) => {}
            }
        }
    }
}

/// Writes an octet unless it is one that no wire format can carry.
fn push_plain(out: &mut Vec<u8>, octet: u8) {
    if !matches!(octet, b'\r' | b'\n' | 0) {
        out.push(octet);
    }
}

/// Whether the octet ends a token of a MIME field (RFC 2045, 5.1) for a lenient reader.
pub(crate) fn ends_token(octet: u8) -> bool {
    is_space(octet) || matches!(octet, b';' | b'"' | b'=' | b'/' | b'(')
}
