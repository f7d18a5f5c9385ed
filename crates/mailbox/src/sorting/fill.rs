//! Makes sort records of mail that came before there were any: of the messages that somebody sorts, and, by upkeep, of all.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use message::{Outline, ThreadKeys};

use crate::engine::Snapshot;
use crate::limits::{SORT_FILL_EMAILS, SORT_UPKEEP_EMAILS};
use crate::operations::Email;
use crate::reader::Reader;
use crate::records::{
    SortFilled, read_sort_filled, write_sort, write_sort_content, write_sort_filled,
};
use crate::shared::AccountShared;
use crate::transaction::Transaction;
use crate::{Account, AccountId, EmailId, Error, Fault, hot, layout};

/// How far upkeep has got; none where there is nothing to do.
pub(crate) fn due(
    account: AccountId,
    snapshot: &dyn Snapshot,
) -> Result<Option<SortFilled>, Fault> {
    let value = snapshot.get(&layout::sort_filled(account))?;
    let filled = match value.and_then(|value| read_sort_filled(&value)) {
        Some(filled) => filled,
        // Where it is damaged, nothing but time is lost when all are looked at again.
        None => {
            let Some((head, _)) = hot::read_head(account, snapshot)? else { return Ok(None) };
            SortFilled { below: EmailId(1), end: EmailId(head.next_email) }
        }
    };
    Ok((filled.below < filled.end).then_some(filled))
}

impl Account {
    /// Makes the next of the sort records that are missing, a bounded number. Says how many, and whether that was all.
    pub(crate) async fn fill_some(&self, filled: SortFilled) -> Result<u64, Error> {
        let turns = self.turns();
        lane::slow(Some(turns)).await;
        let below = EmailId(filled.below.0.saturating_add(SORT_UPKEEP_EMAILS).min(filled.end.0));
        let missing = without_record(self.id(), &*self.shared().snapshot()?, filled.below, below)?;
        let made = self.shared().fill(&missing).await?;
        let value = write_sort_filled(SortFilled { below, ..filled });
        let write = move |transaction: &mut Transaction<'_, '_>| {
            let key = layout::sort_filled(transaction.account());
            transaction.put(key, value.clone());
            Ok(())
        };
        self.shared().write_many(1, write).await?;
        Ok(u64::try_from(made).unwrap_or(u64::MAX))
    }
}

/// The emails from one number up to, not including, another that have no sort record, ascending.
fn without_record(
    account: AccountId,
    snapshot: &dyn Snapshot,
    from: EmailId,
    below: EmailId,
) -> Result<Vec<EmailId>, Fault> {
    let mut having = BTreeSet::new();
    let (start, end) = (layout::sort(account, from), layout::sort(account, below));
    snapshot.range(&start..&end, &mut |key, _| {
        having.extend(layout::take64(layout::tail(key)).map(|(email, _)| email));
        ControlFlow::Continue(())
    })?;
    let mut missing = Vec::new();
    let mut begin = from.0;
    // Between those that have one, emails are looked for.
    for next in having.into_iter().chain([below.0]) {
        if begin < next {
            let (start, end) =
                (layout::email(account, EmailId(begin)), layout::email(account, EmailId(next)));
            snapshot.range(&start..&end, &mut |key, _| {
                missing.extend(layout::take64(layout::tail(key)).map(|(email, _)| EmailId(email)));
                ControlFlow::Continue(())
            })?;
        }
        begin = next.saturating_add(1);
    }
    Ok(missing)
}

impl AccountShared {
    /// Makes sort records that are missing: of mail that came before there were any. Says how many.
    pub(super) async fn fill(self: &Arc<Self>, missing: &[EmailId]) -> Result<usize, Error> {
        lane::slow(Some(&self.turns)).await;
        let mut made = 0usize;
        for emails in missing.chunks(SORT_FILL_EMAILS) {
            let reader = Reader::new(self.id, self.snapshot()?);
            let mut records = Vec::with_capacity(emails.len());
            for email in reader.emails(emails)? {
                match email {
                    Ok(Some(email)) => records.push((email.id, self.sort_record(&email)?)),
                    Ok(None) => {}
                    Err(fault) if fault.is_damaged() => {}
                    Err(fault) => return Err(fault.into()),
                }
                lane::breathe(Some(&self.turns)).await;
            }
            drop(reader);
            made = made.saturating_add(records.len());
            let count = u64::try_from(records.len()).unwrap_or(u64::MAX);
            self.write_many(count, move |transaction: &mut Transaction<'_, '_>| {
                let account = transaction.account();
                for (email, record) in &records {
                    // It may have been dropped meanwhile.
                    if transaction.get(&layout::email(account, *email))?.is_some() {
                        transaction.put(layout::sort(account, *email), record.clone());
                    }
                }
                Ok(())
            })
            .await?;
        }
        Ok(made)
    }

    /// The sort record of an email. Where its header is damaged, its envelope still tells all but the References.
    fn sort_record(&self, email: &Email) -> Result<bytes::Bytes, Fault> {
        let header = Outline::decode(&email.outline).map_or(0..0, |outline| outline.header());
        let keys = match self.ports.body(&email.hash, header) {
            Ok(header) => ThreadKeys::of_header(&header),
            Err(fault) if fault.is_damaged() => {
                let envelope = message::decode_envelope(&email.outline);
                envelope.map(|envelope| ThreadKeys::of_envelope(&envelope)).unwrap_or_default()
            }
            Err(fault) => return Err(fault),
        };
        let content = write_sort_content(&email.outline, &keys);
        Ok(write_sort(email.internal_date.time, email.sent_date, &content))
    }
}
