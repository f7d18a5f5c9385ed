//! New emails: in several mailboxes at once, in one commit.

use super::super::Account;
use super::super::append::append_one;
use super::edit::is_changed_since;
use crate::operations::{Append, What};
use crate::records::{damaged, read_email};
use crate::room::Comes;
use crate::transaction::{Missing, NewEntry, Origin, Transaction};
use crate::{
    Arrival, EmailId, Error, FlagNames, MailboxId, ModSeq, Received, Refused, ThreadId, Who,
    ZonedTime, layout,
};

/// A new email.
#[derive(Clone, Debug)]
pub struct NewEmail {
    /// The message, from `Incoming::finish`.
    pub received: Received,
    /// Where it goes; at least one.
    pub mailboxes: Vec<MailboxId>,
    /// Its keywords.
    pub keywords: FlagNames,
    /// Its internal date; none: now.
    pub internal_date: Option<ZonedTime>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddedEmail {
    /// Its identity.
    pub email: EmailId,
    /// The thread that it belongs to.
    pub thread: ThreadId,
    /// Its size.
    pub octets: u64,
}

impl Account {
    /// Adds an email to all its mailboxes, or to none. `Refused::NoSuchMailbox` also where it is to be in none.
    pub async fn add_email(&self, new: NewEmail) -> Result<AddedEmail, Error> {
        let hash = new.received.body.hash;
        let added = self.write(move |transaction, who| add(transaction, who, &new)).await?;
        self.shared().ports.damaged.forget([hash]);
        Ok(added)
    }

    /// Adds an email in the same way, unless some email changed after a state. None: one did, and nothing was done.
    pub async fn add_email_at(
        &self,
        new: NewEmail,
        state: ModSeq,
    ) -> Result<Option<AddedEmail>, Error> {
        let hash = new.received.body.hash;
        let work = move |transaction: &mut Transaction<'_, '_>, who: &Who| {
            if is_changed_since(transaction, state)? {
                return Ok(None);
            }
            add(transaction, who, &new).map(Some)
        };
        let added = self.write(work).await?;
        if added.is_some() {
            self.shared().ports.damaged.forget([hash]);
        }
        Ok(added)
    }
}

fn add(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    new: &NewEmail,
) -> Result<AddedEmail, Error> {
    let mut mailboxes = new.mailboxes.clone();
    mailboxes.sort_unstable();
    mailboxes.dedup();
    let Some((first, others)) = mailboxes.split_first() else {
        return Err(Refused::NoSuchMailbox.into());
    };
    let octets = new.received.body.octets;
    let append = Append {
        received: new.received.clone(),
        flags: new.keywords.clone(),
        internal_date: new.internal_date,
        uidl: None,
    };
    transaction.room_in(*first, Comes::Anew, std::iter::once(octets))?;
    let flags = transaction.flags_of(*first, &new.keywords, Missing::Refuse)?;
    let modseq = transaction.next_modseq();
    let (uid, email) = append_one(transaction, *first, &append, flags, modseq)?;
    let uids = std::iter::once(uid).collect();
    transaction.log(modseq, who, &What::Added { mailbox: *first, uids });
    let marks = new.received.content.marks;
    let arrived = Arrival::of(new.internal_date.unwrap_or(transaction.now().into()));
    for mailbox in others {
        transaction.room_in(*mailbox, Comes::Copied, std::iter::once(octets))?;
        let flags = transaction.flags_of(*mailbox, &new.keywords, Missing::Refuse)?.with(marks);
        let octets = u32::try_from(octets).unwrap_or(u32::MAX);
        let modseq = transaction.next_modseq();
        let entry = NewEntry { email, octets, flags, arrived };
        let uid = transaction.add_entry(*mailbox, entry, modseq, Origin::Copy)?;
        let uids = std::iter::once(uid).collect();
        transaction.log(modseq, who, &What::Copied { from: *first, mailbox: *mailbox, uids });
    }
    let key = layout::email(transaction.account(), email);
    let value = transaction.get(&key)?.and_then(|value| read_email(email, &value));
    let thread = value.ok_or_else(|| damaged(&key))?.thread;
    Ok(AddedEmail { email, thread, octets })
}
