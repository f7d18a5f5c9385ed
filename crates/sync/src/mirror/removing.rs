//! What was deleted here is deleted there: exactly these messages, within a guard, and not what changed there since.

use std::collections::{HashMap, HashSet};

use imap::client::Fault;
use imap::search::{Key, keys};
use imap::wire::{Flag, SequenceSet};
use mailbox::{FlagMode, Mirrored, Place};

use super::changes::{flags_item, seen_of};
use super::notes::MessageName;
use super::raising::each_once;
use super::{Mirror, MirrorFault, Why, Work};
use crate::folders::{LocalFolders, Marks};
use crate::limits::MESSAGES_AT_ONCE;

impl<L: LocalFolders> Mirror<'_, '_, L> {
    /// Deletes in a folder there what was deleted here; all of it, when the folder was.
    pub(super) async fn delete_there(&mut self, work: &mut Work) -> Result<(), MirrorFault> {
        if work.is_held_up {
            return Ok(());
        }
        let changed = self.changed.remove(&work.local).unwrap_or_default();
        let spare = each_once(changed.spare);
        self.delete_names(work, &spare).await?;
        let gone = each_once(changed.gone);
        let gone = self.deleted_for_good(work, gone).await?;
        let messages = work.messages.saturating_add(u64::try_from(gone.len()).unwrap_or(u64::MAX));
        if let Some((gone, max)) = self.over_max(gone.len(), messages) {
            self.here.done.refuse(&work.there.name, Why::TooManyDeleted { gone, max });
            work.is_held_up = true;
            return Ok(());
        }
        if work.is_deleted_here {
            return self.remove_there(work, &gone).await;
        }
        let deleted = self.delete_names(work, &gone).await?;
        let there = &mut self.here.done.there;
        there.deleted = there.deleted.saturating_add(deleted);
        Ok(())
    }

    /// Those of these messages that are not here any more, wherever.
    async fn deleted_for_good(
        &mut self,
        work: &mut Work,
        gone: Vec<MessageName>,
    ) -> Result<Vec<MessageName>, MirrorFault> {
        // Where all is there that is here, nothing is lost; else it may be the only one there.
        let all_is_there = !self.failed_to_send && self.wanted.folders.is_empty();
        let mut deleted = Vec::with_capacity(gone.len());
        for some in gone.chunks(MESSAGES_AT_ONCE) {
            let keys: Vec<_> = some.iter().filter_map(|name| name.placement()).collect();
            let placed = self.here.local.placements(&keys).await.map_err(Self::local_fault)?;
            for (name, placed) in some.iter().zip(placed) {
                let Some(placed) = placed else { continue };
                if all_is_there || placed.place == Place::Deleted {
                    deleted.push(*name);
                } else {
                    work.is_held_up = true;
                }
            }
        }
        Ok(deleted)
    }

    /// Deletes messages there. Gives how many.
    async fn delete_names(
        &mut self,
        work: &mut Work,
        names: &[MessageName],
    ) -> Result<u64, MirrorFault> {
        let mut deleted = 0_u64;
        if names.is_empty() {
            return Ok(0);
        }
        if self.here.is_dry() {
            return Ok(u64::try_from(names.len()).unwrap_or(u64::MAX));
        }
        if self.open_to_change(work).await?.is_none() {
            return Ok(0);
        }
        for some in names.chunks(MESSAGES_AT_ONCE) {
            let known = self.here.mirrored(some).await?;
            let is_own = |name: &MessageName| {
                name.local == work.local && name.validity == work.note.validity
            };
            let own: HashMap<u32, (MessageName, Mirrored)> = known
                .into_iter()
                .filter(|(name, ..)| is_own(name))
                .map(|(name, _, mirrored)| (name.uid, (name, mirrored)))
                .collect();
            deleted = deleted.saturating_add(self.delete_some(work, own).await?);
        }
        Ok(deleted)
    }

    async fn delete_some(
        &mut self,
        work: &mut Work,
        own: HashMap<u32, (MessageName, Mirrored)>,
    ) -> Result<u64, MirrorFault> {
        let Some(all) = SequenceSet::from_numbers(own.keys().copied()) else { return Ok(0) };
        // Somebody may have changed one of them just now.
        let mut going: Vec<u32> = Vec::new();
        let mut changed: Vec<MessageName> = Vec::new();
        for fetched in self.client.fetch_all(all, &[flags_item()]).await? {
            let Some((uid, marks)) = seen_of(&fetched) else { continue };
            let Some((name, mirrored)) = own.get(&uid) else { continue };
            let there = work.fitting(&marks);
            match there.same_but_deleted(&Marks::from(&mirrored.flags)) {
                true => going.push(uid),
                false => changed.push(*name),
            }
        }
        if let Some(set) = SequenceSet::from_numbers(going.iter().copied()) {
            let marked = self.store(work, set.clone(), FlagMode::Add, vec![Flag::Deleted]).await?;
            if !marked || !self.expunge(work, set).await? {
                return Ok(0);
            }
        }
        let back = u64::try_from(changed.len()).unwrap_or(u64::MAX);
        self.here.done.there.back = self.here.done.there.back.saturating_add(back);
        self.again |= back > 0 && self.wanted.direction.is_down();
        if back > 0 {
            // They are new to us, and the folder has to be looked at.
            work.note.messages = super::notes::UNSURE;
            work.note.modseq = 0;
            self.here.keep(work.local, Some(&work.note)).await?;
        }
        // What was not told any more went by itself.
        let names: Vec<MessageName> = own.into_values().map(|(name, _)| name).collect();
        self.here.forget(&names).await?;
        Ok(u64::try_from(going.len()).unwrap_or(u64::MAX))
    }

    /// Expunges exactly these messages (RFC 4315, 2.1). Whether they are gone.
    async fn expunge(&mut self, work: &mut Work, set: SequenceSet) -> Result<bool, MirrorFault> {
        let only = self.client.can("UIDPLUS") || self.client.can("IMAP4rev2");
        if !only {
            let deleted: Key = keys::Flag::Deleted.into();
            let marked = self.client.search(deleted).await?.numbers(usize::MAX);
            let ours: HashSet<u32> = set.numbers().collect();
            if marked.iter().any(|uid| !ours.contains(uid)) {
                self.here.done.refuse(&work.there.name, Why::OthersMarked);
                work.is_held_up = true;
                return Ok(false);
            }
        }
        match self.client.expunge(only.then(|| set.into())).await {
            Ok(_) => Ok(true),
            Err(Fault::Refused(status)) => {
                let why = Why::Server(crate::shown(&status.text));
                self.here.done.refuse(&work.there.name, why);
                work.is_held_up = true;
                Ok(false)
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// A folder was deleted here: it is deleted there, unless something in it is new or changed there, which brings it back.
    async fn remove_there(
        &mut self,
        work: &mut Work,
        gone: &[MessageName],
    ) -> Result<(), MirrorFault> {
        let name = work.there.name.clone();
        if self.here.is_dry() {
            let there = &mut self.here.done.there;
            there.folders_removed = there.folders_removed.saturating_add(1);
            return Ok(());
        }
        let Some((figures, _)) = self.open_for(&name, imap::commands::Access::ReadOnly).await?
        else {
            return Ok(());
        };
        let is_empty = figures.messages == Some(0);
        if figures.validity != Some(work.note.validity)
            || !(is_empty || self.is_as_agreed(work, gone).await?)
        {
            let there = &mut self.here.done.there;
            there.folders_back = there.folders_back.saturating_add(1);
            if self.wanted.direction.is_down() {
                self.again = true;
                self.forget_folder(work).await?;
            }
            return Ok(());
        }
        self.leave().await?;
        match self.client.delete(&name).await {
            Ok(()) => {
                let count = u64::try_from(gone.len()).unwrap_or(u64::MAX);
                let there = &mut self.here.done.there;
                there.folders_removed = there.folders_removed.saturating_add(1);
                there.deleted = there.deleted.saturating_add(count);
                self.forget_folder(work).await
            }
            Err(Fault::Refused(status)) => {
                self.here.done.refuse(&name, Why::Server(crate::shown(&status.text)));
                Ok(())
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// Whether in the open folder nothing is but these messages, as both ends agreed on them.
    async fn is_as_agreed(
        &mut self,
        work: &mut Work,
        gone: &[MessageName],
    ) -> Result<bool, MirrorFault> {
        let there = self.client.fetch_all(SequenceSet::all(), &[flags_item()]).await?;
        let known = self.here.mirrored(gone).await?;
        let known: HashMap<u32, Mirrored> =
            known.into_iter().map(|(name, _, mirrored)| (name.uid, mirrored)).collect();
        let mut is_same = true;
        for (uid, marks) in there.iter().filter_map(seen_of) {
            let marks = work.fitting(&marks);
            let agreed = known.get(&uid).map(|mirrored| Marks::from(&mirrored.flags));
            is_same &= agreed.is_some_and(|agreed| agreed.same_but_deleted(&marks));
        }
        Ok(is_same)
    }

    /// Leaves the open folder: not all servers delete one that is open.
    async fn leave(&mut self) -> Result<(), MirrorFault> {
        self.selected = None;
        let rev2 = self.client.can("IMAP4rev2");
        if rev2 || self.client.can("UNSELECT") {
            return Ok(self.client.unselect().await?);
        }
        self.open("INBOX").await.map(drop)
    }

    /// Forgets a folder that is not here any more, and all that was known of its messages.
    async fn forget_folder(&mut self, work: &Work) -> Result<(), MirrorFault> {
        for validity in [work.note.validity, super::notes::WAITING] {
            let mut names = Vec::new();
            let all = (1, u32::MAX);
            self.here.each_placement(work.local, validity, all, |name, _| names.push(name)).await?;
            self.here.forget(&names).await?;
        }
        self.here.keep(work.local, None).await
    }

    fn local_fault(fault: L::Fault) -> MirrorFault {
        super::here::Here::<L>::fault(fault)
    }
}
