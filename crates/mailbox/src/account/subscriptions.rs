//! Subscriptions: names, whether or not a mailbox has them (RFC 9051, 6.3.7).

use bytes::Bytes;

use super::Account;
use crate::limits::SUBSCRIPTIONS_MAX;
use crate::operations::What;
use crate::transaction::Transaction;
use crate::{Error, Fault, MailboxName, Refused, Who, layout};

impl Account {
    /// Subscribes to a name, whether or not a mailbox has it.
    pub async fn subscribe(&self, name: &MailboxName) -> Result<(), Error> {
        let name = name.clone();
        self.write(move |transaction, who| subscribe(transaction, who, &name)).await
    }

    /// Takes a subscription back.
    pub async fn unsubscribe(&self, name: &MailboxName) -> Result<(), Error> {
        let name = name.clone();
        self.write(move |transaction, who| Ok(unsubscribe(transaction, who, &name)?)).await
    }
}

pub(super) fn is_subscribed(
    transaction: &mut Transaction<'_, '_>,
    name: &MailboxName,
) -> Result<bool, Fault> {
    let key = layout::subscription(transaction.account(), name.as_str());
    Ok(transaction.get(&key)?.is_some())
}

pub(super) fn subscribe(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    name: &MailboxName,
) -> Result<(), Error> {
    if is_subscribed(transaction, name)? {
        return Ok(());
    }
    let range = layout::all(transaction.account(), layout::Kind::Subscription);
    if transaction.range(&range, SUBSCRIPTIONS_MAX)?.len() >= SUBSCRIPTIONS_MAX {
        let max = u64::try_from(SUBSCRIPTIONS_MAX).unwrap_or(u64::MAX);
        return Err(Refused::TooMany { what: "subscriptions", max }.into());
    }
    transaction.put(layout::subscription(transaction.account(), name.as_str()), Bytes::new());
    log(transaction, who, name);
    Ok(())
}

pub(super) fn unsubscribe(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    name: &MailboxName,
) -> Result<(), Fault> {
    if is_subscribed(transaction, name)? {
        transaction.delete(layout::subscription(transaction.account(), name.as_str()));
        log(transaction, who, name);
    }
    Ok(())
}

fn log(transaction: &mut Transaction<'_, '_>, who: &Who, name: &MailboxName) {
    let modseq = transaction.next_modseq();
    transaction.log(modseq, who, &What::Subscribed { name: name.clone() });
}
