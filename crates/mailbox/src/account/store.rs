//! Store: flags are changed.

use super::sharing::{Own, settable};
use super::{Account, Actor};
use crate::limits::COMMIT_ENTRIES_MAX;
use crate::operations::{Store, Stored, What};
use crate::records::Viewed;
use crate::transaction::{Missing, Transaction};
use crate::{
    Entry, Error, FlagMode, FlagNames, Flags, MailboxId, ModSeq, Refused, Rights, Uid, UidSet, Who,
};

impl Account {
    /// Changes flags. Each entry at once or not at all; many entries go in several commits. Of those that may not be changed by whoever
    /// acts, none is; `Refused::NoPermission` if none of those that are named may (RFC 4314, 4).
    pub async fn store(&self, mailbox: MailboxId, change: Store) -> Result<Stored, Error> {
        let count = self.entries_at_most(mailbox, &change.uids);
        let actor = self.actor;
        let mut from = Some(Uid::MIN);
        let mut all = Stored::default();
        while let Some(start) = from {
            let change = change.clone();
            let (stored, next) = self
                .write_as_guest(count, move |transaction, who| {
                    store(transaction, who, (actor, mailbox), &change, start)
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
    (actor, mailbox): (Actor, MailboxId),
    change: &Store,
    start: Uid,
) -> Result<(Stored, Option<Uid>), Error> {
    let rights = actor.demand(transaction, mailbox, Rights::READ)?;
    transaction.selectable(mailbox)?;
    let names = allowed(&change.flags, change.mode, rights)?;
    let missing = match change.mode {
        FlagMode::Remove => Missing::Ignore,
        FlagMode::Replace | FlagMode::Add => Missing::Refuse,
    };
    let state = transaction.state(mailbox)?;
    let flags = transaction.flags_of(mailbox, &names, missing)?;
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
    let set = Setting {
        mode: change.mode,
        flags,
        may: rights.flags(),
        unchanged_since: change.unchanged_since,
        own: actor.look(transaction, mailbox)?,
    };
    let (modified, modseq) = set.all(transaction, who, mailbox, &entries)?;
    Ok((Stored { modified, gone, modseq }, next))
}

/// What of the flags that are named may be changed with these rights; refused if that is none.
fn allowed(named: &FlagNames, mode: FlagMode, rights: Rights) -> Result<FlagNames, Refused> {
    let keywords = match rights.has(Rights::WRITE) {
        true => named.keywords.clone(),
        false => Vec::new(),
    };
    let may = FlagNames { system: settable(named.system, rights), keywords };
    let nothing = |names: &FlagNames| names.system == Flags::NONE && names.keywords.is_empty();
    // To set no flag at all takes all away that there are.
    let of_none = nothing(named) && (mode != FlagMode::Replace || rights.flags() != Flags::NONE);
    if nothing(&may) && !of_none { Err(Refused::NoPermission) } else { Ok(may) }
}

/// A change of flags as it is carried out.
struct Setting {
    mode: FlagMode,
    flags: Flags,
    /// Others stay as they are.
    may: Flags,
    unchanged_since: Option<ModSeq>,
    /// Where `\Seen` is the user's own.
    own: Option<Own>,
}

/// What becomes of the entries.
#[derive(Default)]
struct Becoming {
    modified: Vec<Uid>,
    /// With the flags that all see.
    changed: Vec<(Entry, Flags)>,
    /// For the user alone.
    seen: Vec<Uid>,
    unseen: Vec<Uid>,
}

impl Setting {
    /// Sets what has to change. Gives what UNCHANGEDSINCE left alone, and the mod-sequence.
    fn all(
        &self,
        transaction: &mut Transaction<'_, '_>,
        who: &Who,
        mailbox: MailboxId,
        entries: &[Entry],
    ) -> Result<(UidSet, ModSeq), Error> {
        let mut becoming = Becoming::default();
        entries.iter().for_each(|entry| self.one(entry, &mut becoming));
        let Becoming { modified, changed, seen, unseen } = becoming;
        let modified = modified.into_iter().collect();
        if changed.is_empty() && seen.is_empty() && unseen.is_empty() {
            return Ok((modified, ModSeq(0)));
        }
        let modseq = transaction.next_modseq();
        if let Some(Own { user, .. }) = self.own {
            transaction.mark_viewed((mailbox, user), &seen, Viewed::Seen, modseq)?;
            transaction.mark_viewed((mailbox, user), &unseen, Viewed::Unseen, modseq)?;
        }
        if !changed.is_empty() {
            for (entry, new) in &changed {
                transaction.set_flags(mailbox, entry, *new, modseq);
            }
            let uids = changed.iter().map(|(entry, _)| entry.uid).collect();
            transaction.log(modseq, who, &What::Flagged { mailbox, uids });
        }
        Ok((modified, modseq))
    }

    fn one(&self, entry: &Entry, becoming: &mut Becoming) {
        let shown = self.own.as_ref().map_or(*entry, |own| own.look.entry(entry));
        if self.unchanged_since.is_some_and(|since| shown.modseq > since) {
            becoming.modified.push(entry.uid);
            return;
        }
        let new = match self.mode {
            FlagMode::Replace => self.flags.with(shown.flags.without(self.may)),
            FlagMode::Add => shown.flags.with(self.flags),
            FlagMode::Remove => shown.flags.without(self.flags),
        };
        let mut of_all = new;
        if self.own.as_ref().is_some_and(|own| own.look.is_own()) {
            of_all = new.without(Flags::SEEN).with(Flags(entry.flags.0 & Flags::SEEN.0));
            match (shown.flags.contains(Flags::SEEN), new.contains(Flags::SEEN)) {
                (false, true) => becoming.seen.push(entry.uid),
                (true, false) => becoming.unseen.push(entry.uid),
                (true, true) | (false, false) => {}
            }
        }
        if of_all != entry.flags {
            becoming.changed.push((*entry, of_all));
        }
    }
}
