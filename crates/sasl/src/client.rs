//! The client's half of logging in: one machine for all mechanisms.

use crate::scram::ScramClient;
use crate::{Binding, Mechanism, Nonce, Secret, plain};

/// A name and its password.
#[derive(Clone)]
pub struct Credentials {
    /// The name.
    pub login: String,
    /// The password.
    pub password: Secret,
}

/// Logs in. Send `first` (or wait for the empty challenge, then send it), answer each challenge with `respond`, and
/// when the server says that it is content, ask `finish`.
pub enum Client {
    /// PLAIN.
    Plain(Credentials),
    /// LOGIN.
    Login {
        /// Who.
        credentials: Credentials,
        /// How many challenges were answered.
        answered: u8,
    },
    /// SCRAM.
    Scram(Box<ScramClient>),
}

/// Why a client does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientFault {
    /// The server breaks the rules of the mechanism; hang up.
    #[error("the server's answer cannot be trusted: {0}")]
    Server(&'static str),
    /// The server says no within the mechanism.
    #[error("the server refuses the login")]
    Refused,
}

impl Client {
    /// Makes a client that has said nothing yet. The nonce and the binding serve SCRAM only.
    pub fn new(
        mechanism: Mechanism,
        credentials: Credentials,
        nonce: Nonce,
        binding: Binding,
    ) -> Client {
        match mechanism {
            Mechanism::Plain => Client::Plain(credentials),
            Mechanism::Login => Client::Login { credentials, answered: 0 },
            Mechanism::ScramSha256 => {
                // A proof cannot be bound under this name.
                let binding = match binding {
                    Binding::To(_) => Binding::NotOffered,
                    Binding::Unable | Binding::NotOffered => binding,
                };
                Client::Scram(Box::new(ScramClient::new(credentials, nonce, binding)))
            }
            Mechanism::ScramSha256Plus => {
                Client::Scram(Box::new(ScramClient::new(credentials, nonce, binding)))
            }
        }
    }

    /// What can be sent with the command; none: wait for a challenge.
    pub fn first(&self) -> Option<Vec<u8>> {
        match self {
            Client::Plain(credentials) => {
                Some(plain::print(&credentials.login, &credentials.password))
            }
            Client::Login { .. } => None,
            Client::Scram(client) => Some(client.first()),
        }
    }

    /// Answers a challenge.
    pub fn respond(&mut self, challenge: &[u8]) -> Result<Vec<u8>, ClientFault> {
        match self {
            Client::Plain(_) => Err(ClientFault::Server("one challenge too many")),
            Client::Login { credentials, answered } => {
                // The prompts differ from server to server; the order does not.
                *answered = answered.saturating_add(1);
                match answered {
                    1 => Ok(credentials.login.clone().into_bytes()),
                    2 => Ok(credentials.password.expose().to_vec()),
                    _ => Err(ClientFault::Server("one challenge too many")),
                }
            }
            Client::Scram(client) => client.respond(challenge),
        }
    }

    /// Looks back when the server is content: with SCRAM it must have proved that it knows the password.
    pub fn finish(&self) -> Result<(), ClientFault> {
        match self {
            Client::Plain(_) | Client::Login { .. } => Ok(()),
            Client::Scram(client) if client.proven() => Ok(()),
            Client::Scram(_) => {
                Err(ClientFault::Server("it did not prove that it knows the password"))
            }
        }
    }
}
