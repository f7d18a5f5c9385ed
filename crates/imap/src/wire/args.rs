//! The cursor over one command's or response's octets, literals included as they came (RFC 9051, 4).

use std::borrow::Cow;

use crate::{Dialect, Syntax};

/// What an octet may be part of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Class {
    /// ATOM-CHAR
    Atom,
    /// ASTRING-CHAR: an atom's, and `]`
    Astring,
    /// list-char: an ASTRING-CHAR, `%` and `*`
    List,
    /// A tag's: an ASTRING-CHAR without `+`
    Tag,
}

const fn classes() -> [u8; 256] {
    let mut table = [0u8; 256];
    let mut octet: u8 = 0x21;
    while octet < 0x7f {
        let bits = match octet {
            b'(' | b')' | b'{' | b'"' | b'\\' => 0,
            b'%' | b'*' => 4,
            b']' => 2 | 4 | 8,
            b'+' => 1 | 2 | 4,
            _ => 1 | 2 | 4 | 8,
        };
        #[expect(
            clippy::indexing_slicing,
            clippy::as_conversions,
            reason = "an octet indexes a table of 256, when compiling"
        )]
        {
            table[octet as usize] = bits;
        }
        octet = octet.wrapping_add(1);
    }
    table
}

static CLASSES: [u8; 256] = classes();

pub(crate) fn of_class(octet: u8, class: Class) -> bool {
    let bit = match class {
        Class::Atom => 1,
        Class::Astring => 2,
        Class::List => 4,
        Class::Tag => 8,
    };
    CLASSES.get(usize::from(octet)).is_some_and(|bits| bits & bit != 0)
}

/// A string's octets, or the note that they went past in a stream (client only).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// The octets.
    Here(Cow<'a, [u8]>),
    /// This many octets were handed out before the response was whole.
    Streamed(u64),
}

/// The cursor. Each method takes what it names, or says what it expected and leaves the rest alone.
#[derive(Clone, Debug)]
pub struct Args<'a> {
    rest: &'a [u8],
    total: usize,
    dialect: Dialect,
    streamed: &'a [usize],
}

impl<'a> Args<'a> {
    /// Begins at the first octet.
    pub fn new(octets: &'a [u8], dialect: Dialect) -> Args<'a> {
        Args { rest: octets, total: octets.len(), dialect, streamed: &[] }
    }

    /// Begins at the first octet of a response some of whose literals were streamed; `streamed` holds the indexes
    /// at which their octets would have begun, ascending.
    pub fn with_streamed(octets: &'a [u8], dialect: Dialect, streamed: &'a [usize]) -> Args<'a> {
        Args { rest: octets, total: octets.len(), dialect, streamed }
    }

    /// What the session has enabled.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The octets not yet taken.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The index of the next octet.
    pub fn index(&self) -> usize {
        self.total.saturating_sub(self.rest.len())
    }

    /// An error at the next octet.
    pub fn expected(&self, expected: &'static str) -> Syntax {
        Syntax { expected, index: self.index() }
    }

    /// The next octet.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Whether all is taken.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes the next octet if it is this one.
    pub fn eat(&mut self, octet: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == octet => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes these octets, letters in any case, if they come next.
    pub fn eat_text(&mut self, text: &str) -> bool {
        match self.rest.split_at_checked(text.len()) {
            Some((head, rest)) if head.eq_ignore_ascii_case(text.as_bytes()) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes this octet.
    pub fn take(&mut self, octet: u8, expected: &'static str) -> Result<(), Syntax> {
        if self.eat(octet) { Ok(()) } else { Err(self.expected(expected)) }
    }

    /// Takes one space.
    pub fn space(&mut self) -> Result<(), Syntax> {
        self.take(b' ', "a space")
    }

    /// Takes `(`.
    pub fn open(&mut self) -> Result<(), Syntax> {
        self.take(b'(', "(")
    }

    /// Takes `)`.
    pub fn close(&mut self) -> Result<(), Syntax> {
        self.take(b')', ")")
    }

    /// Checks that nothing is left. One space at the end is let pass.
    pub fn end(&mut self) -> Result<(), Syntax> {
        // People at a terminal leave one there, and so do scripts that join their words with `+ " "`.
        self.eat(b' ');
        if self.is_empty() { Ok(()) } else { Err(self.expected("the end of the command")) }
    }

    /// Takes the next `octets` octets.
    pub fn octets(&mut self, octets: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(octets)?;
        self.rest = rest;
        Some(head)
    }

    /// Takes all octets up to the first that does not fit; may be empty.
    pub fn run(&mut self, fits: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|octet| !fits(*octet)).unwrap_or(self.rest.len());
        let (head, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
        self.rest = rest;
        head
    }

    pub(crate) fn run_of(
        &mut self,
        class: Class,
        expected: &'static str,
    ) -> Result<&'a str, Syntax> {
        let error = self.expected(expected);
        let octets = self.run(|octet| of_class(octet, class));
        if octets.is_empty() {
            return Err(error);
        }
        std::str::from_utf8(octets).map_err(|_| error)
    }

    /// Takes an atom.
    pub fn atom(&mut self, expected: &'static str) -> Result<&'a str, Syntax> {
        self.run_of(Class::Atom, expected)
    }

    /// Takes letters, digits and `-`, `.`, `_`: the name of a command, an item, a key. Stops before `[`, `<` and the like.
    pub fn word(&mut self, expected: &'static str) -> Result<&'a str, Syntax> {
        let error = self.expected(expected);
        let octets = self.run(|octet| octet.is_ascii_alphanumeric() || b"-._".contains(&octet));
        if octets.is_empty() {
            return Err(error);
        }
        std::str::from_utf8(octets).map_err(|_| error)
    }

    /// Takes digits; leading zeros are let pass.
    pub fn number64(&mut self) -> Result<u64, Syntax> {
        let error = self.expected("a number");
        let digits = self.run(|octet| octet.is_ascii_digit());
        if digits.is_empty() {
            return Err(error);
        }
        // RFC 9051, 9: number64 has 63 bits.
        digits
            .iter()
            .try_fold(0i64, |number, digit| {
                number.checked_mul(10)?.checked_add(i64::from(digit.wrapping_sub(b'0')))
            })
            .and_then(|number| u64::try_from(number).ok())
            .ok_or(error)
    }

    /// Takes a number of 32 bits.
    pub fn number(&mut self) -> Result<u32, Syntax> {
        let error = self.expected("a number below 4294967296");
        self.number64().and_then(|number| u32::try_from(number).map_err(|_| error))
    }

    /// Takes a number of 32 bits that is not 0.
    pub fn nz_number(&mut self) -> Result<u32, Syntax> {
        let error = self.expected("a number from 1 to 4294967295");
        match self.number() {
            Ok(number) if number > 0 => Ok(number),
            Ok(_) | Err(_) => Err(error),
        }
    }

    /// Takes a quoted string. Octets above 127 are let through; who wants text checks that they are UTF-8.
    pub fn quoted(&mut self) -> Result<Cow<'a, [u8]>, Syntax> {
        self.take(b'"', "a quoted string")?;
        let plain = self.quoted_run()?;
        if self.eat(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut octets = plain.to_vec();
        loop {
            if self.eat(b'"') {
                return Ok(Cow::Owned(octets));
            }
            self.take(b'\\', "\" to end the quoted string")?;
            match self.rest.split_first() {
                Some((octet @ (b'"' | b'\\'), rest)) => {
                    octets.push(*octet);
                    self.rest = rest;
                }
                _ => return Err(self.expected("\" or \\ after \\ in a quoted string")),
            }
            octets.extend_from_slice(self.quoted_run()?);
        }
    }

    /// Takes octets of a quoted string up to `"` or `\`. NUL, CR and LF are barred (RFC 9051, 9: TEXT-CHAR).
    fn quoted_run(&mut self) -> Result<&'a [u8], Syntax> {
        let end = memchr::memchr2(b'"', b'\\', self.rest).unwrap_or(self.rest.len());
        let (head, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
        if let Some(barred) = memchr::memchr3(0, b'\r', b'\n', head) {
            self.rest = self.rest.get(barred..).unwrap_or_default();
            return Err(self.expected("a quoted string without NUL, CR and LF"));
        }
        self.rest = rest;
        Ok(head)
    }

    /// Takes a literal: `{5}` or `{5+}`, the end of the line, the octets. NUL is barred (RFC 9051, 9: CHAR8).
    pub fn literal(&mut self) -> Result<&'a [u8], Syntax> {
        let start = self.clone();
        let octets = self.literal_octets()?;
        if memchr::memchr(0, octets).is_some() {
            return Err(start.expected("a literal without NUL"));
        }
        Ok(octets)
    }

    fn literal_octets(&mut self) -> Result<&'a [u8], Syntax> {
        let error = self.expected("a literal");
        let size = self.literal_size()?;
        usize::try_from(size).ok().and_then(|size| self.octets(size)).ok_or(error)
    }

    /// Takes `{5}` and the end of the line; what follows are the literal's octets.
    pub fn literal_size(&mut self) -> Result<u64, Syntax> {
        self.take(b'{', "a literal")?;
        let size = self.number64()?;
        self.eat(b'+');
        self.take(b'}', "} to end the size of a literal")?;
        self.eat(b'\r');
        self.take(b'\n', "the end of the line after {size}")?;
        Ok(size)
    }

    /// Takes a quoted string or a literal.
    pub fn string(&mut self) -> Result<Cow<'a, [u8]>, Syntax> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => self.literal().map(Cow::Borrowed),
            _ => Err(self.expected("a string")),
        }
    }

    /// Takes a string, a literal8 or NIL; a literal may have been streamed.
    pub fn nstring_streamed(&mut self) -> Result<Option<Text<'a>>, Syntax> {
        if self.eat_nil() {
            return Ok(None);
        }
        let binary = self.eat(b'~');
        if self.peek() != Some(b'{') {
            let string = if binary { Err(self.expected("a literal")) } else { self.string() };
            return string.map(|string| Some(Text::Here(string)));
        }
        let error = self.expected("a literal");
        let size = self.literal_size()?;
        if self.streamed.binary_search(&self.index()).is_ok() {
            return Ok(Some(Text::Streamed(size)));
        }
        // A message may hold NUL whether the server says literal8 or not.
        let octets = usize::try_from(size).ok().and_then(|size| self.octets(size)).ok_or(error)?;
        Ok(Some(Text::Here(Cow::Borrowed(octets))))
    }

    /// Takes one value of any kind: a string, an atom, or values in parentheses.
    pub fn skip_value(&mut self) -> Result<(), Syntax> {
        let mut depth = 0usize;
        loop {
            match self.peek() {
                Some(b'(') => {
                    self.eat(b'(');
                    depth = depth.saturating_add(1);
                    continue;
                }
                Some(b' ') if depth > 0 => {
                    self.eat(b' ');
                    continue;
                }
                Some(b')') if depth > 0 => {
                    self.eat(b')');
                    depth = depth.saturating_sub(1);
                }
                Some(b'"') => drop(self.quoted()?),
                Some(b'{') => drop(self.literal_octets()?),
                Some(b'~') if self.rest.starts_with(b"~{") => {
                    self.eat(b'~');
                    self.literal_octets()?;
                }
                _ => {
                    let error = self.expected("a value");
                    if self.run(|octet| !b" ()\"\r\n\0".contains(&octet)).is_empty() {
                        return Err(error);
                    }
                }
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Takes `NIL` if it comes next.
    pub fn eat_nil(&mut self) -> bool {
        let mut ahead = self.clone();
        let nil = ahead.eat_text("NIL")
            && ahead.peek().is_none_or(|octet| !of_class(octet, Class::Astring));
        if nil {
            self.rest = ahead.rest;
        }
        nil
    }

    /// Takes a string or NIL.
    pub fn nstring(&mut self) -> Result<Option<Cow<'a, [u8]>>, Syntax> {
        if self.eat_nil() { Ok(None) } else { self.string().map(Some) }
    }

    /// Takes an atom or a string.
    pub fn astring(&mut self) -> Result<Cow<'a, [u8]>, Syntax> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => self.literal().map(Cow::Borrowed),
            _ => {
                let atom = self.run_of(Class::Astring, "an atom or a string")?;
                Ok(Cow::Borrowed(atom.as_bytes()))
            }
        }
    }

    /// Takes an atom or a string in UTF-8.
    pub fn astring_text(&mut self) -> Result<Cow<'a, str>, Syntax> {
        let error = self.expected("text in UTF-8");
        utf8(self.astring()?).ok_or(error)
    }

    /// Takes a string or NIL in UTF-8.
    pub fn nstring_text(&mut self) -> Result<Option<Cow<'a, str>>, Syntax> {
        let error = self.expected("text in UTF-8");
        self.nstring()?.map(|octets| utf8(octets).ok_or(error)).transpose()
    }

    /// Takes `(`, what `item` takes once or more with a space between, and `)`. At most `max` items.
    pub fn list<T>(
        &mut self,
        max: usize,
        item: impl FnMut(&mut Args<'a>) -> Result<T, Syntax>,
    ) -> Result<Vec<T>, Syntax> {
        if self.rest.starts_with(b"()") {
            self.open()?;
            return Err(self.expected("at least one item"));
        }
        self.list_or_empty(max, item)
    }

    /// Takes `(`, what `item` takes any number of times with a space between, and `)`. At most `max` items.
    pub fn list_or_empty<T>(
        &mut self,
        max: usize,
        mut item: impl FnMut(&mut Args<'a>) -> Result<T, Syntax>,
    ) -> Result<Vec<T>, Syntax> {
        self.open()?;
        let mut items = Vec::new();
        if self.eat(b')') {
            return Ok(items);
        }
        loop {
            if items.len() >= max {
                return Err(self.expected("fewer items"));
            }
            items.push(item(self)?);
            if self.eat(b')') {
                return Ok(items);
            }
            self.take(b' ', "a space or )")?;
        }
    }
}

pub(crate) fn utf8(octets: Cow<'_, [u8]>) -> Option<Cow<'_, str>> {
    match octets {
        Cow::Borrowed(octets) => std::str::from_utf8(octets).ok().map(Cow::Borrowed),
        Cow::Owned(octets) => String::from_utf8(octets).ok().map(Cow::Owned),
    }
}
