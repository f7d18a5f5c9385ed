//! Prints the answer to FETCH for one message, item by item, as fast as the octets can be copied.

use mailbox::{Flags, Keyword, Uid};

use crate::Dialect;
use crate::wire::print;

/// One `* n FETCH (...)` or `* uid UIDFETCH (...)` being written. Each of `items` has its methods for it; call them in any order, then `end`.
#[derive(Debug)]
pub struct FetchLine<'a> {
    pub(super) out: &'a mut Vec<u8>,
    pub(super) dialect: Dialect,
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
    /// Begins the answer for the message of this sequence number and UID: `* 7 FETCH (`, or `* 5000 UIDFETCH (` where there
    /// are no numbers (RFC 9586, 3.3).
    pub fn begin(out: &'a mut Vec<u8>, number: u32, uid: Uid, dialect: Dialect) -> FetchLine<'a> {
        let (names, named): (&[u8], u32) = match dialect.is_uid_only() {
            false => (b" FETCH ", number),
            true => (b" UIDFETCH ", uid.number()),
        };
        out.extend_from_slice(b"* ");
        print::number(out, u64::from(named));
        out.extend_from_slice(names);
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

    /// Begins the next item.
    pub(super) fn item(&mut self, name: &[u8]) {
        self.out.push(self.before);
        self.before = b' ';
        self.out.extend_from_slice(name);
    }

    /// The index of the first octet, where only some were asked for.
    pub(super) fn origin(&mut self, origin: Option<u64>) {
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
