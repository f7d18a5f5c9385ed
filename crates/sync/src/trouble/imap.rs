//! What IMAP servers do wrong, as troubles.

use imap::client::Fault;
use imap::response::{Code, Status};

use super::{Trouble, hints, shown};
use crate::{Endpoint, MirrorFault, Service};

impl Trouble {
    /// A session with an IMAP server that broke or was refused, but for logins.
    pub fn of_imap_session(fault: Fault, endpoint: &Endpoint) -> Trouble {
        let (service, host, port) = (Service::Imap, endpoint.host.clone(), endpoint.port);
        match fault {
            Fault::Refused(status) => refused(&status, host),
            Fault::Bye(text) => Trouble::HungUp { host, said: shown(&text) },
            Fault::Closed | Fault::Connection(_) | Fault::Broken | Fault::Busy => {
                Trouble::Cut { host }
            }
            Fault::TimedOut(_) => Trouble::TimedOut { host },
            Fault::Syntax(syntax) => {
                Trouble::OtherProtocol { service, host, port, expected: syntax.expected }
            }
            Fault::Unexpected(expected) => Trouble::OtherProtocol { service, host, port, expected },
            Fault::TooMuch { what, max } => Trouble::TooMuch { host, what, max },
            Fault::NeedsTls => Trouble::NoSecretLogin { host },
            fault @ (Fault::Unprotected | Fault::Login(_)) => {
                Trouble::Refused { host, said: shown(&fault.to_string()) }
            }
            fault @ (Fault::Source(_) | Fault::Short(_)) => {
                Trouble::Storage { why: fault.to_string() }
            }
        }
    }

    /// What ended a mirror.
    pub fn of_mirror(fault: MirrorFault, endpoint: &Endpoint) -> Trouble {
        match fault {
            MirrorFault::Server(fault) => Trouble::of_imap_session(fault, endpoint),
            MirrorFault::Local(fault) => Trouble::Storage { why: fault.to_string() },
        }
    }

    /// A login at an IMAP server that failed.
    pub(crate) fn of_imap_login(fault: Fault, endpoint: &Endpoint, user: &str) -> Trouble {
        let host = endpoint.host.clone();
        let (said, code) = if let Fault::Login(fault) = fault {
            if let Some(refused) = super::oauth::refused(&fault, &host) {
                return refused;
            }
            (shown(&fault.to_string()), None)
        } else if let Fault::Refused(status) = fault {
            (shown(&status.text), status.code)
        } else {
            return Trouble::of_imap_session(fault, endpoint);
        };
        if let Some(Code::Unavailable | Code::InUse | Code::Limit) = code {
            return Trouble::Busy { host, said };
        }
        if let Some(Code::PrivacyRequired) = code {
            return Trouble::NoSecretLogin { host };
        }
        match hints::of(Service::Imap, &host, &said) {
            Some(hint) => hint.trouble(Service::Imap, host, said),
            None => Trouble::WrongPassword { host, user: user.to_owned(), said },
        }
    }
}

/// Large providers answer so when one asks too much of them in a short time.
const TOO_MUCH: [&str; 5] = ["throttl", "too many", "bandwidth", "rate limit", "try again later"];

fn refused(status: &Status, host: String) -> Trouble {
    let said = shown(&status.text);
    let text = said.to_ascii_lowercase();
    let is_busy = matches!(
        status.code,
        Some(Code::Unavailable | Code::InUse | Code::Limit | Code::OverQuota)
    );
    if is_busy || TOO_MUCH.iter().any(|words| text.contains(words)) {
        return Trouble::Busy { host, said };
    }
    Trouble::Refused { host, said }
}
