//! The server half over accounts in memory: what is asked and answered is in `transcripts/`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines,
    reason = "tests may be blunt"
)]

mod agreement;
mod any_arguments;
mod by_query;
mod contacts;
mod export;
mod foreign;
mod races;
mod reads;
mod session;
mod transcripts;
mod world;
