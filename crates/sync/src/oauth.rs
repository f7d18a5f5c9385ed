//! OAuth 2 for the companion (RFC 6749): it gets in by the person's consent, and holds no password. `discovery` finds a
//! provider's server of OAuth and registers there, `browser` (PKCE, RFC 7636 and 8252) and `device` (RFC 8628) are the two ways to
//! ask for consent, `tokens` is what comes of it, and `renewal` keeps it good.
//!
//! The network comes through [`Web`], and what is kept goes through [`TokenKeeper`].

mod address;
pub mod browser;
pub mod device;
mod discovery;
mod fault;
mod provider;
mod renewal;
mod tokens;
mod web;

pub use address::WebAddress;
pub use discovery::{found, registered};
pub use fault::OAuthFault;
pub use provider::{Mailboxes, OAuthClient, OAuthServer, ProviderSettings, Redirect, known};
pub use renewal::{Granted, Kept, TokenKeeper, access_token};
pub use tokens::{Tokens, revoked};
pub use web::{Asking, Web, WebAnswer, WebFault, WebRequest};

#[cfg(test)]
mod tests;
