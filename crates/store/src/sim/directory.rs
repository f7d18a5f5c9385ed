//! The names of a simulated disk: those that can be seen, and those that would be there after a power cut.

use std::collections::BTreeMap;
use std::io;

use super::Dice;

/// Names and the files they stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    seen: BTreeMap<String, u64>,
    durable: BTreeMap<String, u64>,
    pending: Vec<Entry>,
}

/// A change of a name that is not durable yet.
#[derive(Clone, Debug)]
enum Entry {
    Set(String, u64),
    Remove(String),
    /// A rename takes place whole or not at all.
    Rename(String, String, u64),
}

impl Entry {
    fn name(&self) -> &str {
        match self {
            Entry::Set(name, _) | Entry::Remove(name) | Entry::Rename(_, name, _) => name,
        }
    }

    fn apply(&self, names: &mut BTreeMap<String, u64>) {
        match self {
            Entry::Set(name, file) => {
                names.insert(name.clone(), *file);
            }
            Entry::Remove(name) => {
                names.remove(name);
            }
            Entry::Rename(from, to, file) => {
                names.remove(from);
                names.insert(to.clone(), *file);
            }
        }
    }
}

impl Directory {
    pub(super) fn find(&self, name: &str) -> Option<u64> {
        self.seen.get(name).copied()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&str, u64)> + '_ {
        self.seen.iter().map(|(name, file)| (name.as_str(), *file))
    }

    pub(super) fn list(&self, directory: &str) -> Vec<String> {
        self.seen
            .keys()
            .filter(|name| parent(name) == directory)
            .map(|name| name.rsplit('/').next().unwrap_or(name).to_owned())
            .collect()
    }

    pub(super) fn set(&mut self, name: &str, file: u64) {
        self.push(Entry::Set(name.to_owned(), file));
    }

    pub(super) fn remove(&mut self, name: &str) -> io::Result<()> {
        if !self.seen.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.push(Entry::Remove(name.to_owned()));
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let file = self.find(from).ok_or(io::ErrorKind::NotFound)?;
        self.push(Entry::Rename(from.to_owned(), to.to_owned(), file));
        Ok(())
    }

    /// Makes the names in one directory durable.
    pub(super) fn sync(&mut self, directory: &str) {
        for entry in self.pending.extract_if(.., |entry| parent(entry.name()) == directory) {
            entry.apply(&mut self.durable);
        }
    }

    /// The names with all that can be seen made durable.
    pub(super) fn settled(&self) -> Directory {
        Directory { seen: self.seen.clone(), durable: self.seen.clone(), pending: Vec::new() }
    }

    /// The names after a power cut: each change that was not synced may have taken place or not.
    pub(super) fn after_power_cut(&self, dice: &mut Dice) -> Directory {
        let percent = *dice.one_of(&[0, 50, 100]).unwrap_or(&50);
        let mut names = self.durable.clone();
        for entry in &self.pending {
            if dice.chance(percent) {
                entry.apply(&mut names);
            }
        }
        Directory { seen: names.clone(), durable: names, pending: Vec::new() }
    }

    fn push(&mut self, entry: Entry) {
        entry.apply(&mut self.seen);
        self.pending.push(entry);
    }
}

fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(directory, _)| directory)
}
