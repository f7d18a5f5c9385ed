//! What an account holds in memory: its head, its mailboxes, and the state of the mailboxes that are in use. Only
//! what is durable gets here.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;

use crate::engine::Snapshot;
use crate::meter::Meter;
use crate::operations::RetainedUse;
use crate::pop3::Pop3Hot;
use crate::records::{self, Head, Leaving, Record, damaged};
use crate::table::Table;
use crate::{
    AccountId, Entries, Entry, Error, Fault, Keyword, Mailbox, MailboxId, MailboxKind,
    MailboxState, Refused, Uid, layout,
};

/// What changed among the entries of a mailbox. Both ascending by UID.
#[derive(Debug, Default)]
pub(crate) struct EntryChange {
    /// Set: new, or with other flags.
    pub(crate) set: Vec<Entry>,
    pub(crate) removed: Vec<Uid>,
}

impl EntryChange {
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.removed.is_empty()
    }
}

/// What one commit did to one mailbox.
#[derive(Clone, Debug)]
pub(crate) struct MailboxChange {
    pub(crate) id: MailboxId,
    /// None: it is gone.
    pub(crate) record: Option<Arc<Record>>,
    /// The keyword table, when it grew.
    pub(crate) keywords: Option<Arc<[Keyword]>>,
    /// In the order in which they were made.
    pub(crate) entries: Arc<[EntryChange]>,
    /// The entries after the change, when they are known.
    pub(crate) result: Option<Entries>,
}

/// What one commit did.
pub(crate) struct Commit {
    pub(crate) head: Head,
    pub(crate) head_value: Bytes,
    pub(crate) mailboxes: Vec<MailboxChange>,
    /// Choices and devices of POP3, when they changed.
    pub(crate) pop3: Option<Arc<Pop3Hot>>,
    /// A new number, when unique ids from elsewhere changed.
    pub(crate) uidl_epoch: Option<u64>,
    /// How much is retained, where that was counted.
    pub(crate) retained: Option<RetainedUse>,
    /// Whether it became more.
    pub(crate) retains: bool,
}

/// The state of a mailbox in memory.
#[derive(Debug)]
struct Slot {
    state: Arc<MailboxState>,
    /// The revision of the account that it shows.
    as_of: u64,
    /// When it was last used, as a count of uses.
    used: u64,
}

/// Whether a commit changed an access list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shares {
    Same,
    Changed,
}

/// How reading a mailbox in ended.
pub(crate) enum Loaded {
    /// This is its present state.
    Present(Arc<MailboxState>),
    /// The mailbox was deleted or began anew meanwhile.
    Gone,
    /// The whole account was read anew meanwhile, so that what was committed since is not known: read again.
    Outdated,
}

/// What an account holds in memory.
#[derive(Debug)]
pub(crate) struct Hot {
    pub(crate) head: Head,
    /// The head as the engine has it, for the check of the next commit.
    pub(crate) head_value: Bytes,
    pub(crate) table: Table,
    pub(crate) pop3: Arc<Pop3Hot>,
    /// Another number whenever unique ids from elsewhere may have changed.
    pub(crate) uidl_epoch: u64,
    /// At which epoch the account was seen to have no imported ids, as nearly all have none.
    pub(crate) uidl_none_at: Option<u64>,
    /// How much is retained; none: nobody has counted it yet.
    pub(crate) retained: Option<RetainedUse>,
    /// Whether it became more since somebody looked whether it is too much.
    pub(crate) retains: bool,
    listing: Option<Arc<[Mailbox]>>,
    slots: HashMap<MailboxId, Slot>,
    /// The first UID that no session was told of, for mailboxes that got mail since the account was opened.
    recent: HashMap<MailboxId, Uid>,
    /// The mailboxes that are being read in, with what was committed to each meanwhile.
    loading: HashMap<MailboxId, Vec<(u64, MailboxChange)>>,
}

impl Hot {
    /// Reads head and mailboxes. None if there is no such account.
    pub(crate) fn load(id: AccountId, snapshot: &dyn Snapshot) -> Result<Option<Hot>, Fault> {
        let Some((head, head_value)) = read_head(id, snapshot)? else { return Ok(None) };
        if head.leaving == Leaving::Yes {
            return Ok(None);
        }
        let table = read_table(id, snapshot)?;
        Ok(Some(Hot {
            head,
            head_value,
            table,
            pop3: Arc::new(Pop3Hot::load(id, snapshot)?),
            uidl_epoch: 0,
            uidl_none_at: None,
            retained: None,
            retains: false,
            listing: None,
            slots: HashMap::new(),
            recent: HashMap::new(),
            loading: HashMap::new(),
        }))
    }

    /// All mailboxes by name.
    pub(crate) fn listing(&mut self) -> Arc<[Mailbox]> {
        Arc::clone(self.listing.get_or_insert_with(|| self.table.listing()))
    }

    /// The record of a mailbox that can be opened.
    pub(crate) fn selectable(&self, id: MailboxId) -> Result<&Arc<Record>, Refused> {
        let record = self.table.record(id).ok_or(Refused::NoSuchMailbox)?;
        match record.kind {
            MailboxKind::Selectable => Ok(record),
            MailboxKind::Container => Err(Refused::NotSelectable),
        }
    }

    /// The state of a mailbox, if it is in memory.
    pub(crate) fn state(&mut self, id: MailboxId, now: u64) -> Option<Arc<MailboxState>> {
        let slot = self.slots.get_mut(&id)?;
        slot.used = now;
        Some(Arc::clone(&slot.state))
    }

    /// Remembers what is committed to a mailbox while it is being read in.
    pub(crate) fn begin_loading(&mut self, id: MailboxId) {
        self.loading.insert(id, Vec::new());
    }

    /// Forgets a mailbox that could not be read in.
    pub(crate) fn give_up_loading(&mut self, id: MailboxId) {
        self.loading.remove(&id);
    }

    /// Takes a mailbox that was read in, and brings its state up to the present.
    pub(crate) fn end_loading(&mut self, read: ReadState, now: u64) -> Loaded {
        let ReadState { mut state, record, mut as_of } = read;
        let Some(passed) = self.loading.remove(&state.id) else { return Loaded::Outdated };
        // A commit that is on the disk and about to be taken in here: figures and state have to be of one moment.
        if as_of > self.head.revision {
            self.table.set(state.id, Arc::new(record));
            self.listing = None;
        }
        for (revision, change) in &passed {
            if *revision > as_of {
                let Some(changed) = after(&state, change) else { return Loaded::Gone };
                (state, as_of) = (changed, *revision);
            }
        }
        let state = Arc::new(state);
        let same = |record: &Arc<Record>| record.uid_validity == state.uid_validity;
        if !self.table.record(state.id).is_some_and(same) {
            return Loaded::Present(state);
        }
        self.slots.insert(state.id, Slot { state: Arc::clone(&state), as_of, used: now });
        Loaded::Present(state)
    }

    /// Takes in what a commit did. Says whether an access list changed.
    pub(crate) fn apply(&mut self, commit: Commit) -> Shares {
        let mut shares = Shares::Same;
        let revision = commit.head.revision;
        self.head = commit.head;
        self.head_value = commit.head_value;
        self.listing = None;
        self.retained = commit.retained;
        self.retains |= commit.retains;
        if let Some(epoch) = commit.uidl_epoch {
            self.uidl_epoch = epoch;
        }
        if let Some(pop3) = commit.pop3 {
            self.pop3 = pop3;
        }
        for change in commit.mailboxes {
            self.note_recent(&change);
            if let Some(passed) = self.loading.get_mut(&change.id) {
                passed.push((revision, change.clone()));
            }
            let access = |record: &Arc<Record>| record.access.clone();
            let before = self.table.record(change.id).and_then(access);
            if before != change.record.as_ref().and_then(access) {
                shares = Shares::Changed;
            }
            match &change.record {
                Some(record) => self.table.set(change.id, Arc::clone(record)),
                None => {
                    self.table.remove(change.id);
                    self.recent.remove(&change.id);
                }
            }
            let Some(slot) = self.slots.get_mut(&change.id) else { continue };
            if slot.as_of >= revision {
                continue;
            }
            match after(&slot.state, &change) {
                Some(state) => {
                    slot.state = Arc::new(state);
                    slot.as_of = revision;
                }
                None => {
                    self.slots.remove(&change.id);
                }
            }
        }
        if self.head.leaving == Leaving::Yes {
            self.table = Table::default();
            self.slots.clear();
            shares = Shares::Changed;
        }
        shares
    }

    /// The first new UID of a mailbox becomes recent, unless an earlier one still is.
    fn note_recent(&mut self, change: &MailboxChange) {
        let Some(uid_next) = self.table.record(change.id).and_then(|record| record.uid_next) else {
            return;
        };
        let new = change.entries.iter().flat_map(|c| c.set.last()).any(|e| e.uid >= uid_next);
        if new {
            self.recent.entry(change.id).or_insert(uid_next);
        }
    }

    /// The first UID that is recent and was not claimed.
    pub(crate) fn recent(&self, id: MailboxId) -> Option<Uid> {
        let uid_next = self.table.record(id)?.uid_next;
        let first = self.recent.get(&id).copied();
        first.filter(|first| uid_next.is_none_or(|next| *first < next))
    }

    /// Claims what is recent in a state.
    pub(crate) fn claim_recent(&mut self, state: &MailboxState) -> Option<Uid> {
        let first = *self.recent.get(&state.id)?;
        if first >= state.uid_next {
            return None;
        }
        self.recent.insert(state.id, state.uid_next);
        Some(first)
    }

    /// The mailboxes in memory.
    pub(crate) fn in_memory(&self) -> impl Iterator<Item = MailboxId> {
        self.slots.keys().copied()
    }

    /// The mailboxes in memory that nobody else holds, so that letting go of them gives memory back; each with when it
    /// was last used. Those that sessions show would have to be read in once more beside what the sessions hold.
    pub(crate) fn unheld(&self) -> impl Iterator<Item = (u64, MailboxId)> {
        let unheld = self.slots.iter().filter(|(_, slot)| slot.is_unheld());
        unheld.map(|(id, slot)| (slot.used, *id))
    }

    /// Lets go of a mailbox that was not used since.
    pub(crate) fn evict(&mut self, id: MailboxId, used: u64) {
        if self.slots.get(&id).is_some_and(|slot| slot.used <= used && slot.is_unheld()) {
            self.slots.remove(&id);
        }
    }

    /// Takes over what was read anew, after somebody else changed the account. Mailboxes that are being read in meanwhile
    /// have to be read once more.
    pub(crate) fn replace(&mut self, fresh: Hot) {
        let recent = std::mem::take(&mut self.recent);
        *self = Hot { recent, ..fresh };
    }
}

impl Slot {
    fn is_unheld(&self) -> bool {
        Arc::strong_count(&self.state) == 1
    }
}

/// A state after a change. None if the mailbox is gone or began anew.
fn after(state: &MailboxState, change: &MailboxChange) -> Option<MailboxState> {
    let record = change.record.as_ref()?;
    if record.uid_validity != state.uid_validity || record.kind == MailboxKind::Container {
        return None;
    }
    let entries = match &change.result {
        Some(entries) => entries.clone(),
        None => fold(&state.entries, &change.entries),
    };
    Some(MailboxState {
        id: state.id,
        entries,
        keywords: change.keywords.clone().unwrap_or_else(|| Arc::clone(&state.keywords)),
        uid_validity: state.uid_validity,
        uid_next: record.uid_next.unwrap_or(Uid::MAX),
        highest_modseq: record.highest_modseq,
    })
}

/// Entries after several changes. Runs of new mail, which are most of them, are put in at once.
pub(crate) fn fold(entries: &Entries, changes: &[EntryChange]) -> Entries {
    let mut result = entries.clone();
    let mut set: Vec<Entry> = Vec::new();
    for change in changes {
        let follows = change.removed.is_empty()
            && set.last().is_none_or(|last| change.set.first().is_none_or(|e| last.uid < e.uid));
        if !follows {
            result = result.changed(&set, &[]);
            set.clear();
        }
        if change.removed.is_empty() {
            set.extend_from_slice(&change.set);
        } else {
            result = result.changed(&change.set, &change.removed);
        }
    }
    if set.is_empty() { result } else { result.changed(&set, &[]) }
}

/// Reads the head of an account.
pub(crate) fn read_head(
    id: AccountId,
    snapshot: &dyn Snapshot,
) -> Result<Option<(Head, Bytes)>, Fault> {
    let key = layout::head(id);
    match snapshot.get(&key)? {
        None => Ok(None),
        Some(value) => {
            let head = Head::read(&value).ok_or_else(|| damaged(&key))?;
            Ok(Some((head, value)))
        }
    }
}

/// Reads all mailboxes of an account.
pub(crate) fn read_table(id: AccountId, snapshot: &dyn Snapshot) -> Result<Table, Fault> {
    let mut table = Table::default();
    let range = layout::all(id, layout::Kind::Mailbox);
    each(snapshot, &range, |key, value| {
        let (mailbox, _) = layout::take32(layout::tail(key))?;
        table.set(MailboxId(mailbox), Arc::new(Record::read(value)?));
        Some(())
    })?;
    Ok(table)
}

/// A mailbox as it was read in.
pub(crate) struct ReadState {
    pub(crate) state: MailboxState,
    pub(crate) record: Record,
    /// The revision of the account at which it was so.
    pub(crate) as_of: u64,
}

/// Reads the state of a mailbox.
pub(crate) fn read_state(
    account: AccountId,
    id: MailboxId,
    snapshot: &dyn Snapshot,
    meter: &Meter,
) -> Result<ReadState, Error> {
    let (head, _) = read_head(account, snapshot)?.ok_or(Refused::NoSuchMailbox)?;
    let key = layout::mailbox(account, id);
    let record = snapshot.get(&key)?.ok_or(Refused::NoSuchMailbox)?;
    let record = Record::read(&record).ok_or_else(|| damaged(&key))?;
    let mut entries =
        Vec::with_capacity(usize::try_from(record.messages.min(1 << 20)).unwrap_or(0));
    each(snapshot, &layout::of_mailbox(account, layout::Kind::Entry, id), |key, value| {
        let (_, uid) = layout::take_entry(layout::tail(key))?;
        entries.push(records::read_entry(uid, value)?);
        Some(())
    })?;
    let state = MailboxState {
        id,
        entries: Entries::counted(meter, entries),
        keywords: read_keywords(account, id, snapshot)?,
        uid_validity: record.uid_validity,
        uid_next: record.uid_next.unwrap_or(Uid::MAX),
        highest_modseq: record.highest_modseq,
    };
    Ok(ReadState { state, record, as_of: head.revision })
}

/// Reads the keyword table of a mailbox.
pub(crate) fn read_keywords(
    account: AccountId,
    id: MailboxId,
    snapshot: &dyn Snapshot,
) -> Result<Arc<[Keyword]>, Fault> {
    let key = layout::keywords(account, id);
    match snapshot.get(&key)? {
        None => Ok(Arc::default()),
        Some(value) => records::read_keywords(&value).map(Arc::from).ok_or_else(|| damaged(&key)),
    }
}

/// Visits all keys of a range; a visit that gives `None` found a damaged value.
pub(crate) fn each(
    snapshot: &dyn Snapshot,
    range: &std::ops::Range<Vec<u8>>,
    mut visit: impl FnMut(&[u8], &[u8]) -> Option<()>,
) -> Result<(), Fault> {
    let mut fault = None;
    snapshot.range(layout::borrow(range), &mut |key, value| match visit(key, value) {
        Some(()) => ControlFlow::Continue(()),
        None => {
            fault = Some(damaged(key));
            ControlFlow::Break(())
        }
    })?;
    fault.map_or(Ok(()), Err)
}
