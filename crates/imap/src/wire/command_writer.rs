//! What a client sends: a command's octets, and the places where it must wait until the server asks for a literal
//! (RFC 9051, 4.3; RFC 7888).

use super::args::{Class, of_class};
use super::print;
use crate::Dialect;
use crate::limits::LITERAL_MINUS_OCTETS_MAX;

/// Which literals the server takes without being waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Literals {
    /// None: each literal waits.
    #[default]
    Waiting,
    /// LITERAL-: those up to 4096 octets (RFC 7888, 5).
    Minus,
    /// LITERAL+: all.
    Plus,
}

impl Literals {
    /// Whether a literal of this size can go without waiting.
    pub fn takes(self, octets: u64) -> bool {
        match self {
            Literals::Waiting => false,
            Literals::Minus => octets <= LITERAL_MINUS_OCTETS_MAX,
            Literals::Plus => true,
        }
    }
}

/// A command ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOctets {
    /// All octets.
    pub octets: Vec<u8>,
    /// Indexes, ascending, before which the server's continuation has to be awaited.
    pub waits: Vec<usize>,
}

/// Writes one command.
#[derive(Debug)]
pub struct CommandWriter {
    /// What is written so far. Printers of plain items append to it.
    pub out: Vec<u8>,
    waits: Vec<usize>,
    literals: Literals,
    dialect: Dialect,
}

impl CommandWriter {
    /// Begins a command. What was enabled and which literals the server takes decide how strings are written.
    pub fn new(dialect: Dialect, literals: Literals) -> CommandWriter {
        CommandWriter { out: Vec::with_capacity(64), waits: Vec::new(), literals, dialect }
    }

    /// What the session has enabled.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Appends text as it is.
    pub fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Appends an atom, without the octets that no atom may have: were they sent, they could end the command.
    pub fn atom(&mut self, text: &str) {
        self.out.extend(text.bytes().filter(|octet| of_class(*octet, Class::Atom)));
    }

    /// Appends one space.
    pub fn space(&mut self) {
        self.out.push(b' ');
    }

    /// Appends a number.
    pub fn number(&mut self, number: u64) {
        print::number(&mut self.out, number);
    }

    /// Appends an atom, a quoted string or a literal, whichever can hold the octets.
    pub fn astring(&mut self, octets: &[u8]) {
        if print::is_atom(octets) {
            self.out.extend_from_slice(octets);
        } else {
            self.string(octets);
        }
    }

    /// Appends a quoted string or a literal.
    pub fn string(&mut self, octets: &[u8]) {
        if print::is_quotable(octets, self.dialect) {
            print::quoted(&mut self.out, octets);
        } else {
            self.literal_size(u64::try_from(octets.len()).unwrap_or(u64::MAX));
            self.out.extend_from_slice(octets);
        }
    }

    /// Appends a string or NIL.
    pub fn nstring(&mut self, octets: Option<&[u8]>) {
        match octets {
            Some(octets) => self.string(octets),
            None => self.raw("NIL"),
        }
    }

    /// Appends a mailbox name.
    pub fn mailbox(&mut self, name: &str) {
        if self.dialect.is_utf8() {
            self.astring(name.as_bytes());
        } else {
            self.astring(super::utf7::encode(name).as_bytes());
        }
    }

    /// Appends a LIST pattern, always as a string.
    pub fn pattern(&mut self, pattern: &str) {
        if self.dialect.is_utf8() {
            self.string(pattern.as_bytes());
        } else {
            self.string(super::utf7::encode(pattern).as_bytes());
        }
    }

    /// Appends `{size}` or `{size+}` and the end of the line; the octets follow, after a wait if one is due.
    pub fn literal_size(&mut self, octets: u64) {
        self.out.push(b'{');
        print::number(&mut self.out, octets);
        if self.literals.takes(octets) {
            self.raw("+}\r\n");
        } else {
            self.raw("}\r\n");
            self.waits.push(self.out.len());
        }
    }

    /// Ends the command with CRLF.
    pub fn finish(mut self) -> CommandOctets {
        self.raw("\r\n");
        self.finish_open()
    }

    /// Ends the writing without an end of line, after the size of a literal that is to be streamed.
    pub fn finish_open(self) -> CommandOctets {
        CommandOctets { octets: self.out, waits: self.waits }
    }
}
