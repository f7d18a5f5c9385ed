//! Drops messages whose octets are damaged, for good: nobody could read what would be retained of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::retention::Going;
use super::undo::key_parts;
use super::{Account, expunge};
use crate::records::{RetainedChunk, damaged};
use crate::transaction::Transaction;
use crate::writer::MANY;
use crate::{EmailId, Entry, Error, MailboxId, MailboxKind, Uid, UidSet, Who, layout};

/// How many entries were dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Of those that were in a mailbox.
    pub listed: u64,
    /// Of those that could have been brought back.
    pub retained: u64,
}

impl Account {
    /// Drops emails with all their entries for good, retained ones too: counts, quota, change log and what vanished tell
    /// it as after any expunge. All at once.
    pub async fn drop_damaged(&self, emails: &BTreeSet<EmailId>) -> Result<Dropped, Error> {
        let emails = Arc::new(emails.clone());
        let work = move |transaction: &mut Transaction<'_, '_>, who: &Who| {
            drop_all(transaction, who, &emails)
        };
        let dropped = self.write_many(MANY, work).await?;
        self.shared.emails_dropped.fetch_add(1, Ordering::Relaxed);
        Ok(dropped)
    }
}

fn drop_all(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    emails: &BTreeSet<EmailId>,
) -> Result<Dropped, Error> {
    // They are fetched again from where they came, if they are still there.
    transaction.forget_placements(emails)?;
    let listed = expunge_all(transaction, who, emails)?;
    let mut dropped = Dropped { listed, retained: 0 };
    let mut leaving = Going::default();
    let range = layout::all(transaction.account(), layout::Kind::Retained);
    for (key, value) in transaction.range(&range, usize::MAX)? {
        let mut chunk = RetainedChunk::read(&value).ok_or_else(|| damaged(&key))?;
        let (_, mailbox, _) = key_parts(&key).ok_or_else(|| damaged(&key))?;
        let (going, staying): (Vec<_>, Vec<_>) =
            chunk.items.iter().partition(|item| emails.contains(&item.email));
        if going.is_empty() {
            continue;
        }
        for item in &going {
            leaving.drop_item(transaction, mailbox, item);
            dropped.retained = dropped.retained.saturating_add(1);
        }
        chunk.items = staying;
        if chunk.items.is_empty() {
            transaction.delete(key);
        } else {
            transaction.put(key, chunk.write());
        }
    }
    let gone = leaving.finish(transaction)?;
    transaction.forget_seen(&gone)?;
    // What was expunged just now was retained for a moment, and is counted already.
    dropped.retained = dropped.retained.saturating_sub(listed);
    Ok(dropped)
}

/// Expunges all entries of some emails.
fn expunge_all(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    emails: &BTreeSet<EmailId>,
) -> Result<u64, Error> {
    let mut by_mailbox: BTreeMap<MailboxId, BTreeSet<Uid>> = BTreeMap::new();
    for email in emails {
        for (mailbox, uid) in transaction.noted_entries(*email)? {
            by_mailbox.entry(mailbox).or_default().insert(uid);
        }
    }
    let mut count = 0u64;
    for (mailbox, uids) in by_mailbox {
        // Of a mailbox that is gone there is only what is retained.
        let selectable =
            transaction.record(mailbox).is_some_and(|r| r.kind == MailboxKind::Selectable);
        if !selectable {
            continue;
        }
        let state = transaction.state(mailbox)?;
        let uids: UidSet = uids.into_iter().collect();
        let entries: Vec<Entry> = state
            .entries
            .of(&uids)
            .filter(|entry| emails.contains(&entry.email))
            .copied()
            .collect();
        if entries.is_empty() {
            continue;
        }
        let of = (mailbox, &*state.keywords);
        let gone = expunge::expunge_each(transaction, who, of, &entries)?;
        count = count.saturating_add(gone.len());
    }
    Ok(count)
}
