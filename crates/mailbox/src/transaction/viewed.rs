//! What users have seen of another's mailbox, in a transaction (ADR 22).

use std::collections::BTreeMap;

use super::Transaction;
use crate::limits::VIEWED_CHUNK_UIDS;
use crate::records::{self, Viewed, damaged};
use crate::viewed::{Look, ViewedRuns, mark};
use crate::{AccountId, Fault, MailboxId, ModSeq, Uid, layout};

impl Transaction<'_, '_> {
    /// How the entries of a mailbox look to a user; none: as they look to the owner.
    pub(crate) fn look(
        &mut self,
        mailbox: MailboxId,
        user: AccountId,
    ) -> Result<Option<Look>, Fault> {
        let access = self.record(mailbox).and_then(|record| record.access.clone());
        Look::of(access.as_deref(), || {
            let mut runs = ViewedRuns::default();
            let kept = layout::viewed_by(self.account(), mailbox, user);
            for (key, value) in self.range(&kept, usize::MAX)? {
                runs.take(&key, &value).ok_or_else(|| damaged(&key))?;
            }
            Ok(runs)
        })
    }

    /// Says for a user that messages are seen, or not any more. The mod-sequence is the user's alone: the entries keep theirs.
    pub(crate) fn mark_viewed(
        &mut self,
        (mailbox, user): (MailboxId, AccountId),
        uids: &[Uid],
        viewed: Viewed,
        modseq: ModSeq,
    ) -> Result<(), Fault> {
        let account = self.account();
        let mut chunks: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for uid in uids.iter().map(|uid| uid.number()) {
            let chunk = uid.checked_div(VIEWED_CHUNK_UIDS).unwrap_or(0);
            let within = uid.checked_rem(VIEWED_CHUNK_UIDS).unwrap_or(0);
            chunks.entry(chunk).or_default().push(within);
        }
        if chunks.is_empty() {
            return Ok(());
        }
        for (chunk, marked) in chunks {
            let key = layout::viewed(account, mailbox, user, chunk);
            let before = match self.get(&key)? {
                Some(value) => records::read_viewed(&value).ok_or_else(|| damaged(&key))?,
                None => Vec::new(),
            };
            let runs = mark(&before, &marked, viewed, modseq);
            self.put(key, records::write_viewed(&runs));
        }
        let key = layout::viewed_head(account, mailbox, user);
        self.put(key, records::write_viewed_head(modseq));
        Ok(())
    }

    /// Forgets what a user has seen of a mailbox.
    pub(crate) fn forget_viewed(
        &mut self,
        mailbox: MailboxId,
        user: AccountId,
    ) -> Result<(), Fault> {
        let kept = layout::viewed_by(self.account(), mailbox, user);
        for key in self.range(&kept, usize::MAX)?.into_keys() {
            self.delete(key);
        }
        Ok(())
    }
}
