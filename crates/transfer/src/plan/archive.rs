//! The files in a ZIP archive, as if it were a folder.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::folder::role_of;
use super::look::{holds_mbox, stem};
use super::{Plan, Source, Wanted, apple};
use crate::flag_list::{FLAG_LIST, FlagList};
use crate::limits::UIDL_FILE_OCTETS_MAX;
use crate::mail_file::MailFile;
use crate::names;
use crate::places::MAILBOX_LIST;
use crate::zip::{self, Member, Method};

impl Plan {
    pub(super) fn archive(&mut self, archive: &MailFile, levels: &[String], wanted: &Wanted<'_>) {
        let path = archive.path();
        let members = match archive.origin().open().and_then(zip::members) {
            Ok(members) => members,
            Err(error) => return self.cannot_read(path, &error),
        };
        let lists = flag_lists(archive, &members);
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
                (_, Some("cur" | "new" | "tmp")) => {
                    let why = "a message of a Maildir in a ZIP archive; unpack it first";
                    self.pass_over(file.path(), why);
                }
                (Method::Stored | Method::Deflated, _) => {
                    let flags = flags_of(&lists, file.path());
                    if let Some(source) = self.in_archive(&file, levels, &above, wanted) {
                        source.flags.extend(flags);
                    }
                }
            }
        }
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
        levels.extend(above.iter().map(name));
        let in_package = above.last().is_some_and(|level| level.ends_with(".mbox"));
        let is_named = in_package && file.path().ends_with(apple::MBOX);
        if !is_named && holds_mbox(file, wanted) {
            levels.extend(stem(file.path()));
        }
        self.file(file, &levels, role_of(&levels), wanted)
    }
}

/// Whether a file is a list that an export of ours writes beside messages.
fn is_list(path: &Path) -> bool {
    path.ends_with(FLAG_LIST) || path.ends_with(MAILBOX_LIST)
}

/// The lists of flags in an archive, by the folders that they are in. What cannot be read says nothing.
fn flag_lists(archive: &MailFile, members: &[Member]) -> BTreeMap<PathBuf, FlagList> {
    let mut lists = BTreeMap::new();
    for member in members.iter().filter(|member| Path::new(&member.name).ends_with(FLAG_LIST)) {
        let file = archive.holding(member.clone());
        let mut octets = Vec::new();
        let read = file
            .open()
            .and_then(|opened| opened.from.take(UIDL_FILE_OCTETS_MAX).read_to_end(&mut octets));
        if let (Ok(_), Some(folder)) = (read, file.path().parent()) {
            lists.insert(folder.to_owned(), FlagList::of(&octets));
        }
    }
    lists
}

fn flags_of(lists: &BTreeMap<PathBuf, FlagList>, path: &Path) -> Vec<String> {
    let list = path.parent().and_then(|folder| lists.get(folder));
    let name = names::of_file(path);
    list.into_iter().flat_map(|list| list.flags(&name)).collect()
}
