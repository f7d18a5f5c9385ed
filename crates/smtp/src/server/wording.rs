//! The words of refusals: the one place where `Refused` gets its codes (RFC 3463, RFC 5248).

use crate::delivery::Refused;
use crate::{Reply, Syntax};

/// Words a refusal.
pub(crate) fn refused(refused: &Refused) -> Reply {
    match refused {
        Refused::UnknownUser => Reply::new(550, 1, 1, "Nobody here has that address"),
        Refused::RelayDenied => Reply::new(
            550,
            7,
            1,
            "That domain is not ours, and only our own people may send to others",
        ),
        Refused::NoRelay => {
            Reply::new(550, 4, 4, "This host sends no mail to other hosts: no relay is configured")
        }
        Refused::Disabled => Reply::new(550, 2, 1, "That mailbox takes no mail"),
        Refused::FullForNow => Reply::new(452, 2, 2, "That mailbox is full; try again later"),
        Refused::Full => Reply::new(552, 2, 2, "That mailbox is full"),
        Refused::NotYours => Reply::new(553, 7, 1, "You may not send from that address"),
        Refused::TooLarge { octets_max } => {
            Reply::new(552, 3, 4, format!("A message has at most {octets_max} octets"))
        }
        Refused::TooMuch { wait_s } => {
            Reply::new(450, 7, 1, format!("You have sent too much; go on in {wait_s} s"))
        }
        Refused::NoSpace => Reply::new(452, 3, 1, "The disk is full; try again later"),
        Refused::Policy(text) => Reply::new(550, 7, 1, text.to_string()),
        Refused::Fault => Reply::new(451, 3, 0, "Something failed here; try again later"),
    }
}

/// MAIL before a greeting.
pub(crate) fn hello_first() -> Reply {
    Reply::new(503, 5, 1, "Greet first")
}

/// A parameter that is not known here (RFC 5321, 4.1.1.11).
pub(crate) fn parameter() -> Reply {
    Reply::new(555, 5, 4, "A parameter is not known here")
}

/// An address beyond ASCII without SMTPUTF8 (RFC 6531, 3.5).
pub(crate) fn needs_utf8() -> Reply {
    Reply::new(553, 6, 7, "An address beyond ASCII needs SMTPUTF8 in MAIL")
}

/// An argument that was not understood.
pub(crate) fn syntax(syntax: Syntax) -> Reply {
    Reply::new(501, 5, 2, format!("Not understood: {syntax}"))
}
