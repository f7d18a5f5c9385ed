//! What FETCH can ask for and answer (RFC 9051, 6.4.5 and 7.5.2).

mod answer;
mod envelope;
mod line;
mod section;
mod structure;

pub use answer::{Answer, Fetched, Octets};
pub use envelope::{Address, Envelope};
pub use line::{FetchLine, Nul, OldName, Recent, print_flags};
pub use section::{Part, Partial, Section, SectionText};
pub use structure::{Extensions, PartStructure, Structure};

use crate::Syntax;
use crate::limits::FETCH_ITEMS_MAX;
use crate::wire::{Args, CommandWriter};

/// Something FETCH can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `BINARY[1]<0.100>`: a part, decoded (RFC 3516, 4.2).
    Binary {
        /// Whether `\Seen` is set.
        see: See,
        /// Which part; the empty one is the message.
        part: Part,
        /// Which octets of it.
        partial: Option<Partial>,
    },
    /// `BINARY.SIZE[1]`: the size of a part, decoded.
    BinarySize(Part),
    /// `BODY`: the structure without extensions.
    Body,
    /// `BODY[1.MIME]<0.100>`: octets of the message.
    BodySection {
        /// Whether `\Seen` is set.
        see: See,
        /// Which section.
        section: Section,
        /// Which octets of it.
        partial: Option<Partial>,
    },
    /// `BODYSTRUCTURE`
    BodyStructure,
    /// `EMAILID` (RFC 8474, 5.1)
    EmailId,
    /// `ENVELOPE`
    Envelope,
    /// `FLAGS`
    Flags,
    /// `INTERNALDATE`
    InternalDate,
    /// `MODSEQ` (RFC 7162, 3.1.5)
    ModSeq,
    /// `RFC822`: as `BODY[]`, under its old name (RFC 3501, 6.4.5).
    Rfc822,
    /// `RFC822.HEADER`: as `BODY.PEEK[HEADER]`, under its old name.
    Rfc822Header,
    /// `RFC822.TEXT`: as `BODY[TEXT]`, under its old name.
    Rfc822Text,
    /// `RFC822.SIZE`
    Size,
    /// `THREADID` (RFC 8474, 5.2)
    ThreadId,
    /// `UID`
    Uid,
}

/// Whether a FETCH sets `\Seen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum See {
    /// It does.
    Seen,
    /// `.PEEK`
    Peek,
}

/// The items without arguments, the most asked for first. A static, since a constant would be built at each use.
static PLAIN: [(&str, Item); 13] = [
    ("FLAGS", Item::Flags),
    ("UID", Item::Uid),
    ("ENVELOPE", Item::Envelope),
    ("INTERNALDATE", Item::InternalDate),
    ("RFC822.SIZE", Item::Size),
    ("BODYSTRUCTURE", Item::BodyStructure),
    ("BODY", Item::Body),
    ("MODSEQ", Item::ModSeq),
    ("EMAILID", Item::EmailId),
    ("THREADID", Item::ThreadId),
    ("RFC822", Item::Rfc822),
    ("RFC822.HEADER", Item::Rfc822Header),
    ("RFC822.TEXT", Item::Rfc822Text),
];

impl Item {
    /// Whether answering sets `\Seen`.
    pub fn sets_seen(&self) -> bool {
        match self {
            Item::Binary { see, .. } | Item::BodySection { see, .. } => *see == See::Seen,
            Item::Rfc822 | Item::Rfc822Text => true,
            Item::BinarySize(_)
            | Item::Body
            | Item::BodyStructure
            | Item::EmailId
            | Item::Envelope
            | Item::Flags
            | Item::InternalDate
            | Item::ModSeq
            | Item::Rfc822Header
            | Item::Size
            | Item::ThreadId
            | Item::Uid => false,
        }
    }

    /// Takes one item, items in parentheses, or a macro, which is written out.
    pub(crate) fn parse_all(args: &mut Args<'_>) -> Result<Vec<Item>, Syntax> {
        if args.peek() == Some(b'(') {
            return args.list(FETCH_ITEMS_MAX, Item::parse);
        }
        let start = args.clone();
        let name = args.word("a FETCH item")?;
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let base = [Item::Flags, Item::InternalDate, Item::Size];
        if is("FAST") {
            return Ok(base.to_vec());
        }
        if is("ALL") {
            return Ok(base.into_iter().chain([Item::Envelope]).collect());
        }
        if is("FULL") {
            return Ok(base.into_iter().chain([Item::Envelope, Item::Body]).collect());
        }
        *args = start;
        Ok(vec![Item::parse(args)?])
    }

    fn parse(args: &mut Args<'_>) -> Result<Item, Syntax> {
        let error = args.expected("a FETCH item like FLAGS or BODY[]");
        let name = args.word(error.expected)?;
        if args.peek() == Some(b'[') {
            return Item::parse_section(args, name, error);
        }
        PLAIN
            .iter()
            .find(|(plain, _)| plain.eq_ignore_ascii_case(name))
            .map(|(_, item)| item.clone())
            .ok_or(error)
    }

    fn parse_section(args: &mut Args<'_>, name: &str, error: Syntax) -> Result<Item, Syntax> {
        let see = |name: &str| if name.len() > 6 { See::Peek } else { See::Seen };
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("BODY") || is("BODY.PEEK") {
            let section = Section::parse(args)?;
            let partial = Partial::parse(args)?;
            return Ok(Item::BodySection { see: see(name), section, partial });
        }
        if is("BINARY") || is("BINARY.PEEK") {
            let part = Part::parse_in_brackets(args)?;
            let partial = Partial::parse(args)?;
            return Ok(Item::Binary { see: see(name), part, partial });
        }
        if is("BINARY.SIZE") {
            return Part::parse_in_brackets(args).map(Item::BinarySize);
        }
        Err(error)
    }

    /// Appends items in parentheses.
    pub(crate) fn print_all(items: &[Item], out: &mut CommandWriter) {
        out.raw("(");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.space();
            }
            item.print(&mut out.out);
        }
        out.raw(")");
    }

    /// Appends the item as a client asks for it.
    pub fn print(&self, out: &mut Vec<u8>) {
        let peek = |see: &See| if *see == See::Peek { ".PEEK" } else { "" };
        match self {
            Item::Binary { see, part, partial } => {
                out.extend_from_slice(b"BINARY");
                out.extend_from_slice(peek(see).as_bytes());
                part.print_in_brackets(out);
                Partial::print(*partial, out);
            }
            Item::BinarySize(part) => {
                out.extend_from_slice(b"BINARY.SIZE");
                part.print_in_brackets(out);
            }
            Item::BodySection { see, section, partial } => {
                out.extend_from_slice(b"BODY");
                out.extend_from_slice(peek(see).as_bytes());
                section.print(out);
                Partial::print(*partial, out);
            }
            Item::Body
            | Item::BodyStructure
            | Item::EmailId
            | Item::Envelope
            | Item::Flags
            | Item::InternalDate
            | Item::ModSeq
            | Item::Rfc822
            | Item::Rfc822Header
            | Item::Rfc822Text
            | Item::Size
            | Item::ThreadId
            | Item::Uid => {
                let name = PLAIN.iter().find(|(_, item)| item == self).map_or("UID", |row| row.0);
                out.extend_from_slice(name.as_bytes());
            }
        }
    }
}
