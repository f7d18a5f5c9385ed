//! Parameters of Content-Type and Content-Disposition: as sent, for BODYSTRUCTURE, and decoded (RFC 2231), for people.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::charset;
use crate::lexer::{Lexer, ends_token};
use crate::limits::{COMMENT_OCTETS_MAX, PARAMETERS_MAX};
use crate::octets::{head, is_space, tail, trim};
use crate::pack::{Unpack, put_octets};
use crate::work::spend;

/// One parameter. The name is as sent, `filename*0*` included; quoting is undone in the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The name as sent.
    pub name: &'a [u8],
    /// The value, unquoted, without CR, LF and NUL.
    pub value: &'a [u8],
}

/// A parameter put together of its pieces, or one that was whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinedParameter<'a> {
    /// Its name; with `*` behind it where the value is percent-encoded.
    pub name: Cow<'a, [u8]>,
    /// The value.
    pub value: Cow<'a, [u8]>,
}

/// The parameters of one field, in the order sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parameters<'a>(pub(crate) &'a [u8]);

impl<'a> Parameters<'a> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Walks them.
    pub fn iter(&self) -> ParameterIter<'a> {
        ParameterIter(Unpack(self.0))
    }

    /// The value of the first parameter with exactly this name, in any case, as sent.
    pub fn find(&self, name: &str) -> Option<&'a [u8]> {
        self.iter().find(|p| p.name.eq_ignore_ascii_case(name.as_bytes())).map(|p| p.value)
    }

    /// The value of a parameter with continuations joined and its charset decoded (RFC 2231, 3 and 4). Where both
    /// the plain and the extended form were sent, the extended one counts. Takes time linear in the parameters.
    pub fn decoded(&self, name: &str) -> Option<String> {
        let mut extended = None;
        let mut pieces = Vec::new();
        for parameter in self.iter() {
            match section(parameter.name, name.as_bytes()) {
                Some(Section::Whole) if extended.is_none() => extended = Some(parameter.value),
                Some(Section::Piece(number, coding)) => {
                    pieces.push((number, coding, parameter.value))
                }
                Some(Section::Whole) | None => {}
            }
        }
        if let Some(value) = extended {
            return Some(join([(Coding::Percent, value)].into_iter()));
        }
        // A sort that keeps the order of equals lets the first of two pieces with one number win.
        pieces.sort_by_key(|(number, _, _)| *number);
        pieces.dedup_by_key(|(number, _, _)| *number);
        let in_order =
            pieces.iter().zip(0_u32..).take_while(|((number, _, _), want)| number == want);
        if pieces.first().is_some_and(|(number, _, _)| *number == 0) {
            return Some(join(in_order.map(|((_, coding, value), _)| (*coding, *value))));
        }
        self.find(name).map(|value| charset::decode(None, value))
    }

    /// The parameters with continuations joined (RFC 2231, 3), as BODYSTRUCTURE shows them (section 6 there): each at
    /// the place of its first piece. One of which a piece is percent-encoded keeps the form `name*`, with charset and
    /// language. A piece that fits no other stays as sent. Takes time linear in the parameters, but for a sort.
    pub fn joined(&self) -> Vec<JoinedParameter<'a>> {
        let mut continued: BTreeMap<Vec<u8>, Pieces<'a>> = BTreeMap::new();
        let base = |parameter: &Parameter<'a>| continuation(parameter.name);
        for parameter in self.iter() {
            if let Some((name, number, coding)) = base(&parameter) {
                let pieces = continued.entry(name.to_ascii_lowercase()).or_default();
                pieces.numbered.entry(number).or_insert((coding, parameter.value));
            }
        }
        let mut shown = Vec::new();
        for parameter in self.iter() {
            let pieces = base(&parameter).and_then(|(name, number, _)| {
                let pieces = continued.get_mut(&name.to_ascii_lowercase())?;
                (number < pieces.unbroken()).then_some((name, number, pieces))
            });
            match pieces {
                Some((name, 0, pieces)) if !pieces.shown => {
                    shown.push(pieces.join(name));
                    pieces.shown = true;
                }
                Some(_) => {}
                None => {
                    let (name, value) = (parameter.name.into(), parameter.value.into());
                    shown.push(JoinedParameter { name, value });
                }
            }
        }
        shown
    }

    pub(crate) fn check(octets: &'a [u8]) -> Option<Parameters<'a>> {
        let mut unpack = Unpack(octets);
        while !unpack.is_empty() {
            take(&mut unpack)?;
        }
        Some(Parameters(octets))
    }
}

impl<'a> IntoIterator for Parameters<'a> {
    type Item = Parameter<'a>;
    type IntoIter = ParameterIter<'a>;
    fn into_iter(self) -> ParameterIter<'a> {
        self.iter()
    }
}

/// See `Parameters::iter`.
#[derive(Clone, Debug)]
pub struct ParameterIter<'a>(Unpack<'a>);

impl<'a> Iterator for ParameterIter<'a> {
    type Item = Parameter<'a>;
    fn next(&mut self) -> Option<Parameter<'a>> {
        take(&mut self.0)
    }
}

fn take<'a>(unpack: &mut Unpack<'a>) -> Option<Parameter<'a>> {
    spend(1);
    Some(Parameter { name: unpack.octets()?, value: unpack.octets()? })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    Plain,
    Percent,
}

enum Section {
    /// `name*`.
    Whole,
    /// `name*3` or `name*3*`.
    Piece(u32, Coding),
}

fn section(sent: &[u8], name: &[u8]) -> Option<Section> {
    let (front, rest) = sent.split_at_checked(name.len())?;
    let rest = rest.strip_prefix(b"*").filter(|_| front.eq_ignore_ascii_case(name))?;
    if rest.is_empty() {
        return Some(Section::Whole);
    }
    let (digits, coding) = match rest.strip_suffix(b"*") {
        Some(digits) => (digits, Coding::Percent),
        None => (rest, Coding::Plain),
    };
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(Section::Piece(number, coding))
}

/// The name, number and coding of a piece: `name*3` or `name*3*`.
fn continuation(sent: &[u8]) -> Option<(&[u8], u32, Coding)> {
    let name = sent.split(|octet| *octet == b'*').next()?;
    match section(sent, name)? {
        Section::Piece(number, coding) => Some((name, number, coding)),
        Section::Whole => None,
    }
}

/// The pieces of one parameter by number; of two with one number the first counts.
#[derive(Default)]
struct Pieces<'a> {
    numbered: BTreeMap<u32, (Coding, &'a [u8])>,
    shown: bool,
}

impl<'a> Pieces<'a> {
    /// How many there are from number 0 on without a gap.
    fn unbroken(&self) -> u32 {
        let run = self.numbered.keys().zip(0_u32..).take_while(|(number, want)| *number == want);
        run.last().map_or(0, |(number, _)| number.saturating_add(1))
    }

    fn join(&self, name: &'a [u8]) -> JoinedParameter<'a> {
        let pieces = || self.numbered.range(..self.unbroken()).map(|(_, piece)| *piece);
        let extended = pieces().any(|(coding, _)| coding == Coding::Percent);
        if !extended {
            let value: Vec<u8> = pieces().flat_map(|(_, value)| value).copied().collect();
            return JoinedParameter { name: name.into(), value: value.into() };
        }
        let mut value = Vec::new();
        for (index, (coding, piece)) in pieces().enumerate() {
            match coding {
                Coding::Percent => value.extend_from_slice(piece),
                Coding::Plain => {
                    if index == 0 {
                        // A charset and language that nobody named.
                        value.extend_from_slice(b"''");
                    }
                    put_percent(piece, &mut value);
                }
            }
        }
        JoinedParameter { name: [name, b"*"].concat().into(), value: value.into() }
    }
}

/// Writes a value so that `undo_percent` gives it back (RFC 2231, 7: attribute-char).
fn put_percent(value: &[u8], out: &mut Vec<u8>) {
    for octet in value {
        if octet.is_ascii_alphanumeric() || b"!#$&+-.^_`{|}~".contains(octet) {
            out.push(*octet);
        } else {
            out.push(b'%');
            for digit in [octet >> 4, octet & 0x0f] {
                let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
                out.extend(digit.to_ascii_uppercase().to_string().into_bytes());
            }
        }
    }
}

/// Joins pieces; the first may begin with `charset'language'` (RFC 2231, 4.1).
fn join<'v>(pieces: impl Iterator<Item = (Coding, &'v [u8])>) -> String {
    let mut label = None;
    let mut octets = Vec::new();
    for (index, (coding, mut value)) in pieces.enumerate() {
        if coding == Coding::Plain {
            octets.extend_from_slice(value);
            continue;
        }
        if index == 0 {
            let mut split = value.splitn(3, |octet| *octet == b'\'');
            if let (Some(charset), Some(_), Some(text)) = (split.next(), split.next(), split.next())
            {
                label = Some(charset);
                value = text;
            }
        }
        undo_percent(value, &mut octets);
    }
    charset::decode(label, &octets)
}

fn undo_percent(mut value: &[u8], out: &mut Vec<u8>) {
    while let Some((first, rest)) = value.split_first() {
        value = rest;
        spend(1);
        if *first == b'%'
            && let Some((digits, after)) = rest.split_at_checked(2)
            && let Some(octet) = hex(digits)
        {
            out.push(octet);
            value = after;
            continue;
        }
        out.push(*first);
    }
}

/// The octet that two hexadecimal digits mean.
pub(crate) fn hex(digits: &[u8]) -> Option<u8> {
    let mut octet = 0_u8;
    for digit in digits {
        let value = char::from(*digit).to_digit(16)?;
        octet = octet.checked_shl(4)? | u8::try_from(value).ok()?;
    }
    Some(octet)
}

/// Reads parameters from where a field's first value ends, and writes them packed.
pub(crate) fn pack(lexer: &mut Lexer<'_>, out: &mut Vec<u8>) {
    let mut text = Vec::new();
    let mut left = PARAMETERS_MAX;
    while left > 0 {
        lexer.skip_space_and_comments();
        match lexer.peek() {
            None => return,
            Some(b';' | b'"' | b'/' | b'=') => {
                lexer.bump();
                continue;
            }
            Some(_) => {}
        }
        let name = lexer.until(ends_token);
        lexer.skip_space_and_comments();
        if lexer.eat(b'=').is_none() {
            continue;
        }
        text.clear();
        value(lexer, &mut text);
        put_octets(out, name);
        // Space at the end of a piece of a value is that between two words (RFC 2231, 3).
        put_octets(out, if name.contains(&b'*') { &text } else { trim(&text) });
        left = left.saturating_sub(1);
    }
}

/// Takes a value up to its semicolon. Values with spaces but no quotes are common (`name=My file.pdf`), and so are
/// brackets in them (`name=scan (2).pdf`): a comment counts as one only behind space and at the end.
fn value(lexer: &mut Lexer<'_>, out: &mut Vec<u8>) {
    lexer.skip_space_and_comments();
    if lexer.peek() == Some(b'"') {
        lexer.quoted(out);
        lexer.until(|octet| octet == b';');
        return;
    }
    out.extend_from_slice(lexer.until(|octet| octet == b';' || is_space(octet)));
    // Looks no further than a comment may be long: the octets are looked at again if it is none.
    let window = head(lexer.rest, COMMENT_OCTETS_MAX);
    let mut ahead = Lexer::new(window);
    ahead.skip_space_and_comments();
    let ends = match ahead.peek() {
        None => window.len() == lexer.rest.len(),
        Some(octet) => octet == b';',
    };
    if ends {
        lexer.rest = tail(lexer.rest, window.len().saturating_sub(ahead.rest.len()));
        return;
    }
    // More words: nothing up to the semicolon means anything but itself.
    let more = lexer.until(|octet| octet == b';');
    for word in more.split(|octet| is_space(*octet)).filter(|word| !word.is_empty()) {
        out.push(b' ');
        out.extend_from_slice(word);
    }
}
