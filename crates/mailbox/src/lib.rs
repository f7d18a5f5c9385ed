//! The mail model. `Account` is the one gate through which every door reads and changes mail; `Engine` is the port
//! to what keeps it.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

pub mod account;
mod clock;
pub mod engine;
mod entries;
mod flags;
mod ids;
pub mod keys;
pub mod limits;
mod name;
pub mod operations;
mod refused;
pub mod search;
mod state;
mod uid_set;
mod who;

pub use account::{Account, Accounts, Incoming, Policy, Pop3Lock, Reader, Received};
pub use clock::{Clock, SetClock};
pub use entries::{Difference, Entries, Entry};
pub use flags::{FlagMode, FlagNames, Flags, Keyword};
pub use ids::{
    AccountId, BodyHash, EmailId, MailboxId, ModSeq, Octets, ThreadId, Timestamp, Uid, UidValidity,
};
pub use name::{MailboxName, NameFault};
pub use refused::{Error, Fault, QuotaResource, Refused};
pub use state::{Mailbox, MailboxKind, MailboxState, Role};
pub use uid_set::UidSet;
pub use who::{Door, Who};
