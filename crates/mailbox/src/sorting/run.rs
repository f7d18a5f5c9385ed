//! Sorting and threading the messages of a mailbox: reads the columns up to the present, makes sort records that are missing,
//! and puts messages in order.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering as Atomic;

use lane::Turns;

use super::columns::{Columns, Wanted, wide};
use super::text_column::WholeKeys;
use super::threads::{self, Threaded};
use super::{Direction, SortField, SortKey, ThreadAlgorithm, ThreadPlace, steps};
use crate::limits::{SORT_SINGLE_EMAILS_MAX, SORT_STEP_EMAILS, SORT_STEP_ENTRIES};
use crate::meter::Counted;
use crate::reader::Reader;
use crate::records::SortText;
use crate::shared::AccountShared;
use crate::{Account, Collation, EmailId, Entry, Error, Fault, MailboxState, Refused, layout};

/// About how many octets of work space a message takes while it is sorted, and while it is threaded.
const SORTED_OCTETS: usize = 64;
const THREADED_OCTETS: usize = 160;

/// Columns, and what they take of the memory.
#[derive(Debug, Default)]
pub(crate) struct CountedColumns {
    pub(super) columns: Columns,
    counted: Option<Counted>,
    /// `AccountShared::emails_dropped` when they were begun.
    as_of: u64,
}

impl CountedColumns {
    /// Columns that are not counted yet.
    pub(super) fn of(columns: Columns) -> CountedColumns {
        CountedColumns { columns, ..CountedColumns::default() }
    }
}

impl SortField {
    /// The text it is about.
    fn text(self) -> Option<SortText> {
        match self {
            SortField::Cc => Some(SortText::Cc),
            SortField::From => Some(SortText::From),
            SortField::Subject => Some(SortText::Subject),
            SortField::To => Some(SortText::To),
            SortField::DisplayFrom => Some(SortText::DisplayFrom),
            SortField::DisplayTo => Some(SortText::DisplayTo),
            SortField::Arrival
            | SortField::Date
            | SortField::Size
            | SortField::ModSeq
            | SortField::Relevancy => None,
        }
    }

    /// Whether it is a text, which is compared by a collation.
    pub fn is_text(self) -> bool {
        self.text().is_some()
    }

    /// Whether the entry, or the search that found it, tells.
    fn is_at_hand(self) -> bool {
        matches!(self, SortField::Size | SortField::ModSeq | SortField::Relevancy)
    }
}

/// Messages that a search found.
#[derive(Clone, Copy, Debug)]
pub struct Ranked<'f> {
    /// Their indexes, ascending.
    pub indexes: &'f [u32],
    /// How relevant each is; empty where nobody asked for it.
    pub relevancies: &'f [u8],
}

impl Account {
    /// Sorts messages of a mailbox state, named by their indexes, ascending. Those that no key tells apart stay in the order of
    /// the mailbox (RFC 5256, 3). A message whose sort record cannot be made, because the email is lost, has empty texts and
    /// the earliest dates. Texts are compared by i;unicode-casemap.
    pub async fn sort(
        &self,
        state: &MailboxState,
        found: &[u32],
        keys: &[SortKey],
    ) -> Result<Vec<u32>, Error> {
        let ranked = Ranked { indexes: found, relevancies: &[] };
        self.sort_by(state, ranked, keys, Collation::default()).await
    }

    /// As `sort`, of messages of which a search may have said how relevant they are, with texts compared by a collation. Keys are
    /// kept for i;unicode-casemap: for another the records of the emails are read.
    pub async fn sort_by(
        &self,
        state: &MailboxState,
        ranked: Ranked<'_>,
        keys: &[SortKey],
        collation: Collation,
    ) -> Result<Vec<u32>, Error> {
        let found = ranked.indexes;
        let _space = self.shared().set_octets_aside(found.len().saturating_mul(SORTED_OCTETS))?;
        let mut wanted = Wanted::default();
        for text in keys.iter().filter_map(|key| key.field.text()) {
            wanted = wanted.with_text(text);
        }
        let mut values = Vec::new();
        if keys.iter().all(|key| key.field.is_at_hand()) {
            for key in keys {
                values.push(at_hand(state, ranked, *key, self.turns()).await);
            }
        } else {
            let columns = self.shared().columns_by(state, found, wanted, collation).await?;
            self.values(columns, state, ranked, keys, &mut values).await?;
        }
        self.in_order(found, &values).await
    }

    /// Reads what is to be compared of each message; nothing of the columns is needed any more afterwards.
    async fn values(
        &self,
        mut held: Held<'_>,
        state: &MailboxState,
        ranked: Ranked<'_>,
        keys: &[SortKey],
        values: &mut Vec<Vec<u64>>,
    ) -> Result<(), Error> {
        let turns = self.turns();
        let collation = held.collation();
        let columns = held.columns();
        let rows = rows(columns, state, ranked.indexes, turns).await;
        for key in keys {
            if let Some(text) = key.field.text() {
                self.shared().rank(columns, text, collation).await?;
            }
            let texts = key.field.text().and_then(|text| columns.text(text));
            let mut column = if key.field.is_at_hand() {
                at_hand(state, ranked, *key, turns).await
            } else {
                let value = |row: &Option<u32>| match (*row, key.field) {
                    (None, _) => 0,
                    (Some(row), SortField::Arrival) => by_sign(columns.arrived(row)),
                    (Some(row), SortField::Date) => by_sign(columns.sent(row)),
                    (Some(row), _) => u64::from(texts.map_or(0, |text| text.rank_of(row))),
                };
                let mut column = Vec::with_capacity(rows.len());
                for rows in rows.chunks(SORT_STEP_ENTRIES) {
                    column.extend(rows.iter().map(value));
                    lane::breathe(Some(turns)).await;
                }
                column
            };
            if key.direction == Direction::Descending && !key.field.is_at_hand() {
                column.iter_mut().for_each(|value| *value = !*value);
            }
            values.push(column);
            lane::breathe(Some(turns)).await;
        }
        Ok(())
    }

    async fn in_order(&self, found: &[u32], values: &[Vec<u64>]) -> Result<Vec<u32>, Error> {
        let Some((first, others)) = values.split_first() else { return Ok(found.to_vec()) };
        let numbered: Vec<(u64, u32)> = first.iter().copied().zip(0u32..).collect();
        let sorted = steps::sort(numbered, self.turns(), |a, b| {
            a.0.cmp(&b.0).then_with(|| {
                let differ = |values: &&Vec<u64>| values.get(wide(a.1)) != values.get(wide(b.1));
                let telling = others.iter().find(differ);
                telling.map_or(std::cmp::Ordering::Equal, |values| {
                    values.get(wide(a.1)).cmp(&values.get(wide(b.1)))
                })
            })
        })
        .await;
        Ok(sorted.into_iter().filter_map(|(_, at)| found.get(wide(at)).copied()).collect())
    }

    /// Threads messages of a mailbox state, named by their indexes, ascending. Subjects are compared by i;unicode-casemap.
    pub async fn thread(
        &self,
        state: &MailboxState,
        found: &[u32],
        algorithm: ThreadAlgorithm,
    ) -> Result<Vec<ThreadPlace>, Error> {
        self.thread_by(state, found, algorithm, Collation::default()).await
    }

    /// As `thread`, with subjects compared by a collation.
    pub async fn thread_by(
        &self,
        state: &MailboxState,
        found: &[u32],
        algorithm: ThreadAlgorithm,
        collation: Collation,
    ) -> Result<Vec<ThreadPlace>, Error> {
        let _space = self.shared().set_octets_aside(found.len().saturating_mul(THREADED_OCTETS))?;
        let by_subject = algorithm != ThreadAlgorithm::Refs;
        let mut wanted = Wanted::default();
        if by_subject {
            wanted = wanted.with_text(SortText::Subject);
        }
        if algorithm != ThreadAlgorithm::OrderedSubject {
            wanted = wanted.with_links();
        }
        let mut held = self.shared().columns_by(state, found, wanted, collation).await?;
        let columns = held.columns();
        if by_subject {
            self.shared().rank(columns, SortText::Subject, collation).await?;
        }
        let rows = rows(columns, state, found, self.turns()).await;
        let columns = &*columns;
        let subjects = columns.text(SortText::Subject).filter(|_| by_subject);
        let links = columns.links();
        let message = |(index, row): (&u32, &Option<u32>)| {
            let row = row.unwrap_or(u32::MAX);
            let subject = subjects.filter(|texts| !texts.text(row).is_empty());
            Threaded {
                index: *index,
                sent: columns.sent(row),
                arrived: columns.arrived(row),
                subject: subject.map_or(0, |texts| texts.rank_of(row).saturating_add(1)),
                is_reply: links.is_reply(row),
                own: links.own(row),
                references: links.references(row),
            }
        };
        let mut messages = Vec::with_capacity(found.len());
        for (found, rows) in found.chunks(SORT_STEP_ENTRIES).zip(rows.chunks(SORT_STEP_ENTRIES)) {
            messages.extend(found.iter().zip(rows).map(message));
            lane::breathe(Some(self.turns())).await;
        }
        Ok(threads::thread(&messages, algorithm, links.count(), self.turns()).await)
    }
}

/// A number with its sign as one without, in the same order.
fn by_sign(number: i64) -> u64 {
    number.cast_unsigned() ^ (1 << 63)
}

/// What is sorted by and stands in the entries, or was said by the search.
async fn at_hand(
    state: &MailboxState,
    ranked: Ranked<'_>,
    key: SortKey,
    turns: &Turns,
) -> Vec<u64> {
    let turned = |value: u64| if key.direction == Direction::Descending { !value } else { value };
    if key.field == SortField::Relevancy {
        let relevancies = ranked.relevancies.iter().copied().chain(std::iter::repeat(0));
        let missed = |relevancy: u8| u64::from(u8::MAX.saturating_sub(relevancy));
        return ranked
            .indexes
            .iter()
            .zip(relevancies)
            .map(|(_, one)| turned(missed(one)))
            .collect();
    }
    let value = |entry: Entry| {
        if key.field == SortField::ModSeq { entry.modseq.0 } else { u64::from(entry.octets) }
    };
    let mut values = Vec::with_capacity(ranked.indexes.len());
    for found in ranked.indexes.chunks(SORT_STEP_ENTRIES) {
        values.extend(entries(state, found).map(|entry| turned(entry.map_or(0, value))));
        lane::breathe(Some(turns)).await;
    }
    values
}

/// The entries of ascending indexes.
fn entries(state: &MailboxState, found: &[u32]) -> impl Iterator<Item = Option<Entry>> {
    let first = found.first().map_or(0, |index| wide(*index));
    let mut all = state.entries.iter_from(first).peekable();
    found.iter().map(move |index| {
        while all.next_if(|(at, _)| *at < wide(*index)).is_some() {}
        all.next_if(|(at, _)| *at == wide(*index)).map(|(_, entry)| *entry)
    })
}

/// The row of each message; none where there is none.
async fn rows(
    columns: &Columns,
    state: &MailboxState,
    found: &[u32],
    turns: &Turns,
) -> Vec<Option<u32>> {
    let mut before = 0;
    let mut rows = Vec::with_capacity(found.len());
    for found in found.chunks(SORT_STEP_ENTRIES) {
        let row = |entry: Option<Entry>| columns.row(entry?.email, &mut before);
        rows.extend(entries(state, found).map(row));
        lane::breathe(Some(turns)).await;
    }
    rows
}

/// Columns in use: those of the account, or some of its own.
pub(super) enum Held<'a> {
    Shared(tokio::sync::MutexGuard<'a, CountedColumns>),
    Own(Box<Columns>),
    /// By another collation than the account's.
    By(Collation, Box<CountedColumns>),
}

impl Held<'_> {
    fn columns(&mut self) -> &mut Columns {
        match self {
            Held::Shared(counted) => &mut counted.columns,
            Held::Own(columns) => columns,
            Held::By(_, counted) => &mut counted.columns,
        }
    }

    fn collation(&self) -> Collation {
        match self {
            Held::Shared(_) | Held::Own(_) => Collation::UnicodeCasemap,
            Held::By(collation, _) => *collation,
        }
    }
}

impl AccountShared {
    /// The columns with a row for each of the messages, as far as there can be one.
    pub(super) async fn columns_for(
        self: &Arc<Self>,
        state: &MailboxState,
        found: &[u32],
        wanted: Wanted,
    ) -> Result<Held<'_>, Error> {
        if let Some(columns) = self.columns_of_few(state, found, wanted).await? {
            return Ok(Held::Own(Box::new(columns)));
        }
        let mut counted = self.columns.lock().await;
        let dropped = self.emails_dropped.load(Atomic::Relaxed);
        if counted.as_of != dropped {
            *counted = CountedColumns { as_of: dropped, ..CountedColumns::default() };
        }
        counted.columns.want(wanted);
        self.bring_up(&mut counted).await?;
        let missing = missing(&counted.columns, state, found, &self.turns).await;
        if !missing.is_empty() && self.fill(&missing).await? > 0 {
            counted.columns = counted.columns.begun_anew();
            self.bring_up(&mut counted).await?;
        }
        Ok(Held::Shared(counted))
    }

    /// Columns of a few messages among many of an account, unless those of all are there already.
    async fn columns_of_few(
        self: &Arc<Self>,
        state: &MailboxState,
        found: &[u32],
        wanted: Wanted,
    ) -> Result<Option<Columns>, Error> {
        let all = self.hot().head.messages;
        let few = u64::try_from(found.len()).unwrap_or(u64::MAX).saturating_mul(8) < all;
        let has_them = self.columns.try_lock().is_ok_and(|counted| counted.columns.has(wanted));
        if found.len() > SORT_SINGLE_EMAILS_MAX || !few || has_them {
            return Ok(None);
        }
        let emails = emails_of(state, found);
        let mut columns = self.read_few(&emails, wanted)?;
        let missing = missing(&columns, state, found, &self.turns).await;
        if !missing.is_empty() && self.fill(&missing).await? > 0 {
            columns = self.read_few(&emails, wanted)?;
        }
        Ok(Some(columns))
    }

    fn read_few(&self, emails: &[EmailId], wanted: Wanted) -> Result<Columns, Fault> {
        let keys: Vec<_> = emails.iter().map(|email| layout::sort(self.id, *email)).collect();
        let mut columns = Columns::new(wanted);
        for (email, value) in emails.iter().zip(self.snapshot()?.values(&keys)?) {
            if let Some(value) = value {
                columns.push(*email, &value);
            }
        }
        Ok(columns)
    }

    /// Reads the rows that came since the last time. What is read is never changed, so that each step may look at a newer
    /// state of the store.
    async fn bring_up(&self, counted: &mut CountedColumns) -> Result<(), Error> {
        let mut range = layout::all(self.id, layout::Kind::Sort);
        loop {
            range.start = layout::sort(self.id, counted.columns.next_email());
            let (mut steps, columns) = (0usize, &mut counted.columns);
            self.snapshot()?.range(layout::borrow(&range), &mut |key, value| {
                let Some((email, _)) = layout::take64(layout::tail(key)) else {
                    return ControlFlow::Continue(());
                };
                columns.push(EmailId(email), value);
                steps = steps.saturating_add(1);
                if steps < SORT_STEP_EMAILS {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })?;
            if let Err(refused) = self.count(counted) {
                *counted = CountedColumns::default();
                return Err(refused.into());
            }
            if steps < SORT_STEP_EMAILS {
                return Ok(());
            }
            lane::breathe(Some(&self.turns)).await;
        }
    }

    /// Counts what columns take of the memory.
    pub(super) fn count(&self, counted: &mut CountedColumns) -> Result<(), Refused> {
        let octets = counted.columns.held_octets();
        if counted.counted.as_ref().is_some_and(|counted| counted.octets() == octets) {
            return Ok(());
        }
        counted.counted = None;
        counted.counted = Some(self.set_octets_aside(octets)?);
        Ok(())
    }

    /// Ranks a text of all rows.
    async fn rank(
        &self,
        columns: &mut Columns,
        text: SortText,
        collation: Collation,
    ) -> Result<(), Error> {
        let Some((column, emails)) = columns.text_to_rank(text) else { return Ok(()) };
        let whole_keys = FromRecords { shared: self, emails, text, collation };
        Ok(column.rank(&whole_keys, &self.turns).await?)
    }
}

/// The emails of messages, ascending.
pub(super) fn emails_of(state: &MailboxState, found: &[u32]) -> Vec<EmailId> {
    let mut emails: Vec<EmailId> =
        entries(state, found).flatten().map(|entry| entry.email).collect();
    emails.sort_unstable();
    emails.dedup();
    emails
}

/// The emails of messages that have no row, ascending.
pub(super) async fn missing(
    columns: &Columns,
    state: &MailboxState,
    found: &[u32],
    turns: &Turns,
) -> Vec<EmailId> {
    let mut before = 0;
    let mut missing: Vec<EmailId> = Vec::new();
    for found in found.chunks(SORT_STEP_ENTRIES) {
        let emails = entries(state, found).flatten().map(|entry| entry.email);
        missing.extend(emails.filter(|email| columns.row(*email, &mut before).is_none()));
        lane::breathe(Some(turns)).await;
    }
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// Reads whole keys from the records of emails. One that is gone or damaged has an empty one: nothing shows it.
struct FromRecords<'a> {
    shared: &'a AccountShared,
    emails: &'a [EmailId],
    text: SortText,
    collation: Collation,
}

impl WholeKeys for FromRecords<'_> {
    fn whole_key(&self, row: u32) -> Result<Vec<u8>, Fault> {
        let Some(email) = self.emails.get(wide(row)) else { return Ok(Vec::new()) };
        let reader = Reader::new(self.shared.id, self.shared.snapshot()?);
        let email = match reader.email(*email) {
            Ok(email) => email,
            Err(fault) if fault.is_damaged() => None,
            Err(fault) => return Err(fault),
        };
        let envelope = email.as_ref().and_then(|email| message::decode_envelope(&email.outline));
        Ok(envelope.map(|envelope| self.text.key(&envelope, self.collation)).unwrap_or_default())
    }
}
