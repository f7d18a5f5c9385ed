//! One operation at work: reads the account as the operations before it left it, and writes down what it changes.
//! Refused, it leaves no trace.

mod annotations;
mod entries;
mod log;
mod placements;
mod pop3;
mod retained;
mod tree;
mod viewed;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::commit_group::{CommitGroup, Draft, Touched};
use crate::engine::StagedBody;
use crate::hot::EntryChange;
use crate::policy::Policy;
use crate::records::{Head, Record};
use crate::room::{Comes, Room};
use crate::{
    AccountId, Error, Fault, Keyword, MailboxId, MailboxKind, MailboxState, ModSeq, Refused,
    Timestamp,
};

pub(crate) use entries::{Missing, NewEntry, Origin, entries_of};
pub(crate) use placements::looked_at_anew;
pub(crate) use pop3::{Absent, Message, Taken};

/// One operation at work.
pub(crate) struct Transaction<'g, 's> {
    group: &'g mut CommitGroup<'s>,
    draft: Draft,
}

impl<'g, 's> Transaction<'g, 's> {
    pub(crate) fn begin(group: &'g mut CommitGroup<'s>) -> Transaction<'g, 's> {
        let draft = group.draft();
        Transaction { group, draft }
    }

    /// Makes what was done a part of the group.
    pub(crate) fn keep(self) {
        self.group.absorb(self.draft);
    }

    pub(crate) fn account(&self) -> AccountId {
        self.group.account()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.group.now
    }

    pub(crate) fn head(&self) -> &Head {
        &self.draft.head
    }

    pub(crate) fn head_mut(&mut self) -> &mut Head {
        &mut self.draft.head
    }

    /// Counts the account's counter on.
    pub(crate) fn next_modseq(&mut self) -> ModSeq {
        let next = ModSeq(self.draft.head.modseq.0.saturating_add(1));
        self.draft.head.modseq = next;
        next
    }

    // ---- keys

    pub(crate) fn get(&mut self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        match self.draft.puts.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.group.get(key),
        }
    }

    pub(crate) fn put(&mut self, key: Vec<u8>, value: Bytes) {
        self.draft.puts.insert(key, Some(value));
    }

    pub(crate) fn delete(&mut self, key: Vec<u8>) {
        self.draft.puts.insert(key, None);
    }

    /// The keys of a range with their values: all, or at least the first `most`.
    pub(crate) fn range(
        &mut self,
        range: &Range<Vec<u8>>,
        most: usize,
    ) -> Result<BTreeMap<Vec<u8>, Bytes>, Fault> {
        let mut found = self.group.range(range, most, &self.draft.puts)?;
        for (key, value) in self.draft.puts.range(range.clone()) {
            match value {
                Some(value) => found.insert(key.clone(), value.clone()),
                None => found.remove(key),
            };
        }
        Ok(found)
    }

    /// Keeps a body; the key that refers to it is put by the caller.
    pub(crate) fn keep_body(&mut self, body: StagedBody) {
        self.draft.bodies.push(body);
    }

    // ---- mailboxes

    pub(crate) fn record(&self, id: MailboxId) -> Option<Arc<Record>> {
        match self.draft.mailboxes.get(&id) {
            Some(touched) => touched.record.clone(),
            None => self.group.record(id),
        }
    }

    /// The record of a mailbox that holds messages.
    pub(crate) fn selectable(&self, id: MailboxId) -> Result<Arc<Record>, Refused> {
        let record = self.record(id).ok_or(Refused::NoSuchMailbox)?;
        match record.kind {
            MailboxKind::Selectable => Ok(record),
            MailboxKind::Container => Err(Refused::NotSelectable),
        }
    }

    /// Sets the record of a mailbox.
    pub(crate) fn set_record(&mut self, id: MailboxId, record: Option<Record>) {
        self.touch(id).record = record.map(Arc::new);
    }

    /// Changes the record of a mailbox that is there.
    pub(crate) fn change_record(&mut self, id: MailboxId, change: impl FnOnce(&mut Record)) {
        if let Some(record) = &mut self.touch(id).record {
            change(Arc::make_mut(record));
        }
    }

    fn touch(&mut self, id: MailboxId) -> &mut Touched {
        let group = &*self.group;
        self.draft.mailboxes.entry(id).or_insert_with(|| Touched {
            record: group.record(id),
            keywords: None,
            entries: EntryChange::default(),
        })
    }

    /// The state of a mailbox as it was before this operation.
    pub(crate) fn state(&mut self, id: MailboxId) -> Result<Arc<MailboxState>, Error> {
        self.group.state(id)
    }

    /// The keyword table of a mailbox.
    pub(crate) fn keywords(&mut self, id: MailboxId) -> Result<Arc<[Keyword]>, Fault> {
        match self.draft.mailboxes.get(&id).and_then(|touched| touched.keywords.clone()) {
            Some(keywords) => Ok(keywords),
            None => self.group.keywords(id),
        }
    }

    // ---- quota

    /// Refuses what there is no room for.
    pub(crate) fn room_in(
        &self,
        to: MailboxId,
        comes: Comes,
        octets: impl Iterator<Item = u64>,
    ) -> Result<(), Refused> {
        let (mut sum, mut messages) = (0u64, 0u64);
        for octets in octets {
            sum = sum.saturating_add(octets);
            messages = messages.saturating_add(1);
        }
        self.room_for(to, comes, sum, messages)
    }

    /// Refuses so many messages of so many octets together when there is no room for them.
    pub(crate) fn room_for(
        &self,
        to: MailboxId,
        comes: Comes,
        octets: u64,
        messages: u64,
    ) -> Result<(), Refused> {
        let to = self.selectable(to)?;
        let room = Room { policy: self.policy(), head: &self.draft.head, to: Some(&to) };
        room.would_fit(comes, octets, messages)
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.group.shared.ports.policy
    }
}
