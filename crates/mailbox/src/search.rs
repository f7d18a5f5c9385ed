//! Search: what a search asks (RFC 9051, 6.4.4; RFC 8621, 4.4.1), and the run that answers it in bounded steps.
//! Text is matched as substrings, without regard to case, in decoded text.

use std::sync::Arc;

use crate::shared::AccountShared;
use crate::{
    EmailId, Entry, Fault, Flags, Keyword, MailboxState, ModSeq, ThreadId, Timestamp, UidSet,
};

/// What a search asks of an entry. Doors translate sequence numbers into UIDs first.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// Any entry.
    All,
    /// All of these.
    And(Vec<Query>),
    /// At least one of these.
    Or(Vec<Query>),
    /// Not this.
    Not(Box<Query>),
    /// One of these UIDs.
    Uids(UidSet),
    /// All these system flags set.
    Has(Flags),
    /// This keyword set.
    Keyword(Keyword),
    /// Mod-sequence at least this (RFC 7162, 3.1.5).
    ModSeqFrom(ModSeq),
    /// More octets than this.
    Larger(u64),
    /// Fewer octets than this.
    Smaller(u64),
    /// Internal date: on this day (days since 1970-01-01, UTC) or later.
    SinceDay(i32),
    /// Internal date: before this day.
    BeforeDay(i32),
    /// Date field, as written: on this day or later.
    SentSinceDay(i32),
    /// Date field, as written: before this day.
    SentBeforeDay(i32),
    /// Came in at this time or later (RFC 5032, 3: YOUNGER).
    Since(Timestamp),
    /// The header field of this name holds the text; an empty text: the field is there.
    Header(String, String),
    /// The From field holds the text.
    From(String),
    /// The To field holds the text.
    To(String),
    /// The Cc field holds the text.
    Cc(String),
    /// The Bcc field holds the text.
    Bcc(String),
    /// The Subject field holds the text.
    Subject(String),
    /// The text of the body holds the text.
    Body(String),
    /// Header or body holds the text.
    Text(String),
    /// This email (RFC 8474, 5.3).
    Email(EmailId),
    /// This thread.
    Thread(ThreadId),
    /// None: a key that can match nothing here.
    Nothing,
}

/// A search on its way through a mailbox.
pub struct Search {
    _account: Arc<AccountShared>,
    _state: Arc<MailboxState>,
    _query: Query,
}

impl Search {
    pub(crate) fn begin(
        account: Arc<AccountShared>,
        state: Arc<MailboxState>,
        query: Query,
    ) -> Result<Search, Fault> {
        Ok(Search { _account: account, _state: state, _query: query })
    }

    /// Looks at more entries, about `cost_octets` worth of reading, and gives those that match with their indexes,
    /// ascending. `None` once the end is reached.
    pub fn step(&mut self, cost_octets: u64) -> Result<Option<Vec<(usize, Entry)>>, Fault> {
        let _ = cost_octets;
        Ok(None)
    }
}
