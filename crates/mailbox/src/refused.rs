//! Why the model did not do what was asked: `Refused` when it was understood and nothing changed, `Fault` when the
//! failure is ours. Each door words these in exactly one place.

use std::sync::Arc;

/// Understood, not done, and nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such mailbox.
    #[error("no such mailbox")]
    NoSuchMailbox,
    /// A mailbox of that name is there already.
    #[error("a mailbox of that name exists")]
    MailboxExists,
    /// The mailbox holds no messages, only other mailboxes.
    #[error("the mailbox cannot be opened; it only holds other mailboxes")]
    NotSelectable,
    /// The Inbox cannot be deleted or be put below another mailbox.
    #[error("not possible with the Inbox")]
    Inbox,
    /// The mailbox would come to lie below itself.
    #[error("a mailbox cannot be moved below itself")]
    BelowItself,
    /// The mailbox is another's, who did not give the right to do that (RFC 4314, 4).
    #[error("no permission for that")]
    NoPermission,
    /// Another mailbox has this special use already, or it cannot be given (RFC 6154, 3).
    #[error("that special use is taken or not supported")]
    SpecialUse,
    /// None of the messages named is there any more.
    #[error("the messages are gone")]
    NoSuchMessage,
    /// A quota would be exceeded.
    #[error("over quota ({0})")]
    OverQuota(QuotaResource),
    /// The message is larger than a message may be.
    #[error("the message is larger than {octets_max} octets")]
    TooLarge {
        /// The most a message may have.
        octets_max: u64,
    },
    /// A limit of the account.
    #[error("too many {what} (at most {max})")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        max: u64,
    },
    /// An annotation is too much.
    #[error("{0}")]
    Annotation(AnnotationLimit),
    /// Another POP3 session holds the Inbox (RFC 1939, 3).
    #[error("another POP3 session is using the mailbox")]
    InUse,
    /// This device must wait before it logs in again (RFC 2449, 6.5).
    #[error("this device may log in again in {wait_s} seconds")]
    TooSoon {
        /// How long it must wait.
        wait_s: u32,
    },
    /// That cannot be chosen.
    #[error("{why}")]
    Choice {
        /// What can be.
        why: &'static str,
    },
    /// There is no room on the disk just now.
    #[error("the server has no room on its disk just now")]
    NoSpace,
    /// What mailboxes in use take of the memory would be more than the host allows, or more than one account may have
    /// of it.
    #[error("the server has no memory for that many messages at once just now")]
    NoMemory,
}

/// Of what there would be too much with an annotation (RFC 5464, 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnnotationLimit {
    /// Its value is too long.
    #[error("an annotation has {octets_max} octets at most")]
    Octets {
        /// How many it may have.
        octets_max: usize,
    },
    /// There are as many as there may be, or with this one they would take too much room.
    #[error("there are too many annotations")]
    Count,
}

/// What a quota counts (RFC 9208, 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuotaResource {
    /// Octets of all messages.
    Storage,
    /// Number of messages.
    Message,
}

impl std::fmt::Display for QuotaResource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            QuotaResource::Storage => "storage",
            QuotaResource::Message => "number of messages",
        })
    }
}

/// Ours: disk, corruption or a bug. Logged with its chain; the peer hears "try later", unless what is asked for is
/// damaged: that does not pass by itself.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}")]
pub struct Fault {
    what: Arc<str>,
    #[source]
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
    kind: FaultKind,
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It may work another time.
    Passing,
    /// What is asked for is damaged or lost on the disk, and stays so until it is repaired or brought back. All else
    /// can be read.
    Damaged,
    /// The disk has no room. Nothing was changed.
    Full,
    /// The disk fails, or has just failed. Nothing was changed, and nothing can be until it works again.
    Failing,
    /// It is not known whether what was asked for took place: the disk failed while it was made durable. No answer must
    /// be given that says more; the peer looks again on another connection.
    Unknown,
}

impl Fault {
    /// Makes a fault that says what was being done.
    pub fn new(what: impl Into<Arc<str>>) -> Fault {
        Fault { what: what.into(), cause: None, kind: FaultKind::Passing }
    }

    /// Makes a fault that says what is damaged or lost on the disk.
    pub fn damaged(what: impl Into<Arc<str>>) -> Fault {
        Fault { what: what.into(), cause: None, kind: FaultKind::Damaged }
    }

    /// Makes a fault with the error that caused it.
    pub fn caused(
        what: impl Into<Arc<str>>,
        cause: impl std::error::Error + Send + Sync + 'static,
    ) -> Fault {
        let kind = kind_of(&cause);
        Fault { what: what.into(), cause: Some(Arc::new(cause)), kind }
    }

    /// Makes a fault of a disk that is full: nothing was changed.
    pub fn full(what: impl Into<Arc<str>>) -> Fault {
        Fault { what: what.into(), cause: None, kind: FaultKind::Full }
    }

    /// The same, with the error that told so.
    pub fn full_because(
        what: impl Into<Arc<str>>,
        cause: impl std::error::Error + Send + Sync + 'static,
    ) -> Fault {
        Fault { kind: FaultKind::Full, ..Fault::caused(what, cause) }
    }

    /// Makes a fault of a disk that fails: nothing was changed.
    pub fn failing(
        what: impl Into<Arc<str>>,
        cause: impl std::error::Error + Send + Sync + 'static,
    ) -> Fault {
        Fault { kind: FaultKind::Failing, ..Fault::caused(what, cause) }
    }

    /// The same, when it is not known whether what was asked for took place.
    #[must_use]
    pub fn of_unknown_outcome(self) -> Fault {
        Fault { kind: FaultKind::Unknown, ..self }
    }

    /// Whether trying again can help. A fault has the kind of the fault that caused it.
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// Says whether nobody knows if what was asked for took place.
    pub fn is_of_unknown_outcome(&self) -> bool {
        self.kind == FaultKind::Unknown
    }

    /// Says whether what was asked for is damaged or lost on the disk.
    pub fn is_damaged(&self) -> bool {
        self.kind == FaultKind::Damaged
    }
}

fn kind_of(cause: &(dyn std::error::Error + 'static)) -> FaultKind {
    let fault_of = |error: &'_ (dyn std::error::Error + 'static)| {
        let within = match error.downcast_ref::<Error>() {
            Some(Error::Fault(fault)) => Some(fault.kind),
            Some(Error::Refused(_)) | None => None,
        };
        within.or_else(|| error.downcast_ref::<Fault>().map(Fault::kind))
    };
    std::iter::successors(Some(cause), |error| error.source())
        .find_map(fault_of)
        .unwrap_or(FaultKind::Passing)
}

/// The two ways an operation fails.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Not done; nothing changed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Our failure. Nothing changed, unless nobody knows (`FaultKind::Unknown`).
    #[error(transparent)]
    Fault(Fault),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        match fault.kind() {
            // Whoever met it, it is a refusal like that of a commit.
            FaultKind::Full => Error::Refused(Refused::NoSpace),
            FaultKind::Passing | FaultKind::Damaged | FaultKind::Failing | FaultKind::Unknown => {
                Error::Fault(fault)
            }
        }
    }
}

impl Error {
    /// Says whether nobody knows if what was asked for took place. Then no answer must be given that says more.
    pub fn is_of_unknown_outcome(&self) -> bool {
        match self {
            Error::Refused(_) => false,
            Error::Fault(fault) => fault.is_of_unknown_outcome(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_has_the_kind_of_what_caused_it() {
        let damaged = Fault::damaged("a body is damaged");
        assert!(damaged.is_damaged());
        assert!(Fault::caused("reading a message", damaged.clone()).is_damaged());
        assert!(Fault::caused("reading a message", Error::from(damaged)).is_damaged());
        assert!(!Fault::new("the disk is full").is_damaged());
        let other = std::io::Error::other("something");
        assert!(!Fault::caused("reading a message", other).is_damaged());
    }
}
