//! Store: flags are changed.

use super::Account;
use crate::limits::COMMIT_ENTRIES_MAX;
use crate::operations::{Store, Stored, What};
use crate::transaction::{Missing, Transaction};
use crate::{Error, FlagMode, Flags, MailboxId, ModSeq, Uid, UidSet, Who};

impl Account {
    /// Changes flags. Each entry at once or not at all; many entries go in several commits.
    pub async fn store(&self, mailbox: MailboxId, change: Store) -> Result<Stored, Error> {
        let count = self.entries_at_most(mailbox, &change.uids);
        let mut from = Some(Uid::MIN);
        let mut all = Stored::default();
        while let Some(start) = from {
            let change = change.clone();
            let (stored, next) = self
                .write_many(count, move |transaction, who| {
                    store(transaction, who, mailbox, &change, start)
                })
                .await?;
            from = next;
            if all == Stored::default() {
                all = stored;
            } else {
                all.modified = all.modified.union(&stored.modified);
                all.gone = all.gone.union(&stored.gone);
                all.modseq = all.modseq.max(stored.modseq);
            }
        }
        Ok(all)
    }
}

/// Changes flags from a UID on. Gives where to go on, when there is more than one commit should hold.
fn store(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    mailbox: MailboxId,
    change: &Store,
    start: Uid,
) -> Result<(Stored, Option<Uid>), Error> {
    transaction.selectable(mailbox)?;
    let missing = match change.mode {
        FlagMode::Remove => Missing::Ignore,
        FlagMode::Replace | FlagMode::Add => Missing::Refuse,
    };
    let state = transaction.state(mailbox)?;
    let flags = transaction.flags_of(mailbox, &change.flags, missing)?;
    let mut asked = change.uids.intersection(&UidSet::from_ranges([(start, Uid::MAX)]));
    let mut entries = Vec::new();
    let mut next = None;
    for entry in state.entries.of(&asked) {
        if entries.len() >= COMMIT_ENTRIES_MAX {
            next = Some(entry.uid);
            break;
        }
        entries.push(*entry);
    }
    if let Some(next) = next {
        asked = asked.difference(&UidSet::from_ranges([(next, Uid::MAX)]));
    }
    let gone = asked.difference(&entries.iter().map(|entry| entry.uid).collect());
    let (modified, modseq) = set_all(transaction, who, mailbox, &entries, change, flags);
    Ok((Stored { modified, gone, modseq }, next))
}

/// Sets what has to change. Gives what UNCHANGEDSINCE left alone, and the mod-sequence.
fn set_all(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    mailbox: MailboxId,
    entries: &[crate::Entry],
    change: &Store,
    flags: Flags,
) -> (UidSet, ModSeq) {
    let mut modified = Vec::new();
    let mut changed = Vec::new();
    for entry in entries {
        if change.unchanged_since.is_some_and(|since| entry.modseq > since) {
            modified.push(entry.uid);
            continue;
        }
        let new = match change.mode {
            FlagMode::Replace => flags.with(Flags(entry.flags.0 & Flags::INTERNAL.0)),
            FlagMode::Add => entry.flags.with(flags),
            FlagMode::Remove => entry.flags.without(flags),
        };
        if new != entry.flags {
            changed.push((entry, new));
        }
    }
    let modified = modified.into_iter().collect();
    if changed.is_empty() {
        return (modified, ModSeq(0));
    }
    let modseq = transaction.next_modseq();
    for (entry, new) in &changed {
        transaction.set_flags(mailbox, entry, *new, modseq);
    }
    let uids = changed.iter().map(|(entry, _)| entry.uid).collect();
    transaction.log(modseq, who, &What::Flagged { mailbox, uids });
    (modified, modseq)
}
