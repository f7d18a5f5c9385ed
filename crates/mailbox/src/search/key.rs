//! The keys of a search, each with what it costs to ask it: from memory, from the email's record, from its header,
//! from its body.

use super::Query;
use super::fuzzy::{Meant, has_all};
use super::sources::Sources;
use super::text::Needle;
use crate::index::{Field, HEADERS};
use crate::operations::Email;
use crate::{
    Collation, EmailId, Entry, Fault, Flags, MailboxId, MailboxState, ModSeq, ThreadId, Timestamp,
    UidSet,
};

/// What it costs to ask a key, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cost {
    /// Nothing is read.
    Memory,
    /// The email's record.
    Record,
    /// The message's header.
    Header,
    /// The message's text.
    Body,
}

/// A key made ready to be asked.
pub(super) enum Key {
    Uids(UidSet),
    Has(Flags),
    ModSeqFrom(ModSeq),
    Larger(u64),
    Smaller(u64),
    Email(EmailId),
    SinceDay(i32),
    BeforeDay(i32),
    SentSinceDay(i32),
    SentBeforeDay(i32),
    SavedSinceDay(MailboxId, i32),
    SavedBeforeDay(MailboxId, i32),
    Since(Timestamp),
    Older(u32),
    Younger(u32),
    Thread(ThreadId),
    Envelope(EnvelopeField, Needle),
    Header(String, Needle),
    Body(Needle),
    Text(Needle),
    Fuzzy(Meant),
}

/// What a text in a field says about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// The message matches.
    All,
    /// It may match.
    Part,
}

/// A field that the record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EnvelopeField {
    From,
    To,
    Cc,
    Bcc,
    Subject,
    MessageId,
}

impl Key {
    /// Makes a key ready. None: it can match nothing in this mailbox.
    pub(super) fn new(query: Query, state: &MailboxState, collation: Collation) -> Option<Key> {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "all others are asked of the message, which Key::of_message matches"
        )]
        match query {
            Query::Keyword(keyword) => state.flag_of(&keyword).map(Key::Has),
            Query::SavedSinceDay(day) => Some(Key::SavedSinceDay(state.id, day)),
            Query::SavedBeforeDay(day) => Some(Key::SavedBeforeDay(state.id, day)),
            query => Key::of_message(query, collation),
        }
    }

    /// Makes a key ready that asks nothing of the mailbox. None: it asks that, or can match nothing.
    pub(super) fn of_message(query: Query, collation: Collation) -> Option<Key> {
        let needle = |text: &str| Needle::new(text, collation);
        let envelope = |field, text: &str| Some(Key::Envelope(field, needle(text)));
        match query {
            Query::Uids(uids) => Some(Key::Uids(uids)),
            Query::Has(flags) => Some(Key::Has(flags)),
            Query::ModSeqFrom(modseq) => Some(Key::ModSeqFrom(modseq)),
            Query::Larger(octets) => Some(Key::Larger(octets)),
            Query::Smaller(octets) => Some(Key::Smaller(octets)),
            Query::SinceDay(day) => Some(Key::SinceDay(day)),
            Query::BeforeDay(day) => Some(Key::BeforeDay(day)),
            Query::SentSinceDay(day) => Some(Key::SentSinceDay(day)),
            Query::SentBeforeDay(day) => Some(Key::SentBeforeDay(day)),
            Query::Since(time) => Some(Key::Since(time)),
            Query::Older(seconds) => Some(Key::Older(seconds)),
            Query::Younger(seconds) => Some(Key::Younger(seconds)),
            Query::Email(email) => Some(Key::Email(email)),
            Query::Thread(thread) => Some(Key::Thread(thread)),
            Query::From(text) => envelope(EnvelopeField::From, &text),
            Query::To(text) => envelope(EnvelopeField::To, &text),
            Query::Cc(text) => envelope(EnvelopeField::Cc, &text),
            Query::Bcc(text) => envelope(EnvelopeField::Bcc, &text),
            Query::Subject(text) => envelope(EnvelopeField::Subject, &text),
            // Programs look for single messages by it, often through large mailboxes; the record holds it.
            Query::Header(name, text) if name.eq_ignore_ascii_case("Message-ID") => {
                envelope(EnvelopeField::MessageId, &text)
            }
            Query::Header(name, text) => Some(Key::Header(name, needle(&text))),
            Query::Body(text) => Some(Key::Body(needle(&text))),
            Query::Text(text) => Some(Key::Text(needle(&text))),
            Query::All
            | Query::Nothing
            | Query::And(_)
            | Query::Or(_)
            | Query::Not(_)
            | Query::Keyword(_)
            | Query::SavedSinceDay(_)
            | Query::SavedBeforeDay(_)
            | Query::Fuzzy(_) => None,
        }
    }

    pub(super) fn cost(&self) -> Cost {
        match self {
            Key::Uids(_)
            | Key::Has(_)
            | Key::ModSeqFrom(_)
            | Key::Larger(_)
            | Key::Smaller(_)
            | Key::Email(_) => Cost::Memory,
            Key::SinceDay(_)
            | Key::BeforeDay(_)
            | Key::SentSinceDay(_)
            | Key::SentBeforeDay(_)
            | Key::SavedSinceDay(..)
            | Key::SavedBeforeDay(..)
            | Key::Since(_)
            | Key::Older(_)
            | Key::Younger(_)
            | Key::Thread(_)
            | Key::Envelope(..) => Cost::Record,
            Key::Header(..) => Cost::Header,
            Key::Body(_) | Key::Text(_) => Cost::Body,
            Key::Fuzzy(meant) if meant.is_about_body() => Cost::Body,
            Key::Fuzzy(_) => Cost::Record,
        }
    }

    /// The answer of a key that costs `Memory`, or that an entry answers which says when it came; none for the others.
    pub(super) fn answer_from_memory(&self, entry: &Entry) -> Option<bool> {
        let size = u64::from(entry.octets);
        let arrived = || entry.arrived.time();
        match self {
            Key::Uids(uids) => Some(uids.contains(entry.uid)),
            Key::Has(flags) => Some(entry.flags.contains(*flags)),
            Key::ModSeqFrom(modseq) => Some(entry.modseq >= *modseq),
            Key::Larger(octets) => Some(size > *octets),
            Key::Smaller(octets) => Some(size < *octets),
            Key::Email(email) => Some(entry.email == *email),
            Key::SinceDay(day) => arrived().map(|arrived| arrived.day() >= *day),
            Key::BeforeDay(day) => arrived().map(|arrived| arrived.day() < *day),
            Key::Since(time) => arrived().map(|arrived| arrived.time >= *time),
            Key::SentSinceDay(_)
            | Key::SentBeforeDay(_)
            | Key::SavedSinceDay(..)
            | Key::SavedBeforeDay(..)
            | Key::Older(_)
            | Key::Younger(_)
            | Key::Thread(_)
            | Key::Envelope(..)
            | Key::Header(..)
            | Key::Body(_)
            | Key::Text(_)
            | Key::Fuzzy(_) => None,
        }
    }

    pub(super) fn ask(&self, entry: &Entry, sources: &mut Sources) -> Result<bool, Fault> {
        sources.look();
        let answer = match self {
            Key::Uids(_)
            | Key::Has(_)
            | Key::ModSeqFrom(_)
            | Key::Larger(_)
            | Key::Smaller(_)
            | Key::Email(_) => self.answer_from_memory(entry).unwrap_or(false),
            Key::SinceDay(_)
            | Key::BeforeDay(_)
            | Key::SentSinceDay(_)
            | Key::SentBeforeDay(_)
            | Key::Since(_)
            | Key::Older(_)
            | Key::Younger(_)
            | Key::Thread(_) => {
                let now = sources.now();
                sources.email()?.is_some_and(|email| self.fits(email, now))
            }
            Key::SavedSinceDay(mailbox, day) => {
                sources.saved_day(*mailbox, entry.uid)?.is_some_and(|saved| saved >= *day)
            }
            Key::SavedBeforeDay(mailbox, day) => {
                sources.saved_day(*mailbox, entry.uid)?.is_some_and(|saved| saved < *day)
            }
            Key::Envelope(field, needle) => sources.envelope_holds(*field, needle)?,
            Key::Header(name, needle) => sources.header_holds(name, needle)?,
            Key::Body(needle) => sources.body_holds(needle)?,
            Key::Fuzzy(meant) => match sources.strengths(meant)? {
                (strengths, None) => has_all(&strengths),
                (strengths, Some(_)) if has_all(&strengths) => true,
                (_, Some(damaged)) => return Err(damaged),
            },
            // Where one of them is damaged, the other may say yes.
            Key::Text(needle) => match sources.any_header_holds(needle) {
                Ok(true) => true,
                Ok(false) => sources.body_holds(needle)?,
                Err(fault) if fault.is_damaged() && sources.body_holds(needle)? => true,
                Err(fault) => return Err(fault),
            },
        };
        Ok(answer)
    }

    /// What the words of the account say about the key: in which fields to look for which text, and whether a text that is
    /// in one of them is all that the key asks for. None: nothing.
    pub(super) fn asks(&self) -> Option<(&'static [Field], &Needle, Says)> {
        let (fields, needle, says): (&'static [Field], _, _) = match self {
            Key::Envelope(EnvelopeField::From, needle) => (&[Field::From], needle, Says::All),
            Key::Envelope(EnvelopeField::To, needle) => (&[Field::To], needle, Says::All),
            Key::Envelope(EnvelopeField::Cc, needle) => (&[Field::Cc], needle, Says::All),
            Key::Envelope(EnvelopeField::Bcc, needle) => (&[Field::Bcc], needle, Says::All),
            Key::Envelope(EnvelopeField::Subject, needle) => (&[Field::Subject], needle, Says::All),
            Key::Envelope(EnvelopeField::MessageId, needle) | Key::Header(_, needle) => {
                (HEADERS, needle, Says::Part)
            }
            Key::Body(needle) => (&[Field::Body], needle, Says::All),
            Key::Text(needle) => (&[Field::Header, Field::Body], needle, Says::All),
            Key::Uids(_)
            | Key::Has(_)
            | Key::ModSeqFrom(_)
            | Key::Larger(_)
            | Key::Smaller(_)
            | Key::Email(_)
            | Key::SinceDay(_)
            | Key::BeforeDay(_)
            | Key::SentSinceDay(_)
            | Key::SentBeforeDay(_)
            | Key::SavedSinceDay(..)
            | Key::SavedBeforeDay(..)
            | Key::Since(_)
            | Key::Older(_)
            | Key::Younger(_)
            | Key::Thread(_)
            | Key::Fuzzy(_) => return None,
        };
        let says = if needle.is_sure_in_words() { says } else { Says::Part };
        (!needle.is_empty()).then_some((fields, needle, says))
    }

    /// Whether the numbers of an email fit.
    fn fits(&self, email: &Email, now: Timestamp) -> bool {
        let ago = |seconds: u32| Timestamp(now.0.saturating_sub(seconds.into()));
        match self {
            Key::SinceDay(day) => email.internal_date.day() >= *day,
            Key::BeforeDay(day) => email.internal_date.day() < *day,
            Key::SentSinceDay(day) => email.sent_day.is_some_and(|sent| sent >= *day),
            Key::SentBeforeDay(day) => email.sent_day.is_some_and(|sent| sent < *day),
            Key::Since(time) => email.internal_date.time >= *time,
            Key::Older(seconds) => email.internal_date.time <= ago(*seconds),
            Key::Younger(seconds) => email.internal_date.time >= ago(*seconds),
            Key::Thread(thread) => email.thread == *thread,
            Key::Uids(_)
            | Key::Has(_)
            | Key::ModSeqFrom(_)
            | Key::Larger(_)
            | Key::Smaller(_)
            | Key::Email(_)
            | Key::SavedSinceDay(..)
            | Key::SavedBeforeDay(..)
            | Key::Envelope(..)
            | Key::Header(..)
            | Key::Body(_)
            | Key::Text(_)
            | Key::Fuzzy(_) => false,
        }
    }
}
