//! All accounts of one engine: made, opened, listed, removed.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use lane::{CallingThread, Threads};

use crate::account::Account;
use crate::damaged::DamagedBodies;
use crate::engine::{Batch, CommitError, Engine};
use crate::incoming::Incoming;
use crate::operations::{Visible, What};
use crate::policy::Policy;
use crate::pop3::{AllTerms, ImportedCache};
use crate::ports::Ports;
use crate::records::{self, Head, Leaving, Record};
use crate::registry::Registry;
use crate::sharing::Owners;
use crate::table::ROOT;
use crate::{
    AccountId, Clock, Door, EmailId, Error, Fault, MailboxId, MailboxName, ModSeq, Refused, Role,
    UidValidity, Who, hot, keys, layout,
};

/// All accounts of one engine. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    ports: Arc<Ports>,
    registry: Arc<Registry>,
}

/// The mailboxes that a new account has beside its Inbox.
const USUAL: [(&str, Option<Role>); 6] = [
    ("INBOX", None),
    ("Drafts", Some(Role::Drafts)),
    ("Sent", Some(Role::Sent)),
    ("Junk", Some(Role::Junk)),
    ("Trash", Some(Role::Trash)),
    ("Archive", Some(Role::Archive)),
];

/// How many keys of an account go in one commit when it is removed.
const REMOVED_KEYS_MAX: usize = 5_000;

impl Accounts {
    /// Opens the accounts that an engine keeps. Long work is done on the thread of whoever asks for it.
    pub fn new(engine: Arc<dyn Engine>, clock: Arc<dyn Clock>, policy: Policy) -> Accounts {
        Accounts::on(Arc::new(CallingThread), engine, clock, policy)
    }

    /// Opens the accounts that an engine keeps, with threads of their own for long work.
    pub fn on(
        threads: Arc<dyn Threads>,
        engine: Arc<dyn Engine>,
        clock: Arc<dyn Clock>,
        policy: Policy,
    ) -> Accounts {
        let ports = Ports {
            engine,
            clock,
            threads,
            policy,
            hot_octets: Arc::default(),
            uses: AtomicU64::new(1),
            terms: AllTerms::default(),
            imported: ImportedCache::default(),
            damaged: DamagedBodies::default(),
            names: OnceLock::new(),
            numbers: OnceLock::new(),
            owners: Owners::default(),
            ears: OnceLock::new(),
        };
        Accounts { ports: Arc::new(ports), registry: Arc::default() }
    }

    /// Says who knows whose an account is, so that the log names people. The first who says so is asked.
    pub fn named_by(&self, names: impl Fn(AccountId) -> Option<String> + Send + Sync + 'static) {
        // A second one is of the same directory.
        drop(self.ports.names.set(Box::new(names)));
    }

    /// Says who knows which account a user has, by the address that they log in with. The first who says so is asked.
    pub fn numbered_by(&self, numbers: impl Fn(&str) -> Option<AccountId> + Send + Sync + 'static) {
        drop(self.ports.numbers.set(Box::new(numbers)));
    }

    /// The account of a user, by the address that they log in with; none: there is no such user.
    pub fn number(&self, address: &str) -> Option<AccountId> {
        self.ports.numbers.get().and_then(|numbers| numbers(address))
    }

    /// The address of the user who has an account; none: nobody has it.
    pub fn address(&self, id: AccountId) -> Option<String> {
        self.ports.names.get().and_then(|names| names(id))
    }

    /// The accounts whose access lists say something of a user, without the user's own, ascending: those in which they may find
    /// mailboxes. Does not look through all accounts, but for the first who asks after a start.
    pub async fn owners(&self, user: AccountId) -> Result<Vec<AccountId>, Fault> {
        if !self.ports.owners.is_known() {
            lane::slow(None).await;
        }
        self.ports.owners.of(user, || self.ports.engine.snapshot())
    }

    /// Opens an account for another user than its owner: what its access lists do not give is refused, as they are when each
    /// operation runs. One's own is one's own.
    pub async fn enter_shared(
        &self,
        owner: AccountId,
        user: AccountId,
        who: Who,
    ) -> Result<Account, Error> {
        let account = self.enter(owner, who).await?;
        Ok(if owner == user { account } else { account.for_guest(user) })
    }

    /// Takes a user out of all access lists, with what was kept of what they have seen.
    async fn forget_guest(&self, user: AccountId) -> Result<(), Error> {
        let owners = self.ports.owners.naming(user, || self.ports.engine.snapshot())?;
        for owner in owners.into_iter().filter(|owner| *owner != user) {
            if let Some(shared) = self.registry.open(owner, &self.ports)? {
                Account::new(shared, Who::at(Door::System)).forget_guest(user).await?;
            }
        }
        Ok(())
    }

    /// Calls back each time that the bell of any account rings, for whoever listens to thousands of them. It carries nothing else,
    /// and a call does no work: it is made while others wait. The first who says so is called.
    pub fn on_bell(&self, ears: impl Fn(AccountId) + Send + Sync + 'static) {
        // A second one would be another host's.
        drop(self.ports.ears.set(Box::new(ears)));
    }

    /// What the log calls an account: the user's address, or its number when nobody has it.
    pub fn name(&self, id: AccountId) -> String {
        self.ports.name(id)
    }

    /// Makes an account with its Inbox and the usual special-use mailboxes, all subscribed.
    /// `Refused::MailboxExists` if it is there.
    pub async fn create(&self, id: AccountId, who: &Who) -> Result<Account, Error> {
        let batch = self.founding(id, who);
        match self.ports.engine.commit(batch).await {
            Ok(()) => self.open(id, who.clone()),
            Err(CommitError::Conflict) => Err(Refused::MailboxExists.into()),
            Err(CommitError::NoSpace) => Err(Refused::NoSpace.into()),
            Err(CommitError::Fault(fault)) => Err(fault.into()),
        }
    }

    /// What makes an account.
    fn founding(&self, id: AccountId, who: &Who) -> Batch {
        let now = self.ports.clock.now();
        let mut head = Head {
            created: now,
            last_uid_validity: u32::try_from(now.0).unwrap_or(0),
            next_email: 1,
            ..Head::default()
        };
        let mut batch = Batch::default();
        for ((level, role), number) in USUAL.into_iter().zip(1u32..) {
            let mailbox = MailboxId(number);
            let modseq = ModSeq(number.into());
            head.last_uid_validity = head.last_uid_validity.saturating_add(1);
            let uid_validity = UidValidity(head.last_uid_validity);
            let record = Record::new(ROOT, level, role, uid_validity, modseq);
            batch.puts.push((layout::mailbox(id, mailbox), record.write()));
            batch.puts.push((layout::subscription(id, level), Bytes::new()));
            if let Some(name) = MailboxName::of_levels([level].into_iter()) {
                let what = What::Created { mailbox, name };
                let line = records::write_change(now, who, &what, Some(&Visible::default()));
                batch.puts.push((layout::change(id, modseq), line));
            }
            head.modseq = modseq;
            head.next_mailbox = number.saturating_add(1);
        }
        batch.puts.push((layout::head(id), head.write()));
        batch.checks.push((layout::head(id), None));
        batch
    }

    /// Opens an account, on behalf of whoever will make changes through it. `Refused::NoSuchMailbox` if there is none.
    pub fn open(&self, id: AccountId, who: Who) -> Result<Account, Error> {
        let shared = self.registry.open(id, &self.ports)?.ok_or(Refused::NoSuchMailbox)?;
        Ok(Account::new(shared, who))
    }

    /// Opens an account for a session: one that has to be read first is read in the slow lane.
    pub async fn enter(&self, id: AccountId, who: Who) -> Result<Account, Error> {
        if self.registry.live(id).is_none() {
            lane::slow(None).await;
        }
        self.open(id, who)
    }

    /// Runs a task that reads or changes mail, each of its polls in the lane that it is in.
    pub fn in_lanes<F>(&self, task: F) -> impl Future<Output = F::Output> + Send + use<F>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        lane::run(task, Arc::clone(&self.ports.threads), self.ports.engine.reads())
    }

    /// Makes a call that computes or waits for long on a thread where it delays nobody.
    pub async fn apart<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let done = lane::apart(&*self.ports.threads, call).await;
        done.ok_or_else(|| Fault::new("a call that takes long did not end"))
    }

    /// Removes an account with all its mail, retained mail included. In bounded commits; begun and not ended, it can be
    /// called again, and the account cannot be opened meanwhile.
    pub async fn remove(&self, id: AccountId) -> Result<(), Error> {
        self.forget_guest(id).await?;
        if let Some(shared) = self.registry.open(id, &self.ports)? {
            shared
                .write(|transaction| {
                    transaction.next_modseq();
                    transaction.head_mut().leaving = Leaving::Yes;
                    Ok(())
                })
                .await?;
            self.registry.forget(id);
            self.ports.terms.forget(id, &self.ports.policy.pop3);
        }
        loop {
            let snapshot = self.ports.engine.snapshot()?;
            let Some((_, head_value)) = hot::read_head(id, &*snapshot)? else {
                return Err(Refused::NoSuchMailbox.into());
            };
            let mut batch = Batch::default();
            batch.checks.push((layout::head(id), Some(head_value)));
            let mut damaged = None;
            let range = layout::account(id);
            snapshot.range(layout::borrow(&range), &mut |key, value| {
                match references(id, key, value) {
                    Ok(reference) => batch.deletes.extend(reference),
                    Err(fault) => damaged = Some(fault),
                }
                if key != layout::head(id) {
                    batch.deletes.push(key.to_vec());
                }
                if batch.deletes.len() < REMOVED_KEYS_MAX {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })?;
            if let Some(fault) = damaged {
                let user = self.name(id);
                tracing::warn!(user, %fault, "an email was removed without its body");
            }
            let last = batch.deletes.is_empty();
            if last {
                batch.deletes.push(layout::head(id));
            }
            match self.ports.engine.commit(batch).await {
                Ok(()) if last => return Ok(()),
                Ok(()) | Err(CommitError::Conflict) => {}
                Err(CommitError::NoSpace) => return Err(Refused::NoSpace.into()),
                Err(CommitError::Fault(fault)) => return Err(fault.into()),
            }
        }
    }

    /// All accounts, those too that have to be mended before they can be opened.
    pub fn list(&self) -> Result<Vec<AccountId>, Fault> {
        let snapshot = self.ports.engine.snapshot()?;
        let mut accounts = Vec::new();
        let mut start = vec![keys::ACCOUNT];
        let end = layout::successor(&start);
        loop {
            let mut found = None;
            snapshot.range(&start..&end, &mut |key, _| {
                found = layout::account_of(key);
                ControlFlow::Break(())
            })?;
            let Some(id) = found else { return Ok(accounts) };
            let head = snapshot.get(&layout::head(id))?.and_then(|value| Head::read(&value));
            if head.is_none_or(|head| head.leaving == Leaving::No) {
                accounts.push(id);
            }
            start = layout::account(id).end;
        }
    }

    /// Begins to take in a message that any accounts may then append.
    pub fn receive(&self) -> Incoming {
        Incoming::new(Arc::clone(&self.ports))
    }

    pub(crate) fn ports(&self) -> &Ports {
        &self.ports
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn all_terms(&self) -> &AllTerms {
        &self.ports.terms
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.ports.policy
    }

    /// How much memory the hot state of mailboxes takes now.
    pub fn hot_octets(&self) -> usize {
        self.ports.hot_octets.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// The engine, for the spaces that are not mail (directory, queue, settings).
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.ports.engine
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.ports.clock
    }
}

/// The reference to a body that goes with an email, or with what was uploaded.
fn references(id: AccountId, key: &[u8], value: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    let kind = layout::Kind::of(key);
    let number = layout::take64(layout::tail(key)).map(|(number, _)| EmailId(number));
    let hash = if kind == Some(layout::Kind::Email) {
        let value = Bytes::copy_from_slice(value);
        number.and_then(|email| records::read_email(email, &value)).map(|email| email.hash)
    } else if kind == Some(layout::Kind::Upload) {
        records::read_upload(value).map(|upload| upload.hash)
    } else {
        return Ok(None);
    };
    let (number, hash) = number.zip(hash).ok_or_else(|| records::damaged(key))?;
    Ok(Some(keys::body_reference(&hash, id, number)))
}
