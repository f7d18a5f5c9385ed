//! The words of refusals: the one place where `Refused` gets its codes (RFC 3463, RFC 5248).

use std::fmt;

use crate::delivery::Refused;
use crate::{Reply, Syntax};

/// Words a refusal.
pub(crate) fn refused(refused: &Refused) -> Reply {
    match refused {
        Refused::UnknownUser => Reply::new(550, 1, 1, "User unknown"),
        Refused::RelayDenied => Reply::new(550, 7, 1, "Relay access denied"),
        Refused::NoRelay => Reply::new(550, 4, 4, "Relaying to other hosts is not configured"),
        Refused::Disabled => Reply::new(550, 2, 1, "Mailbox disabled, not accepting messages"),
        Refused::FullForNow => Reply::new(452, 2, 2, "Mailbox full; try again later"),
        Refused::Full => Reply::new(552, 2, 2, "Mailbox full"),
        Refused::NotYours => Reply::new(553, 7, 1, "Sender address rejected: not owned by user"),
        Refused::LoginFirst => Reply::new(
            550,
            7,
            1,
            "Sender address rejected: log in to send as an address of this host",
        ),
        Refused::Busy => Reply::new(451, 3, 2, "Too much mail at once; try again later"),
        Refused::TooLarge { octets_max } => {
            Reply::new(552, 3, 4, format!("Message size exceeds the limit of {octets_max} octets"))
        }
        Refused::TooMuch { wait_s } => {
            Reply::new(450, 7, 1, format!("Sending limit exceeded; try again in {wait_s} s"))
        }
        Refused::NoSpace => Reply::new(452, 3, 1, "Insufficient system storage; try again later"),
        Refused::Policy(text) => Reply::new(550, 7, 1, text.to_string()),
        // Where a message may have been stored, the connection ends instead of this.
        Refused::Unknown | Refused::Fault => {
            Reply::new(451, 3, 0, "Local error in processing; try again later")
        }
    }
}

/// For the log: what the client is told.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        refused(self).fmt(f)
    }
}

/// MAIL before a greeting.
pub(crate) fn hello_first() -> Reply {
    Reply::new(503, 5, 1, "Send EHLO or LHLO first")
}

/// A parameter that is not known here (RFC 5321, 4.1.1.11).
pub(crate) fn parameter() -> Reply {
    Reply::new(555, 5, 4, "Parameter not recognized or not implemented")
}

/// An address beyond ASCII without SMTPUTF8 (RFC 6531, 3.5).
pub(crate) fn needs_utf8() -> Reply {
    Reply::new(553, 6, 7, "Non-ASCII addresses require SMTPUTF8")
}

/// An argument that was not understood.
pub(crate) fn syntax(syntax: Syntax) -> Reply {
    Reply::new(501, 5, 2, format!("Syntax error: {syntax}"))
}
