//! Undo: what was expunged can be seen and brought back until it is dropped for good.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::Account;
use super::mailboxes::create;
use crate::hot::each;
use crate::operations::{BroughtBack, Retained, RetainedEntry, What};
use crate::records::{self, Identity, RetainedChunk, RetainedItem, damaged};
use crate::room::Comes;
use crate::transaction::{Absent, NewEntry, Origin, Transaction};
use crate::writer::MANY;
use crate::{
    AccountId, Arrival, EmailId, Error, Fault, Flags, MailboxId, MailboxKind, MailboxName, ModSeq,
    Refused, UidSet, Who, layout,
};

impl Account {
    /// What can still be brought back, newest first, at most `most` groups.
    pub fn retained(&self, most: usize) -> Result<Vec<Retained>, Fault> {
        let snapshot = self.shared.snapshot()?;
        let mut range = layout::all(self.id(), layout::Kind::Retained);
        let mut groups = Vec::new();
        while groups.len() < most {
            let Some((last, _)) = snapshot.last(layout::borrow(&range))? else { break };
            let (modseq, _, _) = key_parts(&last).ok_or_else(|| damaged(&last))?;
            let group = layout::of_number(self.id(), layout::Kind::Retained, modseq.0);
            let mut found: BTreeMap<MailboxId, Retained> = BTreeMap::new();
            each(&*snapshot, &group, |key, value| {
                let (_, mailbox, _) = key_parts(key)?;
                add_chunk(&mut found, modseq, mailbox, RetainedChunk::read(value)?);
                Some(())
            })?;
            groups.extend(found.into_values());
            range.end = group.start;
        }
        groups.truncate(most);
        Ok(groups)
    }

    /// Brings back what one change removed (of `uids`, when given), each message into the mailbox that it was in. Where that is
    /// gone, into the one that has its name now, which is made when there is none. All or none.
    pub async fn bring_back(
        &self,
        removed_by: ModSeq,
        uids: Option<&UidSet>,
    ) -> Result<Vec<BroughtBack>, Error> {
        let uids = uids.cloned().unwrap_or_else(UidSet::all);
        self.write_many(MANY, move |transaction, who| {
            let wanted = take_retained(transaction, removed_by, None, &uids)?;
            bring_back(transaction, who, wanted, None)
        })
        .await
    }
}

/// Mod-sequence, mailbox and chunk number in the key of retained entries.
pub(crate) fn key_parts(key: &[u8]) -> Option<(ModSeq, MailboxId, u32)> {
    let (modseq, rest) = layout::take64(layout::tail(key))?;
    let (mailbox, rest) = layout::take32(rest)?;
    let (chunk, _) = layout::take32(rest)?;
    Some((ModSeq(modseq), MailboxId(mailbox), chunk))
}

pub(super) fn add_chunk(
    found: &mut BTreeMap<MailboxId, Retained>,
    modseq: ModSeq,
    mailbox: MailboxId,
    chunk: RetainedChunk,
) {
    let RetainedChunk { time, who, mailbox_name, keywords, items } = chunk;
    let entries = items.iter().map(|item| RetainedEntry {
        uid: item.uid,
        email: item.email,
        octets: item.octets,
        flags: Flags(item.flags.0 & Flags::SYSTEM.0),
        keywords: item.flags.keyword_indexes().filter_map(|i| keywords.get(i)).cloned().collect(),
    });
    match found.get_mut(&mailbox) {
        Some(group) => {
            group.entries = group.entries.iter().cloned().chain(entries).collect();
        }
        None => {
            let entries: Arc<[RetainedEntry]> = entries.collect();
            found.insert(mailbox, Retained { modseq, time, who, mailbox_name, mailbox, entries });
        }
    }
}

/// The keys of what one change removed.
fn group_range(account: AccountId, modseq: ModSeq) -> Range<Vec<u8>> {
    layout::of_number(account, layout::Kind::Retained, modseq.0)
}

/// Brings back what one change removed from one mailbox.
pub(super) fn bring_back_from(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    removed_by: ModSeq,
    mailbox: MailboxId,
) -> Result<Vec<BroughtBack>, Error> {
    let wanted = take_retained(transaction, removed_by, Some(mailbox), &UidSet::all())?;
    bring_back(transaction, who, wanted, None)
}

/// Brings back what was taken out of what is retained, into one mailbox or to where it was.
pub(super) fn bring_back(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    wanted: BTreeMap<MailboxId, Vec<RetainedChunk>>,
    to: Option<MailboxId>,
) -> Result<Vec<BroughtBack>, Error> {
    let mut messages = Vec::new();
    let mut places = Vec::new();
    for (mailbox, chunks) in wanted {
        let name = chunks.first().map(|chunk| &chunk.mailbox_name);
        let destination = match to {
            Some(to) => {
                transaction.selectable(to)?;
                (to, false)
            }
            None => {
                let name = name.ok_or(Refused::NoSuchMessage)?;
                destination(transaction, who, mailbox, name)?
            }
        };
        places.push(into_mailbox(transaction, who, (destination, &chunks), &mut messages)?);
    }
    if places.is_empty() {
        return Err(Refused::NoSuchMessage.into());
    }
    show_anew(transaction, messages)?;
    Ok(places)
}

/// Takes what one change removed (from one mailbox, when given) out of what is retained, by the mailbox that it was in.
pub(super) fn take_retained(
    transaction: &mut Transaction<'_, '_>,
    removed_by: ModSeq,
    from: Option<MailboxId>,
    uids: &UidSet,
) -> Result<BTreeMap<MailboxId, Vec<RetainedChunk>>, Error> {
    let account = transaction.account();
    let mut retained = transaction.retained_use()?;
    let mut wanted: BTreeMap<MailboxId, Vec<RetainedChunk>> = BTreeMap::new();
    let range = group_range(account, removed_by);
    for (key, value) in transaction.range(&range, usize::MAX)? {
        let (_, mailbox, _) = key_parts(&key).ok_or_else(|| damaged(&key))?;
        if from.is_some_and(|from| from != mailbox) {
            continue;
        }
        let mut chunk = RetainedChunk::read(&value).ok_or_else(|| damaged(&key))?;
        let (back, rest): (Vec<_>, Vec<_>) =
            chunk.items.iter().partition(|item| uids.contains(item.uid));
        if back.is_empty() {
            continue;
        }
        if rest.is_empty() {
            transaction.delete(key);
        } else {
            transaction.put(key, RetainedChunk { items: rest, ..chunk.clone() }.write());
        }
        for item in &back {
            let key = layout::email_entry(account, item.email, mailbox, item.uid);
            transaction.delete(key);
            retained.subtract(item.octets);
        }
        chunk.items = back;
        wanted.entry(mailbox).or_default().push(chunk);
    }
    transaction.set_retained_use(retained);
    Ok(wanted)
}

/// Puts what was in one mailbox into one, which may have been made for it.
fn into_mailbox(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    ((to, made), chunks): ((MailboxId, bool), &[RetainedChunk]),
    messages: &mut Vec<Identity>,
) -> Result<BroughtBack, Error> {
    let items = chunks.iter().flat_map(|chunk| &chunk.items);
    transaction.room_in(to, Comes::Anew, items.map(|item| u64::from(item.octets)))?;
    let modseq = transaction.next_modseq();
    let mut entries = Vec::new();
    for chunk in chunks {
        for item in &chunk.items {
            let uid = put_back(transaction, to, chunk, item, modseq)?;
            entries.push((uid, item.email));
            messages.push(Identity { email: item.email, copy: item.copy });
        }
    }
    let back = entries.iter().map(|(uid, _)| *uid).collect();
    transaction.log(modseq, who, &What::BroughtBack { mailbox: to, uids: back });
    Ok(BroughtBack { mailbox: to, name: transaction.name(to)?, made, entries, modseq })
}

/// Shows what was brought back to every POP3 device again. What one has downloaded it has from now on, so that its days
/// begin anew: it must not go again at once.
fn show_anew(
    transaction: &mut Transaction<'_, '_>,
    mut messages: Vec<Identity>,
) -> Result<(), Error> {
    messages.sort_unstable();
    messages.dedup();
    let now = transaction.now();
    let devices: Vec<_> = transaction.pop3().devices.keys().cloned().collect();
    for device in devices {
        transaction.change_seen(device.as_ref(), &messages, Absent::Skip, |_, seen| {
            seen.hidden = None;
            seen.downloaded = seen.downloaded.map(|_| now);
        })?;
    }
    Ok(())
}

fn put_back(
    transaction: &mut Transaction<'_, '_>,
    to: MailboxId,
    chunk: &RetainedChunk,
    item: &RetainedItem,
    modseq: ModSeq,
) -> Result<crate::Uid, Error> {
    let flags = transaction.translated(item.flags.without(Flags::DELETED), &chunk.keywords, to)?;
    let arrived = arrival(transaction, item.email)?;
    let new = NewEntry { email: item.email, octets: item.octets, flags, arrived };
    transaction.add_entry(to, new, modseq, Origin::Carried(item.copy))
}

/// When an email came, which what is retained does not say. Damaged, it comes back all the same.
fn arrival(transaction: &mut Transaction<'_, '_>, email: EmailId) -> Result<Arrival, Fault> {
    let key = layout::email(transaction.account(), email);
    let value = match transaction.get(&key) {
        Err(fault) if fault.is_damaged() => None,
        value => value?,
    };
    let email = value.and_then(|value| records::read_email(email, &value));
    Ok(email.map_or(Arrival::UNKNOWN, |email| Arrival::of(email.internal_date)))
}

/// Where what was in a mailbox comes back to, and whether that was made for it.
fn destination(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    mailbox: MailboxId,
    name: &MailboxName,
) -> Result<(MailboxId, bool), Error> {
    let is_there = |transaction: &Transaction<'_, '_>, id| {
        transaction.record(id).is_some_and(|record| record.kind == MailboxKind::Selectable)
    };
    if is_there(transaction, mailbox) {
        return Ok((mailbox, false));
    }
    match transaction.find(name) {
        Some(id) if is_there(transaction, id) => Ok((id, false)),
        Some(_) | None => Ok((create(transaction, who, name, None)?, true)),
    }
}
