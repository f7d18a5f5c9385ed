//! Old lines of the change log are forgotten, and with them what vanished.

use super::Account;
use crate::records::{self, damaged};
use crate::transaction::Transaction;
use crate::writer::MANY;
use crate::{Error, ModSeq, Timestamp, layout};

/// How many lines of the change log go in one commit.
const LINES_PER_COMMIT: usize = 10_000;

impl Account {
    /// Forgets the lines of the change log written before `before`, and all but the last `most`, and with them what
    /// vanished. Whoever asks about a time before that then gets a whole listing instead.
    pub async fn forget_changes(&self, before: Timestamp, most: u64) -> Result<(), Error> {
        loop {
            let more = self
                .write_many(MANY, move |transaction, _| forget_some(transaction, before, most))
                .await?;
            if !more {
                return Ok(());
            }
        }
    }
}

/// Forgets some of the lines. Gives whether there may be more.
fn forget_some(
    transaction: &mut Transaction<'_, '_>,
    before: Timestamp,
    most: u64,
) -> Result<bool, Error> {
    let account = transaction.account();
    // A change writes one line, so that the counter bounds how many there are.
    let surely = ModSeq(transaction.head().modseq.0.saturating_sub(most));
    let lines = transaction.range(&layout::all(account, layout::Kind::Change), LINES_PER_COMMIT)?;
    let mut floor = None;
    let count = lines.len();
    let mut forgotten = 0usize;
    for (key, value) in lines {
        let modseq = layout::take64(layout::tail(&key)).map(|(number, _)| ModSeq(number));
        let line = modseq.and_then(|modseq| records::read_change(modseq, &value));
        let line = line.ok_or_else(|| damaged(&key))?;
        if line.time >= before && line.modseq > surely {
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
