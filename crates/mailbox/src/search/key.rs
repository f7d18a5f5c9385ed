//! The keys of a search, each with what it costs to ask it: from memory, from the email's record, from its header,
//! from its body.

use std::sync::Arc;

use message::{Kind, Outline};

use super::Query;
use super::text::{Needle, address_text};
use crate::operations::Email;
use crate::reader::Reader;
use crate::shared::AccountShared;
use crate::{EmailId, Entry, Fault, Flags, MailboxState, ModSeq, ThreadId, Timestamp, UidSet};

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

/// About what reading a record costs.
const RECORD_COST_OCTETS: u64 = 1_000;

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
    Since(Timestamp),
    Thread(ThreadId),
    Envelope(EnvelopeField, Needle),
    Header(String, Needle),
    Body(Needle),
    Text(Needle),
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
    pub(super) fn new(query: Query, state: &MailboxState) -> Option<Key> {
        let envelope = |field, text: &str| Some(Key::Envelope(field, Needle::new(text)));
        match query {
            Query::Uids(uids) => Some(Key::Uids(uids)),
            Query::Has(flags) => Some(Key::Has(flags)),
            Query::Keyword(keyword) => state.flag_of(&keyword).map(Key::Has),
            Query::ModSeqFrom(modseq) => Some(Key::ModSeqFrom(modseq)),
            Query::Larger(octets) => Some(Key::Larger(octets)),
            Query::Smaller(octets) => Some(Key::Smaller(octets)),
            Query::SinceDay(day) => Some(Key::SinceDay(day)),
            Query::BeforeDay(day) => Some(Key::BeforeDay(day)),
            Query::SentSinceDay(day) => Some(Key::SentSinceDay(day)),
            Query::SentBeforeDay(day) => Some(Key::SentBeforeDay(day)),
            Query::Since(time) => Some(Key::Since(time)),
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
            Query::Header(name, text) => Some(Key::Header(name, Needle::new(&text))),
            Query::Body(text) => Some(Key::Body(Needle::new(&text))),
            Query::Text(text) => Some(Key::Text(Needle::new(&text))),
            Query::All | Query::Nothing | Query::And(_) | Query::Or(_) | Query::Not(_) => None,
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
            | Key::Since(_)
            | Key::Thread(_)
            | Key::Envelope(..) => Cost::Record,
            Key::Header(..) => Cost::Header,
            Key::Body(_) | Key::Text(_) => Cost::Body,
        }
    }

    /// The answer of a key that costs `Memory`; none for the others.
    pub(super) fn answer_from_memory(&self, entry: &Entry) -> Option<bool> {
        let size = u64::from(entry.octets);
        match self {
            Key::Uids(uids) => Some(uids.contains(entry.uid)),
            Key::Has(flags) => Some(entry.flags.contains(*flags)),
            Key::ModSeqFrom(modseq) => Some(entry.modseq >= *modseq),
            Key::Larger(octets) => Some(size > *octets),
            Key::Smaller(octets) => Some(size < *octets),
            Key::Email(email) => Some(entry.email == *email),
            Key::SinceDay(_)
            | Key::BeforeDay(_)
            | Key::SentSinceDay(_)
            | Key::SentBeforeDay(_)
            | Key::Since(_)
            | Key::Thread(_)
            | Key::Envelope(..)
            | Key::Header(..)
            | Key::Body(_)
            | Key::Text(_) => None,
        }
    }

    pub(super) fn ask(&self, entry: &Entry, sources: &mut Sources) -> Result<bool, Fault> {
        sources.cost_octets = sources.cost_octets.saturating_add(LOOK_COST_OCTETS);
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
            | Key::Thread(_) => sources.email()?.is_some_and(|email| self.fits(email)),
            Key::Envelope(field, needle) => sources.envelope_holds(*field, needle)?,
            Key::Header(name, needle) => sources.header_holds(name, needle)?,
            Key::Body(needle) => sources.body_holds(needle)?,
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

    /// Whether the numbers of an email fit.
    fn fits(&self, email: &Email) -> bool {
        match self {
            Key::SinceDay(day) => email.internal_date.day() >= *day,
            Key::BeforeDay(day) => email.internal_date.day() < *day,
            Key::SentSinceDay(day) => email.sent_day.is_some_and(|sent| sent >= *day),
            Key::SentBeforeDay(day) => email.sent_day.is_some_and(|sent| sent < *day),
            Key::Since(time) => email.internal_date.time >= *time,
            Key::Thread(thread) => email.thread == *thread,
            Key::Uids(_)
            | Key::Has(_)
            | Key::ModSeqFrom(_)
            | Key::Larger(_)
            | Key::Smaller(_)
            | Key::Email(_)
            | Key::Envelope(..)
            | Key::Header(..)
            | Key::Body(_)
            | Key::Text(_) => false,
        }
    }
}

/// What looking at a key costs beside what is read and matched for it, in octets of reading.
const LOOK_COST_OCTETS: u64 = 32;

/// The texts of a body.
struct Texts {
    folded: Vec<String>,
    /// Why some of them could not be read.
    damaged: Option<Fault>,
}

/// What is read of one email, each thing once and only when asked for.
pub(super) struct Sources {
    account: Arc<AccountShared>,
    reader: Option<Reader>,
    id: EmailId,
    email: Option<Option<Email>>,
    header: Option<bytes::Bytes>,
    /// The text of the header, folded for comparing.
    header_text: Option<String>,
    /// The texts of the body, folded for comparing.
    texts: Option<Texts>,
    cost_octets: u64,
}

impl Sources {
    pub(super) fn new(account: Arc<AccountShared>) -> Sources {
        Sources {
            account,
            reader: None,
            id: EmailId(0),
            email: None,
            header: None,
            header_text: None,
            texts: None,
            cost_octets: 0,
        }
    }

    /// Turns to the email of another entry.
    pub(super) fn turn_to(&mut self, entry: &Entry) {
        if self.id != entry.email {
            self.id = entry.email;
            self.forget();
        }
    }

    /// Lets go of all that was read of the email.
    pub(super) fn forget(&mut self) {
        (self.email, self.header, self.header_text, self.texts) = (None, None, None, None);
    }

    /// Whether the email of an entry was dropped for good.
    pub(super) fn is_gone(&self, entry: &Entry) -> Result<bool, Fault> {
        let now = Reader::new(self.account.id, self.account.snapshot()?);
        Ok(matches!(now.email(entry.email), Ok(None)))
    }

    /// Lets go of the view of the store; the next email is read from a newer one.
    pub(super) fn let_store_go(&mut self) {
        self.reader = None;
    }

    /// What was read, and what was matched against, since this was last asked.
    pub(super) fn take_cost(&mut self) -> u64 {
        std::mem::take(&mut self.cost_octets)
    }

    fn spend(&mut self, octets: usize) {
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        self.cost_octets = self.cost_octets.saturating_add(octets);
    }

    /// The email; none if it is gone meanwhile.
    fn email(&mut self) -> Result<Option<&Email>, Fault> {
        if self.email.is_none() {
            let reader = match self.reader.take() {
                Some(reader) => reader,
                None => Reader::new(self.account.id, self.account.snapshot()?),
            };
            self.email = Some(reader.email(self.id)?);
            self.reader = Some(reader);
            self.cost_octets = self.cost_octets.saturating_add(RECORD_COST_OCTETS);
        }
        Ok(self.email.as_ref().and_then(Option::as_ref))
    }

    fn envelope_holds(&mut self, field: EnvelopeField, needle: &Needle) -> Result<bool, Fault> {
        let Some(email) = self.email()? else { return Ok(false) };
        let outline_octets = email.outline.len();
        let Some(envelope) = message::decode_envelope(&email.outline) else { return Ok(false) };
        let words = |value: Option<&[u8]>| {
            value.is_some_and(|value| needle.is_in(&message::decode_words(value)))
        };
        let addresses =
            |list: message::Addresses<'_>| !list.is_empty() && needle.is_in(&address_text(list));
        let holds = match field {
            EnvelopeField::From => addresses(envelope.from),
            EnvelopeField::To => addresses(envelope.to),
            EnvelopeField::Cc => addresses(envelope.cc),
            EnvelopeField::Bcc => addresses(envelope.bcc),
            EnvelopeField::Subject => words(envelope.subject),
            EnvelopeField::MessageId => words(envelope.message_id),
        };
        self.spend(outline_octets);
        Ok(holds)
    }

    /// The message's header, as sent.
    fn header(&mut self) -> Result<bytes::Bytes, Fault> {
        if let Some(header) = &self.header {
            return Ok(header.clone());
        }
        let header = match self.email()? {
            None => bytes::Bytes::new(),
            Some(email) => {
                let range =
                    Outline::decode(&email.outline).map_or(0..0, |outline| outline.header());
                let hash = email.hash;
                self.account.ports.body(&hash, range)?
            }
        };
        self.spend(header.len());
        self.header = Some(header.clone());
        Ok(header)
    }

    fn header_holds(&mut self, name: &str, needle: &Needle) -> Result<bool, Fault> {
        let header = self.header()?;
        self.spend(header.len());
        let mut fields = message::fields(&header).filter(|field| field.is(name));
        Ok(fields.any(|field| needle.is_in(&message::decode_words(&field.unfolded()))))
    }

    fn any_header_holds(&mut self, needle: &Needle) -> Result<bool, Fault> {
        if self.header_text.is_none() {
            let text = message::header_text(&self.header()?);
            self.header_text = Some(super::text::fold(&text).into_owned());
        }
        let text = self.header_text.as_deref().unwrap_or_default();
        let (octets, holds) = (text.len(), needle.is_empty() || needle.is_in_folded(text));
        self.spend(octets);
        Ok(holds)
    }

    fn body_holds(&mut self, needle: &Needle) -> Result<bool, Fault> {
        if self.texts.is_none() {
            self.texts = Some(self.read_texts()?);
        }
        let Some(texts) = &self.texts else { return Ok(false) };
        let octets = texts.folded.iter().map(String::len).fold(0, usize::saturating_add);
        let holds = needle.is_empty() || texts.folded.iter().any(|t| needle.is_in_folded(t));
        let damaged = texts.damaged.clone().filter(|_| !holds);
        self.spend(octets);
        damaged.map_or(Ok(holds), Err)
    }

    /// Reads the texts of the body, and of it nothing else: no attachment is read. What is damaged of them is passed over.
    fn read_texts(&mut self) -> Result<Texts, Fault> {
        let mut texts = Texts { folded: Vec::new(), damaged: None };
        let Some(email) = self.email()?.cloned() else { return Ok(texts) };
        let Some(outline) = Outline::decode(&email.outline) else { return Ok(texts) };
        let (ports, mut damaged) = (Arc::clone(&self.account.ports), None);
        let mut read = |range| match ports.body(&email.hash, range) {
            Err(fault) if fault.is_damaged() => {
                damaged = Some(fault);
                Ok(None)
            }
            read => read.map(Some),
        };
        let mut left = message::limits::SEARCHABLE_OCTETS_MAX;
        let mut above = None;
        for part in outline.parts() {
            let mut add = |text: String| {
                left = left.saturating_sub(text.len());
                texts.folded.push(super::text::fold(&text).into_owned());
            };
            if above == Some(Kind::Message)
                && let Some(header) = read(part.header.clone())?
            {
                self.spend(header.len());
                add(message::header_text(&header));
            }
            if part.kind == Kind::Text {
                let most = u64::try_from(message::limits::SEARCHABLE_OCTETS_MAX).unwrap_or(0);
                let end = part.body.start.saturating_add(most.saturating_mul(2)).min(part.body.end);
                if let Some(octets) = read(part.body.start..end)? {
                    self.spend(octets.len());
                    let mut alone = part.clone();
                    alone.body = 0..u64::try_from(octets.len()).unwrap_or(0);
                    add(message::part_text(&alone, &octets));
                }
            }
            if left == 0 {
                break;
            }
            above = Some(part.kind);
        }
        texts.damaged = damaged;
        Ok(texts)
    }
}
