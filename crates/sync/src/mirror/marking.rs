//! Flags that changed here change there, each flag by itself.

use std::collections::HashMap;

use imap::commands::{Access, Echo, Store};
use imap::wire::{By, Flag, FlagList, SequenceSet};
use mailbox::{FlagMode, Flags, MailboxId, Mirrored, Placement, PlacementState, Uid, UidSet};

use super::here::Here;
use super::notes::MessageName;
use super::raising::each_once;
use super::{Mirror, MirrorFault, Why, Work};
use crate::folders::{LocalFolders, Marks, Runs, Which};
use crate::limits::MESSAGES_AT_ONCE;

/// What can be changed for good in a folder there.
pub(super) struct Permanent {
    access: Access,
    /// None: not told, which is all (RFC 9051, 7.1).
    flags: Option<FlagList>,
}

impl Permanent {
    /// What the server told when the folder was opened.
    pub(super) fn of(asked: Access, told: Option<Access>, flags: Option<FlagList>) -> Permanent {
        Permanent { access: told.unwrap_or(asked), flags }
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.access == Access::ReadOnly
    }

    /// Those of these flags that the folder there can keep.
    pub(super) fn fitting(&self, marks: &Marks) -> Marks {
        let Some(flags) = &self.flags else { return marks.clone() };
        let can = super::changes::marks_of(flags);
        let new_ones = flags.contains(&Flag::Any);
        let fits = |keyword: &&String| {
            let one = Marks { system: 0, keywords: vec![(*keyword).clone()] };
            new_ones || one.without(&can).is_empty()
        };
        let keywords = marks.keywords.iter().filter(fits).cloned().collect();
        Marks { system: marks.system & can.system, keywords }
    }
}

/// Flags as they are on the wire.
pub(super) fn flags_of(marks: &Marks) -> FlagList {
    let system = [
        (Flags::SEEN, Flag::Seen),
        (Flags::ANSWERED, Flag::Answered),
        (Flags::FLAGGED, Flag::Flagged),
        (Flags::DELETED, Flag::Deleted),
        (Flags::DRAFT, Flag::Draft),
    ];
    let set = system.into_iter().filter(|(flag, _)| marks.system & flag.0 != 0);
    let keywords = marks.keywords.iter().map(|keyword| Flag::Keyword(keyword.clone()));
    set.map(|(_, flag)| flag).chain(keywords).collect()
}

/// Messages there whose flags change in the same way.
struct Group {
    add: Marks,
    remove: Marks,
    messages: Vec<(MessageName, Placement, Mirrored)>,
}

impl<L: LocalFolders> Mirror<'_, '_, L> {
    /// Changes flags there as they changed here.
    pub(super) async fn mark_there(&mut self, work: &mut Work) -> Result<(), MirrorFault> {
        let touched = self.changed.get_mut(&work.local).map(|it| std::mem::take(&mut it.touched));
        let names = each_once(touched.unwrap_or_default());
        let mut permanent = None;
        for some in names.chunks(MESSAGES_AT_ONCE) {
            let groups = self.here.differing(some).await?;
            if groups.is_empty() {
                continue;
            }
            if permanent.is_none() {
                permanent = self.open_to_change(work).await?;
            }
            let Some(permanent) = &permanent else { return Ok(()) };
            for mut group in groups {
                group.add = permanent.fitting(&group.add);
                group.remove = permanent.fitting(&group.remove);
                // What was carried elsewhere meanwhile is dealt with in the next run.
                let is_own = |name: &MessageName| {
                    name.local == work.local && name.validity == work.note.validity
                };
                work.is_held_up |= group.messages.iter().any(|(name, ..)| !is_own(name));
                group.messages.retain(|(name, ..)| is_own(name));
                self.mark_group(work, group).await?;
            }
        }
        Ok(())
    }

    async fn mark_group(&mut self, work: &mut Work, group: Group) -> Result<(), MirrorFault> {
        let Group { add, remove, messages } = group;
        let uids = SequenceSet::from_numbers(messages.iter().map(|(name, ..)| name.uid));
        let Some(uids) = uids.filter(|_| !(add.is_empty() && remove.is_empty())) else {
            return Ok(());
        };
        let count = u64::try_from(messages.len()).unwrap_or(u64::MAX);
        if self.here.is_dry() {
            self.here.done.there.marked = self.here.done.there.marked.saturating_add(count);
            return Ok(());
        }
        for (mode, marks) in [(FlagMode::Add, &add), (FlagMode::Remove, &remove)] {
            if marks.is_empty() {
                continue;
            }
            if !self.store(work, uids.clone(), mode, flags_of(marks)).await? {
                return Ok(());
            }
        }
        self.here.done.there.marked = self.here.done.there.marked.saturating_add(count);
        let mut notes = Vec::with_capacity(messages.len());
        for (name, placement, mirrored) in messages {
            let agreed = Marks::from(&mirrored.flags).without(&remove).with(&add);
            let mirrored = Mirrored { flags: agreed.names(), ..mirrored };
            let state = PlacementState::Mirrored(mirrored);
            let Some(key) = name.placement() else { continue };
            notes.push((key, Some(Placement { state, ..placement })));
        }
        self.here.commit(notes).await
    }

    /// Changes flags there. Whether the server did.
    pub(super) async fn store(
        &mut self,
        work: &mut Work,
        uids: SequenceSet,
        mode: FlagMode,
        flags: FlagList,
    ) -> Result<bool, MirrorFault> {
        let store = Store {
            by: By::Uid,
            messages: uids.into(),
            unchanged_since: None,
            mode,
            echo: Echo::Silent,
            flags,
        };
        match self.client.store_with(store).await {
            Ok(_) => Ok(true),
            Err(imap::client::Fault::Refused(status)) => {
                let why = Why::Server(crate::shown(&status.text));
                self.here.done.refuse(&work.there.name, why);
                work.is_held_up = true;
                Ok(false)
            }
            Err(fault) => Err(fault.into()),
        }
    }
}

impl<L: LocalFolders> Here<L> {
    /// Messages whose flags here are not those that both ends agreed on, by what differs.
    async fn differing(&mut self, names: &[MessageName]) -> Result<Vec<Group>, MirrorFault> {
        let messages = self.mirrored(names).await?;
        let mut by_folder: HashMap<MailboxId, UidSet> = HashMap::new();
        for (_, _, mirrored) in &messages {
            by_folder.entry(mirrored.mailbox).or_default().insert(mirrored.uid);
        }
        let mut flags: HashMap<(MailboxId, Uid), Marks> = HashMap::new();
        for (folder, uids) in by_folder {
            let which = Which::These(Runs::of(&uids));
            let entries = self.local.entries(folder, which).await.map_err(Self::fault)?;
            let entry =
                |it: crate::folders::LocalEntry| Some(((folder, Uid::new(it.uid)?), it.flags));
            flags.extend(entries.into_iter().filter_map(entry));
        }
        let mut groups: Vec<Group> = Vec::new();
        for message in messages {
            let Some(here) = flags.get(&(message.2.mailbox, message.2.uid)) else { continue };
            let agreed = Marks::from(&message.2.flags);
            let (add, remove) = (here.without(&agreed), agreed.without(here));
            if add.is_empty() && remove.is_empty() {
                continue;
            }
            match groups.iter_mut().find(|it| it.add.same(&add) && it.remove.same(&remove)) {
                Some(group) => group.messages.push(message),
                None => groups.push(Group { add, remove, messages: vec![message] }),
            }
        }
        Ok(groups)
    }
}
