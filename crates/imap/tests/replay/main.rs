//! What must hold of any octets, at both ends: the corpus of the fuzz target, and random commands.
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

mod any_octets;
mod both_ends;
mod commands;
mod corpus;
#[path = "../server/people.rs"]
mod people;
#[path = "../server/world.rs"]
#[allow(dead_code, reason = "the server's own tests use the rest")]
mod world;
