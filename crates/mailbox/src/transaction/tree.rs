//! The tree of mailboxes in a transaction.

use std::collections::HashSet;

use super::Transaction;
use crate::table::{ROOT, whole_name};
use crate::{Fault, MailboxId, MailboxName};

impl Transaction<'_, '_> {
    /// The whole name of a mailbox.
    pub(crate) fn name(&self, id: MailboxId) -> Result<MailboxName, Fault> {
        whole_name(id, |id| self.record(id))
            .ok_or_else(|| Fault::new(format!("mailbox {id} hangs on one that is not there")))
    }

    /// The mailbox of a whole name.
    pub(crate) fn find(&self, name: &MailboxName) -> Option<MailboxId> {
        name.levels().try_fold(ROOT, |parent, level| self.child(parent, level))
    }

    /// The mailbox of this level right below a parent.
    pub(crate) fn child(&self, parent: MailboxId, level: &str) -> Option<MailboxId> {
        let changed = self.changed();
        let here = changed
            .iter()
            .find(|id| self.record(**id).is_some_and(|r| r.parent == parent && &*r.level == level));
        here.copied().or_else(|| {
            let known = self.group.shared.hot().table.child(parent, level);
            known.filter(|id| !changed.contains(id))
        })
    }

    /// The mailboxes right below a parent.
    pub(crate) fn children(&self, parent: MailboxId) -> Vec<MailboxId> {
        let changed = self.changed();
        let known: Vec<MailboxId> = self.group.shared.hot().table.children(parent).collect();
        let unchanged = known.into_iter().filter(|id| !changed.contains(id));
        let here = changed.iter().copied();
        unchanged
            .chain(here.filter(|id| self.record(*id).is_some_and(|r| r.parent == parent)))
            .collect()
    }

    /// All mailboxes.
    pub(crate) fn mailboxes(&self) -> Vec<MailboxId> {
        let changed = self.changed();
        let known: Vec<MailboxId> =
            self.group.shared.hot().table.iter().map(|(id, _)| id).collect();
        let unchanged = known.into_iter().filter(|id| !changed.contains(id));
        unchanged.chain(changed.iter().copied().filter(|id| self.record(*id).is_some())).collect()
    }

    /// The mailboxes whose records this group or this operation changed: few.
    fn changed(&self) -> HashSet<MailboxId> {
        let draft = self.draft.mailboxes.keys().copied();
        self.group.worked().map(|(id, _)| id).chain(draft).collect()
    }
}
