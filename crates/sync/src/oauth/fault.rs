//! Why a provider's server of OAuth did not let the companion in.

use super::{WebAddress, WebFault};

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are what the variants say")]
pub enum OAuthFault {
    /// The server does not answer.
    Web { host: String, port: u16, fault: WebFault },
    /// The server says that it cannot answer now.
    Unavailable { host: String },
    /// An address that is not https, so that others could read tokens on their way.
    Insecure { address: String },
    /// The server answers something else than was expected.
    Answer(&'static str),
    /// There is no server of OAuth at this address.
    NoServer { address: String },
    /// The server calls itself by another name than the one that was asked (RFC 8414, 3.3; RFC 9207).
    OtherServer { expected: String, said: String },
    /// The program is not registered there, and it does not register programs by itself.
    NoClient { provider: String },
    /// The server has neither way to ask a person, or not the one that was wanted.
    NoFlow { wanted: &'static str },
    /// The answer of the browser is not to what was asked.
    State,
    /// The person said no.
    Denied,
    /// Nobody said yes in time.
    Expired,
    /// What was granted is over: it was taken back, or was not used for long.
    Over { said: String },
    /// The server refuses for another reason.
    Refused { code: String, said: String },
    /// There is no token here: it was never there, or what kept it has lost it.
    NotKept,
    /// What is to be kept secret cannot be kept, or not be read.
    Keeping { why: String },
    /// The keyring does not give or take it, in words for people.
    Keyring { why: String },
    /// Another program renews the token for too long.
    Busy,
}

impl OAuthFault {
    /// A server that gives no answer.
    pub(super) fn of_web(fault: WebFault, address: &WebAddress) -> OAuthFault {
        OAuthFault::Web { host: address.host(), port: address.port(), fault }
    }

    /// Whether a token that is still good may be used although renewing it failed.
    pub(super) fn may_pass(&self) -> bool {
        matches!(
            self,
            OAuthFault::Web { .. }
                | OAuthFault::Unavailable { .. }
                | OAuthFault::Answer(_)
                | OAuthFault::Busy
        )
    }
}
