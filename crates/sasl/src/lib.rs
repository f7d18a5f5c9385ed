//! SASL (RFC 4422), both ends, and the port to the directory of people. The machines take octets and give octets;
//! only `Exchange` waits, for the directory's answers.
//!
//! A door makes an [`Exchange`], feeds it lines, and does what each [`Turn`] says. A client makes a [`Client`], sends
//! `first`, answers each challenge with `respond`, and calls `finish` when the server says that it is content.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

mod bearer;
mod client;
mod credential;
mod directory;
mod exchange;
mod frame;
pub mod limits;
mod login;
mod mechanism;
mod plain;
mod prepare;
pub mod scram;
mod secret;

pub use bearer::TokenRefusal;
pub use client::{Client, ClientFault, Credentials, Pass};
pub use credential::{Credential, NoCredential};
pub use directory::{
    Apop, Attempt, Bearer, Denied, Directory, Login, Peer, Proof, Ready, Security,
};
pub use exchange::{Exchange, Failure, Turn, check_apop, check_password};
pub use frame::{decode, encode, initial_response};
pub use mechanism::{Mechanism, choose};
pub use prepare::{is_prohibited, prepare};
pub use scram::{Binding, ChannelBinding, Nonce, ScramKey, ScramSecret};
pub use secret::Secret;

/// The peer's message is not what the mechanism asks for. Says what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct Syntax(pub &'static str);
