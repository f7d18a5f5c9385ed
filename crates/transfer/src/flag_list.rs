//! The list `correio-flags` beside the messages of an export: the flags of those whose file names have no place for them.
//! On each line a file name, a space, and flags with spaces between them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::uidl;

/// The list, in the folder of the files.
pub(crate) const FLAG_LIST: &str = "correio-flags";

/// Flags by names of files; of a Maildir by what lasts of the names.
#[derive(Debug, Default)]
pub(crate) struct FlagList(BTreeMap<String, String>);

impl FlagList {
    /// Reads the list of a folder; without one there are no flags.
    pub(crate) fn read(folder: &Path) -> FlagList {
        let octets = uidl::read(&folder.join(FLAG_LIST)).ok().flatten().unwrap_or_default();
        FlagList::of(&octets)
    }

    /// Takes a list as it was written.
    pub(crate) fn of(octets: &[u8]) -> FlagList {
        let text = String::from_utf8_lossy(octets);
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        FlagList(lines.map(|(name, flags)| (name.to_owned(), flags.to_owned())).collect())
    }

    /// The flags of a file.
    pub(crate) fn flags(&self, name: &str) -> impl Iterator<Item = String> {
        self.0.get(name).into_iter().flat_map(|flags| flags.split(' ')).map(str::to_owned)
    }

    /// Sets the flags of a file.
    pub(crate) fn set<'f>(&mut self, name: &str, flags: impl Iterator<Item = &'f str>) {
        let flags: Vec<&str> = flags.collect();
        if flags.is_empty() {
            self.0.remove(name);
        } else {
            self.0.insert(name.to_owned(), flags.join(" "));
        }
    }

    /// Writes the list, if there is anything to write.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let path = folder.join(FLAG_LIST);
        if self.0.is_empty() && !path.exists() {
            return Ok(());
        }
        machine::files::write_secret(&path, self.text().as_bytes())
    }

    /// The list as it is written.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|(name, flags)| format!("{name} {flags}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::FlagList;

    #[test]
    fn flags_come_back_and_go_when_they_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        let mut list = FlagList::read(folder.path());
        list.set("1.eml", ["\\Seen", "work"].into_iter());
        list.set("2.eml", std::iter::empty());
        list.write(folder.path()).unwrap();
        let mut list = FlagList::read(folder.path());
        assert_eq!(list.flags("1.eml").collect::<Vec<_>>(), ["\\Seen", "work"]);
        assert_eq!(list.flags("2.eml").count(), 0);
        list.set("1.eml", std::iter::empty());
        list.write(folder.path()).unwrap();
        assert_eq!(FlagList::read(folder.path()).flags("1.eml").count(), 0);
    }
}
