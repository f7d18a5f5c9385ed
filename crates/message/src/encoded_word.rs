//! Encoded words in header text (RFC 2047): `=?utf-8?q?caf=C3=A9?=`. Broken ones stay as they are.

use crate::charset;
use crate::octets::{find, is_space, trim};
use crate::transfer::{Decoder, decode_q};
use crate::work::spend;

/// Decodes the text of an unstructured field or a display name: unfolds it, turns encoded words into what they mean,
/// and puts spaces for control characters, so that nothing hidden in a word can pass for structure. Takes linear
/// time, and at most three octets come out for each that goes in.
pub fn decode(value: &[u8]) -> String {
    decode_noting(value).text
}

/// A text of a header, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// What could be decoded; the rest is U+FFFD or as it was.
    pub text: String,
    /// Whether all of it could be: no word has a charset that is not known, or octets that its charset has not, and what stands
    /// between words is UTF-8.
    pub is_whole: bool,
}

/// As `decode`, and says whether that could be done.
pub fn decode_noting(value: &[u8]) -> Decoded {
    let mut is_whole = true;
    let mut text = String::with_capacity(value.len());
    let mut pending = Pending::default();
    let mut rest = trim(value);
    while let Some(at) = memchr::memmem::find(rest, b"=?") {
        spend(at);
        let (before, word) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        match Word::read(word) {
            Some((word, after)) => {
                // Space between two encoded words is not shown (RFC 2047, 6.2).
                if !(pending.is_some() && before.iter().all(|octet| is_space(*octet))) {
                    pending.flush(&mut text);
                    push_plain(before, &mut text);
                }
                pending.add(&word, &mut text);
                rest = after;
            }
            None => {
                is_whole &= !Word::is_unknown(word);
                pending.flush(&mut text);
                let (plain, after) =
                    rest.split_at_checked(at.saturating_add(2)).unwrap_or((rest, &[]));
                push_plain(plain, &mut text);
                rest = after;
            }
        }
    }
    pending.flush(&mut text);
    spend(rest.len());
    push_plain(rest, &mut text);
    is_whole &= !text.contains(char::REPLACEMENT_CHARACTER) && std::str::from_utf8(value).is_ok();
    Decoded { text, is_whole }
}

struct Word<'a> {
    charset: &'a [u8],
    octets: Vec<u8>,
}

impl<'a> Word<'a> {
    /// Reads a word at its `=?`; gives what follows it. Each part ends at the first question mark, so that a
    /// thousand beginnings without an end cost no more than their octets.
    fn read(word: &'a [u8]) -> Option<(Word<'a>, &'a [u8])> {
        let ([charset, coding, encoded], rest) = parts(word)?;
        if !charset::is_known(charset) {
            return None;
        }
        let octets = match coding {
            b"B" | b"b" => Decoder::base64().decode(encoded),
            b"Q" | b"q" => decode_q(encoded),
            _ => return None,
        };
        Some((Word { charset, octets }, rest))
    }

    /// Whether it is a word, but of a charset that is not known.
    fn is_unknown(word: &[u8]) -> bool {
        parts(word).is_some_and(|([charset, coding, _], _)| {
            matches!(coding, b"B" | b"b" | b"Q" | b"q") && !charset::is_known(charset)
        })
    }
}

/// Charset, coding and encoded text of a word at its `=?`, and what follows it.
fn parts(word: &[u8]) -> Option<([&[u8]; 3], &[u8])> {
    let mut rest = word.strip_prefix(b"=?")?;
    let mut part = || {
        let at = find(b'?', rest)?;
        let part = rest.get(..at)?;
        rest = rest.get(at.checked_add(1)?..)?;
        Some(part)
    };
    let (charset, coding, encoded) = (part()?, part()?, part()?);
    let rest = rest.strip_prefix(b"=")?;
    // A language may follow the charset (RFC 2231, 5).
    let charset = charset.split(|octet| *octet == b'*').next()?;
    Some(([charset, coding, encoded], rest))
}

/// Words not yet decoded: some programs cut a character in two, so adjacent words of one charset are joined first.
#[derive(Default)]
struct Pending<'a> {
    charset: Option<&'a [u8]>,
    octets: Vec<u8>,
}

impl<'a> Pending<'a> {
    fn is_some(&self) -> bool {
        self.charset.is_some()
    }

    fn add(&mut self, word: &Word<'a>, text: &mut String) {
        if !self.charset.is_some_and(|charset| charset.eq_ignore_ascii_case(word.charset)) {
            self.flush(text);
        }
        self.charset = Some(word.charset);
        self.octets.extend_from_slice(&word.octets);
    }

    fn flush(&mut self, text: &mut String) {
        if let Some(charset) = self.charset.take() {
            push_clean(&charset::decode(Some(charset), &self.octets), text);
        }
        self.octets.clear();
    }
}

fn push_plain(octets: &[u8], text: &mut String) {
    push_clean(&charset::decode(None, octets), text);
}

/// Drops line ends of folding and puts a space for every other control character.
fn push_clean(decoded: &str, text: &mut String) {
    let clean = decoded.chars().filter(|c| !matches!(c, '\r' | '\n'));
    text.extend(clean.map(|c| if c.is_control() { ' ' } else { c }));
}
