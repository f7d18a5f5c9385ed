//! The change log and what is retained, in a transaction.

use super::Transaction;
use crate::limits::RETAINED_CHUNK_ENTRIES_MAX;
use crate::operations::What;
use crate::records::{self, RetainedChunk, RetainedItem};
use crate::{Keyword, MailboxId, MailboxName, ModSeq, Who, layout};

impl Transaction<'_, '_> {
    /// Writes a line of the change log.
    pub(crate) fn log(&mut self, modseq: ModSeq, who: &Who, what: &What) {
        let line = records::write_change(self.now(), who, what);
        self.put(layout::change(self.account(), modseq), line);
    }

    /// Retains entries that were taken out, ascending by UID.
    pub(crate) fn retain(
        &mut self,
        modseq: ModSeq,
        who: &Who,
        (mailbox, mailbox_name): (MailboxId, &MailboxName),
        keywords: &[Keyword],
        items: &[RetainedItem],
    ) {
        for (number, items) in (0u32..).zip(items.chunks(RETAINED_CHUNK_ENTRIES_MAX)) {
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
    }
}
