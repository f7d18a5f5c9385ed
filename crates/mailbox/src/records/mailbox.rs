//! The record of a mailbox: where it stands, what it is for, its numbers and counts.

use std::sync::Arc;

use bytes::Bytes;

use crate::codec::{Input, Output};
use crate::{
    AccessList, Entry, Flags, MailboxId, MailboxKind, ModSeq, Octets, Role, Uid, UidValidity,
};

/// What is kept of a mailbox. Its whole name comes of its parents', so that a rename changes one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The mailbox above; 0: none.
    pub(crate) parent: MailboxId,
    /// Its last level.
    pub(crate) level: Box<str>,
    pub(crate) kind: MailboxKind,
    pub(crate) role: Option<Role>,
    pub(crate) uid_validity: UidValidity,
    /// None once the last UID was given.
    pub(crate) uid_next: Option<Uid>,
    pub(crate) messages: u64,
    pub(crate) unseen: u64,
    pub(crate) deleted: u64,
    pub(crate) octets: Octets,
    pub(crate) highest_modseq: ModSeq,
    /// What vanished is remembered after this.
    pub(crate) vanished_floor: ModSeq,
    /// Where its owner wants it among its siblings, if that was ever said.
    pub(crate) sort_order: Option<u32>,
    /// With whom it is shared; none: with nobody.
    pub(crate) access: Option<Arc<AccessList>>,
}

/// The layouts: the second says where the owner wants the mailbox among its siblings, the third (since format 13) with whom it is
/// shared as well.
const UNPLACED: u8 = 1;
const PLACED: u8 = 2;
const SHARED: u8 = 3;

impl Record {
    /// A new mailbox. What vanished before it was made is not to be asked for.
    pub(crate) fn new(
        parent: MailboxId,
        level: &str,
        role: Option<Role>,
        uid_validity: UidValidity,
        modseq: ModSeq,
    ) -> Record {
        Record {
            parent,
            level: level.into(),
            kind: MailboxKind::Selectable,
            role,
            uid_validity,
            uid_next: Some(Uid::MIN),
            messages: 0,
            unseen: 0,
            deleted: 0,
            octets: Octets(0),
            highest_modseq: modseq,
            vanished_floor: ModSeq(0),
            sort_order: None,
            access: None,
        }
    }

    /// Counts an entry in.
    pub(crate) fn count_in(&mut self, entry: &Entry) {
        let (unseen, deleted) = marks(entry.flags);
        self.messages = self.messages.saturating_add(1);
        self.unseen = self.unseen.saturating_add(unseen);
        self.deleted = self.deleted.saturating_add(deleted);
        self.octets = Octets(self.octets.0.saturating_add(entry.octets.into()));
    }

    /// Counts an entry out.
    pub(crate) fn count_out(&mut self, entry: &Entry) {
        let (unseen, deleted) = marks(entry.flags);
        self.messages = self.messages.saturating_sub(1);
        self.unseen = self.unseen.saturating_sub(unseen);
        self.deleted = self.deleted.saturating_sub(deleted);
        self.octets = Octets(self.octets.0.saturating_sub(entry.octets.into()));
    }

    pub(crate) fn write(&self) -> Bytes {
        let layout = match (&self.access, self.sort_order) {
            (Some(_), _) => SHARED,
            (None, Some(_)) => PLACED,
            (None, None) => UNPLACED,
        };
        let mut output = Output::version(layout);
        output
            .number(self.parent.0)
            .text(&self.level)
            .octet(match self.kind {
                MailboxKind::Selectable => 0,
                MailboxKind::Container => 1,
            })
            .octet(self.role.map_or(0, role_octet))
            .number(self.uid_validity.0)
            .number(self.uid_next.map_or(0, Uid::number))
            .number(self.messages)
            .number(self.unseen)
            .number(self.deleted)
            .number(self.octets.0)
            .number(self.highest_modseq.0)
            .number(self.vanished_floor.0);
        match (&self.access, self.sort_order) {
            (Some(access), order) => access.write(output.maybe(order.map(u64::from))),
            (None, Some(order)) => drop(output.number(order)),
            (None, None) => {}
        }
        output.done()
    }

    pub(crate) fn read(value: &[u8]) -> Option<Record> {
        let layout = *value.first()?;
        let mut input = Input::version(value, layout)?;
        let mut record = Record {
            parent: MailboxId(input.number_u32()?),
            level: input.text()?.into(),
            kind: match input.octet()? {
                0 => MailboxKind::Selectable,
                1 => MailboxKind::Container,
                _ => return None,
            },
            role: match input.octet()? {
                0 => None,
                octet => Some(role_of(octet)?),
            },
            uid_validity: UidValidity(input.number_u32()?),
            uid_next: Uid::new(input.number_u32()?),
            messages: input.number()?,
            unseen: input.number()?,
            deleted: input.number()?,
            octets: Octets(input.number()?),
            highest_modseq: ModSeq(input.number()?),
            vanished_floor: ModSeq(input.number()?),
            sort_order: None,
            access: None,
        };
        match layout {
            UNPLACED => {}
            PLACED => record.sort_order = Some(input.number_u32()?),
            SHARED => {
                record.sort_order = input.maybe()?.map(u32::try_from).transpose().ok()?;
                record.access = Some(Arc::new(AccessList::read(&mut input)?));
            }
            _ => return None,
        }
        input.end().map(|()| record)
    }
}

/// Whether flags count as unseen and as deleted, as numbers to add.
fn marks(flags: Flags) -> (u64, u64) {
    (u64::from(!flags.contains(Flags::SEEN)), u64::from(flags.contains(Flags::DELETED)))
}

const ROLES: [(Role, u8); 6] = [
    (Role::Archive, 1),
    (Role::Drafts, 2),
    (Role::Junk, 3),
    (Role::Sent, 4),
    (Role::Trash, 5),
    (Role::Important, 6),
];

fn role_octet(role: Role) -> u8 {
    ROLES.iter().find(|(known, _)| *known == role).map_or(0, |(_, octet)| *octet)
}

fn role_of(octet: u8) -> Option<Role> {
    ROLES.iter().find(|(_, known)| *known == octet).map(|(role, _)| *role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Grantee, Rights, RightsChange, SeenBy, Sign};

    #[test]
    fn a_record_is_read_as_written() {
        let mut record =
            Record::new(MailboxId(3), "Čaj", Some(Role::Trash), UidValidity(77), ModSeq(5));
        record.kind = MailboxKind::Container;
        record.uid_next = None;
        record.octets = Octets(1 << 40);
        assert_eq!(Record::read(&record.write()), Some(record.clone()));
        record.sort_order = Some(7);
        assert_eq!(Record::read(&record.write()), Some(record.clone()));
        let mut access = AccessList::default();
        access.seen_by = SeenBy::EachUser;
        access.change(Grantee::Anyone, Sign::Given, RightsChange::Add(Rights::LOOKUP)).unwrap();
        record.access = Some(Arc::new(access));
        assert_eq!(Record::read(&record.write()), Some(record.clone()));
        record.sort_order = None;
        assert_eq!(Record::read(&record.write()), Some(record));
    }
}
