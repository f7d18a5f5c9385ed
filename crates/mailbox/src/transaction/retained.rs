//! What is retained, in a transaction: put in, taken out, counted.

use std::ops::ControlFlow;

use super::Transaction;
use crate::limits::RETAINED_CHUNK_ENTRIES_MAX;
use crate::operations::RetainedUse;
use crate::records::{RetainedChunk, RetainedItem, damaged};
use crate::{Fault, Keyword, MailboxId, MailboxName, ModSeq, Who, layout};

impl Transaction<'_, '_> {
    /// Retains entries that were taken out, ascending by UID.
    pub(crate) fn retain(
        &mut self,
        modseq: ModSeq,
        who: &Who,
        (mailbox, mailbox_name): (MailboxId, &MailboxName),
        keywords: &[Keyword],
        items: &[RetainedItem],
    ) -> Result<(), Fault> {
        let mut sum = self.retained_use()?;
        for (number, items) in (0u32..).zip(items.chunks(RETAINED_CHUNK_ENTRIES_MAX)) {
            items.iter().for_each(|item| sum.add(item.octets));
            let chunk = RetainedChunk {
                time: self.now(),
                who: who.clone(),
                mailbox_name: mailbox_name.clone(),
                keywords: keywords.to_vec(),
                items: items.to_vec(),
            };
            let key = layout::retained(self.account(), modseq, mailbox, number);
            self.put(key, chunk.write());
        }
        self.set_retained_use(sum);
        self.draft.retains = true;
        Ok(())
    }

    /// How much is retained. It is counted when it is first asked for, since few accounts ever are; whoever changes what is
    /// retained asks for it first.
    pub(crate) fn retained_use(&mut self) -> Result<RetainedUse, Fault> {
        if let Some(sum) = self.draft.retained {
            return Ok(sum);
        }
        let sum = count(self)?;
        self.draft.retained = Some(sum);
        Ok(sum)
    }

    pub(crate) fn set_retained_use(&mut self, sum: RetainedUse) {
        self.draft.retained = Some(sum);
    }
}

/// Nobody has changed what is retained in this group, or it would have been counted already.
fn count(transaction: &mut Transaction<'_, '_>) -> Result<RetainedUse, Fault> {
    let range = layout::all(transaction.account(), layout::Kind::Retained);
    let mut sum = RetainedUse::default();
    let mut fault = None;
    let snapshot = transaction.group.snapshot()?;
    snapshot.range(layout::borrow(&range), &mut |key, value| match RetainedChunk::read(value) {
        Some(chunk) => {
            chunk.items.iter().for_each(|item| sum.add(item.octets));
            ControlFlow::Continue(())
        }
        None => {
            fault = Some(damaged(key));
            ControlFlow::Break(())
        }
    })?;
    fault.map_or(Ok(sum), Err)
}
