//! A group of operations that go into one commit. Each sees what those before it did; what one does becomes part of
//! the group only when it has ended well.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;

use crate::engine::{Batch, BodySource, Snapshot, StagedBody};
use crate::hot::{self, Commit, EntryChange, MailboxChange};
use crate::meter::Meter;
use crate::operations::{Counts, RetainedUse};
use crate::pop3::Pop3Hot;
use crate::records::{Head, Record};
use crate::shared::AccountShared;
use crate::{
    AccountId, BodyHash, EmailId, Error, Fault, Keyword, MailboxId, MailboxState, Refused,
    Timestamp, layout, records,
};

/// What a group did to a mailbox so far.
#[derive(Default)]
pub(crate) struct Worked {
    /// None: it is gone.
    pub(crate) record: Option<Arc<Record>>,
    pub(crate) keywords: Option<Arc<[Keyword]>>,
    changes: Vec<EntryChange>,
    /// The state after so many of the changes, once somebody asked for it.
    state: Option<(Arc<MailboxState>, usize)>,
}

/// What one operation did.
pub(crate) struct Draft {
    pub(crate) head: Head,
    pub(crate) puts: BTreeMap<Vec<u8>, Option<Bytes>>,
    pub(crate) bodies: Vec<StagedBody>,
    pub(crate) mailboxes: BTreeMap<MailboxId, Touched>,
    /// Choices and devices of POP3, when they changed.
    pub(crate) pop3: Option<Arc<Pop3Hot>>,
    /// A new number, when unique ids from elsewhere changed.
    pub(crate) uidl_epoch: Option<u64>,
    /// How much is retained, where that was counted.
    pub(crate) retained: Option<RetainedUse>,
    /// Whether it became more.
    pub(crate) retains: bool,
    /// What it did to what is visible since the last line of the log.
    pub(crate) visible: Becoming,
}

/// What became of what is visible (`operations::Visible`), in the order in which it did.
#[derive(Debug, Default)]
pub(crate) struct Becoming {
    pub(crate) came: Vec<EmailId>,
    pub(crate) went: Vec<EmailId>,
    pub(crate) counts: Counts,
}

/// What one operation did to a mailbox.
pub(crate) struct Touched {
    /// None: it is gone.
    pub(crate) record: Option<Arc<Record>>,
    pub(crate) keywords: Option<Arc<[Keyword]>>,
    pub(crate) entries: EntryChange,
}

/// A group on its way to a commit.
pub(crate) struct CommitGroup<'s> {
    pub(crate) shared: &'s AccountShared,
    pub(crate) now: Timestamp,
    /// The head that the commit checks for.
    base: Head,
    base_value: Bytes,
    pub(crate) head: Head,
    puts: BTreeMap<Vec<u8>, Option<Bytes>>,
    bodies: HashMap<BodyHash, StagedBody>,
    body_octets: u64,
    mailboxes: HashMap<MailboxId, Worked>,
    pop3: Option<Arc<Pop3Hot>>,
    uidl_epoch: Option<u64>,
    retained: Option<RetainedUse>,
    retains: bool,
    snapshot: Option<Arc<dyn Snapshot>>,
    /// Set when the engine is ahead of the hot state: somebody else changed the account.
    pub(crate) stale: Stale,
}

/// Whether the hot state turned out to be behind the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    No,
    Yes,
}

impl<'s> CommitGroup<'s> {
    pub(crate) fn begin(shared: &'s AccountShared) -> CommitGroup<'s> {
        let (base, base_value, retained) = {
            let hot = shared.hot();
            (hot.head, hot.head_value.clone(), hot.retained)
        };
        CommitGroup {
            shared,
            now: shared.ports.clock.now(),
            base,
            base_value,
            head: base,
            puts: BTreeMap::new(),
            bodies: HashMap::new(),
            body_octets: 0,
            mailboxes: HashMap::new(),
            pop3: None,
            uidl_epoch: None,
            retained,
            retains: false,
            snapshot: None,
            stale: Stale::No,
        }
    }

    pub(crate) fn account(&self) -> AccountId {
        self.shared.id
    }

    /// Begins one operation.
    pub(crate) fn draft(&self) -> Draft {
        Draft {
            head: self.head,
            puts: BTreeMap::new(),
            bodies: Vec::new(),
            mailboxes: BTreeMap::new(),
            pop3: None,
            uidl_epoch: None,
            retained: self.retained,
            retains: false,
            visible: Becoming::default(),
        }
    }

    /// Takes in what an operation did.
    pub(crate) fn absorb(&mut self, draft: Draft) {
        self.head = draft.head;
        self.retained = draft.retained;
        self.retains |= draft.retains;
        self.uidl_epoch = draft.uidl_epoch.or(self.uidl_epoch);
        if draft.pop3.is_some() {
            self.pop3 = draft.pop3;
        }
        self.puts.extend(draft.puts);
        for body in draft.bodies {
            if let BodySource::Memory(octets) = &body.source {
                let octets = u64::try_from(octets.len()).unwrap_or(u64::MAX);
                self.body_octets = self.body_octets.saturating_add(octets);
            }
            self.bodies.insert(body.hash, body);
        }
        for (id, mut touched) in draft.mailboxes {
            // One operation may take entries out in several ways.
            touched.entries.removed.sort_unstable();
            let worked = self.mailboxes.entry(id).or_default();
            worked.record = touched.record;
            if touched.keywords.is_some() {
                worked.keywords = touched.keywords;
            }
            if !touched.entries.is_empty() {
                worked.changes.push(touched.entries);
            }
        }
    }

    /// How many octets of bodies wait in memory.
    pub(crate) fn body_octets(&self) -> u64 {
        self.body_octets
    }

    /// The view of the engine that this group works on.
    pub(crate) fn snapshot(&mut self) -> Result<Arc<dyn Snapshot>, Fault> {
        if let Some(snapshot) = &self.snapshot {
            return Ok(Arc::clone(snapshot));
        }
        let snapshot = self.shared.snapshot()?;
        if snapshot.get(&layout::head(self.account()))?.as_ref() != Some(&self.base_value) {
            self.stale = Stale::Yes;
        }
        self.snapshot = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// The value of a key as the group has it.
    pub(crate) fn get(&mut self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        match self.puts.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.snapshot()?.get(key),
        }
    }

    /// The keys of a range as the group has them, at most so many of those that are committed. What `hidden` knows better
    /// is passed over.
    pub(crate) fn range(
        &mut self,
        range: &std::ops::Range<Vec<u8>>,
        most: usize,
        hidden: &BTreeMap<Vec<u8>, Option<Bytes>>,
    ) -> Result<BTreeMap<Vec<u8>, Bytes>, Fault> {
        let mut found = BTreeMap::new();
        let snapshot = self.snapshot()?;
        let puts = &self.puts;
        snapshot.range(layout::borrow(range), &mut |key, value| {
            if !puts.contains_key(key) && !hidden.contains_key(key) {
                found.insert(key.to_vec(), Bytes::copy_from_slice(value));
            }
            if found.len() >= most {
                return std::ops::ControlFlow::Break(());
            }
            std::ops::ControlFlow::Continue(())
        })?;
        for (key, value) in self.puts.range(range.clone()) {
            if let Some(value) = value {
                found.insert(key.clone(), value.clone());
            }
        }
        Ok(found)
    }

    /// The record of a mailbox as the group has it.
    pub(crate) fn record(&self, id: MailboxId) -> Option<Arc<Record>> {
        match self.mailboxes.get(&id) {
            Some(worked) => worked.record.clone(),
            None => self.shared.hot().table.record(id).cloned(),
        }
    }

    /// The mailboxes whose records this group changed.
    pub(crate) fn worked(&self) -> impl Iterator<Item = (MailboxId, Option<&Arc<Record>>)> {
        self.mailboxes.iter().map(|(id, worked)| (*id, worked.record.as_ref()))
    }

    /// Choices and devices of POP3 as the group has them.
    pub(crate) fn pop3(&self) -> Arc<Pop3Hot> {
        self.pop3.clone().unwrap_or_else(|| self.shared.pop3_hot())
    }

    /// The keyword table of a mailbox as the group has it.
    pub(crate) fn keywords(&mut self, id: MailboxId) -> Result<Arc<[Keyword]>, Fault> {
        if let Some(keywords) = self.mailboxes.get(&id).and_then(|worked| worked.keywords.clone()) {
            return Ok(keywords);
        }
        let now = self.shared.ports.next_use();
        if let Some(state) = self.shared.hot().state(id, now) {
            return Ok(Arc::clone(&state.keywords));
        }
        hot::read_keywords(self.account(), id, &*self.snapshot()?)
    }

    /// The state of a mailbox as the group has it; of the fields beside the entries only `keywords` is kept current.
    pub(crate) fn state(&mut self, id: MailboxId) -> Result<Arc<MailboxState>, Error> {
        let Some(worked) = self.mailboxes.get_mut(&id) else { return self.shared.state(id) };
        let Some(record) = &worked.record else { return Err(Refused::NoSuchMailbox.into()) };
        let (base, folded) = match worked.state.take() {
            Some(state) => state,
            // A mailbox that this group made, or made anew, has nothing in it yet that the engine knows of.
            None => match self.shared.state(id) {
                Ok(state) if state.uid_validity == record.uid_validity => (state, 0),
                Ok(_) | Err(Error::Refused(_)) => {
                    (Arc::new(empty(id, record, &self.shared.meter)), 0)
                }
                Err(fault) => return Err(fault),
            },
        };
        let new = worked.changes.get(folded..).unwrap_or_default();
        let state = if new.is_empty() && worked.keywords.is_none() {
            base
        } else {
            let entries = hot::fold(&base.entries, new);
            let keywords = worked.keywords.clone().unwrap_or_else(|| Arc::clone(&base.keywords));
            Arc::new(MailboxState { entries, keywords, ..MailboxState::clone(&base) })
        };
        worked.state = Some((Arc::clone(&state), worked.changes.len()));
        Ok(state)
    }

    /// What the commit takes. None if nothing changed.
    pub(crate) fn finish(mut self) -> Option<(Batch, Commit)> {
        if self.head == self.base && self.puts.is_empty() && self.mailboxes.is_empty() {
            return None;
        }
        self.head.revision = self.base.revision.wrapping_add(1);
        let account = self.account();
        let head_value = self.head.write();
        let mut puts = Vec::with_capacity(self.puts.len().saturating_add(4));
        let mut deletes = Vec::new();
        let head_key = layout::head(account);
        puts.push((head_key.clone(), head_value.clone()));
        let mailboxes = self
            .mailboxes
            .into_iter()
            .map(|(id, worked)| {
                let key = layout::mailbox(account, id);
                match &worked.record {
                    Some(record) => puts.push((key, record.write())),
                    None => deletes.push(key),
                }
                if let Some(keywords) = &worked.keywords {
                    let value = (!keywords.is_empty()).then(|| records::write_keywords(keywords));
                    self.puts.insert(layout::keywords(account, id), value);
                }
                // A state that somebody asked for and that nothing changed since is not computed again.
                let result = worked.state.filter(|(_, folded)| *folded == worked.changes.len());
                MailboxChange {
                    id,
                    record: worked.record,
                    keywords: worked.keywords,
                    entries: worked.changes.into(),
                    result: result.map(|(state, _)| state.entries.clone()),
                }
            })
            .collect();
        for (key, value) in self.puts {
            match value {
                Some(value) => puts.push((key, value)),
                None => deletes.push(key),
            }
        }
        let batch = Batch {
            checks: vec![(head_key, Some(self.base_value))],
            puts,
            deletes,
            bodies: self.bodies.into_values().collect(),
        };
        Some((
            batch,
            Commit {
                head: self.head,
                head_value,
                mailboxes,
                pop3: self.pop3,
                uidl_epoch: self.uidl_epoch,
                retained: self.retained,
                retains: self.retains,
            },
        ))
    }
}

fn empty(id: MailboxId, record: &Record, meter: &Meter) -> MailboxState {
    MailboxState {
        id,
        entries: crate::Entries::counted(meter, []),
        keywords: Arc::default(),
        uid_validity: record.uid_validity,
        uid_next: crate::Uid::MIN,
        highest_modseq: record.highest_modseq,
    }
}
