//! What the server says, in English. ASCII only: it is what clients hear that never asked for UTF-8 (RFC 1939, 3).

use std::fmt::{Display, Formatter, Result};

use super::{Fate, Outcome, Parts, Words};
use crate::command::States;

pub(super) fn write(words: Words<'_>, f: &mut Formatter<'_>) -> Result {
    match words {
        Words::Nothing => Ok(()),
        Words::DropListing(messages, octets) => write!(f, "{messages} {octets}"),
        Words::ScanListing(message, octets) => write!(f, "{message} {octets}"),
        Words::UniqueId(message, uidl) => write!(f, "{message} {uidl}"),
        Words::Ready(None) => f.write_str("POP3 server ready"),
        Words::Ready(Some(timestamp)) => write!(f, "POP3 server ready {timestamp}"),
        Words::NowThePassword => f.write_str("password required"),
        Words::Welcome(messages) => write!(f, "logged in; {}", Count(messages)),
        Words::BeginTls => f.write_str("begin TLS negotiation"),
        Words::Utf8On => f.write_str("UTF8 enabled"),
        Words::LanguageChanged => f.write_str("en language changed"),
        Words::CapabilitiesFollow => f.write_str("capability list follows"),
        Words::MechanismsFollow => f.write_str("SASL mechanism list follows"),
        Words::LanguagesFollow => f.write_str("language list follows"),
        Words::UniqueIdsFollow => f.write_str("unique-id listing follows"),
        Words::Totals(messages, octets) => write!(f, "{} ({octets} octets)", Count(messages)),
        Words::Octets(octets) => write!(f, "{octets} octets"),
        Words::TopFollows => f.write_str("top of message follows"),
        Words::Marked(message, fate) => {
            write!(f, "message {message} will be {} at QUIT", done(fate))
        }
        Words::Bye => f.write_str("bye"),
        Words::Outcome(outcome) => write_outcome(outcome, f),
        Words::NoSuchMessage(0) => f.write_str("no such message, maildrop is empty"),
        Words::NoSuchMessage(1) => f.write_str("no such message, only 1 message in maildrop"),
        Words::NoSuchMessage(messages) => {
            write!(f, "no such message, only {messages} messages in maildrop")
        }
        Words::IsMarked(message) => {
            write!(f, "message {message} already marked as deleted; RSET unmarks it")
        }
        Words::IsGone(message) => write!(f, "message {message} was removed by another program"),
        Words::IsDamaged(message) => {
            write!(f, "message {message} is damaged on the server; ask the administrator about it")
        }
        Words::NeedsUtf8(message) => {
            write!(f, "message {message} can only be retrieved in UTF8 mode")
        }
        Words::NoUniqueId(message) => write!(f, "message {message} has no unique id"),
        Words::Syntax(syntax) => syntax.fmt(f),
        Words::LineTooLong => f.write_str("line too long"),
        Words::WrongState(name, states) => write!(f, "{name} is only valid in {}", when(states)),
        Words::PassAfterUser => f.write_str("send USER right before PASS"),
        Words::NeedsTls => {
            f.write_str("plaintext authentication is not allowed without TLS; use STLS or port 995")
        }
        Words::NoTls => f.write_str("TLS is already active or not available"),
        Words::NoSuchMechanism => f.write_str("unsupported authentication mechanism; see CAPA"),
        Words::NoInitialResponse => f.write_str("AUTH LOGIN takes no initial response"),
        Words::ResponseTooLong => f.write_str("response too long"),
        Words::Cancelled => f.write_str("authentication cancelled"),
        Words::NoApop => {
            f.write_str("APOP is not available, there was no timestamp in the greeting")
        }
        Words::NoSuchLanguage => f.write_str("unsupported language; see LANG"),
        Words::Failure(failure) => failure.fmt(f),
        Words::Refused(refused) => refused.fmt(f),
        Words::Fault => f.write_str("internal server error; try again later"),
        Words::Damage => {
            f.write_str("something is damaged on the server; ask the administrator about it")
        }
        Words::NotDone(marked, refused) => write!(f, "{}: {refused}", NotDone(marked)),
        Words::NotDoneByFault(marked) => {
            write!(f, "{}: internal server error; try again later", NotDone(marked))
        }
    }
}

fn write_outcome(outcome: &Outcome, f: &mut Formatter<'_>) -> Result {
    f.write_str("bye")?;
    let mut parts = Parts { f, between: "; " };
    parts.part(outcome.removed, |f| write!(f, "{} removed", Count(outcome.removed)))?;
    parts.part(outcome.moved, |f| write!(f, "{} {}", Count(outcome.moved), done(outcome.fate)))?;
    parts
        .part(outcome.hidden, |f| write!(f, "{} {}", Count(outcome.hidden), done(Fate::Hidden)))?;
    // The last part is there whatever happened.
    parts.part(1, |f| match outcome.left {
        0 => f.write_str("none left"),
        left => write!(f, "{} left", Count(left)),
    })
}

/// What becomes of a message, or became of it.
fn done(fate: Fate) -> &'static str {
    match fate {
        Fate::Removed => "removed",
        Fate::Hidden => "hidden from this device",
        Fate::Archived => "moved to the archive",
        Fate::Trashed => "moved to the trash",
    }
}

fn when(states: States) -> &'static str {
    match states {
        States::Authorization => "the AUTHORIZATION state",
        States::Transaction => "the TRANSACTION state",
        States::Both => "another state",
    }
}

/// So many messages.
struct Count<N>(N);

impl<N: Display + PartialEq + From<u8>> Display for Count<N> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.0 == N::from(1) {
            f.write_str("1 message")
        } else {
            write!(f, "{} messages", self.0)
        }
    }
}

/// So many messages that were marked, about which nothing was done.
struct NotDone(usize);

impl Display for NotDone {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            0 => f.write_str("changes not saved"),
            1 => f.write_str("1 deleted message not removed"),
            marked => write!(f, "{marked} deleted messages not removed"),
        }
    }
}
