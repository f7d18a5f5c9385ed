//! What unique ids are made of beside the email: where copies were made, and what mail brought along.

use std::collections::{BTreeMap, HashMap};

use super::Account;
use crate::engine::Snapshot;
use crate::hot::each;
use crate::limits::COMMIT_ENTRIES_MAX;
use crate::pop3::Uidl;
use crate::records::{self, Identity};
use crate::transaction::Taken;
use crate::writer::MANY;
use crate::{AccountId, Entry, Error, Fault, MailboxId, MailboxState, Uid, layout};

/// Where the copies were made that some entries of a mailbox began as: of few, and mostly of none.
#[derive(Debug, Default)]
pub(super) struct Copies(BTreeMap<Uid, (MailboxId, Uid)>);

impl Copies {
    /// Those of the entries of a state.
    pub(super) fn read(
        account: AccountId,
        state: &MailboxState,
        snapshot: &dyn Snapshot,
    ) -> Result<Copies, Fault> {
        let mut copies = Copies::default();
        // Only as far as the state goes: it may be a part of a large mailbox.
        let (Some(first), Some(last)) = (state.entries.get(0), state.entries.last()) else {
            return Ok(copies);
        };
        let end = layout::successor(&layout::copied(account, state.id, last.uid));
        let range = layout::copied(account, state.id, first.uid)..end;
        each(snapshot, &range, |key, value| {
            let (_, uid) = layout::take_entry(layout::tail(key))?;
            copies.0.insert(uid, records::read_copy(value)?);
            Some(())
        })?;
        Ok(copies)
    }

    /// Where the copy was made that an entry began as, if it was one.
    pub(super) fn of(&self, uid: Uid) -> Option<(MailboxId, Uid)> {
        if self.0.is_empty() { None } else { self.0.get(&uid).copied() }
    }

    /// What POP3 takes an entry for.
    pub(super) fn identity(&self, entry: &Entry) -> Identity {
        Identity { email: entry.email, copy: self.of(entry.uid) }
    }
}

impl Account {
    /// Gives messages of a mailbox the unique ids that they had on another host. Those that are gone, copies, and ids that
    /// another message has or could come to have are passed over. Gives how many messages have theirs now.
    pub async fn adopt_uidls(
        &self,
        mailbox: MailboxId,
        uidls: Vec<(Uid, Uidl)>,
    ) -> Result<u64, Error> {
        let mut taken = 0u64;
        for some in uidls.chunks(COMMIT_ENTRIES_MAX) {
            let some: HashMap<Uid, Uidl> = some.iter().cloned().collect();
            let count = self
                .write_many(MANY, move |transaction, _| {
                    transaction.selectable(mailbox)?;
                    let state = transaction.state(mailbox)?;
                    let wanted = some.keys().copied().collect();
                    let entries: Vec<Entry> = state.entries.of(&wanted).copied().collect();
                    let copies = transaction.copies(mailbox, &entries)?;
                    let mut count = 0u64;
                    for entry in entries.iter().filter(|entry| !copies.contains_key(&entry.uid)) {
                        let Some(uidl) = some.get(&entry.uid) else { continue };
                        if transaction.take_uidl(entry.email, uidl)? == Taken::Yes {
                            count = count.saturating_add(1);
                        }
                    }
                    Ok(count)
                })
                .await?;
            taken = taken.saturating_add(count);
        }
        Ok(taken)
    }
}
