//! Outboxes on a disk that fails at every call, is full, or loses its power: what was taken is sent, once as far as anybody can know.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

#[path = "../../../sync/tests/common/line.rs"]
mod line;
mod lives;
#[path = "../../../sync/tests/send/server.rs"]
mod server;
