//! The client's half of logging in: one machine for all mechanisms.

use crate::scram::ScramClient;
use crate::{Binding, Mechanism, Nonce, Secret, TokenRefusal, bearer, plain};

/// A name, and what lets it in.
#[derive(Clone)]
pub struct Credentials {
    /// The name to log in with; for XOAUTH2 and OAUTHBEARER the address.
    pub login: String,
    /// The password or token.
    pub pass: Pass,
}

/// What lets somebody in.
#[derive(Clone)]
pub enum Pass {
    /// A password.
    Password(Secret),
    /// An access token (RFC 6749, 1.4).
    Token(Secret),
}

impl Credentials {
    /// A name and its password.
    pub fn password(login: impl Into<String>, password: Secret) -> Credentials {
        Credentials { login: login.into(), pass: Pass::Password(password) }
    }

    /// A name and an access token.
    pub fn token(login: impl Into<String>, token: Secret) -> Credentials {
        Credentials { login: login.into(), pass: Pass::Token(token) }
    }
}

impl Pass {
    fn secret(&self) -> &Secret {
        match self {
            Pass::Password(secret) | Pass::Token(secret) => secret,
        }
    }
}

/// Logs in. Send `first` (or wait for the empty challenge, then send it), answer each challenge with `respond`, and
/// when the server says that it is content, ask `finish`.
pub enum Client {
    /// PLAIN.
    Plain(Credentials),
    /// LOGIN.
    Login {
        /// Name and password.
        credentials: Credentials,
        /// How many challenges were answered.
        answered: u8,
    },
    /// SCRAM.
    Scram(Box<ScramClient>),
    /// OAUTHBEARER and XOAUTH2.
    Token {
        /// OAUTHBEARER or XOAUTH2.
        mechanism: Mechanism,
        /// Name and token.
        credentials: Credentials,
    },
}

/// Why a client does not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientFault {
    /// The server breaks the rules of the mechanism; hang up.
    #[error("the server's answer cannot be trusted: {0}")]
    Server(&'static str),
    /// The server says no within the mechanism.
    #[error("the server rejected the authentication")]
    Refused,
    /// The server says why it refuses the token. The exchange must be cancelled (RFC 7628, 3.2.3).
    #[error("{0}")]
    Token(Box<TokenRefusal>),
    /// The server has no mechanism for tokens.
    #[error("the server offers no mechanism for access tokens on this connection")]
    NoTokens,
}

impl Client {
    /// Makes a client that has said nothing yet. The nonce and the binding serve SCRAM only. Whether the mechanism
    /// suits what the credentials have is `choose`'s affair.
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
                Client::Scram(Box::new(scram(credentials, nonce, binding)))
            }
            Mechanism::ScramSha256Plus => {
                Client::Scram(Box::new(scram(credentials, nonce, binding)))
            }
            Mechanism::OauthBearer | Mechanism::Xoauth2 => Client::Token { mechanism, credentials },
        }
    }

    /// What can be sent with the command; none: wait for a challenge.
    pub fn first(&self) -> Option<Vec<u8>> {
        match self {
            Client::Plain(credentials) => {
                Some(plain::print(&credentials.login, credentials.pass.secret()))
            }
            Client::Login { .. } => None,
            Client::Token { mechanism, credentials } => {
                Some(bearer::print(*mechanism, &credentials.login, credentials.pass.secret()))
            }
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
                    2 => Ok(credentials.pass.secret().expose().to_vec()),
                    _ => Err(ClientFault::Server("one challenge too many")),
                }
            }
            Client::Token { .. } => Err(match bearer::read_refusal(challenge) {
                Some(refusal) => ClientFault::Token(Box::new(refusal)),
                None => ClientFault::Server("one challenge too many"),
            }),
            Client::Scram(client) => client.respond(challenge),
        }
    }

    /// Looks back when the server is content: with SCRAM it must have proved that it knows the password.
    pub fn finish(&self) -> Result<(), ClientFault> {
        match self {
            Client::Plain(_) | Client::Login { .. } | Client::Token { .. } => Ok(()),
            Client::Scram(client) if client.proven() => Ok(()),
            Client::Scram(_) => {
                Err(ClientFault::Server("it did not prove that it knows the password"))
            }
        }
    }
}

fn scram(credentials: Credentials, nonce: Nonce, binding: Binding) -> ScramClient {
    let password = credentials.pass.secret().clone();
    ScramClient::new(credentials.login, password, nonce, binding)
}
