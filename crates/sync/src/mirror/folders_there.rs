//! Folders that were made or renamed here are made and renamed there. A new name there is noted before it is asked for: a
//! folder is then paired by it, or, where that did not come to pass, by the name that it had.

use std::collections::HashMap;

use imap::client::Fault;
use mailbox::{MailboxId, MailboxName};

use super::folders::Desk;
use super::notes::FolderNote;
use super::{Mirror, MirrorFault, Why, Work};
use crate::folders::LocalFolders;
use crate::names::local_name;
use crate::remote::{Figures, RemoteFolder};

/// The names of folders there, by their names here.
pub(super) struct NamesThere {
    by_local: HashMap<String, String>,
    separator: Option<char>,
    /// Whether it can be asked where a person's own folders are (RFC 2342).
    has_namespaces: bool,
}

impl NamesThere {
    pub(super) fn of(there: &[RemoteFolder], has_namespaces: bool) -> NamesThere {
        let name = |folder: &RemoteFolder| {
            let here = local_name(&folder.name, folder.separator).as_str().to_owned();
            (here, folder.name.clone())
        };
        let separator = there.iter().find_map(|folder| folder.separator);
        NamesThere { by_local: there.iter().map(name).collect(), separator, has_namespaces }
    }

    /// Folders that are known by other names here.
    pub(super) fn know(&mut self, desk: &Desk, works: &[Work]) {
        for work in works.iter().filter(|work| !work.is_renamed_here && !work.is_deleted_here) {
            self.by_local.insert(desk.name_of(work.local), work.there.name.clone());
        }
    }

    /// The name there for one here: below the folder above it, where that has one.
    fn of_local(&self, name: &str) -> String {
        let clean = |level: &str| match self.separator {
            Some(separator) if separator != '/' => level.replace(separator, "_"),
            Some(_) | None => level.to_owned(),
        };
        let Some(separator) = self.separator else { return name.replace('/', "_") };
        let (above, level) = match name.rsplit_once('/') {
            Some((above, level)) => (above, level),
            None => return clean(name),
        };
        let above = self.by_local.get(above).cloned().unwrap_or_else(|| self.of_local(above));
        format!("{above}{separator}{}", clean(level))
    }
}

/// Pairs folders that were to be renamed there, and were not: by the names that they had here before.
pub(super) fn pair_half_renamed(
    there: &[RemoteFolder],
    notes: &mut Vec<(MailboxId, FolderNote)>,
    paired: &mut [Option<(MailboxId, FolderNote)>],
) {
    for (folder, slot) in there.iter().zip(paired) {
        if slot.is_none() {
            let name = local_name(&folder.name, folder.separator);
            let id = folder.figures.mailbox_id.as_ref();
            let fits = |(_, note): &(MailboxId, FolderNote)| {
                let same_id =
                    id.is_none() || note.mailbox_id.is_none() || note.mailbox_id.as_ref() == id;
                note.local_name == name.as_str() && same_id
            };
            if let Some(at) = notes.iter().position(fits) {
                let (local, mut note) = notes.remove(at);
                note.name.clone_from(&folder.name);
                *slot = Some((local, note));
            }
        }
    }
}

impl<L: LocalFolders> Mirror<'_, '_, L> {
    /// Makes there what is only here.
    pub(super) async fn make_there(
        &mut self,
        desk: &mut Desk,
        mut names: NamesThere,
        is_wanted: impl Fn(&MailboxName) -> bool,
        works: &mut Vec<Work>,
    ) -> Result<(), MirrorFault> {
        let mut new: Vec<(String, MailboxId, u64)> = desk
            .folders
            .values()
            .filter(|folder| folder.holds_messages && !desk.bound.contains(&folder.id()))
            // Every account here has folders for what they are for; an empty one need not be there.
            .filter(|folder| folder.messages > 0 || desk.role_of(folder.id()).is_none())
            .filter(|folder| MailboxName::new(&folder.name).is_ok_and(|name| is_wanted(&name)))
            .map(|folder| (folder.name.clone(), folder.id(), folder.messages))
            .collect();
        new.sort();
        for (name, local, messages) in new {
            if names.by_local.contains_key(&name) {
                // It is still there under that name; when it is gone, this one is made.
                self.again |= works.iter().any(|work| work.is_deleted_here);
                self.failed_to_send |= messages > 0;
                continue;
            }
            let name_there = names.of_local(&name);
            if self.here.is_dry() {
                let there = &mut self.here.done.there;
                there.folders_made = there.folders_made.saturating_add(1);
                there.sent = there.sent.saturating_add(messages);
                continue;
            }
            let Some(made) = self.made_there(&names, name_there).await? else {
                self.failed_to_send |= messages > 0;
                continue;
            };
            let there = &mut self.here.done.there;
            there.folders_made = there.folders_made.saturating_add(1);
            names.by_local.insert(name, made.clone());
            let folder = RemoteFolder {
                name: made,
                separator: names.separator,
                role: None,
                gathers: false,
                is_all: false,
                figures: Figures::default(),
            };
            works.push(self.bind_folder(desk, folder, local).await?);
        }
        Ok(())
    }

    /// Makes a folder there; gives its name. None: the server refuses.
    async fn made_there(
        &mut self,
        names: &NamesThere,
        name: String,
    ) -> Result<Option<String>, MirrorFault> {
        let mut made = name.clone();
        let mut done = self.client.create(&made).await;
        if matches!(done, Err(Fault::Refused(_))) && names.has_namespaces {
            // Some servers have a person's folders only below a prefix, such as `INBOX.`.
            let personal = self.client.namespace().await?.personal;
            let prefix = personal.into_iter().next().map(|it| it.prefix).unwrap_or_default();
            if !prefix.is_empty() && !name.starts_with(&prefix) {
                made = format!("{prefix}{name}");
                done = self.client.create(&made).await;
            }
        }
        match done {
            Ok(()) => {}
            Err(Fault::Refused(status)) => {
                self.here.done.refuse(&name, Why::Server(crate::shown(&status.text)));
                return Ok(None);
            }
            Err(fault) => return Err(fault.into()),
        }
        match self.client.subscribe(&made).await {
            Ok(()) | Err(Fault::Refused(_)) => Ok(Some(made)),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Renames there what was renamed here, those above before those below them.
    pub(super) async fn rename_there(
        &mut self,
        desk: &Desk,
        works: &mut [Work],
        all_there: &mut [RemoteFolder],
    ) -> Result<(), MirrorFault> {
        if !works.iter().any(|work| work.is_renamed_here) {
            return Ok(());
        }
        let name_here = |work: &Work| desk.name_of(work.local);
        works.sort_by_key(|work| (name_here(work).matches('/').count(), name_here(work)));
        for index in 0..works.len() {
            let Some(work) = works.get(index).filter(|work| work.is_renamed_here) else { continue };
            let (from, here) = (work.there.name.clone(), name_here(work));
            let mut names = NamesThere::of(all_there, false);
            names.know(desk, works);
            let to = names.of_local(&here);
            if self.rename_one(works, index, (&from, &to), here).await? {
                for folder in all_there.iter_mut().filter(|it| it.is_at_or_below(&from)) {
                    folder.call(&from, &to);
                }
            }
        }
        works.sort_by(|one, other| one.there.name.cmp(&other.there.name));
        Ok(())
    }

    /// Renames one. Whether it has its new name there.
    async fn rename_one(
        &mut self,
        works: &mut [Work],
        index: usize,
        (from, to): (&str, &str),
        here: String,
    ) -> Result<bool, MirrorFault> {
        if self.here.is_dry() {
            let there = &mut self.here.done.there;
            there.folders_renamed = there.folders_renamed.saturating_add(1);
            return Ok(false);
        }
        let before: Vec<(String, String)> =
            works.iter().map(|it| (it.there.name.clone(), it.note.name.clone())).collect();
        if from != to {
            for work in works.iter_mut().filter(|it| it.there.is_at_or_below(from)) {
                work.there.call(from, to);
                work.note.name.clone_from(&work.there.name);
                work.next.name.clone_from(&work.there.name);
                self.here.keep(work.local, Some(&work.note)).await?;
            }
            match self.client.rename(from, to).await {
                Ok(()) => {
                    let there = &mut self.here.done.there;
                    there.folders_renamed = there.folders_renamed.saturating_add(1);
                }
                Err(Fault::Refused(status)) => {
                    self.here.done.refuse(from, Why::Server(crate::shown(&status.text)));
                    for (work, (name, noted)) in works.iter_mut().zip(before) {
                        if work.note.name != noted {
                            (work.there.name, work.note.name) = (name, noted);
                            work.next.name.clone_from(&work.note.name);
                            self.here.keep(work.local, Some(&work.note)).await?;
                        }
                    }
                    return Ok(false);
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        let Some(work) = works.get_mut(index) else { return Ok(false) };
        work.is_renamed_here = false;
        work.note.local_name.clone_from(&here);
        work.next.local_name = here;
        self.here.keep(work.local, Some(&work.note)).await?;
        Ok(from != to)
    }
}

impl RemoteFolder {
    fn is_at_or_below(&self, name: &str) -> bool {
        let Some(rest) = self.name.strip_prefix(name) else { return false };
        rest.is_empty() || self.separator.is_some_and(|separator| rest.starts_with(separator))
    }

    /// It is called otherwise, or what is above it is.
    fn call(&mut self, from: &str, to: &str) {
        if let Some(rest) = self.name.strip_prefix(from) {
            self.name = format!("{to}{rest}");
        }
    }
}
