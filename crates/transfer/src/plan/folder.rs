//! Goes through a folder: what it is, and what the files and folders in it are.

use std::fs::FileType;
use std::path::{Path, PathBuf};

use super::apple::{self, named_by_package};
use super::look::{Found, holds_mbox, look, stem};
use super::{Plan, PlanFault, Source, SourceUidls, Wanted};
use crate::Format;
use crate::flag_list::{FLAG_LIST, FlagList};
use crate::letters::Framing;
use crate::mail_file::MailFile;
use crate::maildir;
use crate::names;
use crate::places::MAILBOX_LIST;
use crate::uidl::cyrus::{self, Fate};
use crate::uidl::folder::{CyrusFolder, FolderRole, FolderUidls};
use crate::uidl::{OWN_LIST, UidlFrom};

/// How deep folders are followed.
const DEPTH_MAX: usize = 40;
const TOO_DEEP: &str = "more than 40 folders within each other; name this one to import it";

/// A folder that is still to be looked at.
pub(super) struct Waiting {
    pub(super) path: PathBuf,
    pub(super) levels: Vec<String>,
    pub(super) depth: usize,
    /// Whether somebody named it and asked for its ids: then it holds what was served, wherever it goes.
    pub(super) named: bool,
}

impl Plan {
    pub(super) fn folder(
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
            let name = names::text(&entry.file_name()).into_owned();
            // Links are not followed: they may lead in a circle, or elsewhere.
            let file_type = entry.file_type()?;
            let path = entry.path();
            if file_type.is_dir() {
                let part =
                    maildir && matches!(&*name, "cur" | "new" | "tmp" | maildir::COURIER_KEYWORDS);
                if part {
                    continue;
                }
                if folder.depth >= DEPTH_MAX {
                    self.pass_over(&path, TOO_DEEP);
                    continue;
                }
                if name == apple::ATTACHMENTS && apple::is_within_package(&folder.path) {
                    self.pass_over(&path, "attachments that Apple Mail keeps beside its messages");
                    continue;
                }
                let levels = kind.levels_of(&folder, &path, &name);
                let depth = folder.depth.saturating_add(1);
                waiting.push(Waiting { path, levels, depth, named: false });
            } else if !file_type.is_file() {
                self.pass_over(&path, what_it_is(file_type));
            } else if !maildir && format != Some(Format::Maildir) {
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
                let file = MailFile::of(path);
                if named_by_package(path).is_none() && holds_mbox(&file, wanted) {
                    levels.extend(stem(path));
                }
                let role = if levels == folder.levels { folder.role() } else { role_of(&levels) };
                let uidl = ids.uidl(name);
                let Some(source) = self.file(&file, &levels, role, wanted) else { return Ok(()) };
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
                let file = MailFile::of(path);
                if let Some(source) = self.file(&file, &folder.levels, folder.role(), wanted) {
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

    pub(super) fn file(
        &mut self,
        file: &MailFile,
        levels: &[String],
        role: FolderRole,
        wanted: &Wanted<'_>,
    ) -> Option<&mut Source> {
        let path = file.path();
        let framing = match look(file, wanted.format, wanted.dialect) {
            Ok(Found::Mail(framing)) => framing,
            // It is named when it is its turn, and the others are read all the same.
            Err(_) => Framing::Whole,
            // A mailbox without messages.
            Ok(Found::Nothing(_)) if self.places.mailbox(&self.root, path).is_some() => {
                return None;
            }
            Ok(Found::Nothing(why)) => {
                self.pass_over(path, why);
                return None;
            }
            Ok(Found::Archive) => {
                self.archive(file, levels, wanted);
                return None;
            }
        };
        let place = match framing {
            Framing::Mbox(_) => path,
            Framing::Whole | Framing::Own(_) | Framing::Emlx(_) => path.parent().unwrap_or(path),
        };
        let mailbox = self.mailbox_at(place, levels);
        match Source::new(file, mailbox.into(), framing, role, wanted) {
            Ok(source) => Some(self.push(source)),
            Err(error) => {
                self.cannot_read(path, &error);
                None
            }
        }
    }
}

/// What something in a folder is that is neither a file nor a folder.
pub(super) fn what_it_is(file_type: FileType) -> &'static str {
    if file_type.is_symlink() {
        "a link, which is not followed; name what it leads to, to import that"
    } else {
        "no file, but a pipe, a socket or a device"
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
            let no_level = apple::is_no_level(name) && apple::is_within_package(&folder.path);
            // Thunderbird keeps what lies below the mbox `Work` in the folder `Work.sbd`.
            let below = || name.strip_suffix(".sbd").unwrap_or(name).to_owned();
            if !no_level {
                levels.push(apple::package_name(path).unwrap_or_else(below));
            }
        }
        levels
    }
}

impl Waiting {
    pub(super) fn role(&self) -> FolderRole {
        if self.named { FolderRole::Inbox } else { role_of(&self.levels) }
    }
}

pub(super) fn role_of(levels: &[String]) -> FolderRole {
    let inbox = names::mailbox_of(levels).eq_ignore_ascii_case("INBOX");
    if inbox { FolderRole::Inbox } else { FolderRole::Other }
}

fn is_maildir(path: &Path) -> bool {
    path.join("cur").is_dir()
}
