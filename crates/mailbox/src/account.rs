//! The one gate: every door reads and changes mail through `Account`. Quota, rights and limits are refused here and
//! nowhere else. A change is durable, in the change log and in the hot state before its call returns.

mod annotations;
mod append;
mod contacts;
mod copy;
mod drop_damaged;
mod edit_mailbox;
mod emails;
mod expunge;
mod heal;
mod history;
mod looking;
mod mailboxes;
mod own_changes;
mod placements;
mod pop3;
mod quota;
mod replace;
mod retained;
mod retention;
mod sharing;
mod store;
mod subscriptions;
mod threads;
mod undo;

use std::sync::Arc;

use lane::Turns;

pub use annotations::Annotate;
pub use drop_damaged::Dropped;
pub use edit_mailbox::MailboxChange;
pub(crate) use emails::uploads_due;
pub use emails::{
    AddedEmail, Destroy, EmailChange, EmailStep, EmailsChanged, FlagsBefore, KeywordChange,
    MailboxesChange, NewEmail, StepDone, Undone, Upload, UploadId,
};
pub use heal::Healed;
pub use placements::{Carried, Found, KnownAs};
pub use pop3::{Pop3Closed, Pop3Ended, Pop3View, Quit};
pub use retained::{RetainedPart, RetainedPlace};
pub(crate) use retention::oldest_retained;
pub(crate) use undo::key_parts as retained_key_parts;

use self::own_changes::OwnChanges;
use crate::limits::COMMIT_QUICK_ENTRIES_MAX;
use crate::shared::AccountShared;
use crate::transaction::Transaction;
use crate::{AccountId, Error, MailboxId, Refused, UidSet, Who};

/// On whose behalf an account is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Actor {
    /// Its own user, the host or the administrator: everything may be done.
    Owner,
    /// Another user: what access lists give.
    Guest(AccountId),
}

/// One account, for one door, device and peer. Cheap to clone.
#[derive(Clone)]
pub struct Account {
    shared: Arc<AccountShared>,
    who: Arc<Who>,
    actor: Actor,
    own: Option<Arc<OwnChanges>>,
}

impl Account {
    pub(crate) fn new(shared: Arc<AccountShared>, who: Who) -> Account {
        Account { shared, who: Arc::new(who), actor: Actor::Owner, own: None }
    }

    pub(crate) fn shared(&self) -> &Arc<AccountShared> {
        &self.shared
    }

    /// Which account.
    pub fn id(&self) -> AccountId {
        self.shared.id
    }

    /// What the log calls the account: the user's address.
    pub fn name(&self) -> String {
        self.shared.ports.name(self.shared.id)
    }

    /// What people call another account: the address of its user, or its number when nobody has it.
    pub fn name_of(&self, id: AccountId) -> String {
        self.shared.ports.name(id)
    }

    /// Who acts through this.
    pub fn who(&self) -> &Who {
        &self.who
    }

    /// What long work for this account takes in the slow lane (`lane::slow`).
    pub fn turns(&self) -> &Turns {
        &self.shared.turns
    }

    /// Runs an operation on about so many entries like `write`; many, or `MANY`, are worked on in the slow lane. Only for the owner:
    /// what others may do asks for their rights, and calls `write_as_guest`.
    async fn write_many<T, F>(&self, entries: u64, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_, '_>, &Who) -> Result<T, Error> + Send + 'static,
    {
        match self.actor {
            Actor::Owner => self.write_as_guest(entries, work).await,
            Actor::Guest(_) => Err(Refused::NoPermission.into()),
        }
    }

    /// Runs an operation like `write_many` that asks by itself for the rights of whoever acts.
    async fn write_as_guest<T, F>(&self, entries: u64, mut work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_, '_>, &Who) -> Result<T, Error> + Send + 'static,
    {
        let who = Arc::clone(&self.who);
        let work = move |transaction: &mut Transaction<'_, '_>| {
            let before = transaction.head().modseq;
            let done = work(transaction, &who)?;
            Ok((done, before..transaction.head().modseq))
        };
        let (done, made) = self.shared.write_many(entries, work).await?;
        if let Some(own) = &self.own {
            own.note(made);
        }
        self.settle().await;
        Ok(done)
    }

    /// Runs an operation like `write_many` that makes about so many entries more, if there is memory for them.
    async fn write_more<T, F>(&self, entries: u64, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_, '_>, &Who) -> Result<T, Error> + Send + 'static,
    {
        match self.actor {
            Actor::Owner => self.write_more_as_guest(entries, work).await,
            Actor::Guest(_) => Err(Refused::NoPermission.into()),
        }
    }

    /// Runs an operation like `write_as_guest` that makes about so many entries more, if there is memory for them.
    async fn write_more_as_guest<T, F>(&self, entries: u64, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_, '_>, &Who) -> Result<T, Error> + Send + 'static,
    {
        let aside = match entries {
            0..=COMMIT_QUICK_ENTRIES_MAX => None,
            _ => Some(self.shared.set_aside(entries)?),
        };
        let done = self.write_as_guest(entries, work).await;
        drop(aside);
        done
    }

    /// At most so many entries of a mailbox are in a set.
    fn entries_at_most(&self, mailbox: MailboxId, uids: &UidSet) -> u64 {
        let hot = self.shared.hot();
        let messages = hot.table.record(mailbox).map_or(0, |record| record.messages);
        uids.len().min(messages)
    }

    /// Runs an operation on behalf of who acts through this, as one step that is durable when it returns.
    async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_, '_>, &Who) -> Result<T, Error> + Send + 'static,
    {
        self.write_many(1, work).await
    }
}
