//! POP3 (RFC 1939, 2449, 2595, 5034, 6856), both ends: commands and replies as pure text, the server's session and the client.
//!
//! One command, one file (`commands/`): it parses, prints and runs. Message numbers live in the maildrop of one
//! session and nowhere else. The server never touches mail except through `mailbox::Account`.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

mod args;
pub mod client;
mod command;
mod commands;
mod downgrade;
pub mod limits;
mod number;
mod reply;
pub mod server;
mod stuffing;
mod top_scan;
mod unstuffing;

pub use command::{Command, Row, States, Syntax, parse};
pub use commands::{Apop, Auth, Dele, Lang, List, Pass, Retr, Top, Uidl, User};
pub use number::MessageNumber;
pub use reply::{Code, Reply, Status};
pub use server::{End, First, Language, Service, Stls, serve};
