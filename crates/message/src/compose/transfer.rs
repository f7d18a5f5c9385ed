//! Chooses and applies a transfer encoding (RFC 2045, 6), in pieces of any size. What is encoded is decoded to the very same
//! octets, whatever they are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::octets::wide;

/// A line of base64 or quoted-printable may be 76 characters long (RFC 2045, 6.7 and 6.8).
const BASE64_LINE_OCTETS: usize = 57;
const QUOTED_LINE: usize = 75;

/// RFC 5322, 2.1.1.
const LINE_OCTETS_MAX: usize = 998;

/// How octets are put into a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As they are, but that each line ends in CRLF: short lines of ASCII.
    SevenBit,
    /// As they are, but that each line ends in CRLF: short lines of anything.
    EightBit,
    /// Legible where it is text.
    QuotedPrintable,
    /// Anything.
    Base64,
}

impl Encoding {
    /// What Content-Transfer-Encoding calls it.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::SevenBit => "7bit",
            Encoding::EightBit => "8bit",
            Encoding::QuotedPrintable => "quoted-printable",
            Encoding::Base64 => "base64",
        }
    }
}

/// What octets are like, as far as their encoding depends on it. Feed it with `push`, in any pieces.
#[derive(Clone, Debug)]
pub struct Nature {
    octets: u64,
    /// Those that take three characters in quoted-printable.
    escaped: u64,
    is_ascii: bool,
    /// The beginning of a character that may end in the next piece; none: it is not UTF-8.
    utf8: Option<Vec<u8>>,
    has_nul: bool,
    has_odd_line_end: bool,
    line_octets: usize,
    longest_line_octets: usize,
    last: u8,
}

impl Default for Nature {
    fn default() -> Nature {
        Nature {
            octets: 0,
            escaped: 0,
            is_ascii: true,
            utf8: Some(Vec::new()),
            has_nul: false,
            has_odd_line_end: false,
            line_octets: 0,
            longest_line_octets: 0,
            last: 0,
        }
    }
}

impl Nature {
    /// Of all octets at once.
    pub fn of(octets: &[u8]) -> Nature {
        let mut nature = Nature::default();
        nature.push(octets);
        nature
    }

    /// Looks at the next octets.
    pub fn push(&mut self, octets: &[u8]) {
        self.octets = self.octets.saturating_add(wide(octets.len()));
        self.is_ascii &= octets.is_ascii();
        if let Some(mut before) = self.utf8.take() {
            before.extend_from_slice(octets);
            self.utf8 = match std::str::from_utf8(&before) {
                Ok(_) => Some(Vec::new()),
                Err(error) if error.error_len().is_some() => None,
                Err(error) => Some(before.split_off(error.valid_up_to())),
            };
        }
        for octet in octets {
            self.octet(*octet);
        }
    }

    fn octet(&mut self, octet: u8) {
        let is_plain = octet.is_ascii_graphic() || matches!(octet, b' ' | b'\t' | b'\r' | b'\n');
        self.escaped = self.escaped.saturating_add(u64::from(!is_plain || octet == b'='));
        self.has_nul |= octet == 0;
        self.has_odd_line_end |= (octet == b'\n') != (self.last == b'\r');
        self.last = octet;
        let ends = matches!(octet, b'\r' | b'\n');
        self.line_octets = if ends { 0 } else { self.line_octets.saturating_add(1) };
        self.longest_line_octets = self.longest_line_octets.max(self.line_octets);
    }

    /// How many they are.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// Whether they are ASCII.
    pub fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// Whether they are UTF-8.
    pub fn is_utf8(&self) -> bool {
        self.utf8.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether they are lines that can go over SMTP, but for what is not ASCII (RFC 5321, 4.5.3.1.6).
    fn is_lines(&self) -> bool {
        self.longest_line_octets <= LINE_OCTETS_MAX && !self.has_nul
    }

    /// Whether every line ends in CRLF.
    fn has_line_ends(&self) -> bool {
        !self.has_odd_line_end && self.last != b'\r'
    }

    /// How a text is encoded: as it is where it can be, else in the shorter of two ways.
    pub fn of_text(&self) -> Encoding {
        if self.is_ascii && self.is_lines() && self.has_line_ends() {
            Encoding::SevenBit
        } else if self.escaped <= self.octets / 6 {
            // Two octets more for each against one more for three.
            Encoding::QuotedPrintable
        } else {
            Encoding::Base64
        }
    }

    /// How a message is encoded, which is not at all (RFC 2046, 5.2.1); only its line ends become CRLF. None: it cannot be.
    pub fn of_message(&self) -> Option<Encoding> {
        match (self.is_lines(), self.is_ascii) {
            (true, true) => Some(Encoding::SevenBit),
            (true, false) => Some(Encoding::EightBit),
            (false, _) => None,
        }
    }
}

/// Applies an encoding. Feed it with `push`, in any pieces, then `finish`; it holds less than a line.
#[derive(Clone, Debug)]
pub struct Encoder(Coding);

#[derive(Clone, Debug)]
enum Coding {
    /// With the octet before.
    Lines(u8),
    Quoted(Quoted),
    Base64(Vec<u8>),
}

impl Encoder {
    /// Begins.
    pub fn new(encoding: Encoding) -> Encoder {
        Encoder(match encoding {
            Encoding::SevenBit | Encoding::EightBit => Coding::Lines(0),
            Encoding::QuotedPrintable => Coding::Quoted(Quoted::default()),
            Encoding::Base64 => Coding::Base64(Vec::new()),
        })
    }

    /// Encodes the next octets.
    pub fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        match &mut self.0 {
            Coding::Lines(before) => {
                for octet in octets {
                    match (octet, &before) {
                        (b'\n', b'\r') => {}
                        (b'\n' | b'\r', _) => out.extend_from_slice(b"\r\n"),
                        _ => out.push(*octet),
                    }
                    *before = *octet;
                }
            }
            Coding::Quoted(quoted) => octets.iter().for_each(|octet| quoted.push(*octet, out)),
            Coding::Base64(held) => {
                held.extend_from_slice(octets);
                let whole = held.len().saturating_sub(held.len() % BASE64_LINE_OCTETS);
                base64_lines(held.get(..whole).unwrap_or_default(), out);
                held.drain(..whole);
            }
        }
    }

    /// Writes what was held back.
    pub fn finish(self, out: &mut Vec<u8>) {
        match self.0 {
            Coding::Lines(_) => {}
            Coding::Quoted(quoted) => quoted.finish(out),
            Coding::Base64(held) => base64_lines(&held, out),
        }
    }

    /// Encodes all at once.
    pub fn encode(mut self, octets: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(octets.len());
        self.push(octets, &mut out);
        self.finish(&mut out);
        out
    }
}

fn base64_lines(octets: &[u8], out: &mut Vec<u8>) {
    for line in octets.chunks(BASE64_LINE_OCTETS) {
        out.extend_from_slice(STANDARD.encode(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// Quoted-printable (RFC 2045, 6.7). A pair of CR and LF is a line end; each alone is an octet like others.
#[derive(Clone, Debug, Default)]
struct Quoted {
    column: usize,
    /// A space, tab or CR, of which what follows says how it is written.
    held: Option<u8>,
    /// How many letters of `From` the line consists of so far.
    from: usize,
}

const FROM: &[u8] = b"From";

impl Quoted {
    fn push(&mut self, octet: u8, out: &mut Vec<u8>) {
        match (self.held.take(), octet) {
            (Some(b'\r'), b'\n') => {
                out.extend_from_slice(b"\r\n");
                self.column = 0;
                return;
            }
            // A space at the end of a line would be lost on the way.
            (Some(before), b'\r') => self.escaped(before, out),
            (Some(b'\r'), _) => self.escaped(b'\r', out),
            (Some(space), _) => self.space(space, out),
            (None, _) => {}
        }
        match octet {
            b' ' | b'\t' | b'\r' => self.held = Some(octet),
            // Some programs on the way change a dot at the beginning of a line (RFC 2049, 3).
            b'.' if self.column == 0 || self.column == QUOTED_LINE => self.escaped(octet, out),
            b'=' => self.escaped(octet, out),
            _ if octet.is_ascii_graphic() => self.safe(octet, out),
            _ => self.escaped(octet, out),
        }
    }

    /// The same goes for `From ` (RFC 2049, 3).
    fn space(&mut self, octet: u8, out: &mut Vec<u8>) {
        let is_from = self.from == FROM.len() && self.column == FROM.len();
        if is_from { self.escaped(octet, out) } else { self.safe(octet, out) }
    }

    fn safe(&mut self, octet: u8, out: &mut Vec<u8>) {
        self.room(1, out);
        if self.column == 0 {
            self.from = 0;
        }
        let goes_on = self.from == self.column && FROM.get(self.from) == Some(&octet);
        self.from = if goes_on { self.from.saturating_add(1) } else { self.from };
        out.push(octet);
        self.column = self.column.saturating_add(1);
    }

    fn escaped(&mut self, octet: u8, out: &mut Vec<u8>) {
        self.room(3, out);
        if self.column == 0 {
            self.from = 0;
        }
        out.extend_from_slice(format!("={octet:02X}").as_bytes());
        self.column = self.column.saturating_add(3);
    }

    fn room(&mut self, octets: usize, out: &mut Vec<u8>) {
        if self.column.saturating_add(octets) > QUOTED_LINE {
            out.extend_from_slice(b"=\r\n");
            self.column = 0;
        }
    }

    fn finish(mut self, out: &mut Vec<u8>) {
        if let Some(held) = self.held.take() {
            self.escaped(held, out);
        }
    }
}

/// Texts and messages stay legible: as they are if they can, texts else as quoted-printable; their line ends become CRLF. All
/// else is base64.
pub(super) fn encode(content_type: &str, octets: &[u8]) -> (Encoding, Vec<u8>) {
    let starts =
        |kind: &str| content_type.get(..kind.len()).is_some_and(|c| c.eq_ignore_ascii_case(kind));
    let is_message = starts("message/");
    if !is_message && !starts("text/") {
        return (Encoding::Base64, Encoder::new(Encoding::Base64).encode(octets));
    }
    let text = Encoder::new(Encoding::EightBit).encode(octets);
    let nature = Nature::of(&text);
    let encoding = match (is_message, nature.is_ascii() && nature.is_lines()) {
        (_, true) => Encoding::SevenBit,
        (true, false) => Encoding::EightBit,
        (false, false) => Encoding::QuotedPrintable,
    };
    (encoding, Encoder::new(encoding).encode(&text))
}
