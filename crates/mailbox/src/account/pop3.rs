//! POP3's view of a mailbox: one session at a time, and unique ids that are stable for life.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Account;
use crate::hot::each;
use crate::shared::AccountShared;
use crate::{Error, Fault, MailboxId, MailboxState, Refused, Uid, layout, records};

/// The exclusive POP3 lock of an account, held until dropped.
pub struct Pop3Lock {
    shared: Arc<AccountShared>,
}

impl fmt::Debug for Pop3Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pop3Lock").field("account", &self.shared.id).finish()
    }
}

impl Drop for Pop3Lock {
    fn drop(&mut self) {
        self.shared.pop3.store(false, Ordering::Release);
    }
}

impl Account {
    /// Takes the exclusive POP3 lock (RFC 1939, 3). It is free again when the guard is dropped. `Refused::InUse`.
    pub fn lock_pop3(&self) -> Result<Pop3Lock, Error> {
        let taken =
            self.shared.pop3.compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire);
        match taken {
            Ok(_) => Ok(Pop3Lock { shared: Arc::clone(&self.shared) }),
            Err(_) => Err(Refused::InUse.into()),
        }
    }

    /// The POP3 unique ids of the entries of a mailbox state, in its order: stable for life (1 to 70 octets, RFC 1939, 7).
    ///
    /// An id is made of the email, not of the UID: mail that is moved away and back, or expunged and brought back, keeps
    /// its id and is not downloaded again. An entry that began as a copy has where it was made in it, so that it never
    /// has the id of the entry it is a copy of.
    pub fn uidls(&self, state: &MailboxState) -> Result<Vec<Arc<str>>, Fault> {
        let mut births: BTreeMap<Uid, (MailboxId, Uid)> = BTreeMap::new();
        // Only as far as the state goes: it may be a part of a large mailbox.
        let (Some(first), Some(last)) = (state.entries.get(0), state.entries.last()) else {
            return Ok(Vec::new());
        };
        let end = layout::successor(&layout::copied(self.id(), state.id, last.uid));
        let range = layout::copied(self.id(), state.id, first.uid)..end;
        each(&*self.shared.snapshot()?, &range, |key, value| {
            let (_, uid) = layout::take_place(layout::tail(key))?;
            births.insert(uid, records::read_born(value)?);
            Some(())
        })?;
        // An account that was removed and made again has other ids.
        let created = self.shared.hot().head.created.0;
        let id = |entry: &crate::Entry| match births.get(&entry.uid) {
            None => format!("{created:x}.{:x}", entry.email.0).into(),
            Some((mailbox, uid)) => {
                let (mailbox, uid) = (mailbox.0, uid.number());
                format!("{created:x}.{:x}.{mailbox:x}.{uid:x}", entry.email.0).into()
            }
        };
        Ok(state.entries.iter().map(id).collect())
    }
}
