//! Why something did not work at a provider, in plain words, and what to do about it.

mod english;
mod hints;
mod imap;
mod oauth;
mod portuguese;
mod smtp;

use pop3::client::pull::PullFault;
use pop3::client::{Advice, Fault, Refusal};

use crate::limits::SHOWN_OCTETS_MAX;
use crate::network::{Certificate, NetworkFault};
use crate::oauth::OAuthFault;
use crate::{Endpoint, Service};

/// How a command of the companion ends, for programs (`correio help pull`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// A person has to do something.
    NeedsPerson,
    /// The provider lets nobody in.
    Login,
    /// The network, or the server at its other end.
    Network,
    /// The store here.
    Storage,
    /// A guard refused.
    Refused,
    /// What is here is not what came.
    Verification,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::NeedsPerson => 2,
            Exit::Login => 3,
            Exit::Network => 4,
            Exit::Storage => 5,
            Exit::Refused => 6,
            Exit::Verification => 7,
        }
    }
}

/// The language in which people are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Words {
    #[default]
    English,
    Portuguese,
}

impl Words {
    /// The language of a locale, such as `pt_BR.UTF-8`.
    pub fn of_locale(locale: &str) -> Words {
        let language = locale.split(['_', '.', '-', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("pt") { Words::Portuguese } else { Words::English }
    }
}

/// Why something did not work. What servers say is in `said`, fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are what the variants say")]
pub enum Trouble {
    /// There is no such name.
    NoSuchName { host: String },
    /// Nobody answers there.
    Unreachable { host: String, port: u16, why: String },
    /// It took too long.
    TimedOut { host: String },
    /// The certificate is not trusted.
    Certificate { host: String, certificate: Certificate },
    /// TLS fails.
    Tls { host: String, port: u16, why: String },
    /// The server offers no TLS, and nothing is said in the clear.
    NoTls { host: String, said: String },
    /// It would be in the clear over a network.
    ClearNetwork { host: String },
    /// The name or the password is wrong.
    WrongPassword { host: String, user: String, said: String },
    /// The provider wants a password for programs.
    AppPassword { host: String, page: Option<&'static str>, said: String },
    /// The provider lets programs in by OAuth 2 only.
    OAuthOnly { host: String, said: String },
    /// The server does not take the token.
    TokenRefused { host: String, said: String },
    /// The provider's server of OAuth gives no token.
    OAuth(OAuthFault),
    /// The service is switched off in the person's settings there.
    ServiceOff { service: Service, host: String, page: Option<&'static str>, said: String },
    /// Somebody else is logged in, or it was too soon.
    Busy { host: String, said: String },
    /// The server refuses for another reason.
    Refused { host: String, said: String },
    /// Nothing is kept secret there: no way to log in that does.
    NoSecretLogin { host: String },
    /// It is not the protocol that was expected.
    OtherProtocol { service: Service, host: String, port: u16, expected: &'static str },
    /// The server sends without end.
    TooMuch { host: String, what: &'static str, max: u64 },
    /// The connection broke.
    Cut { host: String },
    /// The server said why it hung up.
    HungUp { host: String, said: String },
    /// The account here takes no more.
    Storage { why: String },
    /// No server was found for a domain.
    NothingFound { service: Service, domain: String, tried: Vec<(Endpoint, Trouble)> },
    /// The domain names a server that is not of it, and nothing vouches for that (RFC 6186, 6).
    Elsewhere { domain: String, endpoint: Endpoint },
}

impl Trouble {
    pub(crate) fn of_network(fault: NetworkFault, endpoint: &Endpoint) -> Trouble {
        let (host, port) = (endpoint.host.clone(), endpoint.port);
        match fault {
            NetworkFault::NoSuchName => Trouble::NoSuchName { host },
            NetworkFault::Unreachable(why) => Trouble::Unreachable { host, port, why },
            NetworkFault::TimedOut => Trouble::TimedOut { host },
            NetworkFault::Certificate(certificate) => Trouble::Certificate { host, certificate },
            NetworkFault::Tls(why) => Trouble::Tls { host, port, why },
        }
    }

    pub(crate) fn no_tls(endpoint: &Endpoint, said: &str) -> Trouble {
        Trouble::NoTls { host: endpoint.host.clone(), said: shown(said) }
    }

    /// A session that broke or was refused, but for logins.
    pub fn of_session(fault: Fault, endpoint: &Endpoint) -> Trouble {
        let (host, port) = (endpoint.host.clone(), endpoint.port);
        match fault {
            Fault::Refused(refusal) => refused(&refusal, host),
            Fault::Closed | Fault::Connection(_) | Fault::Broken => Trouble::Cut { host },
            Fault::TimedOut(_) => Trouble::TimedOut { host },
            Fault::Syntax(expected) => {
                Trouble::OtherProtocol { service: Service::Pop3, host, port, expected }
            }
            Fault::TooMuch { what, max } => Trouble::TooMuch { host, what, max },
            Fault::NeedsTls | Fault::NoApop => Trouble::NoSecretLogin { host },
            fault @ (Fault::NotAscii | Fault::OutOfOrder(_) | Fault::Login(_)) => {
                Trouble::Refused { host, said: shown(&fault.to_string()) }
            }
        }
    }

    /// A login that failed.
    pub(crate) fn of_login(fault: Fault, endpoint: &Endpoint, user: &str) -> Trouble {
        let host = endpoint.host.clone();
        if let Fault::Login(fault) = fault {
            let said = shown(&fault.to_string());
            if let Some(refused) = oauth::refused(&fault, &host) {
                return refused;
            }
            return Trouble::WrongPassword { host, user: user.to_owned(), said };
        }
        let Fault::Refused(refusal) = fault else { return Trouble::of_session(fault, endpoint) };
        let said = shown(&refusal.text);
        match hints::of(Service::Pop3, &host, &said) {
            Some(hint) => hint.trouble(Service::Pop3, host, said),
            None => match refusal.advice() {
                Advice::Later => Trouble::Busy { host, said },
                Advice::GiveUp | Advice::EnterUtf8 => Trouble::Refused { host, said },
                Advice::Ask | Advice::Unclear => {
                    Trouble::WrongPassword { host, user: user.to_owned(), said }
                }
            },
        }
    }

    /// What ended a pull.
    pub fn of_pull(fault: PullFault, endpoint: &Endpoint) -> Trouble {
        match fault {
            PullFault::Server(fault) => Trouble::of_session(fault, endpoint),
            PullFault::Keeper(fault) => Trouble::Storage { why: fault.to_string() },
        }
    }

    /// How a program is told.
    pub fn exit(&self) -> Exit {
        match self {
            Trouble::NoSuchName { .. }
            | Trouble::Unreachable { .. }
            | Trouble::TimedOut { .. }
            | Trouble::Tls { .. }
            | Trouble::Busy { .. }
            | Trouble::Refused { .. }
            | Trouble::OtherProtocol { .. }
            | Trouble::TooMuch { .. }
            | Trouble::HungUp { .. }
            | Trouble::Cut { .. } => Exit::Network,
            Trouble::Certificate { .. }
            | Trouble::NoTls { .. }
            | Trouble::ClearNetwork { .. }
            | Trouble::NoSecretLogin { .. }
            | Trouble::NothingFound { .. }
            | Trouble::Elsewhere { .. } => Exit::NeedsPerson,
            Trouble::WrongPassword { .. }
            | Trouble::AppPassword { .. }
            | Trouble::OAuthOnly { .. }
            | Trouble::TokenRefused { .. }
            | Trouble::ServiceOff { .. } => Exit::Login,
            Trouble::Storage { .. } => Exit::Storage,
            Trouble::OAuth(fault) => oauth::exit(fault),
        }
    }

    /// What it is, in plain words, and what to do about it.
    pub fn tell(&self, words: Words) -> String {
        match words {
            Words::English => english::tell(self),
            Words::Portuguese => portuguese::tell(self),
        }
    }

    /// Whether nobody was reached at all, as without a connection.
    pub fn is_unconnected(&self) -> bool {
        matches!(
            self,
            Trouble::NoSuchName { .. } | Trouble::Unreachable { .. } | Trouble::TimedOut { .. }
        )
    }

    /// Whether somebody answered there and knew the service, so that nothing else need be tried.
    pub(crate) fn is_about_login(&self) -> bool {
        self.exit() == Exit::Login || matches!(self, Trouble::Busy { .. })
    }
}

fn refused(refusal: &Refusal, host: String) -> Trouble {
    let said = shown(&refusal.text);
    match refusal.advice() {
        Advice::Later => Trouble::Busy { host, said },
        Advice::Ask | Advice::GiveUp | Advice::EnterUtf8 | Advice::Unclear => {
            Trouble::Refused { host, said }
        }
    }
}

/// What a server says, made fit for a terminal: no control characters, no more than a few lines of it.
pub fn shown(text: &str) -> String {
    let harmless = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown: String = text.chars().map(|c| if harmless(c) { c } else { ' ' }).collect();
    let mut end = SHOWN_OCTETS_MAX.min(shown.len());
    while !shown.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    shown.truncate(end);
    shown.trim().to_owned()
}

/// The SHA-256 of a certificate as `--pin` takes it.
fn pin(certificate: &Certificate) -> String {
    crate::companion::Pin(certificate.sha256).to_string()
}

#[cfg(test)]
mod tests;
