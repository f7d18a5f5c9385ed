//! Addresses as an IMAP envelope shows them (RFC 9051, 7.5.2), read from any From, To or the like (RFC 5322, 3.4 and
//! 4.4): names, source routes and groups, with quoting undone and encoded words kept.

use crate::lexer::Lexer;
use crate::octets::is_space;
use crate::pack::{Unpack, put_optional};

/// One element of an address list. A group is shown by two marks around its members: in both `host` is absent; the
/// first holds the group's name in `mailbox`, the second nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// The display name or, where there is none, the comment beside the address.
    pub name: Option<&'a [u8]>,
    /// The source route before the address, such as `@a,@b`.
    pub route: Option<&'a [u8]>,
    /// The local part. Empty when a name stands alone.
    pub mailbox: Option<&'a [u8]>,
    /// The domain. Empty when it is missing.
    pub host: Option<&'a [u8]>,
}

/// The addresses of one field, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addresses<'a>(pub(crate) &'a [u8]);

impl<'a> Addresses<'a> {
    /// Whether there is none, which an envelope shows as NIL.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Walks them.
    pub fn iter(&self) -> AddressIter<'a> {
        AddressIter(Unpack(self.0))
    }

    pub(crate) fn check(octets: &'a [u8]) -> Option<Addresses<'a>> {
        let mut unpack = Unpack(octets);
        while !unpack.is_empty() {
            take(&mut unpack)?;
        }
        Some(Addresses(octets))
    }
}

impl<'a> IntoIterator for Addresses<'a> {
    type Item = Address<'a>;
    type IntoIter = AddressIter<'a>;
    fn into_iter(self) -> AddressIter<'a> {
        self.iter()
    }
}

/// See `Addresses::iter`.
#[derive(Clone, Debug)]
pub struct AddressIter<'a>(Unpack<'a>);

impl<'a> Iterator for AddressIter<'a> {
    type Item = Address<'a>;
    fn next(&mut self) -> Option<Address<'a>> {
        take(&mut self.0)
    }
}

fn take<'a>(unpack: &mut Unpack<'a>) -> Option<Address<'a>> {
    Some(Address {
        name: unpack.optional()?,
        route: unpack.optional()?,
        mailbox: unpack.optional()?,
        host: unpack.optional()?,
    })
}

/// The addresses of one field value, for those who hold a header and no outline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressList(Vec<u8>);

impl AddressList {
    /// Reads a field value; folding is allowed in it.
    pub fn of(value: &[u8]) -> AddressList {
        let mut packed = Vec::new();
        pack(std::iter::once(value), &mut packed);
        AddressList(packed)
    }

    /// Walks the addresses.
    pub fn iter(&self) -> AddressIter<'_> {
        Addresses(&self.0).iter()
    }
}

/// Writes the addresses of the values of one or more fields of the same name.
pub(crate) fn pack<'a>(values: impl Iterator<Item = &'a [u8]>, out: &mut Vec<u8>) {
    let mut reader = Reader { out, found: Found::default(), group: Group::Outside };
    for value in values {
        reader.list(Lexer::new(value));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Outside,
    Inside,
}

/// Where in an address the reader stands.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Position {
    /// Words that may become a name, a local part or a group's name.
    #[default]
    Words,
    /// Behind the `@` of a bare address.
    Domain,
    /// Behind `<...>`.
    Done,
}

/// What has been seen of the address at hand.
#[derive(Default)]
struct Found {
    position: Position,
    /// The words with single spaces: a name.
    phrase: Vec<u8>,
    /// Whether space stood before what comes next.
    space: Space,
    words: usize,
    /// The words without spaces: a local part.
    local: Vec<u8>,
    domain: Vec<u8>,
    route: Vec<u8>,
    comment: Vec<u8>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Space {
    #[default]
    None,
    Seen,
}

impl Found {
    fn word(&mut self, octets: &[u8]) {
        if self.position == Position::Domain {
            self.domain.extend_from_slice(octets);
            return;
        }
        if self.phrase.is_empty() || self.space == Space::Seen {
            self.words = self.words.saturating_add(1);
            if !self.phrase.is_empty() {
                self.phrase.push(b' ');
            }
        }
        self.space = Space::None;
        self.phrase.extend_from_slice(octets);
        self.local.extend_from_slice(octets);
    }

    fn clear(&mut self) {
        self.position = Position::Words;
        self.space = Space::None;
        self.words = 0;
        for part in [
            &mut self.phrase,
            &mut self.local,
            &mut self.domain,
            &mut self.route,
            &mut self.comment,
        ] {
            part.clear();
        }
    }
}

struct Reader<'o> {
    out: &'o mut Vec<u8>,
    found: Found,
    group: Group,
}

impl Reader<'_> {
    fn list(&mut self, mut lexer: Lexer<'_>) {
        while let Some(octet) = lexer.peek() {
            match octet {
                b' ' | b'\t' | b'\r' | b'\n' | 0 => {
                    lexer.skip_space();
                    self.found.space = Space::Seen;
                }
                b'(' => {
                    self.found.comment.clear();
                    lexer.comment(&mut self.found.comment);
                    self.found.space = Space::Seen;
                }
                b'"' => {
                    let mut text = Vec::new();
                    lexer.quoted(&mut text);
                    self.found.word(&text);
                }
                b'<' => self.angle(&mut lexer),
                b',' => {
                    lexer.bump();
                    self.end_address();
                }
                // Outlook separates addresses with semicolons; outside a group they can mean nothing else.
                b';' => {
                    lexer.bump();
                    self.end_address();
                    self.end_group();
                }
                _ => self.piece(&mut lexer, octet),
            }
        }
        self.end_address();
        self.end_group();
        self.found.clear();
    }

    /// Takes what can be part of a word, or the marks that change what the words before it are.
    fn piece(&mut self, lexer: &mut Lexer<'_>, octet: u8) {
        match octet {
            b':' => {
                lexer.bump();
                if self.group == Group::Outside && self.found.position == Position::Words {
                    put(self.out, None, None, Some(&self.found.phrase), None);
                    self.group = Group::Inside;
                    self.found.clear();
                } else {
                    self.found.word(b":");
                }
            }
            b'@' => {
                lexer.bump();
                match self.found.position {
                    Position::Words => self.found.position = Position::Domain,
                    Position::Domain => self.found.domain.push(b'@'),
                    Position::Done => {}
                }
            }
            b'[' => {
                let literal = domain_literal(lexer);
                self.found.word(&literal);
            }
            b'\\' => {
                lexer.bump();
                if let Some(quoted) =
                    lexer.bump().filter(|octet| !matches!(octet, b'\r' | b'\n' | 0))
                {
                    self.found.word(&[quoted]);
                }
            }
            b'>' => {
                lexer.bump();
            }
            _ => {
                let run = lexer.until(ends_word);
                if self.found.position != Position::Done {
                    self.found.word(run);
                }
            }
        }
    }

    /// Takes `<...>` (RFC 5322, 3.4 angle-addr, 4.4 obs-route).
    fn angle(&mut self, lexer: &mut Lexer<'_>) {
        lexer.bump();
        match self.found.position {
            Position::Words => {}
            // `a@b <a@b>`: what looked like an address is the name.
            Position::Domain => {
                let domain = std::mem::take(&mut self.found.domain);
                self.found.phrase.push(b'@');
                self.found.phrase.extend_from_slice(&domain);
            }
            // `<a@b> <c@d>`: the comma is missing.
            Position::Done => self.end_address(),
        }
        let found = &mut self.found;
        found.local.clear();
        found.position = Position::Done;
        lexer.skip_space_and_comments();
        if lexer.peek() == Some(b'@') {
            route(lexer, &mut found.route, &mut found.domain);
        }
        let mut in_domain = !found.domain.is_empty();
        while let Some(octet) = lexer.peek() {
            let target = if in_domain { &mut found.domain } else { &mut found.local };
            match octet {
                b'>' => {
                    lexer.bump();
                    return;
                }
                // The closing bracket is missing.
                b',' if in_domain => return,
                b'"' => lexer.quoted(target),
                b'(' => lexer.comment(&mut Vec::new()),
                b'@' if !in_domain => {
                    lexer.bump();
                    in_domain = true;
                }
                b'[' => target.extend_from_slice(&domain_literal(lexer)),
                b'\\' | b'<' => {
                    lexer.bump();
                }
                _ if is_space(octet) => lexer.skip_space(),
                b',' | b';' | b':' | b'@' => {
                    lexer.bump();
                    target.push(octet);
                }
                _ => target.extend_from_slice(lexer.until(ends_word)),
            }
        }
    }

    fn end_address(&mut self) {
        let found = &self.found;
        let filled = |octets: &Vec<u8>| !octets.is_empty();
        let comment = Some(&found.comment).filter(|octets| filled(octets)).map(Vec::as_slice);
        let phrase = Some(&found.phrase).filter(|octets| filled(octets)).map(Vec::as_slice);
        let route = Some(&found.route).filter(|octets| filled(octets)).map(Vec::as_slice);
        match found.position {
            Position::Done => {
                let name = phrase.or(comment);
                put(self.out, name, route, Some(&found.local), Some(&found.domain));
            }
            Position::Domain => {
                put(self.out, comment, None, Some(&found.local), Some(&found.domain))
            }
            // `root`: a mailbox on some host; `John Smith`: a name without an address. The host must not be absent,
            // or it would be a group (RFC 9051, 9: addr-host).
            Position::Words => match (found.words, phrase) {
                (_, None) => {
                    self.found.clear();
                    return;
                }
                (1, Some(word)) => put(self.out, comment, None, Some(word), Some(b"")),
                (_, Some(words)) => put(self.out, Some(words), None, Some(b""), Some(b"")),
            },
        }
        self.found.clear();
    }

    fn end_group(&mut self) {
        if self.group == Group::Inside {
            put(self.out, None, None, None, None);
            self.group = Group::Outside;
        }
    }
}

/// Takes a source route: domains with `@` before each, up to a colon. Without the colon it was the address' domain.
fn route(lexer: &mut Lexer<'_>, route: &mut Vec<u8>, domain: &mut Vec<u8>) {
    while let Some(octet) = lexer.peek() {
        match octet {
            b':' => {
                lexer.bump();
                return;
            }
            b'>' => break,
            b'(' => lexer.comment(&mut Vec::new()),
            b'[' => route.extend_from_slice(&domain_literal(lexer)),
            _ => {
                lexer.bump();
                if !is_space(octet) {
                    route.push(octet);
                }
            }
        }
    }
    domain.extend_from_slice(route.strip_prefix(b"@").unwrap_or(route));
    route.clear();
}

/// Takes `[...]`, an address literal (RFC 5322, 3.4.1), without the space in it.
fn domain_literal(lexer: &mut Lexer<'_>) -> Vec<u8> {
    let inside = lexer.until(|octet| matches!(octet, b']' | b',' | b'>'));
    let mut literal: Vec<u8> = inside.iter().copied().filter(|octet| !is_space(*octet)).collect();
    if lexer.eat(b']').is_some() {
        literal.push(b']');
    }
    literal
}

fn ends_word(octet: u8) -> bool {
    is_space(octet)
        || matches!(octet, b'(' | b'"' | b'<' | b'>' | b',' | b';' | b':' | b'@' | b'[' | b'\\')
}

fn put(
    out: &mut Vec<u8>,
    name: Option<&[u8]>,
    route: Option<&[u8]>,
    mailbox: Option<&[u8]>,
    host: Option<&[u8]>,
) {
    for part in [name, route, mailbox, host] {
        put_optional(out, part);
    }
}
