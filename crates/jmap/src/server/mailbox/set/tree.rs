//! The names of all mailboxes, as they are while a call changes them.

use std::collections::{BTreeMap, HashMap};

use mailbox::{MailboxId, MailboxName, NameFault};

use super::super::listing::{INBOX, Listing};
use crate::error::SetError;

/// The names of all mailboxes.
pub(super) struct Tree {
    ids: BTreeMap<String, MailboxId>,
    names: HashMap<MailboxId, MailboxName>,
}

impl Tree {
    pub(super) fn of(listing: &Listing<'_>) -> Tree {
        let mut tree = Tree { ids: BTreeMap::new(), names: HashMap::new() };
        for mailbox in listing.iter() {
            tree.put(mailbox.id, mailbox.name.clone());
        }
        tree
    }

    pub(super) fn put(&mut self, id: MailboxId, name: MailboxName) {
        self.ids.insert(name.as_str().to_owned(), id);
        self.names.insert(id, name);
    }

    pub(super) fn name(&self, id: MailboxId) -> Option<&MailboxName> {
        self.names.get(&id)
    }

    pub(super) fn find(&self, name: &MailboxName) -> Option<MailboxId> {
        self.ids.get(name.as_str()).copied()
    }

    /// Those below a mailbox, with their names.
    fn below(&self, name: &MailboxName) -> impl Iterator<Item = (&String, MailboxId)> {
        let prefix = format!("{name}{}", MailboxName::SEPARATOR);
        let from = self.ids.range(prefix.clone()..);
        from.take_while(move |(name, _)| name.starts_with(&prefix)).map(|(name, id)| (name, *id))
    }

    pub(super) fn has_child(&self, name: &MailboxName) -> bool {
        self.below(name).next().is_some()
    }

    pub(super) fn remove(&mut self, id: MailboxId) {
        if let Some(name) = self.names.remove(&id) {
            self.ids.remove(name.as_str());
        }
    }

    /// Renames a mailbox with all below it.
    pub(super) fn rename(&mut self, id: MailboxId, to: &MailboxName) {
        let Some(from) = self.names.get(&id).cloned() else { return };
        let below: Vec<(String, MailboxId)> =
            self.below(&from).map(|(name, id)| (name.clone(), id)).collect();
        self.remove(id);
        self.put(id, to.clone());
        for (name, id) in below {
            let rest = name.get(from.as_str().len()..).unwrap_or_default();
            // One that is too long now was not let through.
            if let Ok(name) = MailboxName::new(&format!("{to}{rest}")) {
                self.remove(id);
                self.put(id, name);
            }
        }
    }

    /// The whole name of a mailbox below another.
    pub(super) fn child(
        &self,
        parent: Option<MailboxId>,
        level: &str,
    ) -> Result<MailboxName, SetError> {
        let wrong = |fault: NameFault| SetError::properties(&["name"], fault.to_string());
        if level.contains(MailboxName::SEPARATOR) {
            return Err(SetError::properties(&["name"], "a name has no slash in it"));
        }
        match parent.and_then(|parent| self.names.get(&parent)) {
            Some(parent) => parent.child(level).map_err(wrong),
            None if level.eq_ignore_ascii_case(INBOX) => Ok(MailboxName::inbox()),
            None => MailboxName::new(level).map_err(wrong),
        }
    }

    /// A name beside its own that no mailbox has.
    pub(super) fn free_name(&self, id: MailboxId) -> Option<MailboxName> {
        let (parent, _) = self.names.get(&id)?.split();
        let level = |number: u32| format!("{id}.{number}");
        let names = (0..100).filter_map(|number| match &parent {
            Some(parent) => parent.child(&level(number)).ok(),
            None => MailboxName::new(&level(number)).ok(),
        });
        names.into_iter().find(|name| self.find(name).is_none())
    }
}
