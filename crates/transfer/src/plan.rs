//! Finds the mail below a path: which files, what is in them, which mailbox each belongs to, and which unique ids the
//! messages had.

pub(crate) mod apple;
mod archive;
mod folder;
mod look;
mod maildir;
mod numbered;
mod source;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::apple::{named_by_package, package_name};
use self::folder::Waiting;
use self::look::{holds_mbox, stem};
pub use self::source::Source;
pub(crate) use self::source::SourceUidls;
use crate::Format;
use crate::gmail::GmailLabels;
use crate::letters::Dialect;
use crate::mail_file::{Handed, MailFile};
use crate::names;
use crate::noted::Noted;
use crate::places::Places;
use crate::port::MailboxAttributes;
use crate::uidl::folder::FolderRole;
use crate::uidl::{UidlChoice, UidlFault, UidlFrom};

/// All mail below a path.
#[derive(Debug, Default)]
pub struct Plan {
    /// The files, by their paths.
    pub sources: Vec<Source>,
    /// The mailboxes that an export of correio names, also those that are empty.
    pub mailboxes: Vec<MailboxAttributes>,
    /// Files that hold no mail and whatever else was passed over, and why, for people.
    pub passed_over: Noted,
    /// Files and folders that cannot be read, and why, for people.
    pub unreadable: Noted,
    /// The octets of all files.
    pub octets: u64,
    /// Messages that lie there though they were expunged.
    pub expunged: u64,
    /// Why unique ids that are there were not taken over, for people.
    pub notes: Vec<String>,
    /// What an export of correio says of the mailboxes below a folder.
    root: PathBuf,
    places: Places,
    base: Vec<String>,
}

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'w> {
    /// What the files are; none: whatever they say.
    pub format: Option<Format>,
    /// How an mbox is quoted.
    pub dialect: Dialect,
    /// What becomes of Gmail's labels.
    pub gmail: GmailLabels,
    /// The mailbox below which all of it goes.
    pub below: Option<&'w str>,
    /// Where unique ids come from.
    pub uidls: UidlChoice,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanFault {
    /// A file or a folder cannot be read.
    #[error(transparent)]
    File(#[from] io::Error),
    /// The unique ids cannot be taken over.
    #[error(transparent)]
    Uidl(#[from] UidlFault),
}

impl Plan {
    /// Looks through a path. Names that are found lie below the mailbox that is given; messages that lie loose go
    /// into it, or into the Inbox.
    pub fn of(path: &Path, wanted: &Wanted<'_>) -> Result<Plan, PlanFault> {
        let mut plan = Plan::default();
        let base: Vec<String> =
            wanted.below.into_iter().flat_map(|name| name.split('/')).map(str::to_owned).collect();
        let metadata = std::fs::metadata(path)?;
        if metadata.is_file() {
            let mut levels = base;
            let file = MailFile::of(path);
            if levels.is_empty() && holds_mbox(&file, wanted) {
                levels.extend(named_by_package(path).or_else(|| stem(path)));
            }
            plan.file(&file, &levels, FolderRole::Inbox, wanted);
        } else if !metadata.is_dir() {
            return Err(io::Error::other("it is neither a file nor a folder").into());
        } else {
            let named = wanted.uidls.from != UidlFrom::Auto;
            let base = match package_name(path) {
                Some(name) if base.is_empty() => vec![name],
                Some(_) | None => base,
            };
            plan.root = path.to_owned();
            plan.places = Places::read(path);
            plan.base.clone_from(&base);
            plan.mailboxes =
                plan.places.mailboxes().map(|mailbox| plan.below_base(mailbox)).collect();
            // Those above come first: they would be made along with those below, without their use.
            plan.mailboxes.sort_by(|a, b| a.name.cmp(&b.name));
            let mut waiting =
                vec![Waiting { path: path.to_owned(), levels: base, depth: 0, named }];
            while let Some(next) = waiting.pop() {
                let (path, is_root) = (next.path.clone(), next.depth == 0);
                match plan.folder(next, wanted, &mut waiting) {
                    Err(PlanFault::File(error)) if !is_root => plan.cannot_read(&path, &error),
                    done => done?,
                }
            }
        }
        // The order in which other hosts show messages, as far as names tell it.
        plan.sources.sort_by(Source::natural_order);
        if let UidlFrom::List(list) = &wanted.uidls.from {
            numbered::apply(list, &mut plan.sources)?;
        }
        plan.must_have_ids(path, &wanted.uidls.from)?;
        Ok(plan)
    }

    /// Looks into one file that is handed over under a name. Its messages, and the folders of an archive, go below the mailbox that is
    /// given, or into the Inbox.
    pub fn of_handed(name: &str, file: Arc<dyn Handed>, wanted: &Wanted<'_>) -> Plan {
        let mut plan = Plan::default();
        let levels: Vec<String> =
            wanted.below.into_iter().flat_map(|name| name.split('/')).map(str::to_owned).collect();
        plan.file(&MailFile::handed(name, file), &levels, FolderRole::Inbox, wanted);
        plan.sources.sort_by(Source::natural_order);
        plan
    }

    /// Whoever asks for the ids of a certain host and gets none is better told.
    fn must_have_ids(&self, path: &Path, from: &UidlFrom) -> Result<(), UidlFault> {
        let host = match from {
            UidlFrom::Dovecot => "Dovecot",
            UidlFrom::Courier => "Courier",
            UidlFrom::Cyrus => "Cyrus",
            UidlFrom::List(_) => "the list",
            UidlFrom::Auto | UidlFrom::Nothing | UidlFrom::Header => return Ok(()),
        };
        if self.sources.is_empty()
            || self.sources.iter().any(|source| source.uidls != SourceUidls::Nothing)
        {
            return Ok(());
        }
        let what = format!(
            "no message there has a unique id of {host}; name the folder of the Inbox itself"
        );
        Err(UidlFault::Whole { path: path.to_owned(), what })
    }

    /// Adds another plan.
    pub fn add(&mut self, other: Plan) {
        self.sources.extend(other.sources);
        self.mailboxes.extend(other.mailboxes);
        self.passed_over.add(other.passed_over);
        self.unreadable.add(other.unreadable);
        self.octets = self.octets.saturating_add(other.octets);
        self.expunged = self.expunged.saturating_add(other.expunged);
        self.notes.extend(other.notes);
    }

    /// A mailbox of an export, below the mailbox that was named.
    fn below_base(&self, mailbox: &MailboxAttributes) -> MailboxAttributes {
        if self.base.is_empty() {
            return mailbox.clone();
        }
        let base = names::mailbox_of(&self.base);
        let inbox = mailbox.name == "INBOX";
        let name = if inbox { base } else { format!("{base}/{}", mailbox.name) };
        MailboxAttributes { name, special_use: None, subscribed: mailbox.subscribed }
    }

    /// The name of the mailbox that lies in a file or folder.
    fn mailbox_at(&self, path: &Path, levels: &[String]) -> String {
        match self.places.mailbox(&self.root, path) {
            Some(mailbox) => self.below_base(mailbox).name,
            None => names::mailbox_of(levels),
        }
    }

    fn pass_over(&mut self, path: &Path, why: &str) {
        self.passed_over.push(format_args!("{}: {why}", path.display()));
    }

    /// The others are read all the same.
    fn cannot_read(&mut self, path: &Path, why: &io::Error) {
        self.unreadable.push(format_args!("{}: {why}", path.display()));
    }

    fn push(&mut self, source: Source) -> &mut Source {
        self.octets = self.octets.saturating_add(source.octets);
        self.sources.push_mut(source)
    }

    /// Ids that nobody asked for are no reason not to import the mail.
    fn or_note<T: Default>(
        &mut self,
        found: Result<T, UidlFault>,
        wanted: &Wanted<'_>,
    ) -> Result<T, UidlFault> {
        match (found, &wanted.uidls.from) {
            (Ok(found), _) => Ok(found),
            (Err(fault), UidlFrom::Auto | UidlFrom::Nothing) => {
                self.notes.push(format!("no unique ids were taken over there: {fault}"));
                Ok(T::default())
            }
            (Err(fault), _) => Err(fault),
        }
    }
}

#[cfg(test)]
mod tests;
