//! What moved here moves there. That it moves is noted before (`survey`), so that it is known again where it comes.

use std::collections::BTreeMap;

use imap::client::{CopiedUids, Fault};
use imap::wire::SequenceSet;
use mailbox::{MailboxId, Mirrored, Placement, PlacementState, Uid};

use super::notes::MessageName;
use super::raising::each_once;
use super::{Mirror, MirrorFault, Why, Work};
use crate::folders::LocalFolders;
use crate::limits::MESSAGES_AT_ONCE;

/// A message that moves.
type Moving = (MessageName, Placement, Mirrored);

/// Where it moves to: the folder here, its name there and its UIDVALIDITY.
type Target = (MailboxId, String, u32);

impl<L: LocalFolders> Mirror<'_, '_, L> {
    /// Moves there what moved here.
    pub(super) async fn move_there(
        &mut self,
        work: &mut Work,
        targets: &[Target],
    ) -> Result<(), MirrorFault> {
        let moved = self.changed.get_mut(&work.local).map(|it| std::mem::take(&mut it.moved));
        let names = each_once(moved.unwrap_or_default());
        if self.here.is_dry() {
            let count = u64::try_from(names.len()).unwrap_or(u64::MAX);
            self.here.done.there.moved = self.here.done.there.moved.saturating_add(count);
            return Ok(());
        }
        let mut by_target: BTreeMap<MailboxId, Vec<Moving>> = BTreeMap::new();
        for moving in self.here.mirrored(&names).await? {
            let (name, _, mirrored) = &moving;
            let is_own = name.local == work.local && name.validity == work.note.validity;
            if is_own && mirrored.mailbox != work.local {
                by_target.entry(mirrored.mailbox).or_default().push(moving);
            }
        }
        if by_target.is_empty() || self.open_to_change(work).await?.is_none() {
            return Ok(());
        }
        for (to, messages) in by_target {
            let Some(target) = targets.iter().find(|target| target.0 == to) else {
                work.is_held_up = true;
                continue;
            };
            for some in messages.chunks(MESSAGES_AT_ONCE) {
                self.move_some(work, target, some).await?;
            }
        }
        Ok(())
    }

    async fn move_some(
        &mut self,
        work: &mut Work,
        target: &Target,
        some: &[Moving],
    ) -> Result<(), MirrorFault> {
        let uids = SequenceSet::from_numbers(some.iter().map(|(name, ..)| name.uid));
        let Some(uids) = uids else { return Ok(()) };
        let rev2 = self.client.can("IMAP4rev2");
        let can_move = rev2 || self.client.can("MOVE");
        let done = if can_move {
            self.client.move_to(uids, &target.1).await
        } else if rev2 || self.client.can("UIDPLUS") {
            self.client.copy(uids, &target.1).await
        } else {
            return self.send_instead(work, target.0, some).await;
        };
        let copied = match done {
            Ok(copied) => copied,
            Err(Fault::Refused(status)) => {
                let why = Why::Server(crate::shown(&status.text));
                self.here.done.refuse(&work.there.name, why);
                work.is_held_up = true;
                return Ok(());
            }
            Err(fault) => return Err(fault.into()),
        };
        let count = u64::try_from(some.len()).unwrap_or(u64::MAX);
        self.here.done.there.moved = self.here.done.there.moved.saturating_add(count);
        let copied = copied.filter(|copied| copied.uid_validity == target.2);
        let Some(copied) = copied else {
            // They are found by what they are known by.
            self.again = true;
            work.is_held_up = true;
            return Ok(());
        };
        let pairs = pairs_of(&copied);
        let mut notes = Vec::new();
        for (name, placement, mirrored) in some {
            let Some(uid) = pairs.get(&name.uid).copied() else {
                self.again = true;
                work.is_held_up = true;
                continue;
            };
            let new = MessageName { local: target.0, validity: target.2, uid };
            let state = PlacementState::Mirrored(mirrored.clone());
            let placement = Placement { state, ..placement.clone() };
            notes.extend(new.placement().map(|key| (key, Some(placement))));
            if can_move {
                notes.extend(name.placement().map(|key| (key, None)));
            } else {
                self.changed.entry(work.local).or_default().spare.push(*name);
            }
        }
        self.here.commit(notes).await
    }

    /// The server can neither move nor say what became of a copy: it goes up again where it is now, and is deleted where it
    /// was.
    async fn send_instead(
        &mut self,
        work: &mut Work,
        to: MailboxId,
        some: &[Moving],
    ) -> Result<(), MirrorFault> {
        let mut notes = Vec::new();
        for (name, placement, mirrored) in some {
            let fresh = (mirrored.uid.number(), mirrored.taken.email.0);
            self.changed.entry(to).or_default().fresh.push(fresh);
            self.changed.entry(work.local).or_default().gone.push(*name);
            let (mailbox, uid) = (work.local, Uid::MAX);
            let state = PlacementState::Mirrored(Mirrored { mailbox, uid, ..mirrored.clone() });
            let placement = Placement { state, ..placement.clone() };
            notes.extend(name.placement().map(|key| (key, Some(placement))));
        }
        self.here.commit(notes).await
    }
}

/// What became of each UID.
fn pairs_of(copied: &CopiedUids) -> BTreeMap<u32, u32> {
    copied.from.numbers().zip(copied.to.numbers()).collect()
}
