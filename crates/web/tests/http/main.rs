//! HTTP over streams in memory: what is asked as octets, what comes back, in both versions of the protocol.
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

mod answers;
mod app;
mod blobs;
mod bodies;
mod both_versions;
mod dav;
mod events;
mod exports;
mod hostile;
mod lite;
mod logins;
mod notebook;
mod oauth;
mod page_people;
mod pages;
mod people;
mod requests;
mod security;
mod setup;
mod socket;
mod world;
