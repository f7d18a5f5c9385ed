//! Finds the mail below a path: which files, what is in them, which mailbox each belongs to, and which unique ids the
//! messages had.

mod look;
mod numbered;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::look::{Found, file_name, look, stem};
use crate::Format;
use crate::flag_list::{FLAG_LIST, FlagList};
use crate::gmail::GmailLabels;
use crate::letters::{Dialect, Framing};
use crate::limits::NOTES_MAX;
use crate::maildir::{self, Keywords};
use crate::names;
use crate::places::{MAILBOX_LIST, Places};
use crate::port::MailboxAttributes;
use crate::uidl::cyrus::{self, Fate};
use crate::uidl::folder::{CyrusFolder, FolderRole, FolderUidls};
use crate::uidl::{OWN_LIST, UidlChoice, UidlFault, UidlFrom, lasting};

/// How deep folders are followed.
const DEPTH_MAX: usize = 40;

/// A file that holds mail.
#[derive(Debug)]
pub struct Source {
    pub(crate) path: PathBuf,
    pub(crate) mailbox: String,
    pub(crate) framing: Framing,
    pub(crate) flags: Vec<String>,
    /// When the file was last changed.
    pub(crate) changed_s: Option<i64>,
    /// Whether that is the internal date.
    pub(crate) dated_by_file: bool,
    pub(crate) octets: u64,
    pub(crate) uidls: SourceUidls,
    /// The mailbox below which mailboxes go that the messages name themselves.
    pub(crate) below: Vec<String>,
    /// What becomes of Gmail's labels.
    pub(crate) gmail: GmailLabels,
    role: FolderRole,
}

/// The unique ids that the messages of a file had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SourceUidls {
    /// None are known.
    Nothing,
    /// The id of the one message.
    One(String),
    /// They are in the field that an export of correio writes.
    Own,
    /// They are in the field X-UIDL.
    Header,
    /// By the number of the message, from 1.
    Numbers(Arc<BTreeMap<u64, String>>),
}

/// All mail below a path.
#[derive(Debug, Default)]
pub struct Plan {
    /// The files, by their paths.
    pub sources: Vec<Source>,
    /// The mailboxes that an export of correio names, also those that are empty.
    pub mailboxes: Vec<MailboxAttributes>,
    /// How many files hold no mail.
    pub passed_over: u64,
    /// The first of them, and why they were passed over, for people.
    pub passed_over_first: Vec<String>,
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

/// A folder that is still to be looked at.
struct Waiting {
    path: PathBuf,
    levels: Vec<String>,
    depth: usize,
    /// Whether somebody named it and asked for its ids: then it holds what was served, wherever it goes.
    named: bool,
}

impl Plan {
    /// Looks through a path. Names that are found lie below the mailbox that is given; messages that lie loose go
    /// into it, or into the Inbox.
    pub fn of(path: &Path, wanted: &Wanted<'_>) -> Result<Plan, PlanFault> {
        let mut plan = Plan::default();
        let base: Vec<String> =
            wanted.below.into_iter().flat_map(|name| name.split('/')).map(str::to_owned).collect();
        if std::fs::metadata(path)?.is_file() {
            let mut levels = base;
            if levels.is_empty() && holds_mbox(path, wanted) {
                levels.extend(named_by_package(path).or_else(|| stem(path)));
            }
            plan.file(path, &levels, FolderRole::Inbox, wanted)?;
        } else {
            let named = wanted.uidls.from != UidlFrom::Auto;
            let base = match named_by_package(&path.join(APPLE_MBOX)) {
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
                plan.folder(next, wanted, &mut waiting)?;
            }
            // The order in which other hosts show messages, as far as names tell it.
            plan.sources.sort_by_cached_key(|source| {
                let name = names::NaturalName(source.file_name());
                (source.mailbox.clone(), name, source.path.clone())
            });
        }
        if let UidlFrom::List(list) = &wanted.uidls.from {
            numbered::apply(list, &mut plan.sources)?;
        }
        plan.must_have_ids(path, &wanted.uidls.from)?;
        Ok(plan)
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
        self.passed_over = self.passed_over.saturating_add(other.passed_over);
        self.passed_over_first.extend(other.passed_over_first);
        self.passed_over_first.truncate(NOTES_MAX);
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

    fn folder(
        &mut self,
        folder: Waiting,
        wanted: &Wanted<'_>,
        waiting: &mut Vec<Waiting>,
    ) -> Result<(), PlanFault> {
        let format = wanted.format;
        let kind = self.kind(&folder, wanted)?;
        let maildir = matches!(kind, Kind::Maildir);
        if maildir {
            self.maildir(&folder, wanted)?;
        }
        for entry in std::fs::read_dir(&folder.path)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // Links are not followed: they may lead in a circle, or elsewhere.
            let file_type = entry.file_type()?;
            let path = entry.path();
            if file_type.is_dir() {
                let part =
                    maildir && matches!(&*name, "cur" | "new" | "tmp" | maildir::COURIER_KEYWORDS);
                if folder.depth >= DEPTH_MAX || part {
                    continue;
                }
                let levels = kind.levels_of(&folder, &path, &name);
                let depth = folder.depth.saturating_add(1);
                waiting.push(Waiting { path, levels, depth, named: false });
            } else if file_type.is_file() && !maildir && format != Some(Format::Maildir) {
                self.loose(&folder, &path, &name, &kind, wanted)?;
            }
        }
        Ok(())
    }

    /// What a folder is, with its unique ids if it is no Maildir.
    fn kind(&mut self, folder: &Waiting, wanted: &Wanted<'_>) -> Result<Kind, PlanFault> {
        if is_maildir(&folder.path) && wanted.format.is_none_or(|f| f == Format::Maildir) {
            return Ok(Kind::Maildir);
        }
        let choice = &wanted.uidls;
        let chosen = choice.from == UidlFrom::Cyrus && folder.role() == FolderRole::Inbox;
        if wanted.format.is_none() && (chosen || CyrusFolder::is_there(&folder.path)) {
            let opened = CyrusFolder::open(&folder.path, folder.role(), choice);
            return Ok(Kind::Cyrus(self.or_note(opened, wanted)?));
        }
        let ids = FolderUidls::of_folder(&folder.path, choice);
        Ok(Kind::Plain(self.or_note(ids, wanted)?, FlagList::read(&folder.path)))
    }

    /// A file that lies in a folder.
    fn loose(
        &mut self,
        folder: &Waiting,
        path: &Path,
        name: &str,
        kind: &Kind,
        wanted: &Wanted<'_>,
    ) -> Result<(), PlanFault> {
        match kind {
            Kind::Maildir => Ok(()),
            Kind::Plain(..) if matches!(name, OWN_LIST | FLAG_LIST | MAILBOX_LIST) => Ok(()),
            Kind::Plain(ids, flags) => {
                let mut levels = folder.levels.clone();
                if named_by_package(path).is_none() && holds_mbox(path, wanted) {
                    levels.extend(stem(path));
                }
                let role = if levels == folder.levels { folder.role() } else { role_of(&levels) };
                let uidl = ids.uidl(name);
                let Some(source) = self.file(path, &levels, role, wanted)? else { return Ok(()) };
                if matches!(source.framing, Framing::Own(_)) {
                    source.flags = flags.flags(name).collect();
                }
                if let Some(uidl) = uidl
                    && !matches!(source.framing, Framing::Mbox(_))
                {
                    source.uidls = SourceUidls::One(uidl);
                }
                Ok(())
            }
            Kind::Cyrus(_) if name.starts_with(cyrus::OWN_FILES) => Ok(()),
            Kind::Cyrus(cyrus) => {
                let flags = match cyrus.fate(name) {
                    Some(Fate::There(flags)) => flags,
                    Some(Fate::Unlisted) => Vec::new(),
                    Some(Fate::Expunged) => {
                        self.expunged = self.expunged.saturating_add(1);
                        return Ok(());
                    }
                    None => {
                        self.pass_over(path, "no message of Cyrus");
                        return Ok(());
                    }
                };
                let uidl = cyrus.uidl(name);
                if let Some(source) = self.file(path, &folder.levels, folder.role(), wanted)? {
                    source.flags = flags;
                    // Cyrus gives its files the internal date, as Maildirs have it.
                    source.dated_by_file = true;
                    if let Some(uidl) = uidl {
                        source.uidls = SourceUidls::One(uidl);
                    }
                }
                Ok(())
            }
        }
    }

    fn file(
        &mut self,
        path: &Path,
        levels: &[String],
        role: FolderRole,
        wanted: &Wanted<'_>,
    ) -> Result<Option<&mut Source>, PlanFault> {
        let framing = match look(path, wanted.format, wanted.dialect) {
            Ok(Found::Mail(framing)) => framing,
            // It is named when it is its turn, and the others are read all the same.
            Err(_) => Framing::Whole,
            // A mailbox without messages.
            Ok(Found::Nothing(_)) if self.places.mailbox(&self.root, path).is_some() => {
                return Ok(None);
            }
            Ok(Found::Nothing(why)) => {
                self.pass_over(path, why);
                return Ok(None);
            }
        };
        let place = match framing {
            Framing::Mbox(_) => path,
            Framing::Whole | Framing::Own(_) => path.parent().unwrap_or(path),
        };
        let mailbox = self.mailbox_at(place, levels);
        let source = Source::new(path, mailbox, framing, role, wanted)?;
        Ok(Some(self.push(source)))
    }

    fn pass_over(&mut self, path: &Path, why: &str) {
        self.passed_over = self.passed_over.saturating_add(1);
        if self.passed_over_first.len() < NOTES_MAX {
            self.passed_over_first.push(format!("{}: {why}", path.display()));
        }
    }

    fn maildir(&mut self, folder: &Waiting, wanted: &Wanted<'_>) -> Result<(), PlanFault> {
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
                let framing = own.map_or(Framing::Whole, Framing::Own);
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

/// What a folder is.
enum Kind {
    Maildir,
    Cyrus(CyrusFolder),
    /// A folder of files, each a message or an mbox.
    Plain(FolderUidls, FlagList),
}

impl Kind {
    /// The mailbox of a folder within the folder.
    fn levels_of(&self, folder: &Waiting, path: &Path, name: &str) -> Vec<String> {
        let mut levels = folder.levels.clone();
        if name.starts_with('.') && is_maildir(path) {
            levels.extend(names::of_maildir_folder(name));
        } else if is_maildir(path) {
            levels.push(names::of_fs_folder(name));
        } else if CyrusFolder::is_there(path) {
            levels.push(names::of_cyrus_folder(name));
        } else {
            // Thunderbird keeps what lies below the mbox `Work` in the folder `Work.sbd`.
            let named = named_by_package(&path.join(APPLE_MBOX));
            levels.push(
                named.unwrap_or_else(|| name.strip_suffix(".sbd").unwrap_or(name).to_owned()),
            );
        }
        levels
    }
}

impl Waiting {
    fn role(&self) -> FolderRole {
        if self.named { FolderRole::Inbox } else { role_of(&self.levels) }
    }
}

fn role_of(levels: &[String]) -> FolderRole {
    let inbox = names::mailbox_of(levels).eq_ignore_ascii_case("INBOX");
    if inbox { FolderRole::Inbox } else { FolderRole::Other }
}

impl Source {
    fn file_name(&self) -> String {
        file_name(&self.path)
    }

    fn new(
        path: &Path,
        mailbox: String,
        framing: Framing,
        role: FolderRole,
        wanted: &Wanted<'_>,
    ) -> io::Result<Source> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = std::fs::metadata(path)?;
        let uidls = match (&wanted.uidls.from, framing, role) {
            (UidlFrom::Auto, Framing::Mbox(_), _) => SourceUidls::Own,
            (UidlFrom::Header, _, FolderRole::Inbox) => SourceUidls::Header,
            _ => SourceUidls::Nothing,
        };
        let own_date_s = names::own_date_s(&file_name(path));
        let below = wanted.below.into_iter().flat_map(|name| name.split('/'));
        Ok(Source {
            path: path.to_owned(),
            mailbox,
            framing,
            flags: Vec::new(),
            changed_s: own_date_s.or(Some(metadata.mtime())),
            dated_by_file: own_date_s.is_some(),
            octets: metadata.len(),
            uidls,
            below: below.map(str::to_owned).collect(),
            gmail: wanted.gmail,
            role,
        })
    }
}

fn is_maildir(path: &Path) -> bool {
    path.join("cur").is_dir()
}

/// The file in a mailbox that Apple Mail exported: a folder `NAME.mbox` with a file `mbox` in it.
const APPLE_MBOX: &str = "mbox";

/// The name of the mailbox whose file this is, if Apple Mail exported it.
fn named_by_package(path: &Path) -> Option<String> {
    let is_there = path.file_name().is_some_and(|name| name == APPLE_MBOX) && path.is_file();
    let package = path.parent()?.file_name().filter(|_| is_there)?.to_string_lossy();
    package.strip_suffix(".mbox").filter(|name| !name.is_empty()).map(str::to_owned)
}

fn holds_mbox(path: &Path, wanted: &Wanted<'_>) -> bool {
    let found = look(path, wanted.format, wanted.dialect);
    matches!(found, Ok(Found::Mail(Framing::Mbox(_))))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Framing, Plan, Wanted};

    const FROM: &str = "From a@b Tue Aug  6 10:23:41 2002\n";

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        machine::files::make_private_folder(path.parent().unwrap()).unwrap();
        machine::files::write_secret(&path, text.as_bytes()).unwrap();
    }

    fn found(folder: &Path, below: Option<&str>) -> Vec<String> {
        let plan = Plan::of(folder, &Wanted { below, ..Wanted::default() }).unwrap();
        let line = |source: &super::Source| {
            let name = source.path.file_name().unwrap().to_string_lossy().into_owned();
            let framing = match source.framing {
                Framing::Mbox(_) => "Mbox",
                Framing::Whole => "Whole",
                Framing::Own(_) => "Own",
            };
            format!("{} {name} {framing} {}", source.mailbox, source.flags.join(" "))
        };
        plan.sources.iter().map(|source| line(source).trim().to_owned()).collect()
    }

    #[test]
    fn each_kind_of_folder_is_understood() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        write(folder, "eml/one.eml", "Subject: x\n\n");
        write(folder, "eml/00002.3fa9", &format!("{FROM}Subject: x\n\n"));
        write(folder, "eml/sub/README.md", "# Nothing\n");
        write(folder, "eml/sub/two.eml", "Subject: x\n\n");
        assert_eq!(
            found(&folder.join("eml"), None),
            ["INBOX 00002.3fa9 Whole", "INBOX one.eml Whole", "sub two.eml Whole"]
        );
        assert_eq!(found(&folder.join("eml"), Some("Old/Mail"))[2], "Old/Mail/sub two.eml Whole");
        write(folder, "bird/Inbox", FROM);
        write(folder, "bird/Inbox.msf", "// <!-- <mdb:mork:z v=\"1.4\"/> -->\n");
        write(folder, "bird/Work", FROM);
        write(folder, "bird/Work.sbd/2020", FROM);
        assert_eq!(
            found(&folder.join("bird"), None),
            ["Inbox Inbox Mbox", "Work Work Mbox", "Work/2020 2020 Mbox"]
        );
        write(folder, "apple/Exported.mbox/mbox", FROM);
        write(folder, "apple/Exported.mbox/table_of_contents", "\0\u{1}");
        write(folder, "apple/Other.mbox/mbox", FROM);
        assert_eq!(found(&folder.join("apple"), None), ["Exported mbox Mbox", "Other mbox Mbox"]);
        let alone = folder.join("apple/Exported.mbox");
        assert_eq!(found(&alone, None), ["Exported mbox Mbox"]);
        assert_eq!(found(&alone.join("mbox"), None), ["Exported mbox Mbox"]);
        assert_eq!(found(&alone, Some("Old")), ["Old mbox Mbox"]);
        write(folder, "dir/cur/1.x:2,S", "Subject: x\n\n");
        write(folder, "dir/new/2.x", "Subject: x\n\n");
        write(folder, "dir/tmp/3.x", "Subject: x\n\n");
        write(folder, "dir/dovecot.index", "A: b\n");
        write(folder, "dir/.Work.Entw&APw-rfe/cur/4.x:2,F", "Subject: x\n\n");
        write(folder, "dir/fs/cur/5.x:2,", "Subject: x\n\n");
        write(folder, "dir/fs/Entw&APw-rfe/cur/6.x,S=10,W=12:2,S", "Subject: x\n\n");
        write(folder, "dir/courierimapkeywords/:list", "work\n\n2.x:0\n");
        assert_eq!(
            found(&folder.join("dir"), None),
            [
                "INBOX 1.x:2,S Whole \\Seen",
                "INBOX 2.x Whole work",
                "Work/Entw\u{fc}rfe 4.x:2,F Whole \\Flagged",
                "fs 5.x:2, Whole",
                "fs/Entw\u{fc}rfe 6.x,S=10,W=12:2,S Whole \\Seen"
            ]
        );
    }
}
