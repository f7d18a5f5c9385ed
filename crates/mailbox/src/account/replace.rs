//! Replace: a message comes, and an entry goes for it.

use super::{Account, append, expunge};
use crate::operations::{Append, Appended};
use crate::{Error, MailboxId, Refused, Rights, Uid, UidSet};

impl Account {
    /// Appends a message and removes an entry, both or neither: the room that the entry took is there for the message.
    /// What was removed is retained. Needs what APPEND, STORE of `\Deleted` and EXPUNGE need (RFC 8508, 4.1). `Refused::NoSuchMessage` when it is gone already.
    pub async fn replace(
        &self,
        (from, uid): (MailboxId, Uid),
        to: MailboxId,
        message: Append,
    ) -> Result<Appended, Error> {
        let hash = message.received.body.hash;
        let replaced: UidSet = [uid].into_iter().collect();
        let actor = self.actor;
        let appended = self
            .write_as_guest(1, move |transaction, who| {
                actor.demand(transaction, from, Rights::TAKEN_OUT)?;
                let gone = expunge::remove(transaction, who, from, &replaced)?;
                if gone.is_empty() {
                    return Err(Refused::NoSuchMessage.into());
                }
                append::append(transaction, who, (actor, to), std::slice::from_ref(&message))
            })
            .await?;
        self.shared().ports.damaged.forget([hash]);
        Ok(appended)
    }
}
