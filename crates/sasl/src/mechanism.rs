//! The mechanisms, their names, and which one a client takes.

use crate::{Pass, Peer, Security};

/// A way to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// SCRAM-SHA-256-PLUS: the proof is bound to the TLS connection (RFC 7677).
    ScramSha256Plus,
    /// SCRAM-SHA-256: the password never travels (RFC 7677).
    ScramSha256,
    /// OAUTHBEARER: an access token (RFC 7628).
    OauthBearer,
    /// XOAUTH2: the same, as Google and Microsoft had it before the RFC; many programs know only this one.
    Xoauth2,
    /// PLAIN: name and password in one message (RFC 4616).
    Plain,
    /// LOGIN: name and password in two messages. Never standardised; Outlook and many devices know nothing else.
    Login,
}

impl Mechanism {
    /// All of them, the best first.
    pub const ALL: [Mechanism; 6] = [
        Mechanism::ScramSha256Plus,
        Mechanism::ScramSha256,
        Mechanism::OauthBearer,
        Mechanism::Xoauth2,
        Mechanism::Plain,
        Mechanism::Login,
    ];

    /// Its registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Mechanism::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::OauthBearer => "OAUTHBEARER",
            Mechanism::Xoauth2 => "XOAUTH2",
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
        }
    }

    /// Finds a mechanism by its name, in any case.
    pub fn from_name(name: &[u8]) -> Option<Mechanism> {
        Mechanism::ALL.into_iter().find(|m| m.name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// Whether the password or token itself goes over the wire, so that it needs TLS (RFC 4616, 5; RFC 7628, 3).
    pub const fn shows_password(self) -> bool {
        match self {
            Mechanism::Plain | Mechanism::Login | Mechanism::OauthBearer | Mechanism::Xoauth2 => {
                true
            }
            Mechanism::ScramSha256Plus | Mechanism::ScramSha256 => false,
        }
    }

    /// Whether it takes an access token; the others take a password.
    pub const fn takes_token(self) -> bool {
        match self {
            Mechanism::OauthBearer | Mechanism::Xoauth2 => true,
            Mechanism::ScramSha256Plus
            | Mechanism::ScramSha256
            | Mechanism::Plain
            | Mechanism::Login => false,
        }
    }

    /// Whether the mechanism can be used on this connection.
    pub fn fits(self, peer: &Peer) -> bool {
        match self {
            Mechanism::ScramSha256Plus => !peer.bindings.is_empty(),
            Mechanism::ScramSha256 => true,
            Mechanism::Plain | Mechanism::Login | Mechanism::OauthBearer | Mechanism::Xoauth2 => {
                peer.security != Security::Clear
            }
        }
    }
}

/// Chooses what a client uses: the best of what the server offers that fits the connection and what the client has.
/// A token is never sent in a password's place, nor the other way round.
pub fn choose<'a>(
    offered: impl IntoIterator<Item = &'a str>,
    peer: &Peer,
    pass: &Pass,
) -> Option<Mechanism> {
    let has_token = matches!(pass, Pass::Token(_));
    let offered: Vec<Mechanism> = offered
        .into_iter()
        .filter_map(|name| Mechanism::from_name(name.as_bytes()))
        .filter(|mechanism| mechanism.fits(peer) && mechanism.takes_token() == has_token)
        .collect();
    Mechanism::ALL.into_iter().find(|mechanism| offered.contains(mechanism))
}

#[cfg(test)]
mod tests {
    use super::{Mechanism, choose};
    use crate::{Pass, Peer, Secret, Security};

    fn choice(offered: &[&str], peer: &Peer) -> Option<Mechanism> {
        choose(offered.iter().copied(), peer, &Pass::Password(Secret::new("pw")))
    }

    #[test]
    fn a_password_is_not_sent_in_the_clear() {
        let clear = Peer::new(None, Security::Clear);
        assert_eq!(choice(&["PLAIN", "LOGIN", "CRAM-MD5"], &clear), None);
        assert_eq!(choice(&["PLAIN", "scram-sha-256"], &clear), Some(Mechanism::ScramSha256));
        let tls = Peer::new(None, Security::Tls);
        assert_eq!(choice(&["LOGIN", "PLAIN"], &tls), Some(Mechanism::Plain));
        assert_eq!(
            choice(&["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "OAUTHBEARER"], &tls),
            Some(Mechanism::ScramSha256)
        );
    }

    #[test]
    fn a_token_is_shown_to_those_alone_who_ask_for_one() {
        let token = Pass::Token(Secret::new("t"));
        let (tls, clear) = (Peer::new(None, Security::Tls), Peer::new(None, Security::Clear));
        assert_eq!(choose(["PLAIN", "LOGIN", "SCRAM-SHA-256"], &tls, &token), None);
        let offered = ["XOAUTH2", "PLAIN", "OAUTHBEARER"];
        assert_eq!(choose(offered, &tls, &token), Some(Mechanism::OauthBearer));
        assert_eq!(choose(["PLAIN", "xoauth2"], &tls, &token), Some(Mechanism::Xoauth2));
        assert_eq!(choose(offered, &clear, &token), None);
        assert_eq!(choice(&["XOAUTH2", "OAUTHBEARER"], &tls), None);
    }
}
