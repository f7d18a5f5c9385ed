//! The folders of the account here, when its store is open in this program.

use std::sync::Arc;

use mailbox::limits::PLACEMENTS_STEP;
use mailbox::operations::Store;
use mailbox::{
    Carried, EmailId, Error, FlagMode, MailboxId, MailboxKind, MailboxName, MailboxState,
    PlacementName, Refused, UidSet,
};

use crate::account_mail::AccountMail;
use crate::folders::{
    CarriedRow, Edit, Edited, LocalEntry, LocalFolder, LocalFolders, LocalPart, Marks, Runs, Which,
};
use crate::limits::PART_OCTETS_MAX;

impl LocalFolders for AccountMail {
    async fn folders(&mut self) -> Result<Vec<LocalFolder>, Error> {
        let mailboxes = self.account.mailboxes()?;
        let mut folders = Vec::with_capacity(mailboxes.len());
        for mailbox in mailboxes.iter() {
            let holds_messages = mailbox.kind == MailboxKind::Selectable;
            let role = mailbox.role.map(imap::wire::special_use::role_name);
            folders.push(LocalFolder {
                id: mailbox.id.0,
                name: mailbox.name.as_str().to_owned(),
                role: role.map(str::to_owned),
                holds_messages,
                messages: mailbox.messages,
                modseq: mailbox.highest_modseq.0,
            });
        }
        Ok(folders)
    }

    async fn keywords(&mut self, folder: MailboxId) -> Result<Vec<String>, Error> {
        let Some(state) = self.state(folder)? else { return Ok(Vec::new()) };
        Ok(state.keywords.iter().map(|keyword| keyword.as_str().to_owned()).collect())
    }

    async fn entries(&mut self, folder: MailboxId, which: Which) -> Result<Vec<LocalEntry>, Error> {
        let Some(state) = self.state(folder)? else { return Ok(Vec::new()) };
        let uids = match which {
            Which::These(runs) => runs.uids(),
            Which::After(uid) => match uid.checked_add(1) {
                Some(next) => Runs(vec![(next, u32::MAX)]).uids(),
                None => return Ok(Vec::new()),
            },
        };
        let entry = |entry: &mailbox::Entry| LocalEntry {
            uid: entry.uid.number(),
            email: entry.email.0,
            octets: entry.octets,
            modseq: entry.modseq.0,
            flags: marks_of(&state, entry),
        };
        Ok(state.entries.of(&uids).take(PLACEMENTS_STEP).map(entry).collect())
    }

    async fn part(&mut self, email: u64, from: u64) -> Result<Option<LocalPart>, Error> {
        let Some(email) = self.account.reader()?.email(EmailId(email))? else { return Ok(None) };
        let end = from.saturating_add(PART_OCTETS_MAX).min(email.octets);
        let part = match self.account.body(&email, from.min(end)..end) {
            Ok(octets) => octets.to_vec(),
            Err(fault) if fault.is_damaged() => return Ok(None),
            Err(fault) => return Err(fault.into()),
        };
        Ok(Some(LocalPart {
            hash: email.hash,
            octets: email.octets,
            octets_in_lines: email.octets_in_lines,
            date: email.internal_date,
            part,
        }))
    }

    async fn edit(&mut self, edit: Edit) -> Result<Edited, Error> {
        match self.edited(edit).await {
            // What has no room can be tried again; what cannot be is told.
            Err(Error::Refused(
                refused @ (Refused::OverQuota(_) | Refused::NoSpace | Refused::NoMemory),
            )) => Err(refused.into()),
            Err(Error::Refused(refused)) => Ok(Edited::Refused(refused.to_string())),
            other => other,
        }
    }
}

fn marks_of(state: &MailboxState, entry: &mailbox::Entry) -> Marks {
    let keywords = state.keywords_of(entry.flags).map(|keyword| keyword.as_str().to_owned());
    Marks { system: entry.flags.0 & mailbox::Flags::SYSTEM.0, keywords: keywords.collect() }
}

impl AccountMail {
    /// The messages of a folder; none: there is no such folder.
    fn state(&self, folder: MailboxId) -> Result<Option<Arc<MailboxState>>, Error> {
        match self.account.state(folder) {
            Ok(state) => Ok(Some(state)),
            Err(Error::Refused(Refused::NoSuchMailbox | Refused::NotSelectable)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn edited(&mut self, edit: Edit) -> Result<Edited, Error> {
        match edit {
            Edit::Make { name, role } => self.make(&name, role.as_deref()).await,
            Edit::Rename { folder, name } => {
                let Ok(name) = MailboxName::new(&name) else { return Ok(no_name(&name)) };
                self.account.rename_mailbox(MailboxId(folder), &name).await?;
                Ok(Edited::Done)
            }
            Edit::Remove { folder } => {
                let id = MailboxId(folder);
                if self.account.mailbox(id)?.is_some_and(|mailbox| mailbox.messages == 0) {
                    self.account.delete_mailbox(id).await?;
                }
                Ok(Edited::Done)
            }
            Edit::Mark { folder, uids, add, remove } => {
                self.mark(MailboxId(folder), &uids.uids(), (&add, &remove)).await
            }
            Edit::Delete { folder, uids } => {
                let gone = self.account.remove(MailboxId(folder), &uids.uids()).await?;
                Ok(Edited::Uids(Runs::of(&gone)))
            }
            Edit::Carry { carried } => {
                let carried: Option<Vec<_>> = carried.iter().map(carried_of).collect();
                let carried = carried.ok_or(Refused::NoSuchMessage)?;
                Ok(Edited::Carried(self.account.carry_found(self.remote, carried).await?))
            }
        }
    }

    /// Makes a folder, or gives the one that is there. A role that another folder has is not given twice.
    async fn make(&mut self, text: &str, role: Option<&str>) -> Result<Edited, Error> {
        let Ok(name) = MailboxName::new(text) else { return Ok(no_name(text)) };
        if let Some(there) = self.account.find(&name)?
            && there.kind == MailboxKind::Selectable
        {
            return Ok(Edited::Folder(there.id.0));
        }
        let role = role.and_then(imap::wire::special_use::role_named);
        let id = match self.account.create_mailbox(&name, role).await {
            Err(Error::Refused(Refused::SpecialUse)) => {
                self.account.create_mailbox(&name, None).await?
            }
            other => other?,
        };
        self.account.subscribe(&name).await?;
        Ok(Edited::Folder(id.0))
    }

    async fn mark(
        &mut self,
        folder: MailboxId,
        uids: &UidSet,
        (add, remove): (&Marks, &Marks),
    ) -> Result<Edited, Error> {
        let mut there = uids.clone();
        for (mode, marks) in [(FlagMode::Add, add), (FlagMode::Remove, remove)] {
            let (uids, flags) = (uids.clone(), marks.names());
            let change = Store { uids, mode, flags, unchanged_since: None };
            let stored = self.account.store(folder, change).await?;
            there = there.difference(&stored.gone);
        }
        Ok(Edited::Uids(Runs::of(&there)))
    }
}

fn carried_of(row: &CarriedRow) -> Option<Carried> {
    Some(Carried {
        before: PlacementName::new(&row.before)?,
        name: PlacementName::new(&row.name)?,
        to: MailboxId(row.to),
    })
}

fn no_name(text: &str) -> Edited {
    Edited::Refused(format!("{text:?} cannot be the name of a folder here"))
}
