//! What the tests with real programs share: a running host, the programs, plain sockets, and the kill -9 loop.
//!
//! Nothing here uses our own protocol crates: what is tested must not vouch for itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::too_many_lines,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "this crate is test equipment; it breaks off with a message when something is not as it should be"
)]

pub mod bodies;
pub mod certificates;
pub mod cutting;
pub mod host;
pub mod imap;
pub mod imap_stress;
pub mod kill9;
pub mod lines;
pub mod lmtp;
pub mod marionette;
pub mod pop3;
pub mod pop3_cuts;
pub mod pop3_memory;
pub mod pop3_peers;
pub mod pop3_quit;
pub mod postfix;
pub mod program;
pub mod random;
pub mod room_memory;
pub mod sink;
pub mod strangers;
pub mod thunderbird;
pub mod volume;

pub use host::{Host, Listener};
pub use program::{Outcome, Program, need};
