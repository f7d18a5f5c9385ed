//! Prints the answer to FETCH for one message, item by item, as fast as the octets can be copied.

use mailbox::{EmailId, Flags, Keyword, ModSeq, ThreadId, Timestamp, Uid};
use message::Outline;

use super::envelope::print_envelope;
use super::structure::{Extensions, print_structure};
use super::{Part, Section};
use crate::Dialect;
use crate::wire::{DateTime, object_id, print};

/// One `* n FETCH (...)` being written. Call methods for the items, in any order, then `end`.
#[derive(Debug)]
pub struct FetchLine<'a> {
    out: &'a mut Vec<u8>,
    dialect: Dialect,
    before: u8,
}

/// The old names of sections (RFC 3501, 7.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldName {
    /// `RFC822`
    Message,
    /// `RFC822.HEADER`
    Header,
    /// `RFC822.TEXT`
    Text,
}

/// Whether a message is shown as `\Recent` (RFC 3501, 2.3.2; not in IMAP4rev2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recent {
    /// It is.
    Yes,
    /// It is not.
    No,
}

impl<'a> FetchLine<'a> {
    /// Begins the answer for the message of this sequence number.
    pub fn begin(out: &'a mut Vec<u8>, number: u32, dialect: Dialect) -> FetchLine<'a> {
        out.extend_from_slice(b"* ");
        print::number(out, u64::from(number));
        out.extend_from_slice(b" FETCH ");
        FetchLine { out, dialect, before: b'(' }
    }

    /// Takes an answer up again that was left after a streamed body.
    pub fn resume(out: &'a mut Vec<u8>, dialect: Dialect) -> FetchLine<'a> {
        FetchLine { out, dialect, before: b' ' }
    }

    /// Ends the answer.
    pub fn end(self) {
        self.out.extend_from_slice(b")\r\n");
    }

    fn item(&mut self, name: &[u8]) {
        self.out.push(self.before);
        self.before = b' ';
        self.out.extend_from_slice(name);
    }

    /// FLAGS. `keywords` is the mailbox's table, to which the flags' keyword bits refer.
    pub fn flags(&mut self, flags: Flags, keywords: &[Keyword], recent: Recent) {
        self.item(b"FLAGS ");
        print_flags(self.out, flags, keywords, recent);
    }

    /// UID
    pub fn uid(&mut self, uid: Uid) {
        self.item(b"UID ");
        print::number(self.out, u64::from(uid.number()));
    }

    /// MODSEQ
    pub fn modseq(&mut self, modseq: ModSeq) {
        self.item(b"MODSEQ (");
        print::number(self.out, modseq.0);
        self.out.push(b')');
    }

    /// INTERNALDATE, in UTC.
    pub fn internal_date(&mut self, date: Timestamp) {
        self.item(b"INTERNALDATE ");
        DateTime::utc(date).print(self.out);
    }

    /// RFC822.SIZE
    pub fn size(&mut self, octets: u64) {
        self.item(b"RFC822.SIZE ");
        print::number(self.out, octets);
    }

    /// EMAILID
    pub fn email_id(&mut self, id: EmailId) {
        self.item(b"EMAILID (");
        object_id::print_email(self.out, id);
        self.out.push(b')');
    }

    /// THREADID
    pub fn thread_id(&mut self, id: ThreadId) {
        self.item(b"THREADID (");
        object_id::print_thread(self.out, id);
        self.out.push(b')');
    }

    /// ENVELOPE
    pub fn envelope(&mut self, envelope: &message::Envelope<'_>) {
        self.item(b"ENVELOPE ");
        print_envelope(self.out, envelope, self.dialect);
    }

    /// BODYSTRUCTURE, or BODY without extensions.
    pub fn structure(&mut self, outline: &Outline<'_>, extensions: Extensions) {
        self.item(match extensions {
            Extensions::Shown => b"BODYSTRUCTURE ",
            Extensions::Hidden => b"BODY ",
        });
        print_structure(self.out, outline, extensions, self.dialect);
    }

    /// `BODY[...]`: its octets follow, exactly as many as said; `origin` is the first octet's index where only some
    /// were asked for.
    pub fn section_head(&mut self, section: &Section, origin: Option<u64>, octets: u64) {
        self.section_name(section, origin);
        print::literal_size(self.out, octets);
    }

    /// `BODY[...]` with its octets.
    pub fn section(&mut self, section: &Section, origin: Option<u64>, octets: &[u8]) {
        self.section_head(section, origin, wide(octets));
        self.out.extend_from_slice(octets);
    }

    /// `BODY[...] NIL`: there is no such section.
    pub fn no_section(&mut self, section: &Section, origin: Option<u64>) {
        self.section_name(section, origin);
        self.out.extend_from_slice(b"NIL");
    }

    fn section_name(&mut self, section: &Section, origin: Option<u64>) {
        self.item(b"BODY");
        section.print(self.out);
        self.origin(origin);
        self.out.push(b' ');
    }

    /// `RFC822` and its like: the octets follow, exactly as many as said.
    pub fn old_name_head(&mut self, name: OldName, octets: u64) {
        self.item(match name {
            OldName::Message => b"RFC822 ",
            OldName::Header => b"RFC822.HEADER ",
            OldName::Text => b"RFC822.TEXT ",
        });
        print::literal_size(self.out, octets);
    }

    /// `BINARY[...]`: the octets follow, exactly as many as said. They may have NUL only if `has_nul` (RFC 3516, 4.2).
    pub fn binary_head(&mut self, part: &Part, origin: Option<u64>, octets: u64, nul: Nul) {
        self.item(b"BINARY");
        part.print_in_brackets(self.out);
        self.origin(origin);
        self.out.extend_from_slice(match nul {
            Nul::Possible => b" ~",
            Nul::Absent => b" ",
        });
        print::literal_size(self.out, octets);
    }

    /// `BINARY[...] NIL`: there is no such part.
    pub fn no_binary(&mut self, part: &Part, origin: Option<u64>) {
        self.item(b"BINARY");
        part.print_in_brackets(self.out);
        self.origin(origin);
        self.out.extend_from_slice(b" NIL");
    }

    /// `BINARY.SIZE[...]`
    pub fn binary_size(&mut self, part: &Part, octets: u64) {
        self.item(b"BINARY.SIZE");
        part.print_in_brackets(self.out);
        self.out.push(b' ');
        print::number(self.out, octets);
    }

    fn origin(&mut self, origin: Option<u64>) {
        if let Some(origin) = origin {
            self.out.push(b'<');
            print::number(self.out, origin);
            self.out.push(b'>');
        }
    }
}

/// Whether octets may have NUL, and so need a literal8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nul {
    /// They may.
    Possible,
    /// They do not.
    Absent,
}

/// Appends flags in parentheses.
pub fn print_flags(out: &mut Vec<u8>, flags: Flags, keywords: &[Keyword], recent: Recent) {
    const SYSTEM: [(Flags, &[u8]); 5] = [
        (Flags::SEEN, b"\\Seen "),
        (Flags::ANSWERED, b"\\Answered "),
        (Flags::FLAGGED, b"\\Flagged "),
        (Flags::DELETED, b"\\Deleted "),
        (Flags::DRAFT, b"\\Draft "),
    ];
    out.push(b'(');
    let empty = out.len();
    for (flag, name) in SYSTEM {
        if flags.contains(flag) {
            out.extend_from_slice(name);
        }
    }
    if recent == Recent::Yes {
        out.extend_from_slice(b"\\Recent ");
    }
    if flags.without(Flags::SYSTEM) != Flags::NONE {
        for keyword in flags.keyword_indexes().filter_map(|index| keywords.get(index)) {
            out.extend_from_slice(keyword.as_str().as_bytes());
            out.push(b' ');
        }
    }
    if out.len() > empty {
        out.pop();
    }
    out.push(b')');
}

fn wide(octets: &[u8]) -> u64 {
    u64::try_from(octets.len()).unwrap_or(u64::MAX)
}
