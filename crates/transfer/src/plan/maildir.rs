//! The messages of a Maildir, with the flags and ids that other files of it have for them.

use std::io;
use std::sync::Arc;

use super::folder::{Waiting, what_it_is};
use super::{Plan, PlanFault, Source, SourceUidls, Wanted};
use crate::flag_list::FlagList;
use crate::letters::Framing;
use crate::mail_file::MailFile;
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
        let mailbox: Arc<str> = self.mailbox_at(&folder.path, &folder.levels).into();
        let role = folder.role();
        let ids = FolderUidls::of_maildir(&folder.path, role, &wanted.uidls);
        let ids = self.or_note(ids, wanted)?;
        for part in ["new", "cur"] {
            let parts = folder.path.join(part);
            let entries = match std::fs::read_dir(&parts) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    self.cannot_read(&parts, &error);
                    continue;
                }
            };
            for entry in entries {
                let entry = entry?;
                let name = names::text(&entry.file_name()).into_owned();
                let (path, file_type) = (entry.path(), entry.file_type()?);
                if name.starts_with('.') || file_type.is_dir() {
                    continue;
                }
                if !file_type.is_file() {
                    self.pass_over(&path, what_it_is(file_type));
                    continue;
                }
                let own = names::own_file(&name);
                let framing = own.map_or(Framing::Whole, |own| Framing::Own(own.line_ends));
                let source =
                    Source::new(&MailFile::of(&path), Arc::clone(&mailbox), framing, role, wanted);
                let mut source = match source {
                    Ok(source) => source,
                    Err(error) => {
                        self.cannot_read(&path, &error);
                        continue;
                    }
                };
                source.flags = maildir::flags(&name, &keywords);
                source.flags.extend(courier.get(lasting(&name)).into_iter().flatten().cloned());
                if own.is_some() {
                    source.flags.extend(flags.flags(lasting(&name)));
                }
                // There may be a million of them.
                source.flags.shrink_to_fit();
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
