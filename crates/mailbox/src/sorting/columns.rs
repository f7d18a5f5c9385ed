//! What the emails of an account are sorted and threaded by, a column for each thing. A row is an email; rows only come, by
//! ascending number, since an email never changes. Columns are read when somebody wants them.

use std::collections::HashMap;

use super::text_column::TextColumn;
use crate::EmailId;
use crate::records::{SortRecord, SortText, TextKey, read_sort};

/// Which columns are wanted beside the dates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    texts: [bool; 6],
    links: bool,
}

impl Wanted {
    pub(crate) fn with_text(mut self, text: SortText) -> Wanted {
        if let Some(slot) = self.texts.get_mut(text.index()) {
            *slot = true;
        }
        self
    }

    pub(crate) fn with_links(self) -> Wanted {
        Wanted { links: true, ..self }
    }

    /// Whether there are texts among them.
    pub(crate) fn has_texts(self) -> bool {
        self.texts.contains(&true)
    }

    fn covers(self, other: Wanted) -> bool {
        let texts = self.texts.iter().zip(other.texts).all(|(has, wants)| *has || !wants);
        texts && (self.links || !other.links)
    }

    fn and(self, other: Wanted) -> Wanted {
        let mut both = Wanted { links: self.links || other.links, ..self };
        both.texts.iter_mut().zip(other.texts).for_each(|(slot, wants)| *slot |= wants);
        both
    }
}

/// Message-IDs of an account as numbers, given in the order in which they are met.
pub(crate) const NO_ID: u32 = u32::MAX;

/// What links emails.
#[derive(Debug, Default)]
pub(crate) struct Links {
    numbers: HashMap<u64, u32>,
    /// Of each row: its own id, or `NO_ID`.
    own: Vec<u32>,
    references: Vec<u32>,
    /// Where the references of each row end.
    ends: Vec<u32>,
    is_reply: Vec<bool>,
}

/// The columns.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    has: Wanted,
    next_email: EmailId,
    emails: Vec<EmailId>,
    arrived: Vec<i64>,
    sent: Vec<i64>,
    texts: [TextColumn; 6],
    links: Links,
}

impl Columns {
    pub(crate) fn new(has: Wanted) -> Columns {
        Columns { has, ..Columns::default() }
    }

    /// Begins anew where some wanted column is not there. Those there are stay wanted.
    pub(crate) fn want(&mut self, wanted: Wanted) {
        if !self.has.covers(wanted) {
            *self = Columns::new(self.has.and(wanted));
        }
    }

    /// Whether these columns are there.
    pub(crate) fn has(&self, wanted: Wanted) -> bool {
        self.next_email > EmailId(0) && self.has.covers(wanted)
    }

    /// The same columns, without a row.
    pub(crate) fn begun_anew(&self) -> Columns {
        Columns::new(self.has)
    }

    /// The first email that is not read yet.
    pub(crate) fn next_email(&self) -> EmailId {
        self.next_email
    }

    /// Adds a row for a later email. One whose record cannot be read is left out, and made anew by those who miss it.
    pub(crate) fn push(&mut self, email: EmailId, value: &[u8]) {
        self.next_email = EmailId(email.0.saturating_add(1));
        if let Some(record) = read_sort(value) {
            self.add(email, &record);
        }
    }

    /// Adds a row with other texts than the record has.
    pub(super) fn push_with(&mut self, email: EmailId, value: &[u8], texts: [TextKey<'_>; 6]) {
        self.next_email = EmailId(email.0.saturating_add(1));
        if let Some(record) = read_sort(value) {
            self.add(email, &record.with_texts(texts));
        }
    }

    /// Whether a text is wanted.
    pub(super) fn wants(&self, text: SortText) -> bool {
        self.has.texts.get(text.index()).copied().unwrap_or(false)
    }

    fn add(&mut self, email: EmailId, record: &SortRecord<'_>) {
        for ((column, text), has) in self.texts.iter_mut().zip(&record.texts).zip(self.has.texts) {
            if has {
                column.push(text);
            }
        }
        if self.has.links {
            self.links.push(record);
        }
        self.emails.push(email);
        self.arrived.push(record.arrived.0);
        self.sent.push(record.sent.0);
    }

    /// About how much memory they take.
    pub(crate) fn held_octets(&self) -> usize {
        let texts = self.texts.iter().map(TextColumn::held_octets).fold(0, usize::saturating_add);
        let rows = self.emails.capacity().saturating_mul(24);
        rows.saturating_add(texts).saturating_add(self.links.held_octets())
    }

    /// The row of an email, looked for first behind the one found before, as mail mostly lies.
    pub(crate) fn row(&self, email: EmailId, before: &mut usize) -> Option<u32> {
        let next = before.saturating_add(1);
        let at = match self.emails.get(next) {
            Some(there) if *there == email => next,
            Some(_) | None => self.emails.binary_search(&email).ok()?,
        };
        *before = at;
        u32::try_from(at).ok()
    }

    pub(crate) fn arrived(&self, row: u32) -> i64 {
        self.arrived.get(wide(row)).copied().unwrap_or(0)
    }

    pub(crate) fn sent(&self, row: u32) -> i64 {
        self.sent.get(wide(row)).copied().unwrap_or(0)
    }

    pub(super) fn text(&self, text: SortText) -> Option<&TextColumn> {
        self.texts.get(text.index())
    }

    /// A text to be ranked, and the emails of the rows.
    pub(super) fn text_to_rank(&mut self, text: SortText) -> Option<(&mut TextColumn, &[EmailId])> {
        Some((self.texts.get_mut(text.index())?, &self.emails))
    }

    pub(super) fn links(&self) -> &Links {
        &self.links
    }
}

impl Links {
    fn push(&mut self, record: &SortRecord<'_>) {
        let own = record.own.map_or(NO_ID, |hash| self.number(hash));
        self.own.push(own);
        for hash in record.references() {
            let number = self.number(hash);
            self.references.push(number);
        }
        self.ends.push(u32::try_from(self.references.len()).unwrap_or(u32::MAX));
        self.is_reply.push(record.is_reply);
    }

    fn number(&mut self, hash: u64) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(NO_ID);
        *self.numbers.entry(hash).or_insert(next)
    }

    fn held_octets(&self) -> usize {
        let numbers = self.numbers.capacity().saturating_mul(20);
        let rows = self.own.capacity().saturating_mul(9);
        let references = self.references.capacity().saturating_mul(4);
        numbers.saturating_add(rows).saturating_add(references)
    }

    /// How many numbers were given.
    pub(super) fn count(&self) -> usize {
        self.numbers.len()
    }

    pub(super) fn own(&self, row: u32) -> u32 {
        self.own.get(wide(row)).copied().unwrap_or(NO_ID)
    }

    pub(super) fn references(&self, row: u32) -> &[u32] {
        let at = wide(row);
        let end = |at: usize| self.ends.get(at).map(|end| wide(*end));
        let start = at.checked_sub(1).and_then(end).unwrap_or(0);
        self.references.get(start..end(at).unwrap_or(start)).unwrap_or_default()
    }

    pub(super) fn is_reply(&self, row: u32) -> bool {
        self.is_reply.get(wide(row)).copied().unwrap_or(false)
    }
}

pub(super) fn wide(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
