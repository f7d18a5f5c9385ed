//! The end of what is retained: dropped for good when its time is over, when the account retains more than it may, and,
//! the oldest first, when the disk needs the room.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use super::undo::key_parts;
use super::{Account, threads};
use crate::operations::RetainedUse;
use crate::records::{self, RetainedChunk, RetainedItem, damaged};
use crate::transaction::Transaction;
use crate::writer::MANY;
use crate::{EmailId, Error, Fault, MailboxId, Octets, Timestamp, keys, layout};

/// How many values of retained entries are looked at for one commit.
const CHUNKS_PER_COMMIT: usize = 500;
/// How many retained entries go in one commit.
const ITEMS_PER_COMMIT: u64 = 4_000;

/// How far what is retained is dropped, the oldest first.
#[derive(Clone, Copy, Debug)]
enum DropUntil {
    /// All that was expunged before.
    Before(Timestamp),
    /// Until no more is left than this.
    Within(RetainedUse),
    /// Until so much has gone of what was expunged before.
    Freed(Octets, Timestamp),
}

impl DropUntil {
    /// Whether an entry goes that was expunged then, when so much is retained and so much has gone.
    fn drops(self, time: Timestamp, left: RetainedUse, dropped: RetainedUse) -> bool {
        match self {
            DropUntil::Before(before) => time < before,
            DropUntil::Within(most) => left.exceeds(most),
            DropUntil::Freed(octets, before) => time < before && dropped.octets < octets,
        }
    }
}

impl Account {
    /// Drops for good what was expunged before `before`, in bounded commits. Gives how many entries went.
    pub async fn drop_retained(&self, before: Timestamp) -> Result<u64, Error> {
        self.drop_until(DropUntil::Before(before)).await.map(|dropped| dropped.messages)
    }

    /// Drops for good the oldest of what was expunged before `before`, until it comes to so many octets.
    pub async fn drop_oldest(&self, octets: u64, before: Timestamp) -> Result<RetainedUse, Error> {
        self.drop_until(DropUntil::Freed(Octets(octets), before)).await
    }

    /// Drops for good the oldest of what is retained beyond what the account may retain.
    pub async fn drop_excess(&self) -> Result<RetainedUse, Error> {
        let most = self.retained_most();
        self.drop_until(DropUntil::Within(most)).await
    }

    /// How much is retained.
    pub fn retained_use(&self) -> Result<RetainedUse, Fault> {
        let range = layout::all(self.id(), layout::Kind::Retained);
        let mut sum = RetainedUse::default();
        crate::hot::each(&*self.shared.snapshot()?, &range, |_, value| {
            RetainedChunk::read(value)?.items.iter().for_each(|item| sum.add(item.octets));
            Some(())
        })?;
        Ok(sum)
    }

    /// When what is retained longest was expunged; none if nothing is retained.
    pub fn retained_since(&self) -> Result<Option<Timestamp>, Fault> {
        oldest_retained(&*self.shared.snapshot()?, self.id())
    }

    /// How much the account may retain.
    fn retained_most(&self) -> RetainedUse {
        let (policy, head) = (&self.shared.ports.policy, self.shared.hot().head);
        RetainedUse {
            octets: Octets(policy.retained_octets_max(head.octets_max)),
            messages: policy.messages_per_mailbox_max,
        }
    }

    /// What an operation left beyond what the account may retain goes at once, so that nobody fills the disk by appending
    /// and expunging: whoever expunges waits for it.
    pub(super) async fn settle(&self) {
        let known = {
            let mut hot = self.shared.hot();
            std::mem::take(&mut hot.retains).then_some(hot.retained).flatten()
        };
        if known.is_none_or(|sum| !sum.exceeds(self.retained_most())) {
            return;
        }
        if let Err(error) = self.drop_excess().await {
            tracing::error!(user = self.name(), %error, "too much retained mail stays");
        }
    }

    async fn drop_until(&self, until: DropUntil) -> Result<RetainedUse, Error> {
        let mut sum = RetainedUse::default();
        loop {
            let so_far = sum;
            let work =
                move |transaction: &mut Transaction<'_, '_>| drop_some(transaction, until, so_far);
            let dropped = self.shared.write_many(MANY, work).await?;
            if dropped.messages == 0 {
                return Ok(sum);
            }
            self.shared.emails_dropped.fetch_add(1, Ordering::Relaxed);
            sum.octets = Octets(sum.octets.0.saturating_add(dropped.octets.0));
            sum.messages = sum.messages.saturating_add(dropped.messages);
        }
    }
}

/// When what an account retains longest was expunged.
pub(crate) fn oldest_retained(
    snapshot: &dyn crate::engine::Snapshot,
    account: crate::AccountId,
) -> Result<Option<Timestamp>, Fault> {
    let range = layout::all(account, layout::Kind::Retained);
    let mut oldest = Ok(None);
    snapshot.range(layout::borrow(&range), &mut |key, value| {
        oldest =
            RetainedChunk::read(value).map(|chunk| Some(chunk.time)).ok_or_else(|| damaged(key));
        ControlFlow::Break(())
    })?;
    oldest
}

/// Drops some of the oldest. `so_far` went in earlier commits. Gives what went; nothing: no more has to go.
fn drop_some(
    transaction: &mut Transaction<'_, '_>,
    until: DropUntil,
    so_far: RetainedUse,
) -> Result<RetainedUse, Error> {
    let mut left = transaction.retained_use()?;
    let range = layout::all(transaction.account(), layout::Kind::Retained);
    let (mut dropped, mut total) = (RetainedUse::default(), so_far);
    let mut going = Going::default();
    for (key, value) in transaction.range(&range, CHUNKS_PER_COMMIT)? {
        let mut chunk = RetainedChunk::read(&value).ok_or_else(|| damaged(&key))?;
        let (_, mailbox, _) = key_parts(&key).ok_or_else(|| damaged(&key))?;
        let mut went = 0usize;
        // Keys go by mod-sequence, and so by time, unless the clock was set back.
        for item in &chunk.items {
            if dropped.messages >= ITEMS_PER_COMMIT || !until.drops(chunk.time, left, total) {
                break;
            }
            going.drop_item(transaction, mailbox, item);
            [&mut dropped, &mut total].into_iter().for_each(|sum| sum.add(item.octets));
            left.subtract(item.octets);
            went = went.saturating_add(1);
        }
        if went == chunk.items.len() {
            transaction.delete(key);
            continue;
        }
        if went > 0 {
            chunk.items.drain(..went);
            transaction.put(key, chunk.write());
        }
        break;
    }
    transaction.set_retained_use(left);
    let gone = going.finish(transaction)?;
    transaction.forget_seen(&gone)?;
    Ok(dropped)
}

/// Retained entries that are dropped together, and the emails whose last ones they may be.
#[derive(Default)]
pub(super) struct Going {
    /// Each with the highest key of an entry that goes.
    emails: BTreeMap<EmailId, Vec<u8>>,
}

impl Going {
    /// Drops an entry.
    pub(super) fn drop_item(
        &mut self,
        transaction: &mut Transaction<'_, '_>,
        mailbox: MailboxId,
        item: &RetainedItem,
    ) {
        let key = layout::email_entry(transaction.account(), item.email, mailbox, item.uid);
        transaction.delete(key.clone());
        let last = self.emails.entry(item.email).or_default();
        if key > *last {
            *last = key;
        }
    }

    /// Drops the emails that no other entry has, now or retained. Gives them.
    pub(super) fn finish(
        self,
        transaction: &mut Transaction<'_, '_>,
    ) -> Result<BTreeSet<EmailId>, Error> {
        let mut gone = BTreeSet::new();
        for (id, last) in self.emails {
            if !has_entry(transaction, id, last)? {
                drop_email(transaction, id)?;
                gone.insert(id);
            }
        }
        Ok(gone)
    }
}

/// Whether an email has an entry. Before `last` there may be hundreds of thousands that went in this commit and in those before
/// it, which takes long to pass over; so what lies behind is looked at first.
fn has_entry(
    transaction: &mut Transaction<'_, '_>,
    id: EmailId,
    mut last: Vec<u8>,
) -> Result<bool, Fault> {
    let noted = layout::of_number(transaction.account(), layout::Kind::EmailEntry, id.0);
    last.push(0);
    let behind = last..noted.end.clone();
    Ok(!transaction.range(&behind, 1)?.is_empty() || !transaction.range(&noted, 1)?.is_empty())
}

fn drop_email(transaction: &mut Transaction<'_, '_>, id: EmailId) -> Result<(), Error> {
    let account = transaction.account();
    transaction.drop_uidl(id)?;
    transaction.delete(layout::sort(account, id));
    let key = layout::email(account, id);
    let Some(value) = transaction.get(&key)? else { return Ok(()) };
    let email = records::read_email(id, &value).ok_or_else(|| damaged(&key))?;
    transaction.delete(key);
    transaction.delete(keys::body_reference(&email.hash, account, email.id));
    threads::leave(transaction, email.thread, email.id)?;
    Ok(())
}
