//! The mailboxes of an account as a tree: found by identity, by name, and from their parents.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::limits::MAILBOX_DEPTH_MAX;
use crate::records::Record;
use crate::{Mailbox, MailboxId, MailboxName, Uid};

/// The parent of the outermost mailboxes.
pub(crate) const ROOT: MailboxId = MailboxId(0);

/// All mailboxes of an account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    records: BTreeMap<MailboxId, Arc<Record>>,
    children: BTreeMap<(MailboxId, Box<str>), MailboxId>,
}

impl Table {
    pub(crate) fn record(&self, id: MailboxId) -> Option<&Arc<Record>> {
        self.records.get(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (MailboxId, &Arc<Record>)> {
        self.records.iter().map(|(id, record)| (*id, record))
    }

    /// The mailbox of this level right below a parent.
    pub(crate) fn child(&self, parent: MailboxId, level: &str) -> Option<MailboxId> {
        self.children.get(&(parent, level.into())).copied()
    }

    /// The mailboxes right below a parent.
    pub(crate) fn children(&self, parent: MailboxId) -> impl Iterator<Item = MailboxId> {
        self.children
            .range((parent, Box::default())..)
            .take_while(move |((above, _), _)| *above == parent)
            .map(|(_, id)| *id)
    }

    /// Sets a record, wherever it stood before.
    pub(crate) fn set(&mut self, id: MailboxId, record: Arc<Record>) {
        match self.records.get(&id) {
            Some(old) if old.parent == record.parent && old.level == record.level => {}
            _ => {
                self.remove(id);
                self.children.insert((record.parent, record.level.clone()), id);
            }
        }
        self.records.insert(id, record);
    }

    pub(crate) fn remove(&mut self, id: MailboxId) {
        if let Some(old) = self.records.remove(&id) {
            let place = (old.parent, old.level.clone());
            // Another mailbox may have taken the place in the same commit.
            if self.children.get(&place) == Some(&id) {
                self.children.remove(&place);
            }
        }
    }

    /// The mailbox of a whole name.
    pub(crate) fn find(&self, name: &MailboxName) -> Option<MailboxId> {
        name.levels().try_fold(ROOT, |parent, level| self.child(parent, level))
    }

    /// The whole name of a mailbox; none if it or one above it is missing.
    pub(crate) fn name(&self, id: MailboxId) -> Option<MailboxName> {
        whole_name(id, |id| self.records.get(&id).cloned())
    }

    /// What a listing shows of a mailbox.
    pub(crate) fn view(&self, id: MailboxId) -> Option<Mailbox> {
        let record = self.records.get(&id)?;
        Some(view(id, record, self.name(id)?))
    }

    /// All mailboxes by name.
    pub(crate) fn listing(&self) -> Arc<[Mailbox]> {
        let mut all: Vec<Mailbox> = self.records.keys().filter_map(|id| self.view(*id)).collect();
        all.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        all.into()
    }
}

/// Builds a whole name from the bottom up.
pub(crate) fn whole_name(
    id: MailboxId,
    record_of: impl Fn(MailboxId) -> Option<Arc<Record>>,
) -> Option<MailboxName> {
    let mut levels = Vec::new();
    let mut at = id;
    while at != ROOT {
        if levels.len() >= MAILBOX_DEPTH_MAX {
            return None;
        }
        let record = record_of(at)?;
        at = record.parent;
        levels.push(record);
    }
    MailboxName::of_levels(levels.iter().rev().map(|record| &*record.level))
}

fn view(id: MailboxId, record: &Record, name: MailboxName) -> Mailbox {
    Mailbox {
        id,
        name,
        kind: record.kind,
        role: record.role,
        sort_order: record.sort_order,
        uid_validity: record.uid_validity,
        uid_next: record.uid_next.unwrap_or(Uid::MAX),
        messages: record.messages,
        unseen: record.unseen,
        deleted: record.deleted,
        octets: record.octets,
        highest_modseq: record.highest_modseq,
    }
}
