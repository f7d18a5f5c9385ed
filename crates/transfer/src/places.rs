//! Which file or folder of an export holds which mailbox: the list `correio-mailboxes`, for names that files cannot have,
//! for what mailboxes are for, and for those that are empty. One line of JSON for each.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use crate::names;
use crate::port::MailboxAttributes;
use crate::{Format, uidl};

/// The list, in the folder that was exported into.
pub(crate) const MAILBOX_LIST: &str = "correio-mailboxes";

/// A line of the list.
#[derive(Serialize, Deserialize)]
struct Line {
    /// The file or folder, seen from the folder of the export.
    path: String,
    #[serde(flatten)]
    mailbox: MailboxAttributes,
}

/// The mailboxes of an export by their places.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeMap<String, MailboxAttributes>);

impl Places {
    /// Reads the list of a folder. Without one, and for lines that are no places, names come from the files.
    pub(crate) fn read(folder: &Path) -> Places {
        let octets = uidl::read(&folder.join(MAILBOX_LIST)).ok().flatten().unwrap_or_default();
        Places::of(&octets)
    }

    /// Takes a list as it was written.
    pub(crate) fn of(octets: &[u8]) -> Places {
        let lines = octets.split(|octet| *octet == b'\n');
        let lines = lines.filter_map(|line| serde_json::from_slice::<Line>(line).ok());
        // None of them may lead out of the folder: an export is written to these places.
        let inside = |line: &Line| {
            Path::new(&line.path).components().all(|part| matches!(part, Component::Normal(_)))
        };
        Places(lines.filter(inside).map(|line| (line.path, line.mailbox)).collect())
    }

    /// The mailbox of a file or folder.
    pub(crate) fn mailbox(&self, root: &Path, path: &Path) -> Option<&MailboxAttributes> {
        self.at(path.strip_prefix(root).ok()?.to_str()?)
    }

    /// The mailbox of a place.
    pub(crate) fn at(&self, path: &str) -> Option<&MailboxAttributes> {
        self.0.get(path)
    }

    /// Gives a mailbox another place.
    pub(crate) fn also(&mut self, path: &str, mailbox: &MailboxAttributes) {
        self.0.entry(path.to_owned()).or_insert_with(|| mailbox.clone());
    }

    /// All mailboxes.
    pub(crate) fn mailboxes(&self) -> impl Iterator<Item = &MailboxAttributes> {
        self.0.values()
    }

    /// The place of a mailbox: the one that it had in an earlier export, or the first that no other has.
    pub(crate) fn place(&mut self, format: Format, mailbox: &MailboxAttributes) -> String {
        for number in 1u32.. {
            let path = names::place(format, &mailbox.name, number);
            let holder = self.0.get(&path).map(|holder| &holder.name);
            if holder.is_none_or(|name| *name == mailbox.name) {
                self.0.insert(path.clone(), mailbox.clone());
                return path;
            }
        }
        String::new()
    }

    /// Writes the list.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        machine::files::write_secret(&folder.join(MAILBOX_LIST), &self.text())
    }

    /// The list as it is written.
    pub(crate) fn text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for (path, mailbox) in &self.0 {
            let line = Line { path: path.clone(), mailbox: mailbox.clone() };
            // Texts become JSON in any case, and writing into memory does not fail.
            let _ = serde_json::to_writer(&mut text, &line);
            text.push(b'\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{MAILBOX_LIST, Places};
    use crate::Format;
    use crate::port::MailboxAttributes;

    fn mailbox(name: &str) -> MailboxAttributes {
        MailboxAttributes { name: name.to_owned(), special_use: None, subscribed: true }
    }

    #[test]
    fn no_two_mailboxes_have_one_place_and_each_keeps_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let mut places = Places::read(folder.path());
        let place = |places: &mut Places, name| places.place(Format::Maildir, &mailbox(name));
        assert_eq!(place(&mut places, "INBOX"), "");
        assert_eq!(place(&mut places, "a.b"), ".a_b");
        assert_eq!(place(&mut places, "a_b"), ".a_b~2");
        places.write(folder.path()).unwrap();
        let mut again = Places::read(folder.path());
        assert_eq!(place(&mut again, "a_b"), ".a_b~2");
        assert_eq!(place(&mut again, "a.b"), ".a_b");
        let root = folder.path();
        assert_eq!(again.mailbox(root, &root.join(".a_b")).unwrap().name, "a.b");
        assert_eq!(again.mailbox(root, root).unwrap().name, "INBOX");
        assert!(again.mailbox(root, &root.join("x")).is_none());
    }

    #[test]
    fn a_list_leads_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let text = "{\"path\":\"../x\",\"name\":\"x\"}\n{\"path\":\"/x\",\"name\":\"x\"}\nnothing\n{\"path\":\"y\",\"name\":\"y\"}\n";
        let path = folder.path().join(MAILBOX_LIST);
        machine::files::write_secret(&path, text.as_bytes()).unwrap();
        let places = Places::read(folder.path());
        let names: Vec<_> = places.mailboxes().map(|mailbox| mailbox.name.as_str()).collect();
        assert_eq!(names, ["y"]);
    }
}
