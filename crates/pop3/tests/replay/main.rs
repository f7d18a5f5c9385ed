//! The server's session against transcripts, our own client and hostile peers, all in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::too_many_lines,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

mod acts;
mod any_octets;
mod both_ends;
mod bounds;
mod corpus;
mod evil_server;
mod people;
mod quit;
mod sizes;
mod transcripts;
mod uidl;
mod world;
