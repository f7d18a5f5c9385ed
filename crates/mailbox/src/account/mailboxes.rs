//! Mailboxes are made, deleted and renamed.

use super::{Account, Actor, copy, expunge};
use crate::limits::{MAILBOX_DEPTH_MAX, MAILBOX_NAME_OCTETS_MAX, MAILBOXES_MAX};
use crate::operations::What;
use crate::records::Record;
use crate::table::ROOT;
use crate::transaction::Transaction;
use crate::{
    Error, MailboxId, MailboxKind, MailboxName, Octets, Refused, Rights, Role, UidSet, UidValidity,
    Who, layout,
};

impl Account {
    /// Makes a mailbox, and those above it that are missing. Each is shared as the one that it lies in.
    pub async fn create_mailbox(
        &self,
        name: &MailboxName,
        role: Option<Role>,
    ) -> Result<MailboxId, Error> {
        let (name, actor) = (name.clone(), self.actor);
        self.write_as_guest(1, move |transaction, who| {
            actor.demand_above(transaction, &name)?;
            if actor != Actor::Owner && role.is_some() {
                return Err(Refused::SpecialUse.into());
            }
            create(transaction, who, &name, role)
        })
        .await
    }

    /// Deletes a mailbox; what is in it is retained. With others below it, it stays as a container.
    pub async fn delete_mailbox(&self, id: MailboxId) -> Result<(), Error> {
        let count = self.entries_at_most(id, &UidSet::all());
        let actor = self.actor;
        self.write_as_guest(count, move |transaction, who| {
            actor.demand(transaction, id, Rights::DELETE_MAILBOX)?;
            delete(transaction, who, id)
        })
        .await
    }

    /// Renames a mailbox with all below it; the Inbox instead hands its messages to a new mailbox (RFC 9051, 6.3.6).
    pub async fn rename_mailbox(&self, id: MailboxId, to: &MailboxName) -> Result<(), Error> {
        let (to, actor) = (to.clone(), self.actor);
        // Of the Inbox all messages are moved.
        let count = self.entries_at_most(id, &UidSet::all());
        self.write_as_guest(count, move |transaction, who| {
            actor.demand(transaction, id, Rights::DELETE_MAILBOX)?;
            actor.demand_above(transaction, &to)?;
            if actor != Actor::Owner && transaction.name(id)?.is_inbox() {
                return Err(Refused::Inbox.into());
            }
            rename(transaction, who, id, &to)
        })
        .await
    }
}

pub(super) fn create(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    name: &MailboxName,
    role: Option<Role>,
) -> Result<MailboxId, Error> {
    if let Some(role) = role {
        let taken = |id| transaction.record(id).is_some_and(|r| r.role == Some(role));
        if name.is_inbox() || transaction.mailboxes().into_iter().any(taken) {
            return Err(Refused::SpecialUse.into());
        }
    }
    if let Some(id) = transaction.find(name) {
        let record = transaction.record(id).ok_or(Refused::NoSuchMailbox)?;
        return match record.kind {
            MailboxKind::Selectable => Err(Refused::MailboxExists.into()),
            MailboxKind::Container => {
                // It is another mailbox than the one deleted, with an identity of its own (RFC 8474, 4.1).
                let new = next_mailbox(transaction)?;
                let below = transaction.children(id);
                let modseq = transaction.next_modseq();
                transaction.set_record(id, None);
                let name = name.clone();
                transaction.log(modseq, who, &What::Deleted { mailbox: id, name });
                make(transaction, who, new, (record.parent, &record.level), role)?;
                for child in below {
                    transaction.change_record(child, |record| record.parent = new);
                }
                Ok(new)
            }
        };
    }
    let parent = parent_for(transaction, who, name)?;
    let (_, level) = name.split();
    let id = next_mailbox(transaction)?;
    make(transaction, who, id, (parent, level), role)?;
    Ok(id)
}

/// The mailbox that one of this name lies in; those that are missing are made.
fn parent_for(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    name: &MailboxName,
) -> Result<MailboxId, Error> {
    let mut parent = ROOT;
    let above = name.levels().count().saturating_sub(1);
    for level in name.levels().take(above) {
        parent = match transaction.child(parent, level) {
            Some(id) => id,
            None => {
                let id = next_mailbox(transaction)?;
                make(transaction, who, id, (parent, level), None)?;
                id
            }
        };
    }
    Ok(parent)
}

/// The identity of the next mailbox, if there may be one more.
fn next_mailbox(transaction: &mut Transaction<'_, '_>) -> Result<MailboxId, Error> {
    if transaction.mailboxes().len() >= MAILBOXES_MAX {
        let max = u64::try_from(MAILBOXES_MAX).unwrap_or(u64::MAX);
        return Err(Refused::TooMany { what: "mailboxes", max }.into());
    }
    let head = transaction.head_mut();
    let id = MailboxId(head.next_mailbox);
    head.next_mailbox = head.next_mailbox.saturating_add(1);
    Ok(id)
}

/// Makes a mailbox.
fn make(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    id: MailboxId,
    (parent, level): (MailboxId, &str),
    role: Option<Role>,
) -> Result<(), Error> {
    let modseq = transaction.next_modseq();
    // Every mailbox of an account has a UIDVALIDITY of its own, so that none is taken for another of the same name.
    let now = u32::try_from(transaction.now().0.max(0)).unwrap_or(u32::MAX);
    let head = transaction.head_mut();
    let validity = now.max(head.last_uid_validity.saturating_add(1));
    head.last_uid_validity = validity;
    let mut record = Record::new(parent, level, role, UidValidity(validity), modseq);
    // RFC 4314, 4: what is made below a mailbox is shared as that is.
    record.access = transaction.record(parent).and_then(|parent| parent.access.clone());
    transaction.set_record(id, Some(record));
    let name = transaction.name(id)?;
    transaction.log(modseq, who, &What::Created { mailbox: id, name });
    Ok(())
}

pub(super) fn delete(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    id: MailboxId,
) -> Result<(), Error> {
    let record = transaction.record(id).ok_or(Refused::NoSuchMailbox)?;
    let name = transaction.name(id)?;
    if name.is_inbox() {
        return Err(Refused::Inbox.into());
    }
    let lone = transaction.children(id).is_empty();
    match record.kind {
        // RFC 3501, 6.3.4: a name that only holds others cannot be deleted before they are.
        MailboxKind::Container if !lone => return Err(Refused::NotSelectable.into()),
        MailboxKind::Container => {}
        MailboxKind::Selectable => empty(transaction, who, id)?,
    }
    // RFC 5464, 4.1: another mailbox of that name has none of them.
    transaction.forget_annotations(id)?;
    let modseq = transaction.next_modseq();
    if lone {
        transaction.set_record(id, None);
    } else {
        transaction.change_record(id, |record| {
            record.kind = MailboxKind::Container;
            record.role = None;
            // RFC 4314, 4: DELETE deletes the access list.
            record.access = None;
            (record.messages, record.unseen, record.deleted) = (0, 0, 0);
            record.octets = Octets(0);
            record.highest_modseq = modseq;
        });
    }
    transaction.log(modseq, who, &What::Deleted { mailbox: id, name });
    drop_empty_containers(transaction, who, record.parent)
}

/// Takes all out of a mailbox that is about to go.
fn empty(transaction: &mut Transaction<'_, '_>, who: &Who, id: MailboxId) -> Result<(), Error> {
    let account = transaction.account();
    let state = transaction.state(id)?;
    if !state.entries.is_empty() {
        let entries: Vec<_> = state.entries.iter().copied().collect();
        let modseq = transaction.next_modseq();
        expunge::take_out(transaction, who, (id, &state.keywords), &entries, modseq)?;
        let uids = entries.iter().map(|entry| entry.uid).collect();
        transaction.log(modseq, who, &What::Expunged { mailbox: id, uids });
    }
    for kind in [layout::Kind::Vanished, layout::Kind::Viewed] {
        let of_mailbox = layout::of_mailbox(account, kind, id);
        for key in transaction.range(&of_mailbox, usize::MAX)?.into_keys() {
            transaction.delete(key);
        }
    }
    transaction.forget_keywords(id);
    Ok(())
}

/// Deletes containers that hold nothing any more, from the inside out.
fn drop_empty_containers(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    from: MailboxId,
) -> Result<(), Error> {
    let mut at = from;
    while let Some(record) = transaction.record(at) {
        if record.kind == MailboxKind::Selectable || !transaction.children(at).is_empty() {
            break;
        }
        let name = transaction.name(at)?;
        transaction.forget_annotations(at)?;
        let modseq = transaction.next_modseq();
        transaction.set_record(at, None);
        transaction.log(modseq, who, &What::Deleted { mailbox: at, name });
        at = record.parent;
    }
    Ok(())
}

pub(super) fn rename(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    id: MailboxId,
    to: &MailboxName,
) -> Result<(), Error> {
    let record = transaction.record(id).ok_or(Refused::NoSuchMailbox)?;
    let from = transaction.name(id)?;
    if transaction.find(to).is_some() {
        return Err(Refused::MailboxExists.into());
    }
    if from.is_inbox() {
        let state = transaction.state(id)?;
        let new = create(transaction, who, to, None)?;
        let entries: Vec<_> = state.entries.iter().copied().collect();
        let seen = UidSet::new();
        copy::move_entries(transaction, who, (id, &state.keywords, &entries), new, &seen)?;
        // RFC 5464, 4.1: both have them.
        transaction.copy_annotations(id, new)?;
        return Ok(());
    }
    if to.is_below(&from) {
        return Err(Refused::BelowItself.into());
    }
    fits(transaction, id, &from, to)?;
    let parent = parent_for(transaction, who, to)?;
    let modseq = transaction.next_modseq();
    let (_, level) = to.split();
    transaction.change_record(id, |record| {
        record.parent = parent;
        record.level = level.into();
    });
    let what = What::Renamed { mailbox: id, from, to: to.clone() };
    transaction.log(modseq, who, &what);
    drop_empty_containers(transaction, who, record.parent)
}

/// Whether the names of all that lies below stay within the limits.
fn fits(
    transaction: &Transaction<'_, '_>,
    id: MailboxId,
    from: &MailboxName,
    to: &MailboxName,
) -> Result<(), Error> {
    let mut below = transaction.children(id);
    while let Some(child) = below.pop() {
        let name = transaction.name(child)?;
        let rest = name.as_str().len().saturating_sub(from.as_str().len());
        if rest.saturating_add(to.as_str().len()) > MAILBOX_NAME_OCTETS_MAX {
            let max = u64::try_from(MAILBOX_NAME_OCTETS_MAX).unwrap_or(u64::MAX);
            return Err(Refused::TooMany { what: "octets in the name below", max }.into());
        }
        let deeper = name.levels().count().saturating_sub(from.levels().count());
        if deeper.saturating_add(to.levels().count()) > MAILBOX_DEPTH_MAX {
            let max = u64::try_from(MAILBOX_DEPTH_MAX).unwrap_or(u64::MAX);
            return Err(Refused::TooMany { what: "levels of mailboxes", max }.into());
        }
        below.extend(transaction.children(child));
    }
    Ok(())
}
