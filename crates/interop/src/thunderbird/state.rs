//! `popstate.dat`: what Thunderbird remembers of each message that is still on the server.

use std::collections::BTreeMap;
use std::path::Path;

/// The state of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// `k`: downloaded, stays on the server.
    Keep,
    /// `d`: to be deleted on the server.
    Delete,
    /// `b`: its beginning was downloaded.
    TooBig,
    /// `f`: to be downloaded whole.
    FetchBody,
}

const LETTERS: [(Status, &str); 4] =
    [(Status::Keep, "k"), (Status::Delete, "d"), (Status::TooBig, "b"), (Status::FetchBody, "f")];

/// The messages by unique id; with no time they are not written.
#[derive(Clone, Debug, Default)]
pub(super) struct PopState(BTreeMap<String, (Status, Option<u64>)>);

impl PopState {
    pub(super) fn read(path: &Path) -> PopState {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let entries = text.lines().skip_while(|line| !line.starts_with('*')).skip(1);
        let entry = |line: &str| {
            let mut words = line.split(' ');
            let (letter, uidl) = (words.next()?, words.next()?);
            let (status, _) = LETTERS.iter().find(|(_, known)| *known == letter)?;
            Some((uidl.to_owned(), (*status, words.next()?.parse().ok())))
        };
        PopState(entries.filter_map(entry).collect())
    }

    pub(super) fn write(&self, path: &Path, login: &str) {
        let mut text =
            String::from("# POP3 State File\n# This is a generated file!  Do not edit.\n\n");
        text.push_str(&format!("*127.0.0.1 {login}\n"));
        for (uidl, (status, received_s)) in &self.0 {
            let letter = LETTERS.iter().find(|(known, _)| known == status).unwrap().1;
            if let Some(received_s) = received_s {
                text.push_str(&format!("{letter} {uidl} {received_s}\n"));
            }
        }
        std::fs::write(path, text).unwrap();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, uidl: &str) -> Option<(Status, u64)> {
        self.0.get(uidl).map(|(status, received_s)| (*status, received_s.unwrap_or_default()))
    }

    /// Sets the state of a message that is known.
    pub(super) fn mark(&mut self, uidl: &str, status: Status) {
        if let Some(entry) = self.0.get_mut(uidl) {
            entry.0 = status;
        }
    }

    pub(super) fn put_back(&mut self, uidl: &str, status: Status, received_s: Option<u64>) {
        self.0.insert(uidl.to_owned(), (status, received_s));
    }

    /// Takes over what another state knows of a message.
    pub(super) fn keep(&mut self, from: &PopState, uidl: &str) {
        if let Some(entry) = from.0.get(uidl) {
            self.0.insert(uidl.to_owned(), *entry);
        }
    }

    /// Forgets everything; tells whether there was anything.
    pub(super) fn forget_all(&mut self) -> bool {
        !std::mem::take(&mut self.0).is_empty()
    }
}
