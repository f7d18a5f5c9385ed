//! The client's half: pulls against our own server, cut at every octet, and against odd servers as transcripts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::too_many_lines,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests may be blunt"
)]
#![allow(
    dead_code,
    reason = "the world is shared with the tests of the server, which use more of it"
)]

mod any_server;
mod corpus;
mod cuts;
mod host;
mod line;
#[path = "../replay/people.rs"]
mod people;
mod protocol;
mod random;
mod shelf;
mod transcripts;
#[path = "../replay/world.rs"]
mod world;
