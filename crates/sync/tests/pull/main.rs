//! Pulling into an account on a disk that can fail, from a server that can do anything: nothing is lost, nothing comes
//! twice, and nothing is deleted at the provider that is not here.
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
mod cuts;
mod evil;
mod headers;
mod home;
#[path = "../common/line.rs"]
mod line;
mod maildrop;
