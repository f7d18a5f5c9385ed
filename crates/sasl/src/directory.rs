//! The port to the directory of people: the doors ask it, `host` answers.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use crate::{ChannelBinding, Credential, Mechanism, Nonce, ScramSecret, Secret};

/// A future that a port gives back.
pub type Ready<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who may log in. Slow down, counting of failures and locks are the directory's own affair: whatever a door asks,
/// the answer comes when the directory wants it to come.
pub trait Directory: Send + Sync + 'static {
    /// What may be offered on this connection, the best first. Nothing on a clear one that is not loopback.
    fn mechanisms(&self, peer: &Peer) -> Vec<Mechanism>;

    /// Checks a name and a password. An unknown name takes as long as a wrong password.
    fn verify<'a>(&'a self, attempt: Attempt<'a>) -> Ready<'a, Result<Login, Denied>>;

    /// Fetches what SCRAM needs for a name. For an unknown one, or one without keys, a fake that is the same each
    /// time (`ScramSecret::fake`), so that nobody learns who exists.
    fn scram<'a>(
        &'a self,
        login: &'a str,
        peer: &'a Peer,
        door: &'static str,
    ) -> Ready<'a, Result<ScramSecret, Denied>>;

    /// Takes note of how a SCRAM exchange ended, and gives the login when the proof was right. After `Proof::Wrong`
    /// the answer is a denial.
    fn scram_done<'a>(
        &'a self,
        login: &'a str,
        proof: Proof,
        peer: &'a Peer,
        door: &'static str,
    ) -> Ready<'a, Result<Login, Denied>>;

    /// A fresh random nonce for the server's half of SCRAM.
    fn nonce(&self) -> Nonce;

    /// Checks an access token. When a name came along, it must be that of the token's person.
    fn verify_token<'a>(&'a self, _bearer: Bearer<'a>) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(async { Err(Denied::Wrong) })
    }

    /// Where a program finds out how to get a token: the URL of an OpenID configuration (RFC 7628, 3.2.2).
    fn token_help(&self) -> Option<String> {
        None
    }

    /// What a token must be good for (RFC 7628, 3.2.2); none: nothing in particular.
    fn token_scope(&self) -> Option<String> {
        None
    }

    /// Whether anybody may log in with APOP, so that the greeting needs a timestamp.
    fn apop_offered(&self) -> bool {
        false
    }

    /// Checks the digest of APOP (RFC 1939, 7), on clear connections too: the secret does not travel. An unknown name
    /// takes as long as a wrong digest.
    fn apop<'a>(&'a self, _apop: Apop<'a>) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(async { Err(Denied::Wrong) })
    }
}

/// One try to log in with a password.
pub struct Attempt<'a> {
    /// The name, prepared (SASLprep).
    pub login: &'a str,
    /// The password, prepared.
    pub password: &'a Secret,
    /// Who is at the other end of the connection.
    pub peer: &'a Peer,
    /// Through which door: `imap`, `pop3`, `submission`.
    pub door: &'static str,
}

/// One try to log in with an access token.
pub struct Bearer<'a> {
    /// The name that came along, prepared (SASLprep); none: the token says who it is.
    pub login: Option<&'a str>,
    /// The access token, as it was sent (RFC 6750).
    pub token: &'a Secret,
    /// Who is at the other end of the connection.
    pub peer: &'a Peer,
    /// The protocol: `imap`, `pop3` or `submission`.
    pub door: &'static str,
}

/// One try to log in with APOP.
pub struct Apop<'a> {
    /// The name, prepared (SASLprep).
    pub login: &'a str,
    /// The timestamp of this connection's greeting, with its angle brackets.
    pub timestamp: &'a str,
    /// MD5 of the timestamp and the shared secret.
    pub digest: [u8; 16],
    /// Who is at the other end of the connection.
    pub peer: &'a Peer,
    /// The protocol: `imap`, `pop3` or `submission`.
    pub door: &'static str,
}

/// The other end of a connection.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its address; none for a Unix socket or a pipe.
    pub address: Option<IpAddr>,
    /// How the connection is protected.
    pub security: Security,
    /// What SCRAM-PLUS can be bound to; empty without TLS, and when PLUS is not offered.
    pub bindings: Vec<ChannelBinding>,
}

impl Peer {
    /// Makes a peer without channel bindings.
    pub fn new(address: Option<IpAddr>, security: Security) -> Peer {
        Peer { address, security, bindings: Vec::new() }
    }
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Under TLS.
    Tls,
    /// Clear, but it does not leave this machine.
    Loopback,
    /// Clear, over a network.
    Clear,
}

/// Somebody who has logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The account's number.
    pub account: u32,
    /// The account's first address.
    pub address: String,
    /// Which of the person's devices it is: the name of the app password or token when one was used, else the
    /// device part of the login name (`ana+office@example.org`), if it had one.
    pub device: Option<String>,
    /// What let them in.
    pub credential: Credential,
}

/// Why somebody may not log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The name is unknown or the password is wrong; nobody is told which.
    #[error("authentication failed")]
    Wrong,
    /// The directory cannot be asked just now.
    #[error("temporary authentication failure; try again later")]
    Unavailable,
    /// Too many failures lately, from there or for this name.
    #[error("too many failed login attempts; try again in {wait_s} s")]
    TooMany {
        /// How long to wait, in seconds.
        wait_s: u32,
    },
    /// Password and name are right, but the account is switched off.
    #[error("account disabled")]
    Disabled,
    /// Password and name are right, but the password was made for other doors.
    #[error("app password not allowed for this service")]
    NotForThisDoor,
}

/// How a SCRAM exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The client proved that it knows the password of this key (`ScramKey::id`).
    Right {
        /// The directory's own note on the key.
        key: u64,
    },
    /// It does not know any password of the name.
    Wrong,
}
