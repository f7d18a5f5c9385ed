//! How a command went: what its OK says, or why it was not done.

use std::borrow::Cow;
use std::{fmt, io};

use super::words;
use crate::response::Code;

/// A command that was carried out: what its OK says.
pub(crate) struct Done {
    pub(crate) code: Option<Code>,
    /// What to say to a person; none: that the command is completed.
    pub(crate) text: Option<&'static str>,
    pub(crate) next: Next,
}

/// How it goes on after an OK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    GoOn,
    StartTls,
    Squeeze,
    Expand,
    Close,
}

impl Done {
    /// `FETCH completed`, or whatever the command is called.
    pub(crate) fn completed() -> Done {
        Done { code: None, text: None, next: Next::GoOn }
    }

    /// With another text.
    pub(crate) fn saying(text: &'static str) -> Done {
        Done { text: Some(text), ..Done::completed() }
    }

    pub(crate) fn with(self, code: Code) -> Done {
        Done { code: Some(code), ..self }
    }
}

/// Why a command was not carried out. The first two are worded in `words`.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The model refused, or failed.
    Model(mailbox::Error),
    /// Nobody was logged in.
    Login(sasl::Failure),
    /// Not done, for a reason that only this door knows.
    No(Option<Code>, Cow<'static, str>),
    /// It cannot be done now, or cannot be understood.
    Bad(Cow<'static, str>),
    /// It names message numbers, of which there are none (RFC 9586, 3).
    UidRequired,
    /// The session ends.
    Bye(Option<Code>, &'static str),
    /// The connection broke.
    Gone(io::Error),
}

/// For the log.
impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Model(error) => error.fmt(f),
            Stop::Login(failure) => failure.fmt(f),
            Stop::No(_, text) | Stop::Bad(text) => f.write_str(text),
            Stop::UidRequired => f.write_str(words::UID_REQUIRED),
            Stop::Bye(_, text) => f.write_str(text),
            Stop::Gone(error) => error.fmt(f),
        }
    }
}

impl Stop {
    /// Whether what was asked for is damaged on the disk of the server.
    pub(crate) fn is_damaged(&self) -> bool {
        matches!(self, Stop::Model(mailbox::Error::Fault(fault)) if fault.is_damaged())
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Gone(error)
    }
}

impl From<mailbox::Error> for Stop {
    fn from(error: mailbox::Error) -> Stop {
        Stop::Model(error)
    }
}

impl From<mailbox::Fault> for Stop {
    fn from(fault: mailbox::Fault) -> Stop {
        Stop::Model(fault.into())
    }
}

impl From<mailbox::Refused> for Stop {
    fn from(refused: mailbox::Refused) -> Stop {
        Stop::Model(refused.into())
    }
}
