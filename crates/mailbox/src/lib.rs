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

pub mod engine;
mod ids;
pub mod keys;
mod refused;

pub use ids::{
    AccountId, BodyHash, EmailId, MailboxId, ModSeq, Octets, ThreadId, Timestamp, Uid, UidValidity,
};
pub use refused::{Error, Fault, QuotaResource, Refused};
