//! A mailbox is changed in one step: its name, what it is for, where it stands among others, and whether its name is subscribed to
//! (RFC 8621, 2.5).

use super::subscriptions::{is_subscribed, subscribe, unsubscribe};
use super::{Account, mailboxes};
use crate::operations::{MailboxEdit, Subscription, What};
use crate::transaction::Transaction;
use crate::{Error, MailboxId, MailboxKind, MailboxName, ModSeq, Refused, Role, UidSet, Who};

/// What is done with a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxChange {
    /// One is made, and those above it that are missing.
    Make(MailboxName, Option<Role>),
    /// One is changed.
    Edit(MailboxId, MailboxEdit),
    /// One is deleted.
    Delete(MailboxId),
}

impl Account {
    /// Makes, changes or deletes a mailbox as `create_mailbox`, `edit_mailbox` and `delete_mailbox` do, if the account's counter is still
    /// this one, and says which mailbox it was. None: something changed since, and nothing was done.
    pub async fn change_mailbox_at(
        &self,
        counter: ModSeq,
        change: MailboxChange,
    ) -> Result<Option<MailboxId>, Error> {
        let count = match &change {
            MailboxChange::Delete(id) => self.entries_at_most(*id, &UidSet::all()),
            MailboxChange::Make(..) | MailboxChange::Edit(..) => 1,
        };
        self.write_many(count, move |transaction, who| {
            if transaction.head().modseq != counter {
                return Ok(None);
            }
            match &change {
                MailboxChange::Make(name, role) => {
                    mailboxes::create(transaction, who, name, *role).map(Some)
                }
                MailboxChange::Edit(id, edit) => {
                    self::change(transaction, who, *id, edit).map(|()| Some(*id))
                }
                MailboxChange::Delete(id) => {
                    mailboxes::delete(transaction, who, *id).map(|()| Some(*id))
                }
            }
        })
        .await
    }

    /// Changes a mailbox, wholly or not at all. Subscriptions to it and to those below it go with their names.
    pub async fn edit_mailbox(&self, id: MailboxId, edit: MailboxEdit) -> Result<(), Error> {
        self.write(move |transaction, who| change(transaction, who, id, &edit)).await
    }
}

fn change(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    id: MailboxId,
    edit: &MailboxEdit,
) -> Result<(), Error> {
    let record = transaction.record(id).ok_or(Refused::NoSuchMailbox)?;
    if let Some(role) = edit.role.filter(|role| *role != record.role) {
        give(transaction, who, id, role)?;
    }
    if let Some(order) = edit.sort_order.filter(|order| Some(*order) != record.sort_order) {
        transaction.change_record(id, |record| record.sort_order = Some(order));
        note(transaction, who, id)?;
    }
    if let Some(to) = &edit.name {
        let from = transaction.name(id)?;
        if from != *to {
            rename(transaction, who, (id, &from), to)?;
        }
    }
    let name = transaction.name(id)?;
    match edit.subscription {
        Some(Subscription::Yes) => subscribe(transaction, who, &name),
        Some(Subscription::No) => Ok(unsubscribe(transaction, who, &name)?),
        None => Ok(()),
    }
}

pub(super) fn give(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    id: MailboxId,
    role: Option<Role>,
) -> Result<(), Error> {
    let name = transaction.name(id)?;
    let record = transaction.record(id).ok_or(Refused::NoSuchMailbox)?;
    let has = |other| transaction.record(other).is_some_and(|it| role.is_some() && it.role == role);
    let is_taken = transaction.mailboxes().into_iter().any(has);
    if name.is_inbox() || record.kind == MailboxKind::Container || is_taken {
        return Err(Refused::SpecialUse.into());
    }
    transaction.change_record(id, |record| record.role = role);
    note(transaction, who, id)
}

/// Has the log say that something of the mailbox changed that is neither its mail nor its name.
fn note(transaction: &mut Transaction<'_, '_>, who: &Who, id: MailboxId) -> Result<(), Error> {
    let name = transaction.name(id)?;
    let modseq = transaction.next_modseq();
    let what = What::Renamed { mailbox: id, from: name.clone(), to: name };
    transaction.log(modseq, who, &what);
    Ok(())
}

fn rename(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    (id, from): (MailboxId, &MailboxName),
    to: &MailboxName,
) -> Result<(), Error> {
    if from.is_inbox() {
        return Err(Refused::Inbox.into());
    }
    let mut subscribed = Vec::new();
    let mut left = vec![id];
    while let Some(at) = left.pop() {
        let name = transaction.name(at)?;
        if is_subscribed(transaction, &name)? {
            subscribed.push((at, name));
        }
        left.extend(transaction.children(at));
    }
    mailboxes::rename(transaction, who, id, to)?;
    for (at, before) in subscribed {
        unsubscribe(transaction, who, &before)?;
        let now = transaction.name(at)?;
        subscribe(transaction, who, &now)?;
    }
    Ok(())
}
