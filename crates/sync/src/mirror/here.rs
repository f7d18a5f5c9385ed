//! This end: what is known of messages and folders, and how it is changed. When nothing is to be done, nothing is.

use std::collections::HashSet;

use mailbox::{
    MailboxId, Mirrored, Placement, PlacementName, PlacementNote, PlacementState, Timestamp,
};

use super::notes::{FolderNote, MessageName, WAITING, folder_name, folder_of};
use super::{MirrorDone, MirrorFault, Runs};
use crate::folders::{Edit, Edited, LocalFolders};

pub(super) struct Here<L> {
    pub(super) local: L,
    pub(super) now: Timestamp,
    pub(super) done: MirrorDone,
    /// Names of messages that were deleted here.
    pub(super) deleted_here: HashSet<MessageName>,
    /// Messages here that were known again there.
    pub(super) bound: HashSet<(MailboxId, u32)>,
    /// Messages here that went there and stay, for they changed here.
    pub(super) kept: Vec<(MailboxId, u32)>,
    runs: Runs,
    /// The identity of the next folder that would be made.
    next_dry: u32,
}

impl<L: LocalFolders> Here<L> {
    pub(super) fn new(local: L, runs: Runs, now: Timestamp) -> Here<L> {
        Here {
            local,
            now,
            done: MirrorDone::default(),
            deleted_here: HashSet::new(),
            bound: HashSet::new(),
            kept: Vec::new(),
            runs,
            next_dry: u32::MAX,
        }
    }

    /// Another look begins.
    pub(super) fn begin_pass(&mut self) {
        self.deleted_here.clear();
        self.bound.clear();
        self.kept.clear();
    }

    pub(super) fn into_parts(self) -> (L, MirrorDone) {
        (self.local, self.done)
    }

    pub(super) fn is_dry(&self) -> bool {
        self.runs == Runs::Dry
    }

    pub(super) fn fault(fault: L::Fault) -> MirrorFault {
        MirrorFault::Local(Box::new(fault))
    }

    /// Changes something.
    pub(super) async fn edit(&mut self, edit: Edit) -> Result<Edited, MirrorFault> {
        if !self.is_dry() {
            return self.local.edit(edit).await.map_err(Self::fault);
        }
        Ok(match edit {
            Edit::Make { .. } => {
                self.next_dry = self.next_dry.saturating_sub(1);
                Edited::Folder(self.next_dry)
            }
            Edit::Mark { uids, .. } | Edit::Delete { uids, .. } => Edited::Uids(uids),
            Edit::Carry { carried } => Edited::Carried(vec![true; carried.len()]),
            Edit::Rename { .. } | Edit::Remove { .. } => Edited::Done,
        })
    }

    /// Makes durable what came, and notes.
    pub(super) async fn commit(&mut self, notes: Vec<PlacementNote>) -> Result<(), MirrorFault> {
        if !self.is_dry() {
            let new = self.local.commit(notes).await.map_err(Self::fault)?;
            self.done.new = self.done.new.saturating_add(new);
        }
        Ok(())
    }

    /// Notes what is kept of a folder from now on.
    pub(super) async fn keep(
        &mut self,
        folder: MailboxId,
        note: Option<&FolderNote>,
    ) -> Result<(), MirrorFault> {
        let Some(name) = folder_name(folder) else { return Ok(()) };
        let placement = note.map(|note| note.placement(self.now));
        match placement {
            // It has a name that is too long to be kept; it is looked at again each time.
            Some(None) => Ok(()),
            Some(placement) => self.commit(vec![(name, placement)]).await,
            None => self.commit(vec![(name, None)]).await,
        }
    }

    /// What is kept of all folders.
    pub(super) async fn notes(&mut self) -> Result<Vec<(MailboxId, FolderNote)>, MirrorFault> {
        let mut notes = Vec::new();
        let mut after: Option<PlacementName> = None;
        loop {
            let some = self.local.placements_after(after.as_ref()).await.map_err(Self::fault)?;
            let Some((last, _)) = some.last() else { return Ok(notes) };
            after = Some(last.clone());
            for (name, placement) in &some {
                let Some(folder) = folder_of(name) else { return Ok(notes) };
                notes.extend(FolderNote::of(placement).map(|note| (folder, note)));
            }
        }
    }

    /// What is known of messages of a folder there, in the order asked.
    pub(super) async fn known(
        &mut self,
        folder: MailboxId,
        validity: u32,
        uids: impl Iterator<Item = u32>,
    ) -> Result<Vec<Option<Placement>>, MirrorFault> {
        let name = |uid| MessageName { local: folder, validity, uid }.placement();
        let names: Vec<_> = uids.filter_map(name).collect();
        let placed = self.local.placements(&names).await.map_err(Self::fault)?;
        if placed.len() != names.len() {
            let text = "the account answered for other messages than asked";
            return Err(MirrorFault::Local(text.into()));
        }
        Ok(placed.into_iter().map(|placed| placed.map(|it| it.placement)).collect())
    }

    /// The messages of a folder there with UIDs in a range that are mirrored, and of which this is true.
    pub(super) async fn messages_of(
        &mut self,
        folder: MailboxId,
        validity: u32,
        range: (u32, u32),
        wanted: impl Fn(u32) -> bool,
    ) -> Result<Vec<(MessageName, Mirrored)>, MirrorFault> {
        let mut found = Vec::new();
        self.each_message(folder, validity, range, |name, mirrored| {
            if wanted(name.uid) {
                found.push((name, mirrored));
            }
        })
        .await?;
        Ok(found)
    }

    /// All messages of a folder there, under whatever UIDVALIDITY: a run that was cut may have noted some under another than the
    /// folder's.
    pub(super) async fn all_of(
        &mut self,
        folder: MailboxId,
    ) -> Result<Vec<(MessageName, Mirrored)>, MirrorFault> {
        let mut found = Vec::new();
        let before = MessageName { local: folder, validity: WAITING, uid: u32::MAX };
        let is_meant = |name: &MessageName| name.local == folder;
        self.each_while(before, is_meant, |name, placement| {
            if let PlacementState::Mirrored(mirrored) = placement.state {
                found.push((name, mirrored));
            }
        })
        .await?;
        Ok(found)
    }

    /// Shows the messages of a folder there with UIDs in a range that are mirrored, by UID.
    pub(super) async fn each_message(
        &mut self,
        folder: MailboxId,
        validity: u32,
        range: (u32, u32),
        mut show: impl FnMut(MessageName, Mirrored),
    ) -> Result<(), MirrorFault> {
        self.each_placement(folder, validity, range, |name, placement| {
            if let PlacementState::Mirrored(mirrored) = placement.state {
                show(name, mirrored);
            }
        })
        .await
    }

    /// Shows what is known of the messages of a folder there with UIDs in a range, by UID.
    pub(super) async fn each_placement(
        &mut self,
        folder: MailboxId,
        validity: u32,
        (first, last): (u32, u32),
        show: impl FnMut(MessageName, Placement),
    ) -> Result<(), MirrorFault> {
        let before = MessageName { local: folder, validity, uid: first.saturating_sub(1) };
        let is_meant = |name: &MessageName| {
            name.local == folder && name.validity == validity && name.uid <= last
        };
        self.each_while(before, is_meant, show).await
    }

    /// Shows what is known behind a name, by name, as long as names are meant.
    pub(super) async fn each_while(
        &mut self,
        before: MessageName,
        is_meant: impl Fn(&MessageName) -> bool,
        mut show: impl FnMut(MessageName, Placement),
    ) -> Result<(), MirrorFault> {
        let mut after = before.placement();
        loop {
            let some = self.local.placements_after(after.as_ref()).await.map_err(Self::fault)?;
            let Some((end, _)) = some.last() else { return Ok(()) };
            after = Some(end.clone());
            for (name, placement) in some {
                let name = MessageName::of(&name).filter(&is_meant);
                let Some(name) = name else { return Ok(()) };
                show(name, placement);
            }
        }
    }

    /// Whether anything of a folder there is known under a UIDVALIDITY.
    pub(super) async fn knows_any(
        &mut self,
        folder: MailboxId,
        validity: u32,
    ) -> Result<bool, MirrorFault> {
        let before = MessageName { local: folder, validity, uid: 0 }.placement();
        let some = self.local.placements_after(before.as_ref()).await.map_err(Self::fault)?;
        let first = some.first().and_then(|(name, _)| MessageName::of(name));
        Ok(first.is_some_and(|name| name.local == folder && name.validity == validity))
    }
}
