//! Columns whose texts are compared by another collation than the one their keys are kept for (RFC 5255, 4): read from the
//! records of the emails, for the messages that are sorted, and dropped afterwards.

use std::sync::Arc;

use super::columns::{Columns, Wanted};
use super::run::{CountedColumns, Held, emails_of, missing};
use crate::limits::SORT_FILL_EMAILS;
use crate::reader::Reader;
use crate::records::{SortText, front};
use crate::shared::AccountShared;
use crate::{Collation, EmailId, Error, Fault, MailboxState, layout};

impl AccountShared {
    /// The columns with a row for each of the messages, as far as there can be one.
    pub(super) async fn columns_by(
        self: &Arc<Self>,
        state: &MailboxState,
        found: &[u32],
        wanted: Wanted,
        collation: Collation,
    ) -> Result<Held<'_>, Error> {
        if collation == Collation::UnicodeCasemap || !wanted.has_texts() {
            return self.columns_for(state, found, wanted).await;
        }
        lane::slow(Some(&self.turns)).await;
        let emails = emails_of(state, found);
        let mut counted = self.read_by(&emails, wanted, collation).await?;
        let missing = missing(&counted.columns, state, found, &self.turns).await;
        if !missing.is_empty() && self.fill(&missing).await? > 0 {
            counted = self.read_by(&emails, wanted, collation).await?;
        }
        Ok(Held::By(collation, Box::new(counted)))
    }

    async fn read_by(
        &self,
        emails: &[EmailId],
        wanted: Wanted,
        collation: Collation,
    ) -> Result<CountedColumns, Error> {
        let mut counted = CountedColumns::of(Columns::new(wanted));
        for emails in emails.chunks(SORT_FILL_EMAILS) {
            self.read_some_by(emails, collation, &mut counted.columns)?;
            self.count(&mut counted)?;
            lane::breathe(Some(&self.turns)).await;
        }
        Ok(counted)
    }

    fn read_some_by(
        &self,
        emails: &[EmailId],
        collation: Collation,
        columns: &mut Columns,
    ) -> Result<(), Fault> {
        let keys: Vec<_> = emails.iter().map(|email| layout::sort(self.id, *email)).collect();
        let snapshot = self.snapshot()?;
        let values = snapshot.values(&keys)?;
        let records = Reader::new(self.id, snapshot).emails(emails)?;
        for ((id, value), email) in emails.iter().zip(values).zip(records) {
            let outline = match email {
                Ok(Some(email)) => email.outline,
                Ok(None) => continue,
                // What is kept to sort by tells dates and links all the same.
                Err(fault) if fault.is_damaged() => bytes::Bytes::new(),
                Err(fault) => return Err(fault),
            };
            let envelope = message::decode_envelope(&outline).unwrap_or_default();
            let texts = SortText::ALL.map(|text| match columns.wants(text) {
                true => text.key(&envelope, collation),
                false => Vec::new(),
            });
            if let Some(value) = value {
                columns.push_with(*id, &value, texts.each_ref().map(|key| front(key)));
            }
        }
        Ok(())
    }
}
