//! Header lines: folded to 78 characters where there are spaces to fold at (RFC 5322, 2.1.1), with encoded words for
//! what is not ASCII (RFC 2047).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// RFC 5322, 2.1.1: how long a line should be at most, and how long it may be.
const LINE_OCTETS: usize = 78;
const LINE_OCTETS_MAX: usize = 998;

/// Octets of text in one encoded word, so that the word is not longer than 75 (RFC 2047, 2) in either encoding.
const BASE64_WORD_OCTETS: usize = 45;
const Q_WORD_OCTETS: usize = 63;

/// One field in the making.
pub(super) struct Folded<'h> {
    header: &'h mut String,
    column: usize,
}

impl<'h> Folded<'h> {
    /// Begins a field. What cannot be in a field's name is left out of it.
    pub(super) fn field(header: &'h mut String, name: &str) -> Folded<'h> {
        let from = header.len();
        header.extend(name.chars().filter(|c| is_field_name_character(*c)));
        header.push(':');
        let column = header.len().saturating_sub(from);
        Folded { header, column }
    }

    /// Adds an unstructured text.
    pub(super) fn text(self, text: &str) -> Folded<'h> {
        if stays_as_it_is(text) { self.tokens(text) } else { self.words(text) }
    }

    /// Adds a display name.
    pub(super) fn phrase(self, name: &str) -> Folded<'h> {
        if !stays_as_it_is(name) {
            return self.words(name);
        }
        let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~ ".contains(c);
        if name.chars().all(is_atom) {
            self.tokens(name)
        } else {
            self.tokens(&quoted_string(name))
        }
    }

    /// Adds what is ready, with a space before it and a line break wherever a space allows one. Line ends in it
    /// become spaces, so that nobody can add fields of their own.
    pub(super) fn tokens(mut self, value: &str) -> Folded<'h> {
        for token in value.split([' ', '\t', '\r', '\n', '\0']).filter(|token| !token.is_empty()) {
            self.token(token);
        }
        self
    }

    fn token(&mut self, token: &str) {
        if self.column.saturating_add(token.len()) >= LINE_OCTETS && self.column > 1 {
            self.header.push_str("\r\n");
            self.column = 0;
        }
        self.header.push(' ');
        self.header.push_str(token);
        self.column = self.column.saturating_add(token.len()).saturating_add(1);
    }

    fn words(mut self, text: &str) -> Folded<'h> {
        let ascii = text.bytes().filter(u8::is_ascii_alphanumeric).count();
        let mostly_ascii = ascii.saturating_mul(4) > text.len().saturating_mul(3);
        let mut word = String::new();
        let mut room = 0_usize;
        for character in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
            let mut octets = [0; 4];
            let octets = character.encode_utf8(&mut octets).as_bytes();
            let cost = if mostly_ascii { q_length(octets) } else { octets.len() };
            if cost > room {
                self.word(&word, mostly_ascii);
                word.clear();
                room = if mostly_ascii { Q_WORD_OCTETS } else { BASE64_WORD_OCTETS };
            }
            room = room.saturating_sub(cost);
            word.push(character);
        }
        self.word(&word, mostly_ascii);
        self
    }

    fn word(&mut self, word: &str, mostly_ascii: bool) {
        if word.is_empty() {
            return;
        }
        let encoded = if mostly_ascii {
            format!("=?utf-8?q?{}?=", q(word))
        } else {
            format!("=?utf-8?b?{}?=", STANDARD.encode(word))
        };
        self.token(&encoded);
    }

    /// Ends the field.
    pub(super) fn end(self) {
        self.header.push_str("\r\n");
    }
}

/// RFC 5322, 3.6.8.
pub(super) fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_field_name_character)
}

fn is_field_name_character(c: char) -> bool {
    c.is_ascii_graphic() && c != ':'
}

/// Whether a text can stand in a header as it is, and be folded at any of its spaces without becoming another.
pub(super) fn stays_as_it_is(text: &str) -> bool {
    let fits =
        |word: &str| word.len() < LINE_OCTETS_MAX.saturating_sub(LINE_OCTETS) && !word.is_empty();
    text.is_empty() || is_plain(text) && text.split(' ').all(fits)
}

/// Whether a text can stand in a header as it is.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|octet| octet == b' ' || octet.is_ascii_graphic()) && !text.contains("=?")
}

/// A quoted string (RFC 5322, 3.2.4).
pub(super) fn quoted_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars().filter(|c| !c.is_control()) {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// Octets of the value of a parameter that stand in one piece (RFC 2231, 3): with its name it then fits into a line.
const PIECE_OCTETS: usize = 50;

/// A parameter: as a quoted string, or percent-encoded, in pieces where it is long (RFC 2231, 3, 4 and 7).
pub(super) fn parameter(name: &str, value: &str) -> String {
    let is_name = |octet: u8| octet.is_ascii_alphanumeric() || b"-_".contains(&octet);
    if !value.is_empty() && value.len() <= PIECE_OCTETS && value.bytes().all(is_name) {
        return format!("{name}={value}");
    }
    if stays_as_it_is(value) && value.len() <= PIECE_OCTETS {
        return format!("{name}={}", quoted_string(value));
    }
    let mut pieces = vec![String::new()];
    for character in value.chars() {
        let mut octets = [0; 4];
        let octets = character.encode_utf8(&mut octets).bytes();
        let one: String =
            octets.map(|o| encoded(o, '%', |o| b"!#$&+-.^_`{|}~".contains(&o))).collect();
        match pieces.last_mut() {
            Some(last) if last.len().saturating_add(one.len()) <= PIECE_OCTETS => {
                last.push_str(&one);
            }
            Some(_) | None => pieces.push(one),
        }
    }
    if let [value] = &pieces[..] {
        return format!("{name}*=utf-8''{value}");
    }
    let numbered = pieces.iter().enumerate().map(|(number, piece)| {
        let charset = if number == 0 { "utf-8''" } else { "" };
        format!("{name}*{number}*={charset}{piece}")
    });
    numbered.collect::<Vec<_>>().join("; ")
}

/// The Q encoding for any place, phrases included (RFC 2047, 5).
fn q(text: &str) -> String {
    text.bytes().map(|octet| if octet == b' ' { "_".to_owned() } else { q_octet(octet) }).collect()
}

fn q_octet(octet: u8) -> String {
    encoded(octet, '=', |o| b"!*+-/".contains(&o))
}

fn q_length(octets: &[u8]) -> usize {
    octets.iter().map(|octet| if *octet == b' ' { 1 } else { q_octet(*octet).len() }).sum()
}

fn encoded(octet: u8, mark: char, is_safe: impl Fn(u8) -> bool) -> String {
    if octet.is_ascii_alphanumeric() || is_safe(octet) {
        char::from(octet).to_string()
    } else {
        format!("{mark}{octet:02X}")
    }
}
