//! Mirroring into an account on a disk that can fail, from a server that can do anything: nothing is lost, nothing comes
//! twice, and in the end both have the same.
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

#[path = "../common/home.rs"]
mod account;
mod both;
mod cuts;
mod evil;
mod home;
#[path = "../common/line.rs"]
mod line;
#[path = "../common/provider.rs"]
mod provider;
#[path = "../common/script.rs"]
mod script;
mod tree;
