//! What servers for sending do wrong, as troubles.

use smtp::Reply;
use smtp::client::Fault;

use super::{Trouble, hints, shown};
use crate::{Endpoint, Service};

impl Trouble {
    /// A session with a server for sending that broke or was refused, but for logins.
    pub fn of_submission(fault: Fault, endpoint: &Endpoint) -> Trouble {
        let (service, host, port) = (Service::Submission, endpoint.host.clone(), endpoint.port);
        match fault {
            Fault::Refused { reply, .. } => refused(&reply, host),
            Fault::Closed | Fault::Io(_) => Trouble::Cut { host },
            Fault::TimedOut => Trouble::TimedOut { host },
            Fault::Syntax(expected) => {
                Trouble::OtherProtocol { service, host, port, expected: expected.0 }
            }
            Fault::Tls(why) => Trouble::Tls { host, port, why: why.to_owned() },
            Fault::NoMechanism => Trouble::NoSecretLogin { host },
            fault @ Fault::Login(_) => Trouble::Refused { host, said: shown(&fault.to_string()) },
            Fault::Body(error) => Trouble::Storage { why: error.to_string() },
        }
    }

    /// A login there that failed.
    pub(crate) fn of_submission_login(fault: Fault, endpoint: &Endpoint, user: &str) -> Trouble {
        let host = endpoint.host.clone();
        let said = if let Fault::Login(fault) = fault {
            if let Some(refused) = super::oauth::refused(&fault, &host) {
                return refused;
            }
            shown(&fault.to_string())
        } else if let Fault::Refused { reply, .. } = fault {
            let said = shown(&reply.to_string());
            // RFC 4954, 6: 454 is about the server, and so is 421; all others are about who logs in.
            if !reply.is_permanent() {
                return Trouble::Busy { host, said };
            }
            said
        } else {
            return Trouble::of_submission(fault, endpoint);
        };
        match hints::of(Service::Submission, &host, &said) {
            Some(hint) => hint.trouble(Service::Submission, host, said),
            None => Trouble::WrongPassword { host, user: user.to_owned(), said },
        }
    }
}

fn refused(reply: &Reply, host: String) -> Trouble {
    let said = shown(&reply.to_string());
    if reply.is_permanent() {
        Trouble::Refused { host, said }
    } else {
        Trouble::Busy { host, said }
    }
}
