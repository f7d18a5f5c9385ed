//! Copy and move: more entries for the same emails. Many go in several commits, so that no one of them takes long or much
//! memory; what there is no room for is refused before the first.

use std::collections::HashMap;

use super::Account;
use crate::limits::COMMIT_ENTRIES_MAX;
use crate::operations::{Copied, What};
use crate::room::Comes;
use crate::transaction::{Origin, Transaction};
use crate::{
    Entry, Error, Flags, Keyword, MailboxId, MailboxState, ModSeq, Uid, UidSet, UidValidity, Who,
    layout,
};

impl Account {
    /// Copies entries, all or none; those that are gone are passed over. Where a later commit is refused, what the earlier
    /// ones copied is taken back (RFC 9051, 6.4.7). If the caller goes away meanwhile, a part may stay.
    pub async fn copy(
        &self,
        from: MailboxId,
        uids: &UidSet,
        to: MailboxId,
    ) -> Result<Copied, Error> {
        let count = self.entries_at_most(from, uids);
        let mut parts = Parts::of(uids);
        while let Some(asked) = parts.next() {
            let part = self
                .write_many(count, move |transaction, who| copy(transaction, who, from, &asked, to))
                .await;
            match part {
                Ok(part) => parts.done(part),
                Err(error) => {
                    self.take_back(to, &parts.copied).await;
                    return Err(error);
                }
            }
        }
        Ok(parts.into_copied())
    }

    /// Moves entries; those that are gone are passed over. Each is moved whole or not at all (RFC 6851, 3.3); where a later
    /// commit fails, those of the earlier ones have moved. Moved entries are not retained at their old place.
    pub async fn r#move(
        &self,
        from: MailboxId,
        uids: &UidSet,
        to: MailboxId,
    ) -> Result<Copied, Error> {
        let count = self.entries_at_most(from, uids);
        let mut parts = Parts::of(uids);
        while let Some(asked) = parts.next() {
            let part = self
                .write_many(count, move |transaction, who| {
                    let state = transaction.state(from)?;
                    let (entries, rest) = asked.first_of(&state);
                    if asked.is_first() {
                        let octets = asked.octets_of(&state);
                        transaction.room_in(to, Comes::Moved, octets)?;
                    }
                    let seen = UidSet::new();
                    let from = (from, &*state.keywords, &*entries);
                    Ok((move_entries(transaction, who, from, to, &seen)?, rest))
                })
                .await?;
            parts.done(part);
        }
        Ok(parts.into_copied())
    }

    /// Takes out copies that were made in vain.
    async fn take_back(&self, mailbox: MailboxId, copied: &[(Uid, Uid)]) {
        for pairs in copied.chunks(COMMIT_ENTRIES_MAX) {
            let uids: UidSet = pairs.iter().map(|(_, new)| *new).collect();
            let count = uids.len();
            let taken = self.write_many(count, move |transaction, who| {
                take_copies_back(transaction, who, mailbox, &uids)
            });
            if let Err(error) = taken.await {
                tracing::error!(account = self.id().0, %error, "part of a copy stays");
            }
        }
    }
}

/// The part of a copy that the next commit makes.
#[derive(Clone)]
struct Asked {
    uids: UidSet,
    /// From which UID on; none: this is the first part, which looks whether all would fit.
    from: Option<Uid>,
}

impl Asked {
    fn is_first(&self) -> bool {
        self.from.is_none()
    }

    /// The entries of this part, and what is left for the next. Of what comes in meanwhile nothing is: a mailbox may be
    /// copied onto itself.
    fn first_of(&self, state: &MailboxState) -> (Vec<Entry>, Option<Asked>) {
        let from = self.from.unwrap_or(Uid::MIN);
        let last = state.entries.last().map_or(Uid::MIN, |entry| entry.uid);
        let uids = match self.from {
            None => self.uids.intersection(&UidSet::from_ranges([(Uid::MIN, last)])),
            Some(_) => self.uids.clone(),
        };
        let mut entries = Vec::new();
        for entry in state.entries.of(&uids.intersection(&UidSet::from_ranges([(from, Uid::MAX)])))
        {
            if entries.len() >= COMMIT_ENTRIES_MAX {
                return (entries, Some(Asked { from: Some(entry.uid), uids: uids.clone() }));
            }
            entries.push(*entry);
        }
        (entries, None)
    }

    fn octets_of<'s>(&'s self, state: &'s MailboxState) -> impl Iterator<Item = u64> + 's {
        state.entries.of(&self.uids).map(|entry| u64::from(entry.octets))
    }
}

/// One copy through several commits.
struct Parts {
    next: Option<Asked>,
    uid_validity: UidValidity,
    copied: Vec<(Uid, Uid)>,
}

impl Parts {
    fn of(uids: &UidSet) -> Parts {
        let next = Some(Asked { uids: uids.clone(), from: None });
        Parts { next, uid_validity: UidValidity(0), copied: Vec::new() }
    }

    fn next(&mut self) -> Option<Asked> {
        self.next.take()
    }

    fn done(&mut self, (copied, next): (Copied, Option<Asked>)) {
        self.uid_validity = copied.uid_validity;
        self.copied.extend(copied.pairs);
        self.next = next;
    }

    fn into_copied(self) -> Copied {
        Copied { uid_validity: self.uid_validity, pairs: self.copied }
    }
}

fn copy(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    from: MailboxId,
    asked: &Asked,
    to: MailboxId,
) -> Result<(Copied, Option<Asked>), Error> {
    let uid_validity = transaction.selectable(to)?.uid_validity;
    let state = transaction.state(from)?;
    let (entries, rest) = asked.first_of(&state);
    if entries.is_empty() {
        return Ok((Copied { uid_validity, pairs: Vec::new() }, None));
    }
    if asked.is_first() {
        transaction.room_in(to, Comes::Copied, asked.octets_of(&state))?;
    } else {
        let octets = entries.iter().map(|entry| u64::from(entry.octets));
        transaction.room_in(to, Comes::Copied, octets)?;
    }
    let modseq = transaction.next_modseq();
    let mut flags = Translation::new(&state.keywords, from, to);
    let mut pairs = Vec::with_capacity(entries.len());
    for entry in &entries {
        let new = (entry.email, entry.octets, flags.of(transaction, entry)?);
        pairs.push((entry.uid, transaction.add_entry(to, new, modseq, Origin::Copy)?));
    }
    let uids = pairs.iter().map(|(_, new)| *new).collect();
    transaction.log(modseq, who, &What::Copied { from, mailbox: to, uids });
    Ok((Copied { uid_validity, pairs }, rest))
}

/// Takes copies out that nobody was told of by their maker; they are not retained.
fn take_copies_back(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    mailbox: MailboxId,
    uids: &UidSet,
) -> Result<(), Error> {
    let state = transaction.state(mailbox)?;
    let modseq = transaction.next_modseq();
    let mut gone = Vec::new();
    for entry in state.entries.of(uids) {
        leave(transaction, mailbox, entry, modseq);
        transaction.delete(layout::copied(transaction.account(), mailbox, entry.uid));
        gone.push(entry.uid);
    }
    let gone: UidSet = gone.into_iter().collect();
    transaction.note_vanished(mailbox, modseq, &gone);
    transaction.log(modseq, who, &What::Expunged { mailbox, uids: gone });
    Ok(())
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
    let modseq = transaction.next_modseq();
    let copies = transaction.copies(from, entries)?;
    let mut flags = Translation::new(keywords, from, to);
    let mut pairs = Vec::with_capacity(entries.len());
    for entry in entries {
        let copy = copies.get(&entry.uid).copied();
        let read = if seen.contains(entry.uid) { Flags::SEEN } else { Flags::NONE };
        let new = (entry.email, entry.octets, flags.of(transaction, entry)?.with(read));
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
    Ok(Copied { uid_validity, pairs })
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
