//! Transfer encodings (RFC 2045, 6): base64 and quoted-printable, undone leniently, in pieces of any size.

use std::borrow::Cow;

use crate::content::is_identity;
use crate::octets::{tail, wide};
use crate::parameter::hex;
use crate::work::spend;

/// Undoes a transfer encoding. Feed it with `push`, in any pieces, then `finish`; what comes out never exceeds what
/// went in, and between pushes it holds a few octets.
#[derive(Clone, Debug)]
pub struct Decoder {
    coding: Coding,
}

#[derive(Clone, Debug)]
enum Coding {
    Identity,
    Base64(Base64),
    Quoted(Quoted),
}

impl Decoder {
    /// The decoder for a Content-Transfer-Encoding; `None` for one we do not know ([UNKNOWN-CTE]).
    pub fn new(encoding: &[u8]) -> Option<Decoder> {
        if encoding.is_empty() || is_identity(encoding) {
            return Some(Decoder { coding: Coding::Identity });
        }
        if encoding.eq_ignore_ascii_case(b"base64") {
            return Some(Decoder::base64());
        }
        let quoted = encoding.eq_ignore_ascii_case(b"quoted-printable");
        quoted.then(|| Decoder { coding: Coding::Quoted(Quoted::default()) })
    }

    pub(crate) fn base64() -> Decoder {
        Decoder { coding: Coding::Base64(Base64::default()) }
    }

    /// Decodes the next octets.
    pub fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        match &mut self.coding {
            Coding::Identity => out.extend_from_slice(octets),
            Coding::Base64(base64) => base64.push(octets, out),
            Coding::Quoted(quoted) => quoted.push(octets, out),
        }
    }

    /// Writes what was held back.
    pub fn finish(self, out: &mut Vec<u8>) {
        match self.coding {
            Coding::Identity => {}
            Coding::Base64(mut base64) => base64.flush(out),
            Coding::Quoted(quoted) => quoted.finish(out),
        }
    }

    /// Decodes all at once.
    pub fn decode(mut self, octets: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(octets.len());
        self.push(octets, &mut out);
        self.finish(&mut out);
        out
    }
}

/// Decodes the body of a part. `None` for an encoding we do not know.
pub fn decode_transfer<'o>(encoding: &[u8], octets: &'o [u8]) -> Option<Cow<'o, [u8]>> {
    let decoder = Decoder::new(encoding)?;
    Some(match decoder.coding {
        Coding::Identity => Cow::Borrowed(octets),
        Coding::Base64(_) | Coding::Quoted(_) => Cow::Owned(decoder.decode(octets)),
    })
}

/// How many octets `decode_transfer` gives (BINARY.SIZE), found in bounded memory.
pub fn decoded_octets(encoding: &[u8], octets: &[u8]) -> Option<u64> {
    let mut decoder = Decoder::new(encoding)?;
    let mut total = 0_u64;
    let mut out = Vec::new();
    for piece in octets.chunks(64 * 1024) {
        decoder.push(piece, &mut out);
        total = total.saturating_add(wide(out.len()));
        out.clear();
    }
    decoder.finish(&mut out);
    Some(total.saturating_add(wide(out.len())))
}

const INVALID: u8 = 0xff;

/// The six bits of each letter of the base64 alphabet (RFC 2045, 6.8).
const SEXTETS: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [INVALID; 256];
    let mut value = 0_u8;
    while value < 64 {
        #[expect(
            clippy::indexing_slicing,
            clippy::as_conversions,
            reason = "evaluated by the compiler, which refuses what is out of bounds"
        )]
        {
            table[alphabet[value as usize] as usize] = value;
            value += 1;
        }
    }
    table
};

fn sextet(octet: u8) -> u8 {
    SEXTETS.get(usize::from(octet)).copied().unwrap_or(INVALID)
}

/// Letters seen and not yet written: `count` of them, six bits each.
#[derive(Clone, Debug, Default)]
struct Base64 {
    bits: u32,
    count: u8,
    /// Behind the padding, which ends the data (RFC 2045, 6.8): what comes there is a signature of a mailing list and
    /// the like.
    ended: bool,
}

impl Base64 {
    fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        let mut rest = octets;
        while !rest.is_empty() && !self.ended {
            if self.count == 0 {
                rest = whole_groups(rest, out);
            }
            // Line ends and stray octets are passed over.
            let Some((octet, after)) = rest.split_first() else { return };
            rest = after;
            spend(1);
            let value = sextet(*octet);
            if value != INVALID {
                self.bits = (self.bits << 6) | u32::from(value);
                self.count = self.count.saturating_add(1);
                if self.count == 4 {
                    self.flush(out);
                }
            } else if *octet == b'=' && self.count > 1 {
                self.flush(out);
                self.ended = true;
            }
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        // Left-aligned in 24 bits, whatever the number of letters; a single letter is not an octet yet.
        let missing = 4_u32.saturating_sub(u32::from(self.count));
        let [_, octets @ ..] = (self.bits << missing.saturating_mul(6)).to_be_bytes();
        out.extend(octets.iter().take(usize::from(self.count.saturating_sub(1))));
        *self = Base64::default();
    }
}

/// Decodes groups of four letters as long as there is nothing else.
fn whole_groups<'o>(octets: &'o [u8], out: &mut Vec<u8>) -> &'o [u8] {
    let mut groups = 0_usize;
    let (quads, _) = octets.as_chunks::<4>();
    for quad in quads {
        let [a, b, c, d] = quad.map(sextet);
        if (a | b | c | d) & 0xc0 != 0 {
            break;
        }
        let bits = (u32::from(a) << 18) | (u32::from(b) << 12) | (u32::from(c) << 6) | u32::from(d);
        let [_, x, y, z] = bits.to_be_bytes();
        out.extend_from_slice(&[x, y, z]);
        groups = groups.saturating_add(1);
    }
    spend(groups.saturating_mul(4));
    octets.get(groups.saturating_mul(4)..).unwrap_or_default()
}

/// Space held back before a line end is dropped (RFC 2045, 6.7, rule 3), so it must be remembered; more than this is
/// no accident of transport and is kept.
const SPACE_HELD_OCTETS_MAX: usize = 1024;

/// What was seen and not yet written: space that may end a line, or the beginning of `=..`.
#[derive(Clone, Debug, Default)]
struct Quoted {
    held: Vec<u8>,
}

impl Quoted {
    fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        let mut rest = octets;
        loop {
            if self.held.is_empty() {
                rest = whole_lines(rest, out);
            }
            let Some((octet, after)) = rest.split_first() else { return };
            rest = after;
            self.octet(*octet, out);
        }
    }

    /// Takes one octet while some are held, or one that may have to be held.
    fn octet(&mut self, octet: u8, out: &mut Vec<u8>) {
        spend(1);
        let escape = self.held.first() == Some(&b'=');
        match (octet, escape) {
            (b'\n', true) => {
                // `=`, space, and the line end: a soft line break, unless digits came between.
                if self.held.iter().skip(1).any(|held| !crate::octets::is_space(*held)) {
                    self.release(out);
                    out.push(b'\n');
                }
                self.held.clear();
            }
            (b'\n', false) => {
                if self.held.last() == Some(&b'\r') {
                    out.push(b'\r');
                }
                out.push(b'\n');
                self.held.clear();
            }
            (b' ' | b'\t' | b'\r', _) if self.holds_only_space() => self.hold(octet, out),
            (b'=', false) => {
                self.release(out);
                self.held.push(b'=');
            }
            (_, true) if self.held.len() < 3 && octet.is_ascii_hexdigit() => {
                self.held.push(octet);
                if let Some(octet) = self.held.get(1..3).and_then(hex) {
                    out.push(octet);
                    self.held.clear();
                }
            }
            _ => {
                self.release(out);
                match octet {
                    b'=' | b' ' | b'\t' | b'\r' => self.held.push(octet),
                    _ => out.push(octet),
                }
            }
        }
    }

    /// Whether what is held is space, perhaps behind an equals sign.
    fn holds_only_space(&self) -> bool {
        self.held.last().is_none_or(|last| matches!(last, b' ' | b'\t' | b'\r' | b'='))
    }

    fn hold(&mut self, octet: u8, out: &mut Vec<u8>) {
        if self.held.len() >= SPACE_HELD_OCTETS_MAX {
            self.release(out);
        }
        self.held.push(octet);
    }

    fn release(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.held);
    }

    fn finish(self, out: &mut Vec<u8>) {
        match self.held.as_slice() {
            // Space, or a soft break, at the very end.
            [b'='] => {}
            held if held.iter().all(|octet| crate::octets::is_space(*octet)) => {}
            held => out.extend_from_slice(held),
        }
    }
}

/// Decodes lines, and the beginning of one, as far as nothing in them has to be held back.
fn whole_lines<'o>(octets: &'o [u8], out: &mut Vec<u8>) -> &'o [u8] {
    let mut rest = octets;
    loop {
        let at = memchr::memchr2(b'=', b'\n', rest);
        spend(at.unwrap_or(rest.len()));
        let (line, from_mark) = rest.split_at_checked(at.unwrap_or(rest.len())).unwrap_or_default();
        if from_mark.first() == Some(&b'=') {
            out.extend_from_slice(line);
            return from_mark;
        }
        let mut text = line;
        while let Some((b' ' | b'\t' | b'\r', front)) = text.split_last() {
            spend(1);
            text = front;
        }
        let (text, space) = line.split_at_checked(text.len()).unwrap_or_default();
        out.extend_from_slice(text);
        let Some((_, after)) = from_mark.split_first() else { return space };
        if space.len() >= SPACE_HELD_OCTETS_MAX {
            return tail(rest, text.len());
        }
        if space.last() == Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(b'\n');
        rest = after;
    }
}

/// Decodes the Q encoding of encoded words (RFC 2047, 4.2).
pub(crate) fn decode_q(encoded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((octet, after)) = rest.split_first() {
        rest = after;
        match (octet, after.split_at_checked(2)) {
            (b'=', Some((digits, behind))) if let Some(octet) = hex(digits) => {
                out.push(octet);
                rest = behind;
            }
            (b'_', _) => out.push(b' '),
            (other, _) => out.push(*other),
        }
    }
    out
}
