//! Copy and move: more entries for the same emails.

use std::collections::HashMap;

use super::Account;
use crate::operations::{Copied, What};
use crate::room::Comes;
use crate::transaction::{NewEntry, Origin, Transaction, entries_of};
use crate::{Entry, Error, Flags, Keyword, MailboxId, ModSeq, Refused, Uid, UidSet, Who, layout};

impl Account {
    /// Copies entries, all or none; those that are gone are passed over.
    pub async fn copy(
        &self,
        from: MailboxId,
        uids: &UidSet,
        to: MailboxId,
    ) -> Result<Copied, Error> {
        let (uids, count) = (uids.clone(), self.entries_at_most(from, uids));
        self.write_more(count, move |transaction, who| {
            transaction.selectable(to)?;
            let entries = entries_of(&*transaction.state(from)?, &uids);
            copy(transaction, who, (from, &entries), to)
        })
        .await
    }

    /// Copies entries, all or none. `Refused::NoSuchMessage` when one of them is gone.
    pub async fn copy_all(
        &self,
        from: MailboxId,
        uids: &UidSet,
        to: MailboxId,
    ) -> Result<Copied, Error> {
        let (uids, count) = (uids.clone(), self.entries_at_most(from, uids));
        self.write_more(count, move |transaction, who| {
            transaction.selectable(to)?;
            let entries = entries_of(&*transaction.state(from)?, &uids);
            if u64::try_from(entries.len()).unwrap_or(u64::MAX) < uids.len() {
                return Err(Refused::NoSuchMessage.into());
            }
            copy(transaction, who, (from, &entries), to)
        })
        .await
    }

    /// Moves entries, all or none; those that are gone are passed over. Moved entries are not retained at their old
    /// place.
    pub async fn r#move(
        &self,
        from: MailboxId,
        uids: &UidSet,
        to: MailboxId,
    ) -> Result<Copied, Error> {
        let (uids, count) = (uids.clone(), self.entries_at_most(from, uids));
        self.write_more(count, move |transaction, who| {
            let state = transaction.state(from)?;
            let entries = entries_of(&state, &uids);
            let seen = UidSet::new();
            move_entries(transaction, who, (from, &state.keywords, &entries), to, &seen)
        })
        .await
    }
}

fn copy(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    (from, entries): (MailboxId, &[Entry]),
    to: MailboxId,
) -> Result<Copied, Error> {
    let uid_validity = transaction.selectable(to)?.uid_validity;
    if entries.is_empty() {
        return Ok(Copied { uid_validity, pairs: Vec::new() });
    }
    transaction.room_in(to, Comes::Copied, entries.iter().map(|entry| u64::from(entry.octets)))?;
    let state = transaction.state(from)?;
    let mut flags = Translation::new(&state.keywords, from, to);
    let pairs = copy_each(transaction, who, (from, to), entries, |transaction, entry| {
        flags.of(transaction, entry)
    })?;
    Ok(Copied { uid_validity, pairs })
}

/// Makes entries elsewhere too, where there is room for them; `flags` says which flags each has there. Gives old and new UIDs.
pub(super) fn copy_each(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    (from, to): (MailboxId, MailboxId),
    entries: &[Entry],
    mut flags: impl FnMut(&mut Transaction<'_, '_>, &Entry) -> Result<Flags, Error>,
) -> Result<Vec<(Uid, Uid)>, Error> {
    let modseq = transaction.next_modseq();
    let mut pairs = Vec::with_capacity(entries.len());
    for entry in entries {
        let new = NewEntry::like(entry, flags(transaction, entry)?);
        pairs.push((entry.uid, transaction.add_entry(to, new, modseq, Origin::Copy)?));
    }
    let uids = pairs.iter().map(|(_, new)| *new).collect();
    transaction.log(modseq, who, &What::Copied { from, mailbox: to, uids });
    Ok(pairs)
}

/// Moves entries of a mailbox with this keyword table. Those in `seen` become `\\Seen` with it.
pub(super) fn move_entries(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    (from, keywords, entries): (MailboxId, &[Keyword], &[Entry]),
    to: MailboxId,
    seen: &UidSet,
) -> Result<Copied, Error> {
    let uid_validity = transaction.selectable(to)?.uid_validity;
    if entries.is_empty() {
        return Ok(Copied { uid_validity, pairs: Vec::new() });
    }
    transaction.room_in(to, Comes::Moved, entries.iter().map(|entry| u64::from(entry.octets)))?;
    let mut flags = Translation::new(keywords, from, to);
    let pairs = move_each(transaction, who, (from, to), entries, |transaction, entry| {
        let read = if seen.contains(entry.uid) { Flags::SEEN } else { Flags::NONE };
        Ok(flags.of(transaction, entry)?.with(read))
    })?;
    Ok(Copied { uid_validity, pairs })
}

/// Puts entries elsewhere, where there is room for them; `flags` says which flags each has there. Gives old and new UIDs.
pub(super) fn move_each(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    (from, to): (MailboxId, MailboxId),
    entries: &[Entry],
    mut flags: impl FnMut(&mut Transaction<'_, '_>, &Entry) -> Result<Flags, Error>,
) -> Result<Vec<(Uid, Uid)>, Error> {
    let modseq = transaction.next_modseq();
    let copies = transaction.copies(from, entries)?;
    let mut pairs = Vec::with_capacity(entries.len());
    for entry in entries {
        let copy = copies.get(&entry.uid).copied();
        let new = NewEntry::like(entry, flags(transaction, entry)?);
        let uid = transaction.add_entry(to, new, modseq, Origin::Carried(copy))?;
        pairs.push((entry.uid, uid));
        leave(transaction, from, entry, modseq);
        if copy.is_some() {
            let key = layout::copied(transaction.account(), from, entry.uid);
            transaction.delete(key);
        }
    }
    let gone: UidSet = pairs.iter().map(|(old, _)| *old).collect();
    let uids = pairs.iter().map(|(_, new)| *new).collect();
    transaction.note_vanished(from, modseq, &gone);
    transaction.log(modseq, who, &What::Moved { from, gone, mailbox: to, uids });
    Ok(pairs)
}

/// Takes an entry out without a trace.
fn leave(transaction: &mut Transaction<'_, '_>, from: MailboxId, entry: &Entry, modseq: ModSeq) {
    transaction.remove_entry(from, entry, modseq);
    let key = layout::email_entry(transaction.account(), entry.email, from, entry.uid);
    transaction.delete(key);
}

/// Puts flags of one mailbox into terms of another. Most entries have the same few.
struct Translation<'a> {
    keywords: &'a [Keyword],
    same: bool,
    to: MailboxId,
    known: HashMap<Flags, Flags>,
}

impl<'a> Translation<'a> {
    fn new(keywords: &'a [Keyword], from: MailboxId, to: MailboxId) -> Translation<'a> {
        Translation { keywords, same: from == to, to, known: HashMap::new() }
    }

    fn of(&mut self, transaction: &mut Transaction<'_, '_>, entry: &Entry) -> Result<Flags, Error> {
        if self.same || Flags::SYSTEM.with(Flags::INTERNAL).contains(entry.flags) {
            return Ok(entry.flags);
        }
        if let Some(flags) = self.known.get(&entry.flags) {
            return Ok(*flags);
        }
        let flags = transaction.translated(entry.flags, self.keywords, self.to)?;
        self.known.insert(entry.flags, flags);
        Ok(flags)
    }
}
