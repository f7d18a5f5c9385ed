//! Subscriptions: names, whether or not a mailbox has them (RFC 9051, 6.3.7).

use bytes::Bytes;

use super::Account;
use crate::limits::SUBSCRIPTIONS_MAX;
use crate::operations::What;
use crate::{Error, MailboxName, Refused, layout};

impl Account {
    /// Subscribes to a name, whether or not a mailbox has it.
    pub async fn subscribe(&self, name: &MailboxName) -> Result<(), Error> {
        let name = name.clone();
        self.write(move |transaction, who| {
            let key = layout::subscription(transaction.account(), name.as_str());
            if transaction.get(&key)?.is_some() {
                return Ok(());
            }
            let range = layout::all(transaction.account(), layout::Kind::Subscription);
            if transaction.range(&range, SUBSCRIPTIONS_MAX)?.len() >= SUBSCRIPTIONS_MAX {
                let max = u64::try_from(SUBSCRIPTIONS_MAX).unwrap_or(u64::MAX);
                return Err(Refused::TooMany { what: "subscriptions", max }.into());
            }
            transaction.put(key, Bytes::new());
            let modseq = transaction.next_modseq();
            transaction.log(modseq, who, &What::Subscribed { name: name.clone() });
            Ok(())
        })
        .await
    }

    /// Takes a subscription back.
    pub async fn unsubscribe(&self, name: &MailboxName) -> Result<(), Error> {
        let name = name.clone();
        self.write(move |transaction, who| {
            let key = layout::subscription(transaction.account(), name.as_str());
            if transaction.get(&key)?.is_none() {
                return Ok(());
            }
            transaction.delete(key);
            let modseq = transaction.next_modseq();
            transaction.log(modseq, who, &What::Subscribed { name: name.clone() });
            Ok(())
        })
        .await
    }
}
