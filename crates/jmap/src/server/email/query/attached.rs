//! Which emails have attachments: their outlines say it.

use std::sync::Arc;

use mailbox::{EmailId, Emails, UidSet};
use message::Outline;

use super::find::Patience;
use crate::error::MethodError;
use crate::mail::Bodies;
use crate::server::Context;

/// How many records are read at once.
const STEP_EMAILS: usize = 256;

/// As what the emails with attachments are kept on a view; no query is called so.
const KEPT_AS: &str = "with attachments";

impl Context {
    /// Of these the ones that have attachments, or have none.
    pub(super) async fn attached_among(
        &self,
        emails: &Emails,
        found: Vec<u32>,
        wanted: bool,
    ) -> Result<Vec<u32>, MethodError> {
        let patience = Patience::begin();
        let mut matching = Vec::new();
        for some in found.chunks(STEP_EMAILS) {
            let entries = some.iter().filter_map(|index| {
                let entry = emails.all().entries.get(usize::try_from(*index).ok()?)?;
                Some((*index, entry.email))
            });
            let (indexes, ids): (Vec<u32>, Vec<EmailId>) = entries.unzip();
            let attached = self.attached(&ids)?;
            let pairs = indexes.into_iter().zip(attached);
            matching.extend(pairs.filter(|(_, it)| *it == Some(wanted)).map(|(index, _)| index));
            lane::breathe(Some(self.account.turns())).await;
            patience.check()?;
        }
        Ok(matching)
    }

    /// All emails with attachments.
    pub(super) async fn all_attached(&self, emails: &Emails) -> Result<UidSet, MethodError> {
        let order = match emails.kept(KEPT_AS) {
            Some(kept) => kept,
            None => {
                let all = (0..u32::try_from(emails.len()).unwrap_or(u32::MAX)).collect();
                let found = self.attached_among(emails, all, true).await?;
                let ids = found.into_iter().filter_map(|index| {
                    let entry = emails.all().entries.get(usize::try_from(index).ok()?)?;
                    Some(entry.email)
                });
                let order: Arc<[EmailId]> = ids.collect();
                emails.keep(KEPT_AS.to_owned(), Arc::clone(&order));
                order
            }
        };
        Ok(order.iter().copied().filter_map(Emails::uid_of).collect())
    }

    /// Whether these have attachments; none for each of which nothing is known.
    fn attached(&self, ids: &[EmailId]) -> Result<Vec<Option<bool>>, MethodError> {
        let records = self.account.reader().and_then(|reader| reader.emails(ids));
        let records = records.map_err(|fault| self.failed(&fault))?;
        let attached = records.into_iter().map(|record| {
            let email = record.ok().flatten()?;
            Outline::decode(&email.outline).map(|outline| Bodies::of(&outline).has_attachment)
        });
        Ok(attached.collect())
    }
}
