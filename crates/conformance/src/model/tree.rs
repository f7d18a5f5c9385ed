//! The mailboxes of the plain model.

use mailbox::{MailboxId, MailboxName, ModSeq, Refused, Timestamp, UidSet};

use super::{INBOX, Model, PlainMailbox};

impl Model {
    /// The names of all mailboxes, in order.
    pub(in super::super) fn names(&self) -> Vec<(MailboxId, MailboxName)> {
        let mut names: Vec<_> = self.mailboxes.keys().map(|id| (*id, self.name(*id))).collect();
        names.sort_by(|a, b| a.1.cmp(&b.1));
        names
    }

    pub(super) fn name(&self, id: MailboxId) -> MailboxName {
        let mailbox = &self.mailboxes[&id];
        match mailbox.parent {
            None => super::super::name(&mailbox.level),
            Some(parent) => self.name(parent).child(&mailbox.level).unwrap(),
        }
    }

    fn child(&self, parent: Option<MailboxId>, level: &str) -> Option<MailboxId> {
        let found = self.mailboxes.iter().find(|(_, m)| m.parent == parent && m.level == level);
        found.map(|(id, _)| *id)
    }

    pub(super) fn find(&self, name: &MailboxName) -> Option<MailboxId> {
        let mut at = None;
        for level in name.levels() {
            at = Some(self.child(at, level)?);
        }
        at
    }

    fn validity(&mut self, now: Timestamp) -> u32 {
        self.last_uid_validity = (now.0 as u32).max(self.last_uid_validity + 1);
        self.last_uid_validity
    }

    pub(super) fn make(
        &mut self,
        parent: Option<MailboxId>,
        level: &str,
        now: Timestamp,
    ) -> MailboxId {
        let id = MailboxId(self.next_mailbox);
        self.next_mailbox += 1;
        let mailbox = PlainMailbox {
            parent,
            level: level.to_owned(),
            selectable: true,
            uid_validity: self.validity(now),
            uid_next: 1,
            entries: Default::default(),
        };
        self.mailboxes.insert(id, mailbox);
        id
    }

    fn make_parents(&mut self, name: &MailboxName, now: Timestamp) -> Option<MailboxId> {
        let mut at = None;
        let above = name.levels().count() - 1;
        for level in name.levels().take(above) {
            let level = level.to_owned();
            at = Some(match self.child(at, &level) {
                Some(id) => id,
                None => self.make(at, &level, now),
            });
        }
        at
    }

    pub(in super::super) fn create(
        &mut self,
        name: &MailboxName,
        now: Timestamp,
    ) -> Result<MailboxId, Refused> {
        if let Some(id) = self.find(name) {
            if self.mailboxes[&id].selectable {
                return Err(Refused::MailboxExists);
            }
            let old = self.mailboxes.remove(&id).unwrap();
            let new = self.make(old.parent, &old.level, now);
            let children = self.mailboxes.values_mut().filter(|m| m.parent == Some(id));
            children.for_each(|mailbox| mailbox.parent = Some(new));
            return Ok(new);
        }
        let parent = self.make_parents(name, now);
        Ok(self.make(parent, name.split().1, now))
    }

    fn has_children(&self, id: MailboxId) -> bool {
        self.mailboxes.values().any(|mailbox| mailbox.parent == Some(id))
    }

    fn drop_empty_containers(&mut self, from: Option<MailboxId>) {
        let mut at = from;
        while let Some(id) = at {
            if self.mailboxes[&id].selectable || self.has_children(id) {
                break;
            }
            at = self.mailboxes.remove(&id).unwrap().parent;
        }
    }

    pub(in super::super) fn delete(
        &mut self,
        id: MailboxId,
        modseq: ModSeq,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let mailbox = self.mailboxes.get(&id).ok_or(Refused::NoSuchMailbox)?.clone();
        if id == INBOX {
            return Err(Refused::Inbox);
        }
        let parent = self.has_children(id);
        if parent && !mailbox.selectable {
            return Err(Refused::NotSelectable);
        }
        if mailbox.selectable {
            self.remove(id, &UidSet::all(), modseq, now)?;
        }
        if parent {
            self.mailboxes.get_mut(&id).unwrap().selectable = false;
        } else {
            self.mailboxes.remove(&id);
        }
        self.drop_empty_containers(mailbox.parent);
        Ok(())
    }

    pub(in super::super) fn rename(
        &mut self,
        id: MailboxId,
        to: &MailboxName,
        modseq: ModSeq,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let old = self.mailboxes.get(&id).ok_or(Refused::NoSuchMailbox)?.clone();
        if self.find(to).is_some() {
            return Err(Refused::MailboxExists);
        }
        if id == INBOX {
            let new = self.create(to, now)?;
            self.move_(INBOX, &UidSet::all(), new, modseq)?;
            return Ok(());
        }
        if to.is_below(&self.name(id)) {
            return Err(Refused::BelowItself);
        }
        let parent = self.make_parents(to, now);
        let mailbox = self.mailboxes.get_mut(&id).unwrap();
        (mailbox.parent, mailbox.level) = (parent, to.split().1.to_owned());
        self.drop_empty_containers(old.parent);
        Ok(())
    }
}
