//! Every port made real: listeners, TLS, configuration, metrics, administration, and
//! the transfer of mail in and out of files.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

pub mod acme;
pub mod config;
pub mod delivery;
mod jmap;
pub mod keyring;
pub mod listen;
pub mod log;
pub mod metrics;
pub mod outbound;
pub mod provider;
pub mod rights;
pub mod serve;
pub mod service;
pub mod tls;
mod varying;
