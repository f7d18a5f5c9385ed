//! The server's sessions against transcripts, models and hostile peers, all in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::too_many_lines,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "tests may be blunt"
)]

mod acts;
mod both_ends;
mod bounds;
mod contexts;
mod memory_needed;
mod model;
mod notify;
mod people;
mod rights_matrix;
mod strict;
mod transcripts;
mod world;
