//! The words of this door for what the model and the directory refuse, and for the ends of sessions (RFC 5530;
//! RFC 9051, 7.1). They stand here and nowhere else.

use std::borrow::Cow;
use std::error::Error as _;

use mailbox::{AnnotationLimit, Error, Fault, FaultKind, QuotaResource, Refused, Uid, UidSet};
use sasl::{Denied, Failure};

use super::outcome::Stop;
use crate::response::{Code, Condition};

/// The client said nothing for too long.
pub(crate) const TOO_LONG: &str = "Autologout; idle for too long";
/// The session shows an earlier state of its mailbox, and the memory that this takes is needed.
pub(crate) const MEMORY_NEEDED: &str = "The server needs memory; connect again";
/// The mailbox that is open is another's, who shares it no more.
pub(crate) const NOT_READABLE: &str =
    "The mailbox that is open is not there for you any more; connect again";
/// The client wanted to do without message numbers, and named one.
pub(crate) const UID_REQUIRED: &str =
    "There are no message numbers once UIDONLY is enabled; name UIDs";
/// Too many commands could not be read.
pub(crate) const TOO_MANY_WRONG: &str = "Too many invalid commands";
/// Nobody knows what became of the last command.
pub(crate) const UNKNOWN_OUTCOME: &str = "The disk failed, and it is not known whether the last command took place; connect again and look";
/// The host stops.
pub(crate) const STOPPING: &str = "The server is stopping; come back soon";
/// Too many tries to log in.
pub(crate) const TOO_MANY_LOGINS: &str = "Too many failed logins";

type Answer = (Condition, Option<Code>, Cow<'static, str>);

/// What the client hears when the model says no.
pub(crate) fn of_model(error: &Error) -> Answer {
    match error {
        Error::Refused(refused) => {
            let (code, text) = of_refused(refused);
            (Condition::No, code, text)
        }
        Error::Fault(fault) => of_fault(fault),
    }
}

/// What the client hears when the model refuses.
pub(crate) fn of_refused(refused: &Refused) -> (Option<Code>, Cow<'static, str>) {
    let code = match refused {
        Refused::NoSuchMailbox => Some(Code::NonExistent),
        Refused::MailboxExists => Some(Code::AlreadyExists),
        Refused::NotSelectable | Refused::Inbox | Refused::BelowItself => Some(Code::Cannot),
        // RFC 4314, 4; RFC 5530, 3
        Refused::NoPermission => Some(Code::NoPerm),
        // RFC 6154, 3
        Refused::SpecialUse => Some(Code::UseAttr),
        Refused::NoSuchMessage => Some(Code::ExpungeIssued),
        Refused::OverQuota(_) => Some(Code::OverQuota),
        // RFC 7889, 2
        Refused::TooLarge { .. } => Some(Code::TooBig),
        Refused::TooMany { .. } | Refused::NoMemory => Some(Code::Limit),
        // RFC 5464, 4.3
        Refused::Annotation(AnnotationLimit::Octets { octets_max }) => {
            Some(Code::MetadataMaxSize(u64::try_from(*octets_max).unwrap_or(u64::MAX)))
        }
        Refused::Annotation(AnnotationLimit::Count) => Some(Code::MetadataTooMany),
        Refused::InUse | Refused::TooSoon { .. } => Some(Code::InUse),
        Refused::Choice { .. } => Some(Code::Cannot),
        Refused::NoSpace => Some(Code::Unavailable),
    };
    let text = match refused {
        Refused::NoSuchMailbox => "There is no mailbox of that name".into(),
        Refused::MailboxExists => "There is a mailbox of that name already".into(),
        Refused::NotSelectable => "This mailbox holds no messages, only other mailboxes".into(),
        Refused::Inbox => "That cannot be done with the Inbox".into(),
        Refused::BelowItself => "A mailbox cannot be put below itself".into(),
        Refused::NoPermission => "You have no permission for that in this mailbox".into(),
        Refused::SpecialUse => "That special use is taken, or is not one this server has".into(),
        Refused::NoSuchMessage => "The messages are gone".into(),
        Refused::OverQuota(QuotaResource::Storage) => {
            "There is no room left for that in this account; delete something first".into()
        }
        Refused::OverQuota(QuotaResource::Message) => {
            "This account holds as many messages as it may; delete some first".into()
        }
        Refused::TooLarge { octets_max } => {
            format!("A message can have {octets_max} octets at most").into()
        }
        Refused::TooMany { what, max } => format!("There can be {max} {what} at most").into(),
        Refused::Annotation(AnnotationLimit::Octets { octets_max }) => {
            format!("An annotation has {octets_max} octets at most").into()
        }
        Refused::Annotation(AnnotationLimit::Count) => {
            "There is no room for more annotations; take others away first".into()
        }
        Refused::InUse => "A POP3 session is using the mailbox".into(),
        Refused::TooSoon { wait_s } => {
            format!("This device may log in again in {wait_s} seconds").into()
        }
        Refused::Choice { why } => (*why).into(),
        Refused::NoSpace => "The server has no room just now; try again later".into(),
        Refused::NoMemory => {
            "The server has no memory for that many messages at once; close other mailboxes, or take fewer".into()
        }
    };
    (code, text)
}

/// The answer to a FETCH that left out what is damaged (RFC 5530, 3: CORRUPTION).
pub(crate) fn left_out(uids: &UidSet) -> Stop {
    let text = format!("Left out what is damaged on the server ({}); {ASK}", listed(uids));
    Stop::No(Some(Code::Corruption), text.into())
}

/// What a SEARCH says that could not look into what is damaged.
pub(crate) fn not_searched(uids: &UidSet) -> String {
    format!("Damaged on the server, and not searched: {}; {ASK}", listed(uids))
}

const ASK: &str = "all else is here. Ask the administrator about it";

/// Some UIDs for people. A response line must not become long (RFC 7162, 4).
fn listed(uids: &UidSet) -> String {
    let range = |(first, last): &(Uid, Uid)| match first == last {
        true => first.number().to_string(),
        false => format!("{}:{}", first.number(), last.number()),
    };
    let shown: Vec<String> = uids.ranges().iter().take(RANGES_SHOWN).map(range).collect();
    let more = if uids.ranges().len() > RANGES_SHOWN { " and more" } else { "" };
    format!("UID {}{more}", shown.join(","))
}

/// So many ranges of UIDs are named in a text.
const RANGES_SHOWN: usize = 50;

fn of_fault(fault: &Fault) -> Answer {
    if fault.is_damaged() {
        tracing::error!(%fault, "a command met with damage");
        let text = "What was asked for is damaged on the server; ask the administrator about it";
        return (Condition::No, Some(Code::Corruption), text.into());
    }
    let cause = fault.source().map(ToString::to_string);
    tracing::error!(%fault, cause, "a command failed");
    let text = if fault.kind() == FaultKind::Failing {
        "The disk of the server fails; nothing was changed, and mail can only be read until it works again"
    } else {
        "The server failed at this, and nothing was changed; try again later"
    };
    (Condition::No, Some(Code::Unavailable), text.into())
}

/// The refusal of a destination that is not there: the client may make it and try again (RFC 9051, 6.3.12).
pub(crate) fn no_destination() -> Stop {
    Stop::No(Some(Code::TryCreate), "There is no mailbox of that name; make it first".into())
}

/// The refusal to change a mailbox that was opened with EXAMINE.
pub(crate) fn read_only() -> Stop {
    Stop::No(Some(Code::ReadOnly), "The mailbox was opened with EXAMINE; use SELECT".into())
}

/// The refusal to give a mailbox a name in another account: no change spans two.
pub(crate) fn stays_in_its_account() -> Stop {
    let text = "A mailbox cannot go to another account; copy its messages instead";
    Stop::No(Some(Code::Cannot), text.into())
}

/// The refusal to replace a message by one in another account: no change spans two.
pub(crate) fn replaced_in_its_account() -> Stop {
    let text = "REPLACE cannot put the message into another account; use APPEND and EXPUNGE";
    Stop::No(Some(Code::Cannot), text.into())
}

/// The refusal of a copy to another account that one commit could not hold.
pub(crate) fn too_much_across() -> Stop {
    let text = "That is too much at once for another account; copy fewer messages at a time";
    Stop::No(Some(Code::Limit), text.into())
}

/// What is said of messages that are in both accounts now.
pub(crate) fn copied_not_removed() -> Stop {
    Stop::No(None, "The messages were copied, but could not be removed here".into())
}

/// What the client hears when nobody is logged in.
pub(crate) fn of_login(failure: &Failure) -> Answer {
    let text = failure.to_string().into();
    let code = match failure {
        Failure::Cancelled | Failure::Syntax(_) => return (Condition::Bad, None, text),
        Failure::Denied(Denied::Wrong) => Code::AuthenticationFailed,
        Failure::Denied(Denied::Unavailable | Denied::TooMany { .. }) => Code::Unavailable,
        Failure::Denied(Denied::Disabled) => Code::ContactAdmin,
        Failure::Denied(Denied::NotForThisDoor) => Code::AuthorizationFailed,
    };
    (Condition::No, Some(code), text)
}

/// The refusal of a password in the clear (RFC 9051, 6.2.3).
pub(crate) fn privacy_required() -> Stop {
    Stop::No(
        Some(Code::PrivacyRequired),
        "A password is not taken without TLS; use STARTTLS or the TLS port".into(),
    )
}
