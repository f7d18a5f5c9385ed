//! The SEARCH keys, one file each or each family (RFC 9051, 6.4.4): each is read and printed as it is asked for, and looked
//! for. `TABLE` is the only list of them.

mod all;
mod date;
mod envelope;
mod filter;
mod flag;
mod header;
mod keyword;
mod modseq;
mod numbers;
mod object_ids;
mod size;
mod text;
mod within;

pub use all::All;
pub use date::{Date, DateOf, Lies, SaveDateSupported};
pub use envelope::{Envelope, Field};
pub use filter::Filter;
pub use flag::Flag;
pub use header::Header;
pub use keyword::Keyword;
pub use modseq::ModSeq;
pub use numbers::{Numbers, Uids};
pub use object_ids::{EmailId, ThreadId};
pub use size::{Larger, Smaller};
pub use text::{Body, Text};
pub use within::{Older, Younger};

use super::key::Row;

/// All keys with a name.
pub static TABLE: &[Row] = &[
    all::ROW,
    flag::ANSWERED,
    flag::DELETED,
    flag::DRAFT,
    flag::FLAGGED,
    flag::NEW,
    flag::OLD,
    flag::RECENT,
    flag::SEEN,
    flag::UNANSWERED,
    flag::UNDELETED,
    flag::UNDRAFT,
    flag::UNFLAGGED,
    flag::UNSEEN,
    keyword::ROW,
    keyword::UNKEYWORD,
    envelope::BCC,
    envelope::CC,
    envelope::FROM,
    envelope::SUBJECT,
    envelope::TO,
    header::ROW,
    text::BODY,
    text::TEXT,
    date::BEFORE,
    date::ON,
    date::SINCE,
    date::SENTBEFORE,
    date::SENTON,
    date::SENTSINCE,
    date::SAVEDBEFORE,
    date::SAVEDON,
    date::SAVEDSINCE,
    date::SAVEDATESUPPORTED,
    size::LARGER,
    size::SMALLER,
    numbers::UID,
    modseq::ROW,
    object_ids::EMAILID,
    object_ids::THREADID,
    filter::ROW,
    within::OLDER,
    within::YOUNGER,
];
