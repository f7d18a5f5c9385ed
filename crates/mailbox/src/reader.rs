//! Reads emails over one consistent view of the store, for doors and for searches.

use std::sync::Arc;

use bytes::Bytes;

use crate::engine::Snapshot;
use crate::operations::Email;
use crate::records::{self, damaged};
use crate::{AccountId, EmailId, Entry, Fault, MailboxId, ThreadId, Timestamp, Uid, layout};

/// Reads emails over one consistent view of the store.
pub struct Reader {
    account: AccountId,
    snapshot: Arc<dyn Snapshot>,
}

impl Reader {
    pub(crate) fn new(account: AccountId, snapshot: Arc<dyn Snapshot>) -> Reader {
        Reader { account, snapshot }
    }

    /// The email; none if it was dropped for good.
    pub fn email(&self, id: EmailId) -> Result<Option<Email>, Fault> {
        let key = layout::email(self.account, id);
        match self.snapshot.get(&key)? {
            None => Ok(None),
            Some(value) => records::read_email(id, &value).map(Some).ok_or_else(|| damaged(&key)),
        }
    }

    /// Several emails, in the order asked, in one read; none for each that was dropped for good. What is damaged of one
    /// costs the others nothing.
    pub fn emails(&self, ids: &[EmailId]) -> Result<Vec<Result<Option<Email>, Fault>>, Fault> {
        let keys: Vec<_> = ids.iter().map(|id| layout::email(self.account, *id)).collect();
        let values = self.snapshot.values(&keys)?;
        let read = |((id, key), value): ((&EmailId, &Vec<u8>), Option<Bytes>)| match value {
            None => Ok(None),
            Some(value) => records::read_email(*id, &value).map(Some).ok_or_else(|| damaged(key)),
        };
        Ok(ids.iter().zip(&keys).zip(values).map(read).collect())
    }

    /// The thread that a message would join that names such ids, by their hashes in order; none: it would begin one.
    pub(crate) fn thread_joined(&self, hashes: &[u64]) -> Result<Option<ThreadId>, Fault> {
        let keys: Vec<_> =
            hashes.iter().map(|hash| layout::message_id(self.account, *hash)).collect();
        let values = self.snapshot.values(&keys)?;
        let known = keys.iter().zip(values).find_map(|(key, value)| Some((key, value?)));
        known
            .map(|(key, value)| records::read_thread(&value).ok_or_else(|| damaged(key)))
            .transpose()
    }

    /// When an entry came into its mailbox (RFC 8514); none if it never did.
    pub fn save_date(
        &self,
        email: EmailId,
        mailbox: MailboxId,
        uid: Uid,
    ) -> Result<Option<Timestamp>, Fault> {
        let key = layout::email_entry(self.account, email, mailbox, uid);
        saved(&key, self.snapshot.get(&key)?)
    }

    /// When several entries came into their mailbox, in the order asked, in one read; none for each that was dropped for
    /// good. What is damaged of one costs the others nothing.
    pub fn save_dates(
        &self,
        mailbox: MailboxId,
        entries: &[Entry],
    ) -> Result<Vec<Result<Option<Timestamp>, Fault>>, Fault> {
        let key =
            |entry: &Entry| layout::email_entry(self.account, entry.email, mailbox, entry.uid);
        let keys: Vec<_> = entries.iter().map(key).collect();
        let values = self.snapshot.values(&keys)?;
        Ok(keys.iter().zip(values).map(|(key, value)| saved(key, value)).collect())
    }
}

fn saved(key: &[u8], value: Option<Bytes>) -> Result<Option<Timestamp>, Fault> {
    let Some(value) = value else { return Ok(None) };
    records::read_save_date(&value).map(Some).ok_or_else(|| damaged(key))
}
