//! The end of the retention time: what was expunged is dropped for good, and old lines of the change log are forgotten.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::undo::key_parts;
use super::{Account, threads};
use crate::records::{self, RetainedChunk, RetainedItem, damaged};
use crate::transaction::Transaction;
use crate::writer::MANY;
use crate::{EmailId, Error, Fault, MailboxId, ModSeq, Timestamp, keys, layout};

/// How many values of retained entries go in one commit.
const CHUNKS_PER_COMMIT: usize = 4;
/// How many lines of the change log go in one commit.
const LINES_PER_COMMIT: usize = 10_000;

impl Account {
    /// Drops for good what was expunged before `before`, in bounded commits. Gives how many entries went.
    pub async fn drop_retained(&self, before: Timestamp) -> Result<u64, Error> {
        let mut dropped = 0u64;
        loop {
            let count =
                self.write_many(MANY, move |transaction, _| drop_some(transaction, before)).await?;
            if count == 0 {
                return Ok(dropped);
            }
            dropped = dropped.saturating_add(count);
        }
    }

    /// When what is retained longest was expunged; none if nothing is retained. To make room, the host drops the oldest
    /// of all accounts first.
    pub fn retained_since(&self) -> Result<Option<Timestamp>, Fault> {
        let range = layout::all(self.id(), layout::Kind::Retained);
        let mut oldest = Ok(None);
        self.shared.snapshot()?.range(layout::borrow(&range), &mut |key, value| {
            oldest = RetainedChunk::read(value)
                .map(|chunk| Some(chunk.time))
                .ok_or_else(|| damaged(key));
            ControlFlow::Break(())
        })?;
        oldest
    }

    /// Forgets the lines of the change log written before `before`, and with them what vanished. Whoever asks about a
    /// time before that then gets a whole listing instead.
    pub async fn forget_changes(&self, before: Timestamp) -> Result<(), Error> {
        loop {
            let more = self
                .write_many(MANY, move |transaction, _| forget_some(transaction, before))
                .await?;
            if !more {
                return Ok(());
            }
        }
    }
}

fn drop_some(transaction: &mut Transaction<'_, '_>, before: Timestamp) -> Result<u64, Error> {
    let range = layout::all(transaction.account(), layout::Kind::Retained);
    let mut dropped = 0u64;
    let mut gone = BTreeSet::new();
    for (key, value) in transaction.range(&range, CHUNKS_PER_COMMIT)? {
        let chunk = RetainedChunk::read(&value).ok_or_else(|| damaged(&key))?;
        let (_, mailbox, _) = key_parts(&key).ok_or_else(|| damaged(&key))?;
        // Keys go by mod-sequence, and so by time, unless the clock was set back.
        if chunk.time >= before {
            break;
        }
        for item in &chunk.items {
            gone.extend(drop_item(transaction, mailbox, item)?);
            dropped = dropped.saturating_add(1);
        }
        transaction.delete(key);
    }
    transaction.forget_seen(&gone)?;
    Ok(dropped)
}

/// Drops one retained entry, and its email when no other entry has it, now or retained. Gives the email if it went.
pub(super) fn drop_item(
    transaction: &mut Transaction<'_, '_>,
    mailbox: MailboxId,
    item: &RetainedItem,
) -> Result<Option<EmailId>, Error> {
    let account = transaction.account();
    transaction.delete(layout::email_entry(account, item.email, mailbox, item.uid));
    let noted = layout::of_number(account, layout::Kind::EmailEntry, item.email.0);
    if !transaction.range(&noted, 1)?.is_empty() {
        return Ok(None);
    }
    transaction.drop_uidl(item.email)?;
    let key = layout::email(account, item.email);
    let Some(value) = transaction.get(&key)? else { return Ok(Some(item.email)) };
    let email = records::read_email(item.email, &value).ok_or_else(|| damaged(&key))?;
    transaction.delete(key);
    transaction.delete(keys::body_reference(&email.hash, account, email.id));
    threads::leave(transaction, email.thread, email.id)?;
    Ok(Some(email.id))
}

/// Forgets some of the lines before a time. Gives whether there may be more.
fn forget_some(transaction: &mut Transaction<'_, '_>, before: Timestamp) -> Result<bool, Error> {
    let account = transaction.account();
    let lines = transaction.range(&layout::all(account, layout::Kind::Change), LINES_PER_COMMIT)?;
    let mut floor = None;
    let count = lines.len();
    let mut forgotten = 0usize;
    for (key, value) in lines {
        let modseq = layout::take64(layout::tail(&key)).map(|(number, _)| ModSeq(number));
        let line = modseq.and_then(|modseq| records::read_change(modseq, &value));
        let line = line.ok_or_else(|| damaged(&key))?;
        if line.time >= before {
            break;
        }
        floor = Some(line.modseq);
        forgotten = forgotten.saturating_add(1);
        transaction.delete(key);
    }
    let Some(floor) = floor else { return Ok(false) };
    transaction.head_mut().log_floor = floor;
    for mailbox in transaction.mailboxes() {
        let mut range = layout::of_mailbox(account, layout::Kind::Vanished, mailbox);
        range.end = layout::vanished(account, mailbox, ModSeq(floor.0.saturating_add(1)));
        let gone = transaction.range(&range, usize::MAX)?;
        if gone.is_empty() {
            continue;
        }
        gone.into_keys().for_each(|key| transaction.delete(key));
        transaction.change_record(mailbox, |record| record.vanished_floor = floor);
    }
    Ok(forgotten == count && count >= LINES_PER_COMMIT)
}
