//! Which folder there is which here.

use std::collections::{HashMap, HashSet};

use imap::server::pattern::Pattern;
use mailbox::{MailboxId, MailboxName, Role};

use super::folders_there::{NamesThere, pair_half_renamed};
use super::notes::{FolderNote, UNSURE};
use super::{FoldersOfOthers, Mirror, MirrorFault, Why, Work};
use crate::folders::{Edit, Edited, LocalFolder, LocalFolders};
use crate::names::{free, local_name};
use crate::remote::{OfOthers, RemoteFolder};

/// Folders that are not there any more, as they are here.
pub(super) type Lost = Vec<(MailboxId, FolderNote)>;

impl<L: LocalFolders> Mirror<'_, '_, L> {
    /// Finds the folder here for each one there, or makes it; and those that are lost.
    pub(super) async fn matched(
        &mut self,
        there: Vec<RemoteFolder>,
    ) -> Result<(Vec<Work>, Lost), MirrorFault> {
        let patterns: Vec<Pattern> =
            self.wanted.folders.iter().map(|pattern| Pattern::new("", pattern)).collect();
        let is_wanted = |name: &MailboxName| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.fits(name))
        };
        let has_inbox = there.iter().any(|folder| folder.name.eq_ignore_ascii_case("INBOX"));
        let mut notes = self.here.notes().await?;
        let mut desk = Desk::of(self.here.local.folders().await.map_err(|it| self.fault(it))?);
        // What mirrored a folder that is lost is no other's: it goes with that.
        desk.bound.extend(notes.iter().map(|(folder, _)| *folder));
        let mut paired = pair(&there, &mut notes, |folder| desk.role_of(folder));
        if self.wanted.direction.is_up() {
            pair_half_renamed(&there, &mut notes, &mut paired);
        }
        let others = self.others(&paired).await?;
        let mut all_there = there.clone();
        let mut works = Vec::new();
        for (folder, note) in there.into_iter().zip(paired) {
            if note.is_none() && others.has(&folder) {
                let left_out = &mut self.here.done.folders_of_others;
                *left_out = left_out.saturating_add(1);
            } else if is_wanted(&local_name(&folder.name, folder.separator)) {
                works.extend(self.place(&mut desk, folder, note).await?);
            }
        }
        if self.wanted.direction.is_up() && has_inbox {
            // What is made may lie below what is renamed.
            self.rename_there(&desk, &mut works, &mut all_there).await?;
            let mut names = NamesThere::of(&all_there, self.client.can("NAMESPACE"));
            names.know(&desk, &works);
            self.make_there(&mut desk, names, is_wanted, &mut works).await?;
        }
        let wanted = |name: &str| MailboxName::new(name).is_ok_and(|name| is_wanted(&name));
        notes.retain(|(_, note)| wanted(&note.local_name));
        if !has_inbox && !notes.is_empty() {
            self.here.done.refuse("INBOX", Why::NoInbox);
            notes.clear();
        }
        Ok((works, notes))
    }

    /// Where folders of others are that are not to be mirrored. It is asked only where a folder is new, for each question costs time.
    async fn others(
        &mut self,
        paired: &[Option<(MailboxId, FolderNote)>],
    ) -> Result<OfOthers, MirrorFault> {
        let are_taken = self.wanted.of_others == FoldersOfOthers::Taken;
        if are_taken || paired.iter().all(Option::is_some) {
            return Ok(OfOthers::default());
        }
        Ok(OfOthers::asked(self.client).await?)
    }

    fn fault(&self, fault: L::Fault) -> MirrorFault {
        super::here::Here::<L>::fault(fault)
    }

    /// Finds the folder here for one there. None: it is not mirrored.
    async fn place(
        &mut self,
        desk: &mut Desk,
        there: RemoteFolder,
        note: Option<(MailboxId, FolderNote)>,
    ) -> Result<Option<Work>, MirrorFault> {
        let target = local_name(&there.name, there.separator);
        if let Some((local, mut note)) = note {
            // One that was deleted and has others below it is still there, and holds nothing.
            let here = desk.folders.get(&local).filter(|folder| folder.holds_messages);
            let Some(name) = here.map(|folder| folder.name.clone()) else {
                if self.wanted.direction.is_up() && !there.name.eq_ignore_ascii_case("INBOX") {
                    let work = Work::new(there, (local, None), note, None);
                    return Ok(Some(Work { is_deleted_here: true, ..work }));
                }
                return self.place_again(desk, there, local, note).await;
            };
            // One that never had its name there, being known by what it is for, or that was renamed here, keeps its name.
            let before = local_name(&note.name, there.separator);
            let had_its_name = name == before.as_str() || desk.role_of(local).is_none();
            let is_named = name == target.as_str();
            let mut is_ours = is_named || (name == note.local_name && had_its_name);
            let mut is_renamed_here = false;
            if self.wanted.direction.is_up() && name != note.local_name && !is_named {
                if desk.role_of(local).is_some() {
                    // What it is for pairs it, whatever it is called at either end.
                    note.local_name.clone_from(&name);
                    self.here.keep(local, Some(&note)).await?;
                } else if note.name == there.name {
                    is_renamed_here = true;
                } else {
                    // Both ends renamed it: it is called as it is there.
                    is_ours = true;
                }
            }
            if note.name != there.name {
                note.name.clone_from(&there.name);
                // One that is to be renamed here keeps the name it had until that is done.
                if is_named || !is_ours {
                    self.here.keep(local, Some(&note)).await?;
                }
            }
            let target = is_ours.then_some(target);
            let work = Work::new(there, (local, desk.folders.get(&local)), note, target);
            return Ok(Some(Work { is_renamed_here, ..work }));
        }
        let Some(local) = self.found_or_made(desk, &there, &target).await? else {
            return Ok(None);
        };
        self.bind_folder(desk, there, local).await.map(Some)
    }

    /// A folder here mirrors one there from now on.
    pub(super) async fn bind_folder(
        &mut self,
        desk: &mut Desk,
        there: RemoteFolder,
        local: MailboxId,
    ) -> Result<Work, MirrorFault> {
        desk.bound.insert(local);
        let note = FolderNote {
            name: there.name.clone(),
            local_name: desk.name_of(local),
            mailbox_id: there.figures.mailbox_id.clone(),
            validity: 0,
            uid_next: 1,
            modseq: 0,
            messages: UNSURE,
            local_modseq: 0,
        };
        self.here.keep(local, Some(&note)).await?;
        let target = local_name(&there.name, there.separator);
        let target = desk.role_of(local).is_none().then_some(target);
        Ok(Work::new(there, (local, desk.folders.get(&local)), note, target))
    }

    /// The folder here is gone. It is left out until there is one of that name again.
    async fn place_again(
        &mut self,
        desk: &mut Desk,
        there: RemoteFolder,
        gone: MailboxId,
        note: FolderNote,
    ) -> Result<Option<Work>, MirrorFault> {
        if !desk.named(&note.local_name).is_some_and(|folder| folder.holds_messages) {
            self.here.done.folders_left_out = self.here.done.folders_left_out.saturating_add(1);
            return Ok(None);
        }
        self.here.keep(gone, None).await?;
        Box::pin(self.place(desk, there, None)).await
    }

    /// Gives folders here the names that they have there, as far as these are free.
    pub(super) async fn rename_all(&mut self, works: &mut [Work]) -> Result<(), MirrorFault> {
        let mut desk = Desk::of(self.here.local.folders().await.map_err(|it| self.fault(it))?);
        let mut is_over = false;
        while !is_over {
            is_over = true;
            for work in works.iter_mut() {
                let Some(target) = work.target.clone() else { continue };
                let name = desk.name_of(work.local);
                let is_taken = desk.named(target.as_str()).is_some();
                if name == target.as_str() {
                    self.named(work, &target).await?;
                } else if !name.is_empty() && !is_taken {
                    let name = target.as_str().to_owned();
                    let edit = Edit::Rename { folder: work.local.0, name };
                    // Where it cannot be, it keeps its name here.
                    work.target = None;
                    if self.here.edit(edit).await? == Edited::Done {
                        is_over = false;
                        self.named(work, &target).await?;
                        let renamed = &mut self.here.done.folders_renamed;
                        *renamed = renamed.saturating_add(1);
                        let folders = self.here.local.folders().await;
                        desk = Desk::of(folders.map_err(|it| self.fault(it))?);
                    }
                }
            }
        }
        Ok(())
    }

    /// A folder here has the name that it has there.
    async fn named(&mut self, work: &mut Work, name: &MailboxName) -> Result<(), MirrorFault> {
        work.target = None;
        if work.note.local_name == name.as_str() {
            return Ok(());
        }
        name.as_str().clone_into(&mut work.note.local_name);
        name.as_str().clone_into(&mut work.next.local_name);
        self.here.keep(work.local, Some(&work.note)).await
    }

    /// The folder here that has the same use or name; else a new one.
    async fn found_or_made(
        &mut self,
        desk: &mut Desk,
        there: &RemoteFolder,
        target: &MailboxName,
    ) -> Result<Option<MailboxId>, MirrorFault> {
        let by_role = there.role.and_then(|role| desk.free_of_role(role));
        if let Some(local) = by_role.or_else(|| desk.free_named(target.as_str())) {
            return Ok(Some(local));
        }
        if !self.wanted.direction.is_down() {
            // Nothing is made here.
            return Ok(None);
        }
        let taken = |name: &str| desk.named(name).is_some_and(|folder| folder.holds_messages);
        let name = free(target, taken);
        let role = there.role.map(imap::wire::special_use::role_name).map(str::to_owned);
        let edit = Edit::Make { name: name.as_str().to_owned(), role };
        match self.here.edit(edit).await? {
            Edited::Folder(id) => {
                self.here.done.folders_made = self.here.done.folders_made.saturating_add(1);
                let name = name.as_str().to_owned();
                let holds_messages = true;
                let made =
                    LocalFolder { id, name, role: None, holds_messages, messages: 0, modseq: 0 };
                desk.add(made);
                Ok(Some(MailboxId(id)))
            }
            Edited::Refused(why) => {
                self.here.done.refuse(&there.name, Why::Here(why));
                Ok(None)
            }
            Edited::Done | Edited::Uids(_) | Edited::Carried(_) => Ok(None),
        }
    }
}

/// Takes from the notes the one of each folder there: by its name, unless its identity says that it is another; else by
/// its identity alone, or by what it is for, for then it was renamed.
fn pair(
    there: &[RemoteFolder],
    notes: &mut Vec<(MailboxId, FolderNote)>,
    role_of: impl Fn(MailboxId) -> Option<Role>,
) -> Vec<Option<(MailboxId, FolderNote)>> {
    let mut by_name: HashMap<String, usize> = HashMap::new();
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for (index, (_, note)) in notes.iter().enumerate() {
        by_name.insert(note.name.clone(), index);
        by_id.extend(note.mailbox_id.clone().map(|id| (id, index)));
    }
    let mut left: Vec<Option<(MailboxId, FolderNote)>> = notes.drain(..).map(Some).collect();
    let mut take =
        |index: Option<&usize>, id: Option<&String>| -> Option<(MailboxId, FolderNote)> {
            let slot = left.get_mut(*index?)?;
            let known = slot.as_ref()?.1.mailbox_id.as_ref();
            let same = known.is_none() || id.is_none() || known == id;
            if same { slot.take() } else { None }
        };
    let named =
        |folder: &RemoteFolder| take(by_name.get(&folder.name), folder.figures.mailbox_id.as_ref());
    let mut paired: Vec<_> = there.iter().map(named).collect();
    for (folder, slot) in there.iter().zip(&mut paired) {
        if let (None, Some(id)) = (&slot, &folder.figures.mailbox_id) {
            *slot = take(by_id.get(id), Some(id));
        }
    }
    for (folder, slot) in there.iter().zip(&mut paired) {
        if let (None, Some(role)) = (&slot, folder.role) {
            let of_role = |slot: &&mut Option<(MailboxId, FolderNote)>| {
                slot.as_ref().is_some_and(|(local, _)| role_of(*local) == Some(role))
            };
            *slot = left.iter_mut().find(of_role).and_then(Option::take);
        }
    }
    notes.extend(left.into_iter().flatten());
    paired
}

/// The folders here.
pub(super) struct Desk {
    pub(super) folders: HashMap<MailboxId, LocalFolder>,
    by_name: HashMap<String, MailboxId>,
    /// Those that mirror one there.
    pub(super) bound: HashSet<MailboxId>,
}

impl Desk {
    pub(super) fn of(folders: Vec<LocalFolder>) -> Desk {
        let mut desk =
            Desk { folders: HashMap::new(), by_name: HashMap::new(), bound: HashSet::new() };
        folders.into_iter().for_each(|folder| desk.add(folder));
        desk
    }

    fn add(&mut self, folder: LocalFolder) {
        self.by_name.insert(folder.name.clone(), folder.id());
        self.folders.insert(folder.id(), folder);
    }

    fn named(&self, name: &str) -> Option<&LocalFolder> {
        self.folders.get(self.by_name.get(name)?)
    }

    pub(super) fn role_of(&self, id: MailboxId) -> Option<Role> {
        self.folders.get(&id).and_then(LocalFolder::role)
    }

    pub(super) fn name_of(&self, id: MailboxId) -> String {
        self.folders.get(&id).map(|folder| folder.name.clone()).unwrap_or_default()
    }

    fn is_free(&self, folder: &LocalFolder) -> bool {
        folder.holds_messages && !self.bound.contains(&folder.id())
    }

    fn free_of_role(&self, role: Role) -> Option<MailboxId> {
        let mut of_role = self.folders.values().filter(|folder| folder.role() == Some(role));
        of_role.find(|folder| self.is_free(folder)).map(LocalFolder::id)
    }

    fn free_named(&self, name: &str) -> Option<MailboxId> {
        self.named(name).filter(|folder| self.is_free(folder)).map(LocalFolder::id)
    }
}

impl Work {
    fn new(
        there: RemoteFolder,
        (local, folder): (MailboxId, Option<&LocalFolder>),
        note: FolderNote,
        target: Option<MailboxName>,
    ) -> Work {
        let next = note.clone();
        Work {
            there,
            local,
            is_deleted_here: false,
            is_renamed_here: false,
            messages: folder.map_or(0, |folder| folder.messages),
            local_modseq: folder.map_or(0, |folder| folder.modseq),
            target,
            note,
            next,
            keywords: Vec::new(),
            new: Vec::new(),
            gone: Vec::new(),
            renumbered: false,
            whole: true,
            is_open: false,
            is_listed: false,
            is_held_up: false,
        }
    }
}
