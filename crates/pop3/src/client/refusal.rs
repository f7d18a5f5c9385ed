//! What a `-ERR` means for whoever is at the other end: try later, ask the person, or give up.

use super::Fault;
use crate::reply::Code;

/// An `-ERR` and what the server said with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why, for programs.
    pub code: Option<Code>,
    /// Why, for people.
    pub text: String,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// It passes by itself: try again later. After `LOGIN-DELAY` not before what `Capabilities::login_delay_s` says.
    Later,
    /// A person has to do something: most likely the name or the password is wrong, or TLS is missing.
    Ask,
    /// It stays so until somebody mends the server.
    GiveUp,
    /// The message needs UTF-8 mode: say UTF8 before the login next time (RFC 6856, 5).
    EnterUtf8,
    /// The server did not say. Of a login: ask the person; of anything else: try again later, not for ever.
    Unclear,
}

impl Refusal {
    /// What to do about it.
    pub fn advice(&self) -> Advice {
        match &self.code {
            Some(Code::InUse | Code::LoginDelay | Code::SysTemp) => Advice::Later,
            Some(Code::Auth) => Advice::Ask,
            Some(Code::SysPerm) => Advice::GiveUp,
            Some(Code::Utf8) => Advice::EnterUtf8,
            Some(Code::Other(_)) | None => Advice::Unclear,
        }
    }
}

impl Fault {
    /// What to do about it.
    pub fn advice(&self) -> Advice {
        match self {
            Fault::Refused(refusal) => refusal.advice(),
            Fault::Closed | Fault::Connection(_) | Fault::TimedOut(_) | Fault::Broken => {
                Advice::Later
            }
            Fault::NeedsTls | Fault::Login(_) | Fault::NotAscii | Fault::NoApop => Advice::Ask,
            Fault::Syntax(_) | Fault::TooMuch { .. } => Advice::GiveUp,
            Fault::OutOfOrder(_) => Advice::Unclear,
        }
    }
}
