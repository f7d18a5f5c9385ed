//! The FETCH items, one a file (RFC 9051, 6.4.5 and 7.5.2): each is read and printed as it is asked for, answered, and its
//! answer read. `TABLE` is the only list of them.

mod binary;
mod body_section;
mod body_structure;
mod email_id;
mod envelope;
mod flags;
mod internal_date;
mod modseq;
mod preview;
mod rfc822;
mod save_date;
mod size;
mod thread_id;
mod uid;

pub use binary::{Binary, BinarySize};
pub use body_section::BodySection;
pub use body_structure::{Body, BodyStructure};
pub use email_id::EmailId;
pub use envelope::Envelope;
pub use flags::Flags;
pub use internal_date::InternalDate;
pub use modseq::ModSeq;
pub use preview::{Preview, Unknown};
pub use rfc822::{Rfc822, Rfc822Header, Rfc822Text};
pub use save_date::SaveDate;
pub use size::Size;
pub use thread_id::ThreadId;
pub use uid::Uid;

use super::item::Row;
use super::{Item, Octets, Part, Section, Structure};
use crate::wire::{DateTime, FlagList};

/// All items, the most asked for first.
pub static TABLE: &[Row] = &[
    flags::ROW,
    uid::ROW,
    envelope::ROW,
    internal_date::ROW,
    size::ROW,
    body_structure::BODY_STRUCTURE,
    body_structure::BODY,
    body_section::ROW,
    body_section::PEEK,
    modseq::ROW,
    email_id::ROW,
    thread_id::ROW,
    save_date::ROW,
    preview::ROW,
    binary::ROW,
    binary::PEEK,
    binary::SIZE,
    rfc822::MESSAGE,
    rfc822::HEADER,
    rfc822::TEXT,
];

/// What a macro stands for (RFC 9051, 6.4.5).
pub(super) fn of_macro(name: &str) -> Option<Vec<Item>> {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    let mut items = vec![Flags.into(), InternalDate.into(), Size.into()];
    if is("FAST") {
        return Some(items);
    }
    if is("ALL") {
        items.push(Envelope.into());
        return Some(items);
    }
    if is("FULL") {
        items.extend([Envelope.into(), Body.into()]);
        return Some(items);
    }
    None
}

/// One item's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `BINARY[...]`; none: there is no such part.
    Binary {
        /// Which part.
        part: Part,
        /// The index of the first octet, where only some were asked for.
        origin: Option<u64>,
        /// The octets.
        octets: Option<Octets>,
    },
    /// `BINARY.SIZE[...]`
    BinarySize(Part, u64),
    /// `BODY`: the structure without extensions.
    Body(Structure),
    /// `BODY[...]`; the old names come as what they mean. None: there is no such section.
    Section {
        /// Which section.
        section: Section,
        /// The index of the first octet, where only some were asked for.
        origin: Option<u64>,
        /// The octets.
        octets: Option<Octets>,
    },
    /// `BODYSTRUCTURE`
    BodyStructure(Structure),
    /// `EMAILID`
    EmailId(String),
    /// `ENVELOPE`
    Envelope(Box<super::Envelope>),
    /// `FLAGS`
    Flags(FlagList),
    /// `INTERNALDATE`
    InternalDate(DateTime),
    /// `MODSEQ`
    ModSeq(mailbox::ModSeq),
    /// `PREVIEW`; none: it has to be made first.
    Preview(Option<String>),
    /// `SAVEDATE`; none: the mailbox does not know (RFC 8514, 4.2).
    SaveDate(Option<DateTime>),
    /// `RFC822.SIZE`
    Size(u64),
    /// `THREADID`
    ThreadId(Option<String>),
    /// `UID`
    Uid(u32),
    /// An item we do not know, by its name.
    Other(String),
}
