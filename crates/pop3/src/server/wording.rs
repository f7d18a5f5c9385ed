//! How refusals and faults are worded for POP3 clients: here and nowhere else.

use mailbox::{Error, Fault, Refused};
use sasl::{Denied, Failure};

use crate::reply::{Code, Reply};

/// A refusal or a fault of the model.
pub(crate) fn error(error: &Error) -> Reply {
    match error {
        Error::Refused(refused) => refusal(refused),
        Error::Fault(cause) => fault(cause),
    }
}

/// A refusal of the model.
fn refusal(refused: &Refused) -> Reply {
    let reply = Reply::err(refused.to_string());
    match refused {
        Refused::InUse => reply.with(Code::InUse),
        Refused::NoSpace => reply.with(Code::SysTemp),
        // The account has no Inbox: somebody must look into it.
        Refused::NoSuchMailbox | Refused::NotSelectable => reply.with(Code::SysPerm),
        Refused::MailboxExists
        | Refused::Inbox
        | Refused::BelowItself
        | Refused::SpecialUse
        | Refused::NoSuchMessage
        | Refused::OverQuota(_)
        | Refused::TooLarge { .. }
        | Refused::TooMany { .. } => reply,
    }
}

/// A fault of ours: it is logged, and the client is told to try later.
pub(crate) fn fault(fault: &Fault) -> Reply {
    let fault: &dyn std::error::Error = fault;
    tracing::error!(fault, "POP3 command failed");
    Reply::err("the server failed at this; try again later").with(Code::SysTemp)
}

/// A failed login (RFC 3206, 4 and 5).
pub(crate) fn login_failure(failure: &Failure) -> Reply {
    let reply = Reply::err(failure.to_string());
    match failure {
        Failure::Denied(Denied::Wrong | Denied::Disabled | Denied::NotForThisDoor) => {
            reply.with(Code::Auth)
        }
        // No fault of the credentials: a client must not ask its user for another password.
        Failure::Denied(Denied::Unavailable | Denied::TooMany { .. }) => reply.with(Code::SysTemp),
        Failure::Cancelled | Failure::Syntax(_) => reply,
    }
}

/// A login that would show the password to the network. No code: the password may be right.
pub(crate) fn needs_tls() -> Reply {
    Reply::err("passwords are not taken in the clear; use TLS (STLS, or port 995)")
}
