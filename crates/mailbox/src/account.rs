//! The one gate: every door reads and changes mail through `Account`. Quota, rights and limits are refused here and
//! nowhere else. A change is durable, in the change log and in the hot state before its call returns.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use crate::engine::{Engine, StagedBody};
use crate::operations::{Append, Appended, Change, Copied, Email, Quota, Retained, Store, Stored};
use crate::search::{Query, Search};
use crate::state::{Mailbox, MailboxState, Role};
use crate::{
    AccountId, Clock, EmailId, Error, Fault, MailboxId, MailboxName, ModSeq, Timestamp, Uid,
    UidSet, Who,
};

/// All accounts of one engine. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {}

/// What the host decides for all accounts.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The largest message.
    pub message_octets_max: u64,
    /// How long what was expunged can be brought back, in seconds.
    pub retention_s: i64,
    /// How much memory the hot state of mailboxes may take.
    pub hot_octets_max: usize,
}

impl Accounts {
    /// Opens the accounts that an engine keeps.
    pub fn new(engine: Arc<dyn Engine>, clock: Arc<dyn Clock>, policy: Policy) -> Accounts {
        todo!()
    }
    /// Makes an account with its Inbox and the usual special-use mailboxes, all subscribed. `Refused::MailboxExists` if it is there.
    pub async fn create(&self, id: AccountId, who: &Who) -> Result<Account, Error> {
        todo!()
    }
    /// Opens an account, on behalf of whoever will make changes through it. `Refused::NoSuchMailbox` if there is none.
    pub fn open(&self, id: AccountId, who: Who) -> Result<Account, Error> {
        todo!()
    }
    /// Removes an account with all its mail, retained mail included. In bounded commits.
    pub async fn remove(&self, id: AccountId) -> Result<(), Error> {
        todo!()
    }
    /// All accounts.
    pub fn list(&self) -> Result<Vec<AccountId>, Fault> {
        todo!()
    }
    /// Begins to take in a message that any accounts may then append.
    pub fn receive(&self) -> Incoming {
        todo!()
    }
    /// The policy.
    pub fn policy(&self) -> &Policy {
        todo!()
    }
    /// The engine, for the spaces that are not mail (directory, queue, settings).
    pub fn engine(&self) -> &Arc<dyn Engine> {
        todo!()
    }
    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        todo!()
    }
}

/// A message on its way in: hashed and taken apart as its octets arrive, held in memory up to
/// `STAGED_IN_MEMORY_OCTETS_MAX` and on the disk beyond. Dropped before its end, it leaves nothing behind.
pub struct Incoming {}

impl Incoming {
    /// Takes more octets. `Refused::TooLarge` as soon as there are too many.
    pub async fn write(&mut self, octets: &[u8]) -> Result<(), Error> {
        todo!()
    }
    /// Ends the message.
    pub async fn finish(self) -> Result<Received, Error> {
        todo!()
    }
}

/// A message that came in whole and belongs to no account yet. Clones share it.
#[derive(Clone, Debug)]
pub struct Received {
    /// The body.
    pub body: StagedBody,
    // further fields, private: outline, dates, thread keys
}

/// One account, for one door, device and peer. Cheap to clone.
#[derive(Clone)]
pub struct Account {}

impl Account {
    /// Which account.
    pub fn id(&self) -> AccountId {
        todo!()
    }
    /// Who acts through this.
    pub fn who(&self) -> &Who {
        todo!()
    }

    // ---- the bell

    /// The bell: holds the account's counter, and wakes when it moves. Carries nothing else; pull what changed.
    pub fn bell(&self) -> watch::Receiver<ModSeq> {
        todo!()
    }

    // ---- looking

    /// All mailboxes, by name. One consistent listing.
    pub fn mailboxes(&self) -> Result<Arc<[Mailbox]>, Fault> {
        todo!()
    }
    /// The mailbox of a name.
    pub fn find(&self, name: &MailboxName) -> Result<Option<Mailbox>, Fault> {
        todo!()
    }
    /// The mailbox of an identity.
    pub fn mailbox(&self, id: MailboxId) -> Result<Option<Mailbox>, Fault> {
        todo!()
    }
    /// The names subscribed to; some may have no mailbox.
    pub fn subscriptions(&self) -> Result<BTreeSet<MailboxName>, Fault> {
        todo!()
    }
    /// The present hot state of a mailbox: shared, from memory when somebody uses it.
    pub fn state(&self, id: MailboxId) -> Result<Arc<MailboxState>, Error> {
        todo!()
    }
    /// A reader of emails over one view of the store: take one for a run of emails.
    pub fn reader(&self) -> Result<Reader, Fault> {
        todo!()
    }
    /// Octets of a body. A range past its end is cut to what there is.
    pub fn body(&self, email: &Email, range: Range<u64>) -> Result<Bytes, Fault> {
        todo!()
    }
    /// The UIDs that vanished after `since` (RFC 7162, 3.2.5.2). When `since` is older than what is remembered, all UIDs of
    /// `known` (none: of 1 to the last) that are not there now.
    pub fn vanished(
        &self,
        id: MailboxId,
        since: ModSeq,
        known: Option<&UidSet>,
    ) -> Result<UidSet, Error> {
        todo!()
    }
    /// What the account uses and may use.
    pub fn quota(&self) -> Result<Quota, Fault> {
        todo!()
    }
    /// Begins a search through a mailbox state.
    pub fn search(&self, state: &Arc<MailboxState>, query: Query) -> Result<Search, Fault> {
        todo!()
    }
    /// The change log after `since`, oldest first, at most `most` lines.
    pub fn changes_since(&self, since: ModSeq, most: usize) -> Result<Vec<Change>, Fault> {
        todo!()
    }
    /// Claims the entries that no session was told to be `\Recent` (RFC 3501, 2.3.2): gives the first UID that is
    /// recent to this session, if any. Kept in memory only.
    pub fn claim_recent(&self, state: &MailboxState) -> Option<Uid> {
        todo!()
    }

    // ---- mailboxes

    /// Makes a mailbox, and those above it that are missing.
    pub async fn create_mailbox(
        &self,
        name: &MailboxName,
        role: Option<Role>,
    ) -> Result<MailboxId, Error> {
        todo!()
    }
    /// Deletes a mailbox; what is in it is retained. With others below it, it stays as a container.
    pub async fn delete_mailbox(&self, id: MailboxId) -> Result<(), Error> {
        todo!()
    }
    /// Renames a mailbox with all below it; the Inbox instead hands its messages to a new mailbox (RFC 9051, 6.3.6).
    pub async fn rename_mailbox(&self, id: MailboxId, to: &MailboxName) -> Result<(), Error> {
        todo!()
    }
    /// Subscribes to a name, whether or not a mailbox has it.
    pub async fn subscribe(&self, name: &MailboxName) -> Result<(), Error> {
        todo!()
    }
    /// Takes a subscription back.
    pub async fn unsubscribe(&self, name: &MailboxName) -> Result<(), Error> {
        todo!()
    }

    // ---- messages

    /// Appends messages, all or none.
    pub async fn append(&self, to: MailboxId, messages: Vec<Append>) -> Result<Appended, Error> {
        todo!()
    }
    /// Copies entries, all or none; those that are gone are passed over.
    pub async fn copy(
        &self,
        from: MailboxId,
        uids: &UidSet,
        to: MailboxId,
    ) -> Result<Copied, Error> {
        todo!()
    }
    /// Moves entries, all or none; those that are gone are passed over. Moved entries are not retained at their old place.
    pub async fn r#move(
        &self,
        from: MailboxId,
        uids: &UidSet,
        to: MailboxId,
    ) -> Result<Copied, Error> {
        todo!()
    }
    /// Changes flags. Each entry at once or not at all.
    pub async fn store(&self, mailbox: MailboxId, change: Store) -> Result<Stored, Error> {
        todo!()
    }
    /// Expunges the entries that are `\Deleted` (of `uids`, when given). Gives those that went.
    pub async fn expunge(
        &self,
        mailbox: MailboxId,
        uids: Option<&UidSet>,
    ) -> Result<UidSet, Error> {
        todo!()
    }
    /// Removes entries whether or not they are `\Deleted`, all at once (POP3's QUIT, JMAP). Gives those that went.
    pub async fn remove(&self, mailbox: MailboxId, uids: &UidSet) -> Result<UidSet, Error> {
        todo!()
    }

    // ---- undo

    /// What can still be brought back, newest first, at most `most` groups.
    pub fn retained(&self, most: usize) -> Result<Vec<Retained>, Fault> {
        todo!()
    }
    /// Brings back what one change removed (of `uids`, when given), into its mailbox, or into the Inbox when that is gone. All or none.
    pub async fn bring_back(
        &self,
        removed_by: ModSeq,
        uids: Option<&UidSet>,
    ) -> Result<Appended, Error> {
        todo!()
    }
    /// Drops for good what was expunged before `before`, in bounded commits. Gives how many entries went.
    pub async fn drop_retained(&self, before: Timestamp) -> Result<u64, Error> {
        todo!()
    }

    // ---- limits, POP3

    /// Sets the limits of the account.
    pub async fn set_quota(
        &self,
        octets_max: Option<u64>,
        messages_max: Option<u64>,
    ) -> Result<(), Error> {
        todo!()
    }
    /// Takes the exclusive POP3 lock (RFC 1939, 3). It is free again when the guard is dropped. `Refused::InUse`.
    pub fn lock_pop3(&self) -> Result<Pop3Lock, Error> {
        todo!()
    }
    /// The POP3 unique ids of the entries of a mailbox state, in its order: stable for life (1 to 70 octets, RFC 1939, 7).
    pub fn uidls(&self, state: &MailboxState) -> Result<Vec<Arc<str>>, Fault> {
        todo!()
    }
}

/// The exclusive POP3 lock of an account, held until dropped.
#[derive(Debug)]
pub struct Pop3Lock {}

/// Reads emails over one consistent view of the store.
pub struct Reader {}

impl Reader {
    /// The email; none if it was dropped for good.
    pub fn email(&self, id: EmailId) -> Result<Option<Email>, Fault> {
        todo!()
    }
}
