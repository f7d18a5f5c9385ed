//! The first line of an answer: status, response code and words. Which refusal and which failure gets which code is
//! decided here and nowhere else (RFC 2449, 8; RFC 3206).

use mailbox::{Error, Fault, Refused};
use sasl::{Denied, Failure};

use super::Words;
use crate::MessageNumber;
use crate::reply::{Code, Status};

/// The first line of an answer.
#[derive(Clone)]
pub(crate) struct Answer<'a> {
    pub(crate) status: Status,
    pub(crate) code: Option<Code>,
    pub(crate) words: Words<'a>,
}

impl<'a> Answer<'a> {
    pub(crate) fn ok(words: Words<'a>) -> Answer<'a> {
        Answer { status: Status::Ok, code: None, words }
    }

    pub(crate) fn err(words: Words<'a>) -> Answer<'a> {
        Answer { status: Status::Err, code: None, words }
    }

    fn with(self, code: Code) -> Answer<'a> {
        Answer { code: Some(code), ..self }
    }

    /// A refusal or a fault of the model.
    pub(crate) fn error(error: &'a Error) -> Answer<'a> {
        match error {
            Error::Refused(refused) => {
                Answer { code: code(refused), ..Answer::err(Words::Refused(refused)) }
            }
            Error::Fault(fault) => Answer::fault(fault),
        }
    }

    /// A QUIT that did nothing about what was marked.
    pub(crate) fn not_done(marked: usize, error: &'a Error) -> Answer<'a> {
        match error {
            Error::Refused(refused) => {
                Answer { code: code(refused), ..Answer::err(Words::NotDone(marked, refused)) }
            }
            Error::Fault(fault) => {
                Answer { words: Words::NotDoneByFault(marked), ..Answer::fault(fault) }
            }
        }
    }

    /// A fault of ours: it is logged, and the client is told to try later, where that can help.
    pub(crate) fn fault(fault: &Fault) -> Answer<'a> {
        let code = if fault.is_damaged() { Code::SysPerm } else { Code::SysTemp };
        let fault: &dyn std::error::Error = fault;
        tracing::error!(fault, "POP3 command failed");
        let words = if code == Code::SysPerm { Words::Damage } else { Words::Fault };
        Answer::err(words).with(code)
    }

    /// A message that is damaged: it stays so until somebody looks into it (RFC 3206, 4).
    pub(crate) fn damaged(message: MessageNumber, fault: &Fault) -> Answer<'a> {
        let fault: &dyn std::error::Error = fault;
        tracing::warn!(message = message.number(), fault, "a message is damaged");
        Answer::err(Words::IsDamaged(message)).with(Code::SysPerm)
    }

    /// A message that cannot be put into ASCII (RFC 6856, 5).
    pub(crate) fn needs_utf8(message: MessageNumber) -> Answer<'a> {
        Answer::err(Words::NeedsUtf8(message)).with(Code::Utf8)
    }

    /// A failed login (RFC 3206, 4 and 5).
    pub(crate) fn login_failure(failure: &'a Failure) -> Answer<'a> {
        let answer = Answer::err(Words::Failure(failure));
        match failure {
            Failure::Denied(Denied::Wrong | Denied::Disabled | Denied::NotForThisDoor) => {
                answer.with(Code::Auth)
            }
            // No fault of the credentials: a client must not ask its user for another password.
            Failure::Denied(Denied::Unavailable | Denied::TooMany { .. }) => {
                answer.with(Code::SysTemp)
            }
            Failure::Cancelled | Failure::Syntax(_) => answer,
        }
    }
}

/// The response code of a refusal.
fn code(refused: &Refused) -> Option<Code> {
    match refused {
        Refused::InUse => Some(Code::InUse),
        Refused::TooSoon { .. } => Some(Code::LoginDelay),
        Refused::NoSpace | Refused::NoMemory => Some(Code::SysTemp),
        // The account has no Inbox: somebody must look into it.
        Refused::NoSuchMailbox | Refused::NotSelectable => Some(Code::SysPerm),
        Refused::MailboxExists
        | Refused::Inbox
        | Refused::BelowItself
        | Refused::NoPermission
        | Refused::SpecialUse
        | Refused::NoSuchMessage
        | Refused::Annotation(_)
        | Refused::OverQuota(_)
        | Refused::TooLarge { .. }
        | Refused::TooMany { .. }
        | Refused::Choice { .. } => None,
    }
}
