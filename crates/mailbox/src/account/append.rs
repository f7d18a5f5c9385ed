//! Append: new mail comes into a mailbox.

use super::sharing::settable;
use super::{Account, Actor, threads};
use crate::operations::{Append, Appended, What};
use crate::records::{EmailValue, Viewed, write_email, write_sort};
use crate::room::Comes;
use crate::transaction::{Missing, NewEntry, Origin, Transaction};
use crate::{
    Arrival, EmailId, Error, Flags, MailboxId, ModSeq, Refused, Rights, Uid, Who, keys, layout,
};

impl Account {
    /// Appends messages, all or none. Flags that whoever acts may not set are left away (RFC 4314, 4). Where octets of an equal one were damaged, they are whole again.
    pub async fn append(&self, to: MailboxId, messages: Vec<Append>) -> Result<Appended, Error> {
        let count = u64::try_from(messages.len()).unwrap_or(u64::MAX);
        let hashes: Vec<_> = messages.iter().map(|message| message.received.body.hash).collect();
        let actor = self.actor;
        let work = move |transaction: &mut Transaction<'_, '_>, who: &Who| {
            append(transaction, who, (actor, to), &messages)
        };
        let appended = self.write_as_guest(count, work).await?;
        self.shared().ports.damaged.forget(hashes);
        Ok(appended)
    }
}

pub(super) fn append(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    (actor, to): (Actor, MailboxId),
    messages: &[Append],
) -> Result<Appended, Error> {
    let rights = actor.demand(transaction, to, Rights::INSERT)?;
    let uid_validity = transaction.selectable(to)?.uid_validity;
    transaction.room_in(to, Comes::Anew, messages.iter().map(|m| m.received.body.octets))?;
    if messages.is_empty() {
        let modseq = transaction.head().modseq;
        return Ok(Appended { mailbox: to, uid_validity, entries: Vec::new(), modseq });
    }
    let modseq = transaction.next_modseq();
    let own = actor.look(transaction, to)?.filter(|own| own.look.is_own());
    let (mut entries, mut seen) = (Vec::with_capacity(messages.len()), Vec::new());
    for message in messages {
        let mut names = message.flags.clone();
        names.system = settable(names.system, rights);
        if !rights.has(Rights::WRITE) {
            names.keywords.clear();
        }
        let mut flags = transaction.flags_of(to, &names, Missing::Refuse)?;
        let is_seen = own.is_some() && flags.contains(Flags::SEEN);
        if is_seen {
            flags = flags.without(Flags::SEEN);
        }
        let (uid, email) = append_one(transaction, to, message, flags, modseq)?;
        entries.push((uid, email));
        seen.extend(is_seen.then_some(uid));
    }
    if let Some(own) = own {
        transaction.mark_viewed((to, own.user), &seen, Viewed::Seen, modseq)?;
    }
    let uids = entries.iter().map(|(uid, _)| *uid).collect();
    transaction.log(modseq, who, &What::Added { mailbox: to, uids });
    Ok(Appended { mailbox: to, uid_validity, entries, modseq })
}

/// Puts one message under the next UID.
pub(super) fn append_one(
    transaction: &mut Transaction<'_, '_>,
    to: MailboxId,
    message: &Append,
    flags: Flags,
    modseq: ModSeq,
) -> Result<(Uid, EmailId), Error> {
    let account = transaction.account();
    let (body, content) = (&message.received.body, &message.received.content);
    let octets = u32::try_from(body.octets)
        .map_err(|_| Refused::TooLarge { octets_max: u32::MAX.into() })?;
    let head = transaction.head_mut();
    let email = EmailId(head.next_email);
    head.next_email = head.next_email.saturating_add(1);
    let thread = threads::join(transaction, email, &content.thread_hashes)?;
    let internal_date = message.internal_date.unwrap_or(transaction.now().into());
    let value = write_email(EmailValue {
        thread,
        hash: &body.hash,
        octets: body.octets,
        line_ends_missing: content.line_ends_missing,
        marks: content.marks,
        internal_date,
        sent: content.sent,
        outline: &content.outline,
    });
    transaction.put(layout::email(account, email), value);
    let sent = content.sent.map_or(internal_date.time, |(sent, _)| sent);
    let sort = write_sort(internal_date.time, sent, &content.sort);
    transaction.put(layout::sort(account, email), sort);
    transaction.put(keys::body_reference(&body.hash, account, email), bytes::Bytes::new());
    transaction.keep_body(body.clone());
    let flags = flags.with(content.marks);
    if let Some(uidl) = &message.uidl {
        transaction.take_uidl(email, uidl)?;
    }
    let new = NewEntry { email, octets, flags, arrived: Arrival::of(internal_date) };
    let uid = transaction.add_entry(to, new, modseq, Origin::New)?;
    Ok((uid, email))
}
