//! The mechanisms, their names, and which one a client takes.

use crate::{Peer, Security};

/// A way to log in. (OAUTHBEARER and XOAUTH2 of RFC 7628 get their place here.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// SCRAM-SHA-256-PLUS: the proof is bound to the TLS connection (RFC 7677).
    ScramSha256Plus,
    /// SCRAM-SHA-256: the password never travels (RFC 7677).
    ScramSha256,
    /// PLAIN: name and password in one message (RFC 4616).
    Plain,
    /// LOGIN: name and password in two messages. Never standardised; Outlook and many devices know nothing else.
    Login,
}

impl Mechanism {
    /// All of them, the best first.
    pub const ALL: [Mechanism; 4] =
        [Mechanism::ScramSha256Plus, Mechanism::ScramSha256, Mechanism::Plain, Mechanism::Login];

    /// Its registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Mechanism::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
        }
    }

    /// Finds a mechanism by its name, in any case.
    pub fn from_name(name: &[u8]) -> Option<Mechanism> {
        Mechanism::ALL.into_iter().find(|m| m.name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// Whether the password itself goes over the wire, so that it needs TLS (RFC 4616, 5).
    pub const fn shows_password(self) -> bool {
        match self {
            Mechanism::Plain | Mechanism::Login => true,
            Mechanism::ScramSha256Plus | Mechanism::ScramSha256 => false,
        }
    }

    /// Whether the mechanism can be used on this connection.
    pub fn fits(self, peer: &Peer) -> bool {
        match self {
            Mechanism::ScramSha256Plus => !peer.bindings.is_empty(),
            Mechanism::ScramSha256 => true,
            Mechanism::Plain | Mechanism::Login => peer.security != Security::Clear,
        }
    }
}

/// Chooses what a client uses: the best of what the server offers that fits the connection.
pub fn choose<'a>(offered: impl IntoIterator<Item = &'a str>, peer: &Peer) -> Option<Mechanism> {
    let offered: Vec<Mechanism> = offered
        .into_iter()
        .filter_map(|name| Mechanism::from_name(name.as_bytes()))
        .filter(|mechanism| mechanism.fits(peer))
        .collect();
    Mechanism::ALL.into_iter().find(|mechanism| offered.contains(mechanism))
}

#[cfg(test)]
mod tests {
    use super::{Mechanism, choose};
    use crate::{Peer, Security};

    #[test]
    fn a_password_is_not_sent_in_the_clear() {
        let clear = Peer::new(None, Security::Clear);
        assert_eq!(choose(["PLAIN", "LOGIN", "CRAM-MD5"], &clear), None);
        assert_eq!(choose(["PLAIN", "scram-sha-256"], &clear), Some(Mechanism::ScramSha256));
        let tls = Peer::new(None, Security::Tls);
        assert_eq!(choose(["LOGIN", "PLAIN"], &tls), Some(Mechanism::Plain));
        assert_eq!(
            choose(["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"], &tls),
            Some(Mechanism::ScramSha256)
        );
    }
}
