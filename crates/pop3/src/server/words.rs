//! The catalogue of all that the server says to people: one meaning a variant, one file a language. Numbers that
//! programs read (STAT, LIST, UIDL) are the same in all of them.

mod english;
mod portuguese;

use std::fmt;

use mailbox::Refused;
use sasl::Failure;

use super::Language;
use crate::MessageNumber;
use crate::command::{States, Syntax};

/// One meaning, in no language yet.
#[derive(Clone, Copy)]
pub(crate) enum Words<'a> {
    /// Nothing but the status.
    Nothing,
    /// The greeting, with the timestamp for APOP if that is offered (RFC 1939, 7).
    Ready(Option<&'a str>),
    /// The answer to USER.
    NowThePassword,
    /// A login: how many messages there are.
    Welcome(usize),
    /// The answer to STLS.
    BeginTls,
    /// The answer to UTF8.
    Utf8On,
    /// The answer to LANG, in the new language.
    LanguageChanged,
    /// Before the list of capabilities.
    CapabilitiesFollow,
    /// Before the list of mechanisms.
    MechanismsFollow,
    /// Before the list of languages.
    LanguagesFollow,
    /// Before the list of unique ids.
    UniqueIdsFollow,
    /// Before the sizes of all messages, and after RSET: how many, and their octets.
    Totals(usize, u64),
    /// The answer to STAT.
    DropListing(usize, u64),
    /// The answer to LIST with a number.
    ScanListing(MessageNumber, u64),
    /// The answer to UIDL with a number.
    UniqueId(MessageNumber, &'a str),
    /// Before a message of so many octets.
    Octets(u64),
    /// Before the top of a message.
    TopFollows,
    /// The answer to DELE.
    Marked(MessageNumber, Fate),
    /// Goodbye to somebody who did not log in.
    Bye,
    /// Goodbye, and what the session did.
    Outcome(&'a Outcome),
    /// There is no message of that number, but so many others.
    NoSuchMessage(usize),
    /// The message is marked already.
    IsMarked(MessageNumber),
    /// Another program removed the message, and it is gone for good.
    IsGone(MessageNumber),
    /// Octets of the message are damaged.
    IsDamaged(MessageNumber),
    /// The message can only be sent in UTF-8.
    NeedsUtf8(MessageNumber),
    /// A message without a unique id.
    NoUniqueId(MessageNumber),
    /// The line is no command.
    Syntax(Syntax),
    /// The line is too long even for a login.
    LineTooLong,
    /// The command belongs to another state.
    WrongState(&'static str, States),
    /// PASS without USER.
    PassAfterUser,
    /// Passwords are not taken in the clear.
    NeedsTls,
    /// TLS cannot be had.
    NoTls,
    /// AUTH with a mechanism that is not offered.
    NoSuchMechanism,
    /// AUTH with an initial response where the server speaks first.
    NoInitialResponse,
    /// A response in AUTH that is too long.
    ResponseTooLong,
    /// The client broke the login off.
    Cancelled,
    /// APOP where no timestamp was given.
    NoApop,
    /// LANG with a language that we do not speak.
    NoSuchLanguage,
    Failure(&'a Failure),
    Refused(&'a Refused),
    /// A fault of ours, without its cause: that is for the log.
    Fault,
    /// Something is damaged on our disk.
    Damage,
    /// So many messages were marked, and nothing was done about them, because the model refused.
    NotDone(usize, &'a Refused),
    /// So many messages were marked, and nothing was done about them, because we failed.
    NotDoneByFault(usize),
}

/// What QUIT does with a message that is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Removed,
    /// This device does not see it again.
    Hidden,
    /// It goes to the archive.
    Archived,
    /// It goes to the trash.
    Trashed,
}

/// What a session did when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Messages removed from the host.
    pub(crate) removed: u64,
    /// Messages that this device does not see again.
    pub(crate) hidden: u64,
    /// Messages moved elsewhere.
    pub(crate) moved: u64,
    /// What became of those that were moved.
    pub(crate) fate: Fate,
    /// Messages that this device still sees.
    pub(crate) left: u64,
}

impl<'a> Words<'a> {
    /// The words of one language.
    pub(crate) fn spoken(self, language: Language) -> Spoken<'a> {
        Spoken { words: self, language }
    }
}

/// Words in a language, to be written.
#[derive(Clone, Copy)]
pub(crate) struct Spoken<'a> {
    words: Words<'a>,
    language: Language,
}

impl fmt::Display for Spoken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.language {
            Language::English => english::write(self.words, f),
            Language::Portuguese => portuguese::write(self.words, f),
        }
    }
}

/// Writes parts with commas between them.
struct Parts<'f, 'g> {
    f: &'f mut fmt::Formatter<'g>,
    between: &'static str,
}

impl Parts<'_, '_> {
    /// Writes a part about so many messages, if there are any.
    fn part(
        &mut self,
        messages: u64,
        write: impl FnOnce(&mut fmt::Formatter<'_>) -> fmt::Result,
    ) -> fmt::Result {
        if messages == 0 {
            return Ok(());
        }
        self.f.write_str(self.between)?;
        self.between = ", ";
        write(self.f)
    }
}

#[cfg(test)]
mod tests;
