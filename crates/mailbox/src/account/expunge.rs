//! Expunge: entries go, and are retained so that their owner can bring them back.

use super::Account;
use crate::limits::COMMIT_ENTRIES_MAX;
use crate::operations::What;
use crate::transaction::Transaction;
use crate::{Entry, Error, Flags, Keyword, MailboxId, ModSeq, Rights, Uid, UidSet, Who, layout};

/// Which entries go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Deleted,
    Any,
}

impl Account {
    /// Expunges the entries that are `\Deleted` (of `uids`, when given). Gives those that went.
    pub async fn expunge(
        &self,
        mailbox: MailboxId,
        uids: Option<&UidSet>,
    ) -> Result<UidSet, Error> {
        let uids = uids.cloned().unwrap_or_else(UidSet::all);
        let count = self.entries_at_most(mailbox, &uids);
        let actor = self.actor;
        let mut gone = UidSet::new();
        let mut from = Some(Uid::MIN);
        while let Some(start) = from {
            let asked = uids.clone();
            let (went, next) = self
                .write_as_guest(count, move |transaction, who| {
                    actor.demand(transaction, mailbox, Rights::READ | Rights::EXPUNGE)?;
                    let most = COMMIT_ENTRIES_MAX;
                    expunge(transaction, who, mailbox, (&asked, start, most), Which::Deleted)
                })
                .await?;
            gone = if gone.is_empty() { went } else { gone.union(&went) };
            from = next;
        }
        Ok(gone)
    }

    /// Removes entries whether or not they are `\Deleted`, all at once (POP3's QUIT, JMAP). Gives those that went.
    pub async fn remove(&self, mailbox: MailboxId, uids: &UidSet) -> Result<UidSet, Error> {
        let (uids, count) = (uids.clone(), self.entries_at_most(mailbox, uids));
        let actor = self.actor;
        self.write_as_guest(count, move |transaction, who| {
            actor.demand(transaction, mailbox, Rights::TAKEN_OUT)?;
            remove(transaction, who, mailbox, &uids)
        })
        .await
    }
}

/// Removes entries whether or not they are `\\Deleted`. Gives those that went.
pub(super) fn remove(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    mailbox: MailboxId,
    uids: &UidSet,
) -> Result<UidSet, Error> {
    let all = (uids, Uid::MIN, usize::MAX);
    expunge(transaction, who, mailbox, all, Which::Any).map(|(gone, _)| gone)
}

/// Expunges entries from a UID on, at most so many. Gives those that went, and where to go on.
fn expunge(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    mailbox: MailboxId,
    (uids, start, most): (&UidSet, Uid, usize),
    which: Which,
) -> Result<(UidSet, Option<Uid>), Error> {
    let record = transaction.selectable(mailbox)?;
    if which == Which::Deleted && record.deleted == 0 {
        return Ok((UidSet::new(), None));
    }
    let state = transaction.state(mailbox)?;
    let mut entries = Vec::new();
    let mut next = None;
    for entry in state.entries.of(uids) {
        let goes = which == Which::Any || entry.flags.contains(Flags::DELETED);
        if entry.uid < start || !goes {
            continue;
        }
        if entries.len() >= most {
            next = Some(entry.uid);
            break;
        }
        entries.push(*entry);
    }
    if entries.is_empty() {
        return Ok((UidSet::new(), None));
    }
    let gone = expunge_each(transaction, who, (mailbox, &state.keywords), &entries)?;
    Ok((gone, next))
}

/// Expunges entries of a mailbox with this keyword table, ascending by UID. Gives their UIDs.
pub(super) fn expunge_each(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    (mailbox, keywords): (MailboxId, &[Keyword]),
    entries: &[Entry],
) -> Result<UidSet, Error> {
    let modseq = transaction.next_modseq();
    take_out(transaction, who, (mailbox, keywords), entries, modseq)?;
    let gone: UidSet = entries.iter().map(|entry| entry.uid).collect();
    transaction.note_vanished(mailbox, modseq, &gone);
    transaction.log(modseq, who, &What::Expunged { mailbox, uids: gone.clone() });
    Ok(gone)
}

/// Takes entries out of a mailbox with this keyword table, and retains them.
pub(super) fn take_out(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    (mailbox, keywords): (MailboxId, &[Keyword]),
    entries: &[Entry],
    modseq: ModSeq,
) -> Result<(), Error> {
    let name = transaction.name(mailbox)?;
    let copies = transaction.copies(mailbox, entries)?;
    let mut items = Vec::with_capacity(entries.len());
    for entry in entries {
        let copy = copies.get(&entry.uid).copied();
        items.push(Transaction::retained_item(entry, copy));
        transaction.remove_entry(mailbox, entry, modseq);
    }
    for uid in copies.into_keys() {
        let key = layout::copied(transaction.account(), mailbox, uid);
        transaction.delete(key);
    }
    transaction.retain(modseq, who, (mailbox, &name), keywords, &items)?;
    Ok(())
}
