//! The files in a ZIP archive, as if it were a folder.

use std::path::{Component, Path};
use std::sync::Arc;

use super::folder::role_of;
use super::look::{holds_mbox, stem};
use super::{Plan, Wanted, apple};
use crate::mail_file::MailFile;
use crate::names;
use crate::zip::{self, Method};

impl Plan {
    pub(super) fn archive(&mut self, path: &Path, levels: &[String], wanted: &Wanted<'_>) {
        let members = match zip::members(path) {
            Ok(members) => members,
            Err(error) => return self.cannot_read(path, &error),
        };
        let archive = Arc::from(path);
        for member in members {
            let (method, is_folder) = (member.method, member.name.ends_with('/'));
            let file = MailFile::within(&archive, member);
            let Ok(inner) = file.path().strip_prefix(path) else { continue };
            let above = inner.parent().into_iter().flat_map(Path::components);
            let plain = above.filter(|part| matches!(part, Component::Normal(_)));
            let above: Vec<String> =
                plain.map(|part| names::text(part.as_os_str()).into_owned()).collect();
            match (method, above.last().map(String::as_str)) {
                _ if is_folder => {}
                (Method::Encrypted, _) => self.pass_over(file.path(), "encrypted; unpack it first"),
                (Method::Other, _) => {
                    self.pass_over(file.path(), "packed in a rare way; unpack it first");
                }
                (_, Some("cur" | "new" | "tmp")) => {
                    let why = "a message of a Maildir in a ZIP archive; unpack it first";
                    self.pass_over(file.path(), why);
                }
                (Method::Stored | Method::Deflated, _) => {
                    self.in_archive(&file, levels, &above, wanted);
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
    ) {
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
        self.file(file, &levels, role_of(&levels), wanted);
    }
}
