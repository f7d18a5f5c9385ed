//! The messages of a Maildir, with the flags and ids that other files of it have for them.

use std::io;

use super::folder::Waiting;
use super::{Plan, PlanFault, Source, SourceUidls, Wanted};
use crate::flag_list::FlagList;
use crate::letters::Framing;
use crate::maildir::{self, Keywords};
use crate::names;
use crate::uidl::folder::FolderUidls;
use crate::uidl::lasting;

impl Plan {
    pub(super) fn maildir(
        &mut self,
        folder: &Waiting,
        wanted: &Wanted<'_>,
    ) -> Result<(), PlanFault> {
        let keywords = Keywords::read(&folder.path);
        let courier = maildir::courier_keywords(&folder.path);
        let flags = FlagList::read(&folder.path);
        let mailbox = self.mailbox_at(&folder.path, &folder.levels);
        let role = folder.role();
        let ids = FolderUidls::of_maildir(&folder.path, role, &wanted.uidls);
        let ids = self.or_note(ids, wanted)?;
        for part in ["new", "cur"] {
            let entries = match std::fs::read_dir(folder.path.join(part)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.starts_with('.') || !entry.file_type()?.is_file() {
                    continue;
                }
                let (path, mailbox) = (entry.path(), mailbox.clone());
                let own = names::own_file(&name);
                let framing = own.map_or(Framing::Whole, |own| Framing::Own(own.line_ends));
                let mut source = Source::new(&path, mailbox, framing, role, wanted)?;
                source.flags = maildir::flags(&name, &keywords);
                source.flags.extend(courier.get(lasting(&name)).into_iter().flatten().cloned());
                if own.is_some() {
                    source.flags.extend(flags.flags(lasting(&name)));
                }
                source.dated_by_file = true;
                if let Some(uidl) = ids.uidl(&name) {
                    source.uidls = SourceUidls::One(uidl);
                }
                self.push(source);
            }
        }
        Ok(())
    }
}
