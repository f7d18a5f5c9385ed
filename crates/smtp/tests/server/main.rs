//! The server over in-memory pipes: transcripts, and what transcripts cannot say.
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
mod corpus;
mod memory;
mod smuggling;
mod transcripts;
mod whole;
