//! Archives from a server that can do anything to a target that can fail: nothing is deleted at the provider that is not
//! safe, and all of it can be put back. Migrations: both ends have the same in the end.
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

mod evil;
#[path = "../common/line.rs"]
mod line;
mod lives;
mod moves;
#[path = "../common/provider.rs"]
mod provider;
#[path = "../common/script.rs"]
mod script;
mod shelf;
#[path = "../mirror/tree.rs"]
mod tree;
