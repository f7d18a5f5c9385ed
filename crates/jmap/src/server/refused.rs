//! How what the model refuses, and what fails, is worded for JMAP: for a call, and for one object of a `/set`.

use mailbox::{Error, Fault, FaultKind, Refused};

use super::Context;
use crate::error::{MethodError, SetError};

impl Context {
    /// Words a failure of ours for a call, and notes it in the log.
    pub fn failed(&self, fault: &Fault) -> MethodError {
        self.note(fault);
        match fault.kind() {
            FaultKind::Passing | FaultKind::Failing | FaultKind::Full => {
                MethodError::ServerUnavailable
            }
            FaultKind::Damaged => MethodError::ServerFail {
                description: "what was asked for is damaged on the disk".to_owned(),
            },
            FaultKind::Unknown => MethodError::ServerPartialFail,
        }
    }

    /// Words for a call what was not done. Nothing was changed, unless nobody knows.
    pub fn not_done(&self, error: &Error) -> MethodError {
        match error {
            Error::Fault(fault) => self.failed(fault),
            Error::Refused(refused) => of_call(refused),
        }
    }

    /// Words for one object of a `/set` what was not done to it. An error is one of the whole call: nobody knows what was done.
    pub fn not_set(&self, error: &Error) -> Result<SetError, MethodError> {
        match error {
            Error::Refused(refused) => Ok(of_object(refused)),
            Error::Fault(fault) if fault.is_of_unknown_outcome() => Err(self.failed(fault)),
            Error::Fault(fault) => {
                self.note(fault);
                Ok(SetError::of("serverFail"))
            }
        }
    }

    fn note(&self, fault: &Fault) {
        let user = self.account.name();
        tracing::error!(user, %fault, "a JMAP call failed");
    }
}

/// RFC 8620, 3.6.2.
fn of_call(refused: &Refused) -> MethodError {
    let description = refused.to_string();
    match refused {
        Refused::NoSpace | Refused::NoMemory | Refused::InUse | Refused::TooSoon { .. } => {
            MethodError::ServerUnavailable
        }
        Refused::TooLarge { .. }
        | Refused::TooMany { .. }
        | Refused::Annotation(_)
        | Refused::OverQuota(_) => MethodError::RequestTooLarge { description },
        Refused::NotSelectable | Refused::Inbox | Refused::NoPermission => MethodError::Forbidden,
        Refused::NoSuchMailbox
        | Refused::NoSuchMessage
        | Refused::MailboxExists
        | Refused::BelowItself
        | Refused::SpecialUse
        | Refused::Choice { .. } => MethodError::InvalidArguments { description },
    }
}

/// RFC 8620, 5.3, and RFC 8621, 2.5 and 4.6.
pub(super) fn of_object(refused: &Refused) -> SetError {
    let description = Some(refused.to_string());
    let of = |kind| SetError { description: description.clone(), ..SetError::of(kind) };
    match refused {
        Refused::NoSuchMailbox | Refused::NoSuchMessage => of("notFound"),
        Refused::MailboxExists => SetError::properties(&["name"], refused.to_string()),
        Refused::BelowItself => SetError::properties(&["parentId"], refused.to_string()),
        Refused::SpecialUse => SetError::properties(&["role"], refused.to_string()),
        Refused::NotSelectable
        | Refused::Inbox
        | Refused::NoPermission
        | Refused::Choice { .. } => of("forbidden"),
        Refused::OverQuota(_) => of("overQuota"),
        Refused::TooLarge { .. } => of("tooLarge"),
        Refused::TooMany { what: "keywords in this mailbox", .. } => of("tooManyKeywords"),
        Refused::TooMany { what: "octets in the name below" | "levels of mailboxes", .. } => {
            SetError::properties(&["name", "parentId"], refused.to_string())
        }
        // RFC 8620, 5.3: a limit on the number of objects, or on their size.
        Refused::TooMany { .. } | Refused::Annotation(_) => of("overQuota"),
        Refused::InUse | Refused::TooSoon { .. } => of("rateLimit"),
        Refused::NoSpace | Refused::NoMemory => of("serverUnavailable"),
    }
}
