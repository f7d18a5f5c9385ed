//! What was done here is done there: flags, moves, new messages, and at last deletions.

use std::collections::HashMap;

use imap::commands::Access;
use mailbox::MailboxId;

use super::here::Here;
use super::marking::Permanent;
use super::notes::MessageName;
use super::survey::{Changed, mirrored_of};
use super::{Mirror, MirrorFault, Work};
use crate::folders::{LocalFolders, Runs, Which};
use crate::limits::MESSAGES_AT_ONCE;

impl<L: LocalFolders> Mirror<'_, '_, L> {
    /// Finds messages there that went up unheard of, where nothing else is looked for.
    pub(super) async fn find_sent(&mut self, works: &mut [Work]) -> Result<(), MirrorFault> {
        for work in works.iter_mut().filter(|work| !work.is_deleted_here) {
            let changed = self.changed.get(&work.local);
            let is_sought =
                changed.is_some_and(|it| !it.waiting.is_empty() || !it.fresh.is_empty());
            let is_sought = is_sought || self.uploads.may_be_in(work.local);
            if !is_sought {
                continue;
            }
            if self.stops() {
                return Ok(());
            }
            self.here.done.looked_at = self.here.done.looked_at.saturating_add(1);
            self.look_at(work).await?;
            if work.is_listed {
                self.take(work).await?;
            }
        }
        Ok(())
    }

    /// Does there what was done here.
    pub(super) async fn go_up(&mut self, works: &mut [Work]) -> Result<(), MirrorFault> {
        self.sort_carried();
        self.take_kept(works);
        for work in works.iter_mut() {
            if !self.may_go_up(work) {
                work.is_held_up = true;
                continue;
            }
            self.check(work).await?;
            self.give_up_waiting(work).await?;
        }
        let names: Vec<(MailboxId, String, u32)> = works
            .iter()
            .filter(|work| !work.is_held_up && !work.is_deleted_here)
            .map(|work| (work.local, work.there.name.clone(), work.note.validity))
            .collect();
        for work in works.iter_mut().filter(|work| !work.is_held_up) {
            if self.stops() {
                return Ok(());
            }
            self.mark_there(work).await?;
            self.move_there(work, &names).await?;
        }
        for work in works.iter_mut().filter(|work| !work.is_held_up && !work.is_deleted_here) {
            if self.stops() {
                return Ok(());
            }
            self.send(work).await?;
        }
        if self.here.done.stopped {
            return Ok(());
        }
        for work in works.iter_mut() {
            self.delete_there(work).await?;
            self.end(work).await?;
        }
        Ok(())
    }

    /// What was carried meanwhile has another name, and belongs to another folder.
    fn sort_carried(&mut self) {
        let before = std::mem::take(&mut self.changed);
        let now = |name: MessageName| self.carried.get(&name).copied().unwrap_or(name);
        let mut sorted: HashMap<MailboxId, Changed> = HashMap::new();
        for (folder, changed) in before {
            let Changed { touched, moved, gone, spare, waiting, check, fresh } = changed;
            for name in touched.into_iter().map(now) {
                sorted.entry(name.local).or_default().touched.push(name);
            }
            for name in moved.into_iter().map(now) {
                sorted.entry(name.local).or_default().moved.push(name);
            }
            for name in gone.into_iter().map(now) {
                sorted.entry(name.local).or_default().gone.push(name);
            }
            for name in spare.into_iter().map(now) {
                sorted.entry(name.local).or_default().spare.push(name);
            }
            let own = sorted.entry(folder).or_default();
            own.waiting.extend(waiting);
            own.check.extend(check);
            own.fresh.extend(fresh);
        }
        self.changed = sorted;
    }

    /// What went there and stays here, because it changed here, goes there again.
    fn take_kept(&mut self, works: &[Work]) {
        for (folder, uid) in std::mem::take(&mut self.here.kept) {
            if works.iter().any(|work| work.local == folder && !work.is_deleted_here) {
                // The email is looked up when it goes.
                self.changed.entry(folder).or_default().fresh.push((uid, 0));
            }
        }
    }

    /// Whether it is known what is in a folder there.
    fn may_go_up(&self, work: &Work) -> bool {
        let is_known = match self.wanted.direction.is_down() {
            true => work.is_listed || self.is_passed_over(work),
            false => work.is_listed || work.there.figures.validity == Some(work.note.validity),
        };
        is_known && !work.renumbered && work.note.validity != 0
    }

    /// Looks where messages are here that were just known again there.
    async fn check(&mut self, work: &Work) -> Result<(), MirrorFault> {
        let Some(changed) = self.changed.get_mut(&work.local) else { return Ok(()) };
        for name in std::mem::take(&mut changed.check) {
            let Some((_, mirrored)) = self.here.known_one(name).await? else { continue };
            let is_here = self.here.is_here(mirrored.mailbox, mirrored.uid.number()).await?;
            let changed = self.changed.entry(work.local).or_default();
            if !is_here {
                changed.gone.push(name);
            } else if mirrored.mailbox != work.local {
                changed.moved.push(name);
            }
        }
        Ok(())
    }

    /// What was asked to be there and is not goes there again; what the server confirmed and does not show does not, for it
    /// may be there in other words.
    async fn give_up_waiting(&mut self, work: &Work) -> Result<(), MirrorFault> {
        let Some(changed) = self.changed.get_mut(&work.local) else { return Ok(()) };
        for name in std::mem::take(&mut changed.waiting) {
            let Some((placement, mirrored)) = self.here.known_one(name).await? else { continue };
            let Some(key) = name.placement() else { continue };
            if placement.missing_since.is_some() {
                self.here.done.there.unseen = self.here.done.there.unseen.saturating_add(1);
                let passed = super::sending::passed(self.here.now);
                self.here.commit(vec![(key, Some(passed))]).await?;
                continue;
            }
            self.here.commit(vec![(key, None)]).await?;
            let (folder, uid) = (mirrored.mailbox, mirrored.uid.number());
            if self.here.is_here(folder, uid).await? {
                let fresh = &mut self.changed.entry(folder).or_default().fresh;
                fresh.push((uid, mirrored.taken.email.0));
            }
        }
        Ok(())
    }

    /// All that was done here is there.
    async fn end(&mut self, work: &mut Work) -> Result<(), MirrorFault> {
        let is_same = work.note.local_modseq == work.local_modseq;
        if work.is_held_up || work.is_deleted_here || is_same {
            return Ok(());
        }
        work.note.local_modseq = work.local_modseq;
        self.here.keep(work.local, Some(&work.note)).await
    }

    /// Opens a folder there to change it. None: that cannot be now.
    pub(super) async fn open_to_change(
        &mut self,
        work: &mut Work,
    ) -> Result<Option<Permanent>, MirrorFault> {
        let name = work.there.name.clone();
        let opened = self.open_for(&name, Access::ReadWrite).await?;
        let Some((figures, permanent)) = opened else {
            work.is_held_up = true;
            return Ok(None);
        };
        if permanent.is_read_only() {
            self.here.done.refuse(&name, super::Why::ReadOnly);
            work.is_held_up = true;
            return Ok(None);
        }
        if figures.validity != Some(work.note.validity) {
            work.is_held_up = true;
            return Ok(None);
        }
        Ok(Some(permanent))
    }
}

/// The names of messages, each once.
pub(super) fn each_once(mut names: Vec<MessageName>) -> Vec<MessageName> {
    names.sort_unstable();
    names.dedup();
    names
}

impl<L: LocalFolders> Here<L> {
    async fn is_here(&mut self, folder: MailboxId, uid: u32) -> Result<bool, MirrorFault> {
        let which = Which::These(Runs(vec![(uid, uid)]));
        Ok(!self.local.entries(folder, which).await.map_err(Self::fault)?.is_empty())
    }

    /// What is known of messages, as far as they are mirrored, some at a time.
    pub(super) async fn mirrored(
        &mut self,
        names: &[MessageName],
    ) -> Result<Vec<(MessageName, mailbox::Placement, mailbox::Mirrored)>, MirrorFault> {
        let mut found = Vec::new();
        let same = |one: &MessageName, other: &MessageName| {
            (one.local, one.validity) == (other.local, other.validity)
        };
        for of_folder in names.chunk_by(same) {
            for some in of_folder.chunks(MESSAGES_AT_ONCE) {
                let Some(first) = some.first() else { continue };
                let uids = some.iter().map(|name| name.uid);
                let known = self.known(first.local, first.validity, uids).await?;
                for (name, placement) in some.iter().zip(known) {
                    if let Some((placement, mirrored)) = placement.and_then(mirrored_of) {
                        found.push((*name, placement, mirrored));
                    }
                }
            }
        }
        Ok(found)
    }
}
