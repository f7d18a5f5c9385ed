//! The tree of mailboxes: those that hang in the air come to the top under a name of their own.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::Mending;
use crate::records::Record;
use crate::table::{ROOT, whole_name};
use crate::{MailboxId, MailboxName, UidValidity, layout};

pub(super) fn mend(mending: &mut Mending<'_>) {
    let highest = mending.survey.records.keys().map(|id| id.0).max().unwrap_or(0);
    // What was retained, or still stands as an entry, may name mailboxes that are gone.
    let named = mending.survey.entries.keys().map(|(mailbox, _)| mailbox.0).max().unwrap_or(0);
    let retained = mending.survey.retained.keys().map(|(_, m, _)| m.0).max().unwrap_or(0);
    let next = highest.max(named).max(retained).saturating_add(1);
    mending.head.next_mailbox = mending.head.next_mailbox.max(next);
    let validity = mending.survey.records.values().map(|record| record.uid_validity.0).max();
    let head = &mut mending.head;
    head.last_uid_validity = head.last_uid_validity.max(validity.unwrap_or(0));
    bring_back(mending);
    if !has_inbox(mending) {
        make(mending, "INBOX");
    }
    names(mending);
    unique(mending);
}

fn has_inbox(mending: &Mending<'_>) -> bool {
    mending.survey.records.values().any(|r| r.parent == ROOT && &*r.level == "INBOX")
}

/// Makes the records anew of mailboxes that have entries and have lost their record. The first one of an account was
/// its Inbox.
fn bring_back(mending: &mut Mending<'_>) {
    let with_entries: BTreeSet<MailboxId> =
        mending.survey.entries.keys().map(|(mailbox, _)| *mailbox).collect();
    for id in with_entries {
        if mending.survey.records.contains_key(&id) {
            continue;
        }
        let first = id == MailboxId(1) && !has_inbox(mending);
        let level = if first { "INBOX".to_owned() } else { format!("Recovered-{id}") };
        let validity = next_validity(mending);
        let record = Record::new(ROOT, &level, None, validity, mending.modseq);
        set(mending, id, record);
        mending.touched.insert(id);
        mending.done(|| format!("mailbox {id} had lost its name; it is now {level}"));
    }
}

/// Makes a mailbox at the top.
pub(super) fn make(mending: &mut Mending<'_>, level: &str) -> MailboxId {
    let id = MailboxId(mending.head.next_mailbox);
    mending.head.next_mailbox = id.0.saturating_add(1);
    let validity = next_validity(mending);
    let record = Record::new(ROOT, level, None, validity, mending.modseq);
    set(mending, id, record);
    mending.done(|| format!("the mailbox {level} is made"));
    id
}

fn next_validity(mending: &mut Mending<'_>) -> UidValidity {
    let now = u32::try_from(mending.now.0.max(0)).unwrap_or(u32::MAX);
    let last = &mut mending.head.last_uid_validity;
    *last = now.max(last.saturating_add(1));
    UidValidity(*last)
}

pub(super) fn set(mending: &mut Mending<'_>, id: MailboxId, record: Record) {
    mending.put(layout::mailbox(mending.account, id), record.write());
    mending.survey.records.insert(id, record);
}

/// Gives each mailbox a name that is valid and its own.
fn names(mending: &mut Mending<'_>) {
    let mut taken = HashSet::new();
    // The Inbox has its name before all others.
    let mut ids: Vec<MailboxId> = mending.survey.records.keys().copied().collect();
    let inbox = |id: &MailboxId| {
        mending.survey.records.get(id).is_some_and(|r| r.parent == ROOT && &*r.level == "INBOX")
    };
    ids.sort_by_key(|id| !inbox(id));
    for id in ids {
        let Some(record) = mending.survey.records.get(&id).cloned() else { continue };
        let name = whole_name(id, |id| mending.survey.records.get(&id).cloned().map(Arc::new));
        let valid = name
            .is_some_and(|name| MailboxName::new(name.as_str()).is_ok_and(|same| same == name))
            && !record.level.contains(MailboxName::SEPARATOR);
        if valid && taken.insert((record.parent, record.level.clone())) {
            continue;
        }
        let level = format!("Recovered-{id}");
        taken.insert((ROOT, level.clone().into()));
        mending.done(|| format!("mailbox {id} has no place of its own; it is now {level}"));
        set(mending, id, Record { parent: ROOT, level: level.into(), ..record });
    }
}

/// Gives each mailbox a UIDVALIDITY and a use that no other has.
fn unique(mending: &mut Mending<'_>) {
    let (mut validities, mut roles) = (HashSet::new(), HashSet::new());
    let ids: Vec<MailboxId> = mending.survey.records.keys().copied().collect();
    for id in ids {
        let Some(mut record) = mending.survey.records.get(&id).cloned() else { continue };
        let before = record.clone();
        if !validities.insert(record.uid_validity) {
            record.uid_validity = next_validity(mending);
            validities.insert(record.uid_validity);
        }
        if record.role.is_some_and(|role| !roles.insert(role)) {
            record.role = None;
        }
        if record != before {
            mending.done(|| format!("mailbox {id} shared its UIDVALIDITY or use with another"));
            set(mending, id, record);
        }
    }
}
