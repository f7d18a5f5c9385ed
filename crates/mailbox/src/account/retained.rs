//! What can be brought back, looked at in parts, and brought back by name.

use super::Account;
use super::undo::{add_chunk, bring_back, key_parts, take_retained};
use crate::hot::each;
use crate::operations::Retained;
use crate::records::{RetainedChunk, damaged};
use crate::writer::MANY;
use crate::{EmailId, Error, Fault, MailboxId, ModSeq, Uid, UidSet, layout};

/// Where a walk through what is retained goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetainedPlace(Vec<u8>);

/// Some of what can be brought back, and where to go on; none: that is all.
pub type RetainedPart = (Vec<Retained>, Option<RetainedPlace>);

impl Account {
    /// What can still be brought back, newest first, from a place on: at most so many values of up to 1,000 entries each. What one
    /// change removed from a mailbox may come in several values, those with higher UIDs first.
    pub fn retained_part(
        &self,
        from: Option<&RetainedPlace>,
        most: usize,
    ) -> Result<RetainedPart, Fault> {
        let snapshot = self.shared.snapshot()?;
        let mut range = layout::all(self.id(), layout::Kind::Retained);
        if let Some(RetainedPlace(end)) = from {
            range.end.clone_from(end);
        }
        let mut values = Vec::new();
        while values.len() < most {
            let Some((key, value)) = snapshot.last(layout::borrow(&range))? else {
                return Ok((values, None));
            };
            let (modseq, mailbox, _) = key_parts(&key).ok_or_else(|| damaged(&key))?;
            let chunk = RetainedChunk::read(&value).ok_or_else(|| damaged(&key))?;
            let mut found = std::collections::BTreeMap::new();
            add_chunk(&mut found, modseq, mailbox, chunk);
            values.extend(found.into_values());
            range.end = key.to_vec();
        }
        Ok((values, Some(RetainedPlace(range.end))))
    }

    /// Of what one change removed from a mailbox the entries that had some UIDs, as far as they can still be brought back.
    pub fn retained_of(
        &self,
        removed_by: ModSeq,
        mailbox: MailboxId,
        uids: &UidSet,
    ) -> Result<Option<Retained>, Fault> {
        let mut found = std::collections::BTreeMap::new();
        let range = layout::of_number(self.id(), layout::Kind::Retained, removed_by.0);
        each(&*self.shared.snapshot()?, &range, |key, value| {
            let (modseq, of, _) = key_parts(key)?;
            if of == mailbox {
                let mut chunk = RetainedChunk::read(value)?;
                chunk.items.retain(|item| uids.contains(item.uid));
                if !chunk.items.is_empty() {
                    add_chunk(&mut found, modseq, of, chunk);
                }
            }
            Some(())
        })?;
        Ok(found.remove(&mailbox))
    }

    /// Brings back what one change removed from a mailbox, of some UIDs: into the mailbox `to`, or where they were (see `bring_back`). Gives
    /// the UIDs that they had, and their emails.
    pub async fn bring_back_to(
        &self,
        removed_by: ModSeq,
        from: MailboxId,
        uids: UidSet,
        to: Option<MailboxId>,
    ) -> Result<Vec<(Uid, EmailId)>, Error> {
        self.write_many(MANY, move |transaction, who| {
            let wanted = take_retained(transaction, removed_by, Some(from), &uids)?;
            let items = wanted.values().flatten().flat_map(|chunk| &chunk.items);
            let back: Vec<(Uid, EmailId)> = items.map(|item| (item.uid, item.email)).collect();
            bring_back(transaction, who, wanted, to)?;
            Ok(back)
        })
        .await
    }
}
