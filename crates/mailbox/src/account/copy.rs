//! Copy and move: more entries for the same emails.

use std::collections::HashMap;

use super::sharing::{Own, settable};
use super::{Account, Actor};
use crate::operations::{Copied, What};
use crate::records::Viewed;
use crate::room::Comes;
use crate::transaction::{NewEntry, Origin, Transaction, entries_of};
use crate::{
    Entry, Error, Flags, Keyword, MailboxId, ModSeq, Refused, Rights, Uid, UidSet, Who, layout,
};

impl Account {
    /// Copies entries, all or none; those that are gone are passed over.
    pub async fn copy(
        &self,
        from: MailboxId,
        uids: &UidSet,
        to: MailboxId,
    ) -> Result<Copied, Error> {
        let (uids, count) = (uids.clone(), self.entries_at_most(from, uids));
        let actor = self.actor;
        self.write_more_as_guest(count, move |transaction, who| {
            let guest = Passing::begin(actor, transaction, (from, Rights::READ), to)?;
            transaction.selectable(to)?;
            let entries = entries_of(&*transaction.state(from)?, &uids);
            copy(transaction, who, (from, &entries), (to, guest))
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
        let actor = self.actor;
        self.write_more_as_guest(count, move |transaction, who| {
            let guest = Passing::begin(actor, transaction, (from, Rights::READ), to)?;
            transaction.selectable(to)?;
            let entries = entries_of(&*transaction.state(from)?, &uids);
            if u64::try_from(entries.len()).unwrap_or(u64::MAX) < uids.len() {
                return Err(Refused::NoSuchMessage.into());
            }
            copy(transaction, who, (from, &entries), (to, guest))
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
        let actor = self.actor;
        self.write_more_as_guest(count, move |transaction, who| {
            let guest = Passing::begin(actor, transaction, (from, Rights::TAKEN_OUT), to)?;
            let state = transaction.state(from)?;
            let entries = entries_of(&state, &uids);
            let from = (from, &*state.keywords, &*entries);
            match guest {
                None => move_entries(transaction, who, from, to, &UidSet::new()),
                Some(guest) => guest.move_entries(transaction, who, from, to),
            }
        })
        .await
    }
}

fn copy(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    (from, entries): (MailboxId, &[Entry]),
    (to, guest): (MailboxId, Option<Passing>),
) -> Result<Copied, Error> {
    let uid_validity = transaction.selectable(to)?.uid_validity;
    if entries.is_empty() {
        return Ok(Copied { uid_validity, pairs: Vec::new() });
    }
    transaction.room_in(to, Comes::Copied, entries.iter().map(|entry| u64::from(entry.octets)))?;
    let state = transaction.state(from)?;
    let mut flags = Translation::new(&state.keywords, from, to);
    let pairs =
        copy_each(transaction, who, (from, to), entries, |transaction, entry| match &guest {
            None => flags.of(transaction, entry),
            Some(guest) => guest.flags(transaction, entry, &mut flags),
        })?;
    if let Some(guest) = guest {
        guest.see(transaction, entries, to, &pairs)?;
    }
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

/// What a user who is not the owner makes of entries that go from one mailbox to another.
struct Passing {
    rights: Rights,
    from: Option<Own>,
    to: Option<Own>,
}

impl Passing {
    /// Asks for the rights in both mailboxes. None: it is the owner.
    fn begin(
        actor: Actor,
        transaction: &mut Transaction<'_, '_>,
        (from, needed): (MailboxId, Rights),
        to: MailboxId,
    ) -> Result<Option<Passing>, Error> {
        if actor == Actor::Owner {
            return Ok(None);
        }
        actor.demand(transaction, from, needed)?;
        let rights = actor.demand(transaction, to, Rights::INSERT)?;
        let (from, to) = (actor.look(transaction, from)?, actor.look(transaction, to)?);
        let to = to.filter(|own| own.look.is_own());
        Ok(Some(Passing { rights, from, to }))
    }

    /// An entry as the user sees it.
    fn shown(&self, entry: &Entry) -> Entry {
        self.from.as_ref().map_or(*entry, |own| own.look.entry(entry))
    }

    /// The flags that all see of it there.
    fn flags(
        &self,
        transaction: &mut Transaction<'_, '_>,
        entry: &Entry,
        translation: &mut Translation<'_>,
    ) -> Result<Flags, Error> {
        let mut shown = self.shown(entry);
        if !self.rights.has(Rights::WRITE) {
            // So that no keyword comes to be known there either.
            shown.flags = Flags(shown.flags.0 & Flags::SYSTEM.with(Flags::INTERNAL).0);
        }
        let flags = settable(translation.of(transaction, &shown)?, self.rights);
        Ok(if self.to.is_some() { flags.without(Flags::SEEN) } else { flags })
    }

    /// What was seen by the user stays so.
    fn see(
        &self,
        transaction: &mut Transaction<'_, '_>,
        entries: &[Entry],
        to: MailboxId,
        pairs: &[(Uid, Uid)],
    ) -> Result<(), Error> {
        let Some(own) = self.to.as_ref().filter(|_| self.rights.has(Rights::SEEN)) else {
            return Ok(());
        };
        let is_seen = |entry: &Entry| self.shown(entry).flags.contains(Flags::SEEN);
        let seen = entries.iter().zip(pairs).filter(|(entry, _)| is_seen(entry));
        let seen: Vec<Uid> = seen.map(|(_, (_, new))| *new).collect();
        let modseq = transaction.head().modseq;
        Ok(transaction.mark_viewed((to, own.user), &seen, Viewed::Seen, modseq)?)
    }

    fn move_entries(
        &self,
        transaction: &mut Transaction<'_, '_>,
        who: &Who,
        (from, keywords, entries): (MailboxId, &[Keyword], &[Entry]),
        to: MailboxId,
    ) -> Result<Copied, Error> {
        let uid_validity = transaction.selectable(to)?.uid_validity;
        if entries.is_empty() {
            return Ok(Copied { uid_validity, pairs: Vec::new() });
        }
        let octets = entries.iter().map(|entry| u64::from(entry.octets));
        transaction.room_in(to, Comes::Moved, octets)?;
        let mut flags = Translation::new(keywords, from, to);
        let pairs = move_each(transaction, who, (from, to), entries, |transaction, entry| {
            self.flags(transaction, entry, &mut flags)
        })?;
        self.see(transaction, entries, to, &pairs)?;
        Ok(Copied { uid_validity, pairs })
    }
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
