//! SMTP, submission and LMTP, both ends: what is read and printed, the server's session, and the client.
//!
//! `server::serve` runs one connection over any stream; it asks two ports, `sasl::Directory` for people and
//! [`delivery::Delivery`] for mail. `client::Client` is the other end: the relay, the tests and the bench use it.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

mod address;
pub mod client;
pub mod command;
pub mod delivery;
mod flavour;
pub mod limits;
mod parameter;
mod reply;
pub mod server;
mod trace;
pub mod wire;

pub use address::{Address, Brackets, Domain, ReversePath};
pub use command::{Command, CommandFault};
pub use flavour::{Flavour, LineEnds};
pub use parameter::{
    BodyKind, MailParameters, Notify, OriginalRecipient, ParameterFault, RecipientParameters,
    Return, Utf8, Wanted, to_xtext, xtext,
};
pub use reply::{Enhanced, Reply};

/// The peer's octets are not what the protocol asks for. Says what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct Syntax(pub &'static str);
