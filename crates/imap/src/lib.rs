//! IMAP4rev1 and IMAP4rev2, both ends: what goes over the wire is parsed and printed by pure code that server and
//! client share (RFC 3501, RFC 9051).
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

pub mod capability;
pub mod client;
pub mod command;
pub mod commands;
pub(crate) mod contexts;
pub mod dialect;
pub mod fetch;
pub mod frame;
pub mod limits;
pub(crate) mod name_set;
pub(crate) mod notify;
pub mod response;
pub mod search;
pub mod server;
pub mod sources;
pub mod syntax;
pub mod url;
pub mod view;
pub mod wire;

pub use client::Client;
pub use command::Command;
pub use dialect::{Dialect, Feature};
pub use response::Response;
pub use syntax::{Bad, Syntax};
pub use wire::{Args, Tag};
