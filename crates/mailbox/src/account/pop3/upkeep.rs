//! The host's part in what was chosen: removes what was kept long enough after a download, or until every device had it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::Account;
use super::choices::chunk_of;
use super::until::complete;
use crate::account::expunge;
use crate::limits::COMMIT_ENTRIES_MAX;
use crate::pop3::{Device, OnDelete};
use crate::records::{self, Identity, Seen, damaged};
use crate::transaction::Transaction;
use crate::writer::MANY;
use crate::{Door, Entry, Error, Fault, MailboxName, Timestamp, UidSet, Who, layout};

const DAY_S: i64 = 24 * 3600;

impl Account {
    /// Removes what was kept for its days after a download, and what all devices have that were waited for, in bounded
    /// commits and on behalf of the device that downloaded or deleted it. Gives how many messages went.
    pub async fn pop3_upkeep(&self) -> Result<u64, Error> {
        let pop3 = self.shared.pop3_hot();
        let policies = pop3.policies(&self.shared.ports.policy.pop3);
        let keeps = |on_delete: &OnDelete| match on_delete {
            OnDelete::KeepDays(_) | OnDelete::KeepUntil(_) => true,
            OnDelete::Remove | OnDelete::Hide | OnDelete::MoveTo(_) => false,
        };
        let mut removed = 0u64;
        for device in pop3.devices.keys() {
            if !policies.get(device).is_some_and(|policy| keeps(&policy.on_delete)) {
                continue;
            }
            loop {
                let device = device.clone();
                let count = self
                    .shared
                    .write_many(MANY, move |transaction| remove_for(transaction, device.as_ref()))
                    .await?;
                removed = removed.saturating_add(count);
                if count < u64::try_from(COMMIT_ENTRIES_MAX).unwrap_or(u64::MAX) {
                    break;
                }
            }
        }
        Ok(removed)
    }
}

/// Removes from the Inbox what is due on behalf of a device, as much as one commit takes.
fn remove_for(
    transaction: &mut Transaction<'_, '_>,
    device: Option<&Device>,
) -> Result<u64, Error> {
    let owner = device.cloned();
    let mut policies = transaction.pop3_policies();
    let Some(policy) = policies.remove(&owner) else { return Ok(0) };
    let due = match policy.on_delete {
        OnDelete::KeepDays(days) => {
            let before = transaction.now().0.saturating_sub(i64::from(days).saturating_mul(DAY_S));
            kept_since(transaction, device, Timestamp(before))?
        }
        OnDelete::KeepUntil(devices) => {
            let hidden = states(transaction, device)?.into_iter();
            let hidden: Vec<Identity> =
                hidden.filter(|seen| seen.hidden.is_some()).map(|seen| seen.identity).collect();
            let waiting = BTreeMap::from([(owner, devices)]);
            complete(transaction, &waiting, &hidden)?.into_iter().map(|(id, _)| id).collect()
        }
        OnDelete::Remove | OnDelete::Hide | OnDelete::MoveTo(_) => return Ok(0),
    };
    if due.is_empty() {
        return Ok(0);
    }
    let uids = in_inbox(transaction, &due)?;
    let Some(inbox) = transaction.find(&MailboxName::inbox()) else { return Ok(0) };
    let name = device.map(|device| device.as_str().to_owned());
    let who = Who { door: Door::Pop3, device: name, address: None, user: None };
    Ok(expunge::remove(transaction, &who, inbox, &uids)?.len())
}

/// All that a device has seen.
fn states(
    transaction: &mut Transaction<'_, '_>,
    device: Option<&Device>,
) -> Result<Vec<Seen>, Fault> {
    let mut states = Vec::new();
    let range = layout::pop3_seen_by(transaction.account(), device);
    for (key, value) in transaction.range(&range, usize::MAX)? {
        let read = chunk_of(&key).and_then(|chunk| records::read_seen(chunk, &value));
        states.extend(read.ok_or_else(|| damaged(&key))?);
    }
    Ok(states)
}

/// What a device downloaded at some time or before; what it deleted without a download counts from then.
fn kept_since(
    transaction: &mut Transaction<'_, '_>,
    device: Option<&Device>,
    before: Timestamp,
) -> Result<BTreeSet<Identity>, Fault> {
    let states = states(transaction, device)?.into_iter();
    let due = states.filter(|seen| seen.downloaded.or(seen.hidden).is_some_and(|at| at <= before));
    Ok(due.map(|seen| seen.identity).collect())
}

/// The entries of the Inbox that are of some messages, as many as one commit takes. What was moved elsewhere stays there.
fn in_inbox(
    transaction: &mut Transaction<'_, '_>,
    messages: &BTreeSet<Identity>,
) -> Result<UidSet, Error> {
    let Some(inbox) = transaction.find(&MailboxName::inbox()) else { return Ok(UidSet::new()) };
    let state = transaction.state(inbox)?;
    let emails: HashSet<_> = messages.iter().map(|message| message.email).collect();
    let candidates = state.entries.iter().filter(|entry| emails.contains(&entry.email));
    let candidates: Vec<Entry> = candidates.copied().collect();
    let copies = transaction.copies(inbox, &candidates)?;
    let found = candidates.iter().filter(|entry| {
        let copy = copies.get(&entry.uid).copied();
        messages.contains(&Identity { email: entry.email, copy })
    });
    Ok(found.take(COMMIT_ENTRIES_MAX).map(|entry| entry.uid).collect())
}
