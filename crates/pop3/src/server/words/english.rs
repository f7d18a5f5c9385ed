//! What the server says, in English. ASCII only: it is what clients hear that never asked for UTF-8 (RFC 1939, 3).

use std::fmt::{Display, Formatter, Result};

use super::{Fate, Outcome, Parts, Words};
use crate::command::Stage;

pub(super) fn write(words: Words<'_>, f: &mut Formatter<'_>) -> Result {
    match words {
        Words::Nothing => Ok(()),
        Words::DropListing(messages, octets) => write!(f, "{messages} {octets}"),
        Words::ScanListing(message, octets) => write!(f, "{message} {octets}"),
        Words::UniqueId(message, uidl) => write!(f, "{message} {uidl}"),
        Words::Ready(None) => f.write_str("POP3 server ready"),
        Words::Ready(Some(timestamp)) => write!(f, "POP3 server ready {timestamp}"),
        Words::NowThePassword => f.write_str("now the password"),
        Words::Welcome(messages) => write!(f, "welcome; {}", Count(messages)),
        Words::BeginTls => f.write_str("begin TLS"),
        Words::Utf8On => f.write_str("UTF-8 from now on"),
        Words::LanguageChanged => f.write_str("en this is English"),
        Words::CapabilitiesFollow => f.write_str("capabilities follow"),
        Words::MechanismsFollow => f.write_str("mechanisms follow"),
        Words::LanguagesFollow => f.write_str("languages follow"),
        Words::UniqueIdsFollow => f.write_str("unique ids follow"),
        Words::Totals(messages, octets) => write!(f, "{} ({octets} octets)", Count(messages)),
        Words::Octets(octets) => write!(f, "{octets} octets"),
        Words::TopFollows => f.write_str("top of the message follows"),
        Words::Marked(message, fate) => write!(f, "message {message} is {} at QUIT", done(fate)),
        Words::Bye => f.write_str("bye"),
        Words::Outcome(outcome) => write_outcome(outcome, f),
        Words::NoSuchMessage(0) => f.write_str("no such message; there are none"),
        Words::NoSuchMessage(1) => f.write_str("no such message; there is 1"),
        Words::NoSuchMessage(messages) => write!(f, "no such message; there are {messages}"),
        Words::IsMarked(message) => write!(f, "message {message} is marked; RSET takes it back"),
        Words::IsGone(message) => write!(f, "message {message} was removed by another program"),
        Words::NeedsUtf8(message) => write!(f, "message {message} needs UTF8 before the login"),
        Words::NoUniqueId(message) => write!(f, "message {message} has no unique id"),
        Words::Syntax(syntax) => syntax.fmt(f),
        Words::LineTooLong => f.write_str("that line is too long"),
        Words::WrongStage(name, stage) => write!(f, "{name} is only possible {}", when(stage)),
        Words::PassAfterUser => f.write_str("PASS comes right after USER"),
        Words::NeedsTls => f.write_str(
            "passwords and tokens are not taken in the clear; use TLS (STLS, or port 995)",
        ),
        Words::NoTls => f.write_str("TLS is on already, or not to be had here"),
        Words::NoSuchMechanism => f.write_str("that mechanism is not offered; see CAPA"),
        Words::NoInitialResponse => f.write_str("AUTH LOGIN takes no initial response"),
        Words::ResponseTooLong => f.write_str("that response is too long"),
        Words::Cancelled => f.write_str("cancelled"),
        Words::NoApop => f.write_str("APOP needs a timestamp in the greeting; log in another way"),
        Words::NoSuchLanguage => f.write_str("that language is not spoken here; see LANG"),
        Words::Failure(failure) => failure.fmt(f),
        Words::Refused(refused) => refused.fmt(f),
        Words::Fault => f.write_str("the server failed at this; try again later"),
        Words::NotDone(marked, refused) => write!(f, "{}: {refused}", NotDone(marked)),
        Words::NotDoneByFault(marked) => {
            write!(f, "{}: the server failed at this; try again later", NotDone(marked))
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

fn when(stage: Stage) -> &'static str {
    match stage {
        Stage::Authorization => "before logging in",
        Stage::Transaction => "after logging in",
        Stage::Both => "at another time",
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

/// So many messages stay as they were.
struct NotDone(usize);

impl Display for NotDone {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            0 => f.write_str("not recorded"),
            1 => f.write_str("1 message stays as it was"),
            marked => write!(f, "{marked} messages stay as they were"),
        }
    }
}
