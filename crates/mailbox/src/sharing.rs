//! Mailboxes that their owner shares with others of the host (RFC 4314, ADR 39): who may do what, and which accounts share
//! something with whom. What each of them has seen lies in `account/viewed.rs` (ADR 22).

mod access;
mod owners;
mod rights;

pub use access::{AccessList, Grant, Grantee, RightsChange, SeenBy, Sign};
pub(crate) use owners::Owners;
pub use rights::{Rights, UnknownRight};
