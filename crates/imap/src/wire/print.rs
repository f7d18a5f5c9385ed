//! The printing of what responses and commands are made of. No formatting machinery: these run once for each item of
//! each message of a FETCH.

use super::args::{Class, of_class};
use crate::Dialect;

/// Appends a number in decimal.
pub fn number(out: &mut Vec<u8>, number: u64) {
    let mut digits = [b'0'; 20];
    let mut rest = number;
    let mut length = 0usize;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' | u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        length = length.saturating_add(1);
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(20usize.saturating_sub(length)..).unwrap_or_default());
}

/// Appends a number of at most 99 with two digits.
pub(crate) fn two_digits(out: &mut Vec<u8>, number: u8) {
    out.push(b'0' | (number / 10 % 10));
    out.push(b'0' | (number % 10));
}

/// Appends `{size}` and the end of the line; the octets follow.
pub fn literal_size(out: &mut Vec<u8>, octets: u64) {
    out.push(b'{');
    number(out, octets);
    out.extend_from_slice(b"}\r\n");
}

/// What of an octet matters to how a string with it can be written.
const UNQUOTABLE: u8 = 1;
const ESCAPED: u8 = 2;
const EIGHT_BIT: u8 = 4;

/// What matters of all octets together, in one pass: there may be two million strings in an answer.
fn kinds(octets: &[u8]) -> u8 {
    octets.iter().fold(0, |kinds, octet| {
        let of = match octet {
            0 | b'\r' | b'\n' => UNQUOTABLE,
            b'"' | b'\\' => ESCAPED,
            0x80.. => EIGHT_BIT,
            _ => 0,
        };
        kinds | of
    })
}

fn may_be_quoted(octets: &[u8], kinds: u8, dialect: Dialect) -> bool {
    // Longer ones are legal, but a line of them is hard on a peer that reads lines into a fixed buffer.
    octets.len() <= 1024
        && kinds & UNQUOTABLE == 0
        && (kinds & EIGHT_BIT == 0 || (dialect.is_utf8() && std::str::from_utf8(octets).is_ok()))
}

/// Whether octets can stand in a quoted string.
pub(crate) fn is_quotable(octets: &[u8], dialect: Dialect) -> bool {
    may_be_quoted(octets, kinds(octets), dialect)
}

/// Appends a quoted string. Only for octets that are quotable.
pub(crate) fn quoted(out: &mut Vec<u8>, octets: &[u8]) {
    quoted_as(out, octets, kinds(octets));
}

fn quoted_as(out: &mut Vec<u8>, octets: &[u8], kinds: u8) {
    out.push(b'"');
    if kinds & ESCAPED == 0 {
        out.extend_from_slice(octets);
    } else {
        for octet in octets {
            if matches!(octet, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(*octet);
        }
    }
    out.push(b'"');
}

/// Appends a string of a response: quoted where that is possible, else a literal, without NUL, which neither can
/// hold (RFC 9051, 4.3).
pub fn string(out: &mut Vec<u8>, octets: &[u8], dialect: Dialect) {
    let kinds = kinds(octets);
    if may_be_quoted(octets, kinds, dialect) {
        quoted_as(out, octets, kinds);
    } else if memchr::memchr(0, octets).is_none() {
        literal_size(out, u64::try_from(octets.len()).unwrap_or(u64::MAX));
        out.extend_from_slice(octets);
    } else {
        let kept: Vec<u8> = octets.iter().copied().filter(|octet| *octet != 0).collect();
        string(out, &kept, dialect);
    }
}

/// Appends a string of a response, or NIL.
pub fn nstring(out: &mut Vec<u8>, octets: Option<&[u8]>, dialect: Dialect) {
    match octets {
        Some(octets) => string(out, octets, dialect),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// Whether octets can stand as an atom where an astring is asked for.
pub(crate) fn is_atom(octets: &[u8]) -> bool {
    !octets.is_empty()
        && octets.iter().all(|octet| of_class(*octet, Class::Atom))
        && !octets.eq_ignore_ascii_case(b"NIL")
}

/// Appends an astring of a response.
pub fn astring(out: &mut Vec<u8>, octets: &[u8], dialect: Dialect) {
    if is_atom(octets) {
        out.extend_from_slice(octets);
    } else {
        string(out, octets, dialect);
    }
}

/// Appends a mailbox name: UTF-8 or modified UTF-7, by the dialect.
pub fn mailbox(out: &mut Vec<u8>, name: &str, dialect: Dialect) {
    if dialect.is_utf8() {
        astring(out, name.as_bytes(), dialect);
    } else {
        astring(out, super::utf7::encode(name).as_bytes(), dialect);
    }
}

/// Appends text of a status response: control characters become spaces, and so does what is not ASCII unless the
/// dialect has UTF-8 (RFC 9051, 9: text).
pub fn text(out: &mut Vec<u8>, text: &str, dialect: Dialect) {
    if text.is_empty() {
        // Text is at least one character.
        out.push(b'.');
    }
    for character in text.chars() {
        match character {
            '\0'..='\x1f' | '\x7f' => out.push(b' '),
            ' '..='~' => out.extend(u8::try_from(u32::from(character))),
            _ if dialect.is_utf8() => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => out.push(b'?'),
        }
    }
}
