//! What a search reads of one email.

use std::ops::Range;
use std::sync::Arc;

use message::{Kind, Outline};

use super::fuzzy::{self, Meant};
use super::key::EnvelopeField;
use super::text::{Needle, address_text};
use crate::engine::StagedBody;
use crate::index::Field;
use crate::operations::Email;
use crate::reader::Reader;
use crate::shared::AccountShared;
use crate::{BodyHash, Collation, EmailId, Entry, Fault, MailboxId, Timestamp, Uid};

/// About what reading a record costs.
const RECORD_COST_OCTETS: u64 = 1_000;
/// About what reading when an entry came into its mailbox costs.
const SAVE_DATE_COST_OCTETS: u64 = 500;
/// What looking at a key costs beside what is read and matched for it, in octets of reading.
const LOOK_COST_OCTETS: u64 = 32;

/// The texts of a body.
struct Texts {
    folded: Vec<String>,
    /// Why some of them could not be read.
    damaged: Option<Fault>,
}

/// What is read of one email, each thing once and only when asked for.
pub(crate) struct Sources {
    account: Arc<AccountShared>,
    collation: Collation,
    reader: Option<Reader>,
    id: EmailId,
    /// The octets of a message that is not kept yet.
    staged: Option<StagedBody>,
    email: Option<Option<Email>>,
    /// On which day the entry of this UID came into its mailbox.
    saved_day: Option<(Uid, Option<i32>)>,
    header: Option<bytes::Bytes>,
    /// The text of the header, folded for comparing.
    header_text: Option<String>,
    /// The texts of the body, folded for comparing.
    texts: Option<Texts>,
    cost_octets: u64,
    /// When the search began.
    now: Timestamp,
}

impl Sources {
    /// Texts are folded by the collation.
    pub(crate) fn new(account: Arc<AccountShared>, collation: Collation) -> Sources {
        Sources {
            collation,
            now: account.ports.clock.now(),
            account,
            reader: None,
            id: EmailId(0),
            staged: None,
            email: None,
            saved_day: None,
            header: None,
            header_text: None,
            texts: None,
            cost_octets: 0,
        }
    }

    /// Of a message that is not kept yet: what would be its record, and its octets.
    pub(super) fn of_staged(
        account: Arc<AccountShared>,
        collation: Collation,
        email: Email,
        staged: StagedBody,
    ) -> Sources {
        let id = email.id;
        let sources = Sources::new(account, collation);
        Sources { id, email: Some(Some(email)), staged: Some(staged), ..sources }
    }

    /// Turns to another email.
    pub(crate) fn turn_to(&mut self, email: EmailId) {
        if self.id != email {
            self.id = email;
            self.forget();
        }
    }

    /// Lets go of all that was read of the email.
    pub(super) fn forget(&mut self) {
        (self.email, self.header, self.header_text, self.texts) = (None, None, None, None);
        self.saved_day = None;
    }

    /// Whether the email of an entry was dropped for good.
    pub(super) fn is_gone(&self, entry: &Entry) -> Result<bool, Fault> {
        let now = Reader::new(self.account.id, self.account.snapshot()?);
        Ok(matches!(now.email(entry.email), Ok(None)))
    }

    /// Lets go of the view of the store; the next email is read from a newer one.
    pub(crate) fn let_store_go(&mut self) {
        self.reader = None;
    }

    /// When the search began.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// What was read, and what was matched against, since this was last asked.
    pub(super) fn take_cost(&mut self) -> u64 {
        std::mem::take(&mut self.cost_octets)
    }

    /// A key is looked at.
    pub(super) fn look(&mut self) {
        self.cost_octets = self.cost_octets.saturating_add(LOOK_COST_OCTETS);
    }

    fn spend(&mut self, octets: usize) {
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        self.cost_octets = self.cost_octets.saturating_add(octets);
    }

    /// One view of the store until it is let go.
    fn reader(&mut self) -> Result<&Reader, Fault> {
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => Reader::new(self.account.id, self.account.snapshot()?),
        };
        Ok(self.reader.insert(reader))
    }

    /// The email; none if it is gone meanwhile.
    pub(super) fn email(&mut self) -> Result<Option<&Email>, Fault> {
        if self.email.is_none() {
            let id = self.id;
            self.email = Some(self.reader()?.email(id)?);
            self.cost_octets = self.cost_octets.saturating_add(RECORD_COST_OCTETS);
        }
        Ok(self.email.as_ref().and_then(Option::as_ref))
    }

    /// On which day, in UTC, an entry of the email came into its mailbox; none if it never did.
    pub(super) fn saved_day(&mut self, mailbox: MailboxId, uid: Uid) -> Result<Option<i32>, Fault> {
        if let Some((known, day)) = self.saved_day
            && known == uid
        {
            return Ok(day);
        }
        let email = self.id;
        let day = self.reader()?.save_date(email, mailbox, uid)?.map(Timestamp::day);
        self.saved_day = Some((uid, day));
        self.cost_octets = self.cost_octets.saturating_add(SAVE_DATE_COST_OCTETS);
        Ok(day)
    }

    pub(super) fn envelope_holds(
        &mut self,
        field: EnvelopeField,
        needle: &Needle,
    ) -> Result<bool, Fault> {
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
                self.body()(&hash, range)?
            }
        };
        self.spend(header.len());
        self.header = Some(header.clone());
        Ok(header)
    }

    /// Reads octets of the email.
    fn body(&self) -> impl Fn(&BodyHash, Range<u64>) -> Result<bytes::Bytes, Fault> + use<> {
        let (ports, staged) = (Arc::clone(&self.account.ports), self.staged.clone());
        move |hash, range| match &staged {
            Some(staged) => ports.engine.staged(staged, range),
            None => ports.body(hash, range),
        }
    }

    pub(super) fn header_holds(&mut self, name: &str, needle: &Needle) -> Result<bool, Fault> {
        let header = self.header()?;
        self.spend(header.len());
        let mut fields = message::fields(&header).filter(|field| field.is(name));
        Ok(fields.any(|field| needle.is_in(&message::decode_words(&field.unfolded()))))
    }

    pub(super) fn any_header_holds(&mut self, needle: &Needle) -> Result<bool, Fault> {
        if self.header_text.is_none() {
            let text = message::header_text(&self.header()?);
            self.header_text = Some(self.collation.fold(&text).into_owned());
        }
        let text = self.header_text.as_deref().unwrap_or_default();
        let (octets, holds) = (text.len(), needle.is_empty() || needle.is_in_folded(text));
        self.spend(octets);
        Ok(holds)
    }

    pub(super) fn body_holds(&mut self, needle: &Needle) -> Result<bool, Fault> {
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

    /// How strongly the email has each of the words that are meant, and why some of its text could not be read.
    pub(super) fn strengths(&mut self, meant: &Meant) -> Result<(Vec<u8>, Option<Fault>), Fault> {
        let mut strengths = vec![0_u8; meant.terms.len()];
        let Some(email) = self.email()? else { return Ok((strengths, None)) };
        let outline = email.outline.clone();
        if meant.is_about_body() && self.texts.is_none() {
            self.texts = Some(self.read_texts()?);
        }
        // What is meant does not depend on how texts are compared otherwise (RFC 6203, 3).
        let is_folded = self.collation == Collation::UnicodeCasemap;
        let mut octets = 0_usize;
        let mut closest = vec![[None; Field::ALL.len()]; meant.terms.len()];
        let mut take = |field: Field, text: &str| {
            if !meant.fields.contains(&field) {
                return;
            }
            octets = octets.saturating_add(text.len());
            let folded = if is_folded { text.into() } else { Collation::UnicodeCasemap.fold(text) };
            words::each_word(&folded, |word| {
                for (term, closest) in meant.terms.iter().zip(&mut closest) {
                    if let Some(closest) = closest.get_mut(usize::from(field.octet())) {
                        *closest = term.meets(word).max(*closest);
                    }
                }
            });
        };
        self.envelope_texts(&outline, &mut take);
        let texts = self.texts.as_ref().filter(|_| meant.is_about_body());
        texts.into_iter().flat_map(|texts| &texts.folded).for_each(|text| take(Field::Body, text));
        for (strength, closest) in strengths.iter_mut().zip(&closest) {
            for (field, close) in Field::ALL.into_iter().zip(closest) {
                let more = close.map_or(0, |close| fuzzy::strength(field, close));
                *strength = strength.saturating_add(more);
            }
        }
        let damaged = texts.and_then(|texts| texts.damaged.clone());
        // Each word is looked at, not only passed over.
        self.spend(octets.saturating_mul(8));
        Ok((strengths, damaged))
    }

    /// Reads the texts of the body, and of it nothing else: no attachment is read. What is damaged of them is passed over.
    fn read_texts(&mut self) -> Result<Texts, Fault> {
        let mut texts = Texts { folded: Vec::new(), damaged: None };
        let Some(email) = self.email()?.cloned() else { return Ok(texts) };
        let Some(outline) = Outline::decode(&email.outline) else { return Ok(texts) };
        let (body, mut damaged) = (self.body(), None);
        let collation = self.collation;
        let mut read = |range| match body(&email.hash, range) {
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
                texts.folded.push(collation.fold(&text).into_owned());
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

    /// Gives each text of the email that keys ask for, folded, with the field it is of: what `envelope_holds` and the others
    /// look through. `Read::Damaged`: some of it cannot be read.
    pub(crate) fn each_text(&mut self, take: &mut dyn FnMut(Field, &str)) -> Result<Read, Fault> {
        let Some(email) = self.email()? else { return Ok(Read::Gone) };
        let outline = email.outline.clone();
        let message_id = self.envelope_texts(&outline, take);
        let header = match self.header() {
            Err(fault) if fault.is_damaged() => return Ok(Read::Damaged),
            header => header?,
        };
        let text = self.collation.fold(&message::header_text(&header)).into_owned();
        take(Field::Header, &text);
        // What a key of one field looks through is another text where the field is folded or encoded.
        let values = message::fields(&header).map(|field| message::decode_words(&field.unfolded()));
        for value in values.chain(message_id) {
            let value = self.collation.fold(&value);
            if memchr::memmem::find(text.as_bytes(), value.as_bytes()).is_none() {
                take(Field::HeaderMore, &value);
            }
        }
        let texts = self.read_texts()?;
        texts.folded.iter().for_each(|text| take(Field::Body, text));
        Ok(if texts.damaged.is_some() { Read::Damaged } else { Read::Whole })
    }

    /// The texts of the envelope; gives the Message-ID.
    fn envelope_texts(&self, outline: &[u8], take: &mut dyn FnMut(Field, &str)) -> Option<String> {
        let envelope = message::decode_envelope(outline)?;
        for (field, list) in [
            (Field::From, envelope.from),
            (Field::To, envelope.to),
            (Field::Cc, envelope.cc),
            (Field::Bcc, envelope.bcc),
        ] {
            take(field, &self.collation.fold(&address_text(list)));
        }
        if let Some(subject) = envelope.subject {
            take(Field::Subject, &self.collation.fold(&message::decode_words(subject)));
        }
        envelope.message_id.map(message::decode_words)
    }
}

/// How much of an email could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// All of it.
    Whole,
    /// Not all of it: whether it matches has to be asked each time.
    Damaged,
    /// It was dropped for good.
    Gone,
}
