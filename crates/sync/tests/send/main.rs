//! What is sent: by a provider that can do and say anything, over a line that breaks at any place. Nothing is lost, nothing goes
//! twice as far as the protocol allows, and there is one copy in Sent.
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

mod copies;
mod cuts;
mod evil;
#[path = "../common/home.rs"]
mod home;
#[path = "../common/line.rs"]
mod line;
#[path = "../common/provider.rs"]
mod provider;
#[path = "../common/script.rs"]
mod script;
mod server;
mod shelf;
