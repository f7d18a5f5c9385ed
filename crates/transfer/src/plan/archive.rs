//! The files in a ZIP or tar archive, as if it were a folder.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use super::folder::role_of;
use super::look::{holds_mbox, stem};
use super::{Plan, Source, Wanted, apple};
use crate::flag_list::{FLAG_LIST, FlagList};
use crate::limits::UIDL_FILE_OCTETS_MAX;
use crate::mail_file::MailFile;
use crate::maildir::{self, FOLDER_MARK, KEYWORD_LIST, Keywords};
use crate::names;
use crate::places::MAILBOX_LIST;
use crate::uidl::lasting;
use crate::zip::{Member, Method};
use crate::{tar, zip};

impl Plan {
    pub(super) fn archive(&mut self, archive: &MailFile, levels: &[String], wanted: &Wanted<'_>) {
        let path = archive.path();
        let members = match members(archive) {
            Ok(members) => members,
            Err(error) => return self.cannot_read(path, &error),
        };
        let lists = Lists::read(archive, &members);
        for member in members {
            let (method, is_folder) = (member.method, member.name.ends_with('/'));
            let file = archive.holding(member);
            let Ok(inner) = file.path().strip_prefix(path) else { continue };
            let above = inner.parent().into_iter().flat_map(Path::components);
            let plain = above.filter(|part| matches!(part, Component::Normal(_)));
            let above: Vec<String> =
                plain.map(|part| names::text(part.as_os_str()).into_owned()).collect();
            match (method, above.last().map(String::as_str)) {
                _ if is_folder || is_list(file.path()) => {}
                (Method::Encrypted, _) => self.pass_over(file.path(), "encrypted; unpack it first"),
                (Method::Other, _) => {
                    self.pass_over(file.path(), "packed in a rare way; unpack it first");
                }
                (_, Some("tmp")) => {
                    self.pass_over(file.path(), "a message of a Maildir that did not become whole");
                }
                (_, Some("cur" | "new")) => {
                    let flags = lists.of_maildir(file.path());
                    if let Some(source) = self.in_maildir(&file, levels, &above, wanted) {
                        source.flags = flags;
                    }
                }
                (Method::Stored | Method::Deflated | Method::Plain, _) => {
                    let flags = lists.of_file(file.path());
                    if let Some(source) = self.in_archive(&file, levels, &above, wanted) {
                        source.flags.extend(flags);
                    }
                }
            }
        }
    }

    /// A message of a Maildir, whose folders have a dot before their names (Maildir++), or are folders.
    fn in_maildir(
        &mut self,
        file: &MailFile,
        levels: &[String],
        above: &[String],
        wanted: &Wanted<'_>,
    ) -> Option<&mut Source> {
        let mut levels = levels.to_vec();
        let (_, folders) = above.split_last()?;
        for folder in folders {
            match folder.strip_prefix('.') {
                Some(_) => levels.extend(names::of_maildir_folder(folder)),
                None => levels.push(names::of_fs_folder(folder)),
            }
        }
        self.file(file, &levels, role_of(&levels), wanted)
    }

    fn in_archive(
        &mut self,
        file: &MailFile,
        levels: &[String],
        above: &[String],
        wanted: &Wanted<'_>,
    ) -> Option<&mut Source> {
        let name = |level: &String| {
            let level =
                level.strip_suffix(".mbox").or_else(|| level.strip_suffix(".sbd")).unwrap_or(level);
            level.to_owned()
        };
        let mut levels = levels.to_vec();
        levels.extend(below_base(&levels, above).iter().map(name));
        let in_package = above.last().is_some_and(|level| level.ends_with(".mbox"));
        let is_named = in_package && file.path().ends_with(apple::MBOX);
        if !is_named && holds_mbox(file, wanted) {
            levels.extend(stem(file.path()));
        }
        self.file(file, &levels, role_of(&levels), wanted)
    }
}

/// The folders that a file is in. Below a mailbox that is named, the Inbox of an export is that mailbox.
fn below_base<'f>(base: &[String], folders: &'f [String]) -> &'f [String] {
    match folders.split_first() {
        Some((first, rest)) if !base.is_empty() && first == "INBOX" => rest,
        Some(_) | None => folders,
    }
}

/// The files of an archive, of whichever kind.
fn members(archive: &MailFile) -> io::Result<Vec<Member>> {
    let mut start = Vec::new();
    let limit = u64::try_from(zip::SIGNATURE.len()).unwrap_or_default();
    archive.origin().open()?.take(limit).read_to_end(&mut start)?;
    let content = archive.origin().open()?;
    if start == zip::SIGNATURE { zip::members(content) } else { tar::members(content) }
}

/// What is no mail, but says something of it, or nothing.
const LISTS: [&str; 4] = [FLAG_LIST, MAILBOX_LIST, KEYWORD_LIST, FOLDER_MARK];

/// Whether a file is a list that an export of ours writes beside messages.
fn is_list(path: &Path) -> bool {
    LISTS.iter().any(|name| path.ends_with(name))
}

/// The lists of flags and of keywords in an archive, by the folders that they are in. What cannot be read says nothing.
#[derive(Default)]
struct Lists {
    flags: BTreeMap<PathBuf, FlagList>,
    keywords: BTreeMap<PathBuf, Keywords>,
}

impl Lists {
    fn read(archive: &MailFile, members: &[Member]) -> Lists {
        let mut lists = Lists::default();
        for member in members.iter().filter(|member| is_list(Path::new(&member.name))) {
            let file = archive.holding(member.clone());
            let mut octets = Vec::new();
            let read = file
                .open()
                .and_then(|opened| opened.from.take(UIDL_FILE_OCTETS_MAX).read_to_end(&mut octets));
            let (Ok(_), Some(folder)) = (read, file.path().parent()) else { continue };
            if file.path().ends_with(FLAG_LIST) {
                lists.flags.insert(folder.to_owned(), FlagList::of(&octets));
            } else if file.path().ends_with(KEYWORD_LIST) {
                let keywords = Keywords::of(&String::from_utf8_lossy(&octets));
                lists.keywords.insert(folder.to_owned(), keywords);
            }
        }
        lists
    }

    /// The flags of a file beside a list.
    fn of_file(&self, path: &Path) -> Vec<String> {
        let list = path.parent().and_then(|folder| self.flags.get(folder));
        let name = names::of_file(path);
        list.into_iter().flat_map(|list| list.flags(&name)).collect()
    }

    /// The flags of a message of a Maildir.
    fn of_maildir(&self, path: &Path) -> Vec<String> {
        let folder = path.parent().and_then(Path::parent);
        let name = names::of_file(path);
        let none = Keywords::default();
        let keywords = folder.and_then(|folder| self.keywords.get(folder)).unwrap_or(&none);
        let mut flags = maildir::flags(&name, keywords);
        let list = folder.and_then(|folder| self.flags.get(folder));
        flags.extend(list.into_iter().flat_map(|list| list.flags(lasting(&name))));
        flags
    }
}
