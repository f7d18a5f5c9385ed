//! What went there and was found nowhere else is deleted here: within a guard, and not what was changed here since.

use mailbox::{MailboxId, Mirrored, PlacementState, Uid, UidSet};

use super::here::Here;
use super::notes::{FolderNote, MessageName};
use super::{Mirror, MirrorFault, Why, Work};
use crate::folders::{Edit, LocalFolders, Marks, Runs, Which};
use crate::limits::{DELETED_UNASKED, MESSAGES_AT_ONCE};

impl<L: LocalFolders> Mirror<'_, '_, L> {
    /// Deletes here what went from a folder there.
    pub(super) async fn delete_gone(&mut self, work: &mut Work) -> Result<(), MirrorFault> {
        let mut gone = std::mem::take(&mut work.gone);
        gone.retain(|name| !self.carried.contains_key(name));
        if work.renumbered {
            // They may be there under numbers that say nothing; they stay.
            let kept = u64::try_from(gone.len()).unwrap_or(u64::MAX);
            self.here.done.kept_renumbered = self.here.done.kept_renumbered.saturating_add(kept);
            // They are only here now, so that the folder is looked through when changes go up.
            work.next.local_modseq = 0;
            return self.here.forget(&gone).await;
        }
        if self.is_too_much(&work.there.name, gone.len(), work.messages) {
            work.whole = false;
            return Ok(());
        }
        let kept_before = self.here.kept.len();
        self.here.delete(&gone).await?;
        if self.here.kept.len() > kept_before {
            work.next.local_modseq = 0;
        }
        Ok(())
    }

    /// Removes a folder that is not there any more, with what went with it.
    pub(super) async fn remove_lost(
        &mut self,
        folder: MailboxId,
        note: FolderNote,
    ) -> Result<(), MirrorFault> {
        let gone = self.here.all_of(folder).await?;
        let mut gone: Vec<MessageName> = gone.into_iter().map(|(name, _)| name).collect();
        gone.retain(|name| !self.carried.contains_key(name));
        let messages = u64::try_from(gone.len()).unwrap_or(u64::MAX);
        if self.is_too_much(&note.name, gone.len(), messages) {
            return Ok(());
        }
        self.here.delete(&gone).await?;
        self.here.edit(Edit::Remove { folder: folder.0 }).await?;
        self.here.done.folders_removed = self.here.done.folders_removed.saturating_add(1);
        self.here.keep(folder, None).await
    }

    /// Whether so much goes here from a folder that somebody should say so first.
    fn is_too_much(&mut self, folder: &str, gone: usize, messages: u64) -> bool {
        let over = self.over_max(gone, messages);
        if let Some((gone, max)) = over {
            self.here.done.refuse(folder, Why::TooManyGone { gone, max });
        }
        over.is_some()
    }

    /// How many would go, and how many may, when these are more.
    pub(super) fn over_max(&self, gone: usize, messages: u64) -> Option<(u64, u64)> {
        let gone = u64::try_from(gone).unwrap_or(u64::MAX);
        let tenth = messages.checked_div(10).unwrap_or(0);
        let max = self.wanted.delete_max.unwrap_or(tenth.max(DELETED_UNASKED));
        (gone > max).then_some((gone, max))
    }
}

impl<L: LocalFolders> Here<L> {
    /// Deletes messages that went from one folder there, but for those that were changed here since.
    async fn delete(&mut self, gone: &[MessageName]) -> Result<(), MirrorFault> {
        let same = |one: &MessageName, other: &MessageName| one.validity == other.validity;
        for some in gone.chunk_by(same).flat_map(|some| some.chunks(MESSAGES_AT_ONCE)) {
            let Some(MessageName { local, validity, .. }) = some.first().copied() else { continue };
            let known = self.known(local, validity, some.iter().map(|name| name.uid)).await?;
            let mut mirrored = Vec::new();
            for placement in known.into_iter().flatten() {
                let PlacementState::Mirrored(one) = placement.state else { continue };
                let entry = (one.mailbox, one.uid.number());
                if self.bound.contains(&entry) {
                    // It is known by another name.
                } else if one.mailbox == local {
                    mirrored.push(one);
                } else {
                    // Who moved it here wants to have it.
                    self.done.kept = self.done.kept.saturating_add(1);
                    self.kept.push(entry);
                }
            }
            mirrored.sort_by_key(|one| one.mailbox);
            for of_folder in mirrored.chunk_by(|one, other| one.mailbox == other.mailbox) {
                self.delete_from(of_folder).await?;
            }
            self.forget(some).await?;
        }
        Ok(())
    }

    async fn delete_from(&mut self, gone: &[Mirrored]) -> Result<(), MirrorFault> {
        let Some(first) = gone.first() else { return Ok(()) };
        let folder = first.mailbox;
        let asked: UidSet = gone.iter().map(|one| one.uid).collect();
        let which = Which::These(Runs::of(&asked));
        let entries = self.local.entries(folder, which).await.map_err(Self::fault)?;
        let is_as_it_was = |uid: u32, flags: &Marks| {
            let agreed = gone.iter().find(|one| one.uid.number() == uid);
            agreed.is_some_and(|one| Marks::from(&one.flags).same(flags))
        };
        let (going, staying): (Vec<_>, Vec<_>) =
            entries.iter().partition(|entry| is_as_it_was(entry.uid, &entry.flags));
        let uids = Runs::of(&going.iter().filter_map(|it| Uid::new(it.uid)).collect());
        self.kept.extend(staying.iter().map(|entry| (folder, entry.uid)));
        let (going, staying) = (going.len(), staying.len());
        if going > 0 {
            self.edit(Edit::Delete { folder: folder.0, uids }).await?;
        }
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        self.done.deleted = self.done.deleted.saturating_add(count(going));
        self.done.kept = self.done.kept.saturating_add(count(staying));
        Ok(())
    }

    /// Forgets messages; what is here of them is from now on only here.
    pub(super) async fn forget(&mut self, names: &[MessageName]) -> Result<(), MirrorFault> {
        for some in names.chunks(MESSAGES_AT_ONCE) {
            let notes = some.iter().filter_map(|name| Some((name.placement()?, None))).collect();
            self.commit(notes).await?;
        }
        Ok(())
    }
}
