//! The queue over an engine in memory, with scripted hosts at the other end and a clock that is set.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::too_many_lines,
    reason = "tests may be blunt"
)]

mod crash;
mod damaged;
mod held;
mod life;
mod relay;
mod world;
