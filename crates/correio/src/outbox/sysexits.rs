//! How `sendmail` ends, by the numbers that its callers know (`sysexits.h`).

use std::error::Error;
use std::fmt;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The command line is wrong.
    Usage,
    /// The message is wrong.
    Data,
    /// The message cannot be read.
    NoInput,
    /// The provider refuses it for good.
    Unavailable,
    /// The disk failed.
    Io,
    /// It may work later: the message was not taken.
    TemporaryFailure,
    /// There is no account to send from.
    Configuration,
}

impl Code {
    /// The number.
    pub(crate) fn number(self) -> u8 {
        match self {
            Code::Usage => 64,
            Code::Data => 65,
            Code::NoInput => 66,
            Code::Unavailable => 69,
            Code::Io => 74,
            Code::TemporaryFailure => 75,
            Code::Configuration => 78,
        }
    }
}

/// Why a program that expects sendmail is told that it failed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Code,
    pub(crate) text: String,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Ended {}

/// A failure that says how the program ends.
pub(crate) fn ended(code: Code, text: impl Into<String>) -> anyhow::Error {
    Ended { code, text: text.into() }.into()
}
