//! Sorting and threading (RFC 5256): by what each email's sort record says, which lies in memory in columns as long as somebody
//! uses them. Where long work gives others their turn, it says `lane::breathe`.

mod collated;
mod columns;
mod fill;
mod run;
mod steps;
mod text_column;
mod threads;

pub(crate) use fill::due;
pub(crate) use run::CountedColumns;
pub use run::Ranked;

/// What messages are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// What of them.
    pub field: SortField,
    /// From which end.
    pub direction: Direction,
}

/// From which end a key is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What is lowest comes first.
    Ascending,
    /// What is highest comes first; of equal ones still the first in the mailbox.
    Descending,
}

impl Direction {
    /// The other one.
    #[must_use]
    pub fn turned(self) -> Direction {
        match self {
            Direction::Ascending => Direction::Descending,
            Direction::Descending => Direction::Ascending,
        }
    }
}

/// What of messages can be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortField {
    /// When it came in.
    Arrival,
    /// The local part of the first Cc address.
    Cc,
    /// When it was sent, in UTC.
    Date,
    /// The local part of the first From address.
    From,
    /// How many octets it has.
    Size,
    /// The base subject.
    Subject,
    /// The local part of the first To address.
    To,
    /// The name shown for the first From address (RFC 5957).
    DisplayFrom,
    /// The name shown for the first To address (RFC 5957).
    DisplayTo,
    /// The mod-sequence of the entry.
    ModSeq,
    /// How relevant it is to what was looked for, the most relevant first (RFC 6203, 6).
    Relevancy,
}

/// How messages are put into threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadAlgorithm {
    /// By base subject alone (RFC 5256, ORDEREDSUBJECT).
    OrderedSubject,
    /// By what they refer to, then by subject (RFC 5256, REFERENCES).
    References,
    /// By what they refer to alone; the thread with the latest arrival comes last (draft-ietf-morg-inthread-01, REFS).
    Refs,
}

/// A place in a thread. Threads are given as all their places, each before those below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadPlace {
    /// How deep it lies: 0 is the top.
    pub depth: u32,
    /// The index of the message in its mailbox; none: it is not there, only those below are.
    pub index: Option<u32>,
}
