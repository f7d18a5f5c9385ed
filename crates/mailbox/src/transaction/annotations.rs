//! Annotations, in a transaction (RFC 5464).

use super::Transaction;
use crate::limits::ANNOTATIONS_OCTETS_MAX;
use crate::records::{damaged, read_annotation, write_annotation};
use crate::{AccountId, AnnotationName, Fault, MailboxId, keys, layout};

/// How many annotations there are, and how many octets they take with their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AnnotationsUse {
    pub(crate) count: usize,
    pub(crate) octets: usize,
}

impl Transaction<'_, '_> {
    /// The value of an annotation.
    pub(crate) fn annotation(
        &mut self,
        of: Option<MailboxId>,
        user: AccountId,
        name: &AnnotationName,
    ) -> Result<Option<Vec<u8>>, Fault> {
        let key = layout::annotation(self.account(), of, user, name);
        let Some(value) = self.get(&key)? else { return Ok(None) };
        let value = read_annotation(&value).ok_or_else(|| damaged(&key))?;
        Ok(Some(value.to_vec()))
    }

    /// Sets an annotation, or takes it away.
    pub(crate) fn set_annotation(
        &mut self,
        of: Option<MailboxId>,
        user: AccountId,
        name: &AnnotationName,
        value: Option<&[u8]>,
    ) {
        let key = layout::annotation(self.account(), of, user, name);
        match value {
            Some(value) => self.put(key, write_annotation(value)),
            None => self.delete(key),
        }
    }

    /// What the annotations of one mailbox take that are one user's, or that all share.
    pub(crate) fn annotations_of(
        &mut self,
        of: Option<MailboxId>,
        user: AccountId,
    ) -> Result<AnnotationsUse, Fault> {
        let kept = layout::under(layout::annotations_by(self.account(), of, user));
        let mut used = AnnotationsUse::default();
        for (key, value) in self.range(&kept, usize::MAX)? {
            used.add(&key, &value);
        }
        Ok(used)
    }

    /// What all annotations of the account take that are shared or its owner's; or else those of all others.
    pub(crate) fn annotations_in_all(&mut self, owners: bool) -> Result<AnnotationsUse, Fault> {
        let account = self.account();
        let mut used = AnnotationsUse::default();
        for (key, value) in
            self.range(&layout::all(account, layout::Kind::Annotation), usize::MAX)?
        {
            let (_, user, _) =
                layout::take_annotation(layout::tail(&key)).ok_or_else(|| damaged(&key))?;
            if (user == keys::NOBODY || user == account) == owners {
                used.add(&key, &value);
            }
        }
        Ok(used)
    }

    /// Takes all annotations of a mailbox away.
    pub(crate) fn forget_annotations(&mut self, mailbox: MailboxId) -> Result<(), Fault> {
        let kept = layout::of_mailbox(self.account(), layout::Kind::Annotation, mailbox);
        for key in self.range(&kept, usize::MAX)?.into_keys() {
            self.delete(key);
        }
        Ok(())
    }

    /// Takes all annotations of a user away.
    pub(crate) fn forget_annotations_by(&mut self, user: AccountId) -> Result<(), Fault> {
        let all = layout::all(self.account(), layout::Kind::Annotation);
        for key in self.range(&all, usize::MAX)?.into_keys() {
            if layout::take_annotation(layout::tail(&key)).is_some_and(|(_, of, _)| of == user) {
                self.delete(key);
            }
        }
        Ok(())
    }

    /// Gives a mailbox the annotations that another has, if there is room for them.
    pub(crate) fn copy_annotations(&mut self, from: MailboxId, to: MailboxId) -> Result<(), Fault> {
        let account = self.account();
        let kept = layout::of_mailbox(account, layout::Kind::Annotation, from);
        let kept = self.range(&kept, usize::MAX)?;
        let mut copied = AnnotationsUse::default();
        kept.iter().for_each(|(key, value)| copied.add(key, value));
        for owners in [true, false] {
            let used = self.annotations_in_all(owners)?.octets;
            if used.saturating_add(copied.octets) > ANNOTATIONS_OCTETS_MAX {
                return Ok(());
            }
        }
        for (key, value) in kept {
            let (_, user, name) =
                layout::take_annotation(layout::tail(&key)).ok_or_else(|| damaged(&key))?;
            self.put(layout::annotation(account, Some(to), user, &name), value);
        }
        Ok(())
    }
}

impl AnnotationsUse {
    fn add(&mut self, key: &[u8], value: &[u8]) {
        self.count = self.count.saturating_add(1);
        self.octets = self.octets.saturating_add(key.len()).saturating_add(value.len());
    }
}
