//! What SEARCH can ask for (RFC 9051, 6.4.4): keys that a message fulfils or not.

mod parse;
mod print;

pub(crate) use parse::parse_program;
pub(crate) use print::print_program;

use mailbox::ModSeq;

use crate::wire::{Date, Messages};

/// A key. As read, `And` and `Or` hold at least two keys, never one of their own kind, and no `Not` holds a `Not`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Every message.
    All,
    /// All of these hold.
    And(Vec<Key>),
    /// One of these holds.
    Or(Vec<Key>),
    /// This does not hold.
    Not(Box<Key>),
    /// The flag is set.
    Flag(SystemFlag),
    /// The keyword is set.
    Keyword(String),
    /// The text is in the header field, decoded; letters in any case. An empty one: there is such a field.
    Header {
        /// The field's name.
        field: String,
        /// The text.
        text: String,
    },
    /// The text is in the field as the envelope has it.
    Envelope {
        /// The field.
        field: EnvelopeField,
        /// The text.
        text: String,
    },
    /// The text is in the body.
    Body(String),
    /// The text is in header or body.
    Text(String),
    /// A date of the message lies before, on or since a day.
    Date {
        /// Which date.
        of: DateOf,
        /// How it lies.
        lies: Lies,
        /// The day.
        date: Date,
    },
    /// More octets than this.
    Larger(u64),
    /// Fewer octets than this.
    Smaller(u64),
    /// One of these message numbers.
    Numbers(Messages),
    /// One of these UIDs.
    Uids(Messages),
    /// Changed at this mod-sequence or later (RFC 7162, 3.1.5).
    ModSeq(ModSeq),
    /// This email (RFC 8474, 6.1).
    EmailId(String),
    /// Of this thread (RFC 8474, 6.1).
    ThreadId(String),
}

/// A flag that SEARCH names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemFlag {
    /// `\Answered`
    Answered,
    /// `\Deleted`
    Deleted,
    /// `\Draft`
    Draft,
    /// `\Flagged`
    Flagged,
    /// `\Recent` (RFC 3501, 6.4.4)
    Recent,
    /// `\Seen`
    Seen,
}

/// A header field that SEARCH has a key for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeField {
    /// Bcc
    Bcc,
    /// Cc
    Cc,
    /// From
    From,
    /// Subject
    Subject,
    /// To
    To,
}

/// Which date of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOf {
    /// INTERNALDATE
    Arrival,
    /// The Date field, without regard to its zone.
    Sent,
}

/// How a date lies to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lies {
    /// Earlier.
    Before,
    /// Within it.
    On,
    /// Within it or later.
    Since,
}

impl Key {
    /// Both: kept flat.
    pub fn and(keys: Vec<Key>) -> Key {
        let mut flat = Vec::with_capacity(keys.len());
        for key in keys {
            if let Key::And(keys) = key {
                flat.extend(keys);
            } else {
                flat.push(key);
            }
        }
        match <[Key; 1]>::try_from(flat) {
            Ok([key]) => key,
            Err(flat) if flat.is_empty() => Key::All,
            Err(flat) => Key::And(flat),
        }
    }

    /// The opposite.
    pub fn negate(self) -> Key {
        if let Key::Not(key) = self { *key } else { Key::Not(Box::new(self)) }
    }
}
