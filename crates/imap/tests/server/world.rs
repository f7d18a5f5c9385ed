//! A host in memory: three accounts on an engine that can be told to fail.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use imap::server::{Introduced, Patience, Service, StartTls, Stopping};
use mailbox::engine::{Batch, BodyWriter, CommitError, Engine, Ready, Snapshot};
use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, BodyHash, Door, Fault, FlagNames, MailboxId, MailboxName, Policy,
    SetClock, Timestamp, Uid, UidSet, Who,
};
use sasl::Security;

use crate::people::People;

pub(crate) struct World {
    pub(crate) service: Arc<Service>,
    pub(crate) engine: Arc<Fallible>,
    /// Ana's account, as another door sees it.
    pub(crate) ana: Account,
    /// How connections are protected from here on.
    pub(crate) security: Security,
}

impl World {
    pub(crate) async fn new() -> World {
        World::with_memory(1 << 30).await
    }

    /// A host that has so many octets of memory for the mailboxes in use.
    pub(crate) async fn with_memory(hot_octets_max: usize) -> World {
        let engine = Arc::new(Fallible::new());
        let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
        let policy = Policy {
            message_octets_max: 1 << 20,
            retention_s: 14 * 24 * 3600,
            hot_octets_max,
            pop3: mailbox::Pop3Policy::default(),
            ..Policy::default()
        };
        let accounts = Accounts::new(Arc::clone(&engine) as Arc<dyn Engine>, clock, policy);
        for id in 1..=3 {
            accounts.create(AccountId(id), &Who::at(Door::Admin)).await.unwrap();
        }
        let ana = accounts.open(AccountId(1), Who::at(Door::Delivery)).unwrap();
        let service = Arc::new(Service {
            accounts,
            directory: Arc::new(People),
            host_name: "mail.example.org".into(),
            version: "1.2.3".into(),
            start_tls: StartTls::Offered,
            patience: Patience::default(),
            stopping: Stopping::never(),
            introduced: Introduced::nobody(),
        });
        World { service, engine, ana, security: Security::Tls }
    }

    pub(crate) fn mailbox(&self, name: &str) -> MailboxId {
        self.ana.find(&MailboxName::new(name).unwrap()).unwrap().unwrap().id
    }

    pub(crate) fn inbox(&self) -> MailboxId {
        self.mailbox("INBOX")
    }

    pub(crate) async fn mail(&self, text: &[u8]) {
        let mut incoming = self.service.accounts.receive();
        incoming.write(text).await.unwrap();
        let received = incoming.finish().await.unwrap();
        let append =
            Append { received, flags: FlagNames::default(), internal_date: None, uidl: None };
        self.ana.append(self.inbox(), vec![append]).await.unwrap();
    }

    /// Damages the body of a message in the Inbox, from an octet on.
    pub(crate) fn damage(&self, uid: &str, from: u64) {
        let uid = Uid::new(uid.parse().unwrap()).unwrap();
        let state = self.ana.state(self.inbox()).unwrap();
        let entry = state.entries.iter().find(|entry| entry.uid == uid).unwrap();
        let email = self.ana.reader().unwrap().email(entry.email).unwrap().unwrap();
        self.engine.damaged.lock().unwrap().insert(email.hash, from);
    }

    /// The UIDs of a mailbox, as the engine has them.
    pub(crate) fn uids(&self, name: &str) -> UidSet {
        let state = self.ana.state(self.mailbox(name)).unwrap();
        state.entries.iter().map(|entry| entry.uid).collect()
    }
}

/// Reads `1,3:4`; nothing is the empty set.
pub(crate) fn uid_set(text: &str) -> UidSet {
    let uid = |text: &str| Uid::new(text.parse().unwrap()).unwrap();
    let ranges = text.split(',').filter(|part| !part.is_empty()).map(|part| {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        (uid(first), uid(last))
    });
    UidSet::from_ranges(ranges.collect::<Vec<_>>())
}

/// The in-memory engine, with switches to make it fail.
pub(crate) struct Fallible {
    engine: MemoryEngine,
    pub(crate) commits_fail: AtomicBool,
    /// Whether nobody knows what became of a commit.
    pub(crate) outcomes_unknown: AtomicBool,
    /// Whether the disk has no room for bodies.
    pub(crate) space_ends: AtomicBool,
    /// How many reads of bodies still succeed; negative: all do.
    pub(crate) bodies_left: AtomicI64,
    /// The bodies that are damaged, each from an octet on.
    pub(crate) damaged: Mutex<BTreeMap<BodyHash, u64>>,
}

impl Fallible {
    fn new() -> Fallible {
        Fallible {
            engine: MemoryEngine::new(),
            commits_fail: AtomicBool::new(false),
            outcomes_unknown: AtomicBool::new(false),
            space_ends: AtomicBool::new(false),
            bodies_left: AtomicI64::new(-1),
            damaged: Mutex::default(),
        }
    }
}

impl Engine for Fallible {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        self.engine.snapshot()
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        if self.outcomes_unknown.load(Ordering::SeqCst) {
            let fault = Fault::new("the disk is breaking").of_unknown_outcome();
            return Box::pin(async { Err(CommitError::Fault(fault)) });
        }
        if self.commits_fail.load(Ordering::SeqCst) {
            return Box::pin(async { Err(CommitError::Fault(Fault::new("the disk is broken"))) });
        }
        if self.space_ends.load(Ordering::SeqCst) && !batch.bodies.is_empty() {
            return Box::pin(async { Err(CommitError::NoSpace) });
        }
        self.engine.commit(batch)
    }

    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault> {
        self.engine.write_body()
    }

    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        match self.bodies_left.load(Ordering::SeqCst) {
            0 => return Err(Fault::new("the disk is broken")),
            1.. => drop(self.bodies_left.fetch_sub(1, Ordering::SeqCst)),
            _ => {}
        }
        match self.damaged.lock().unwrap().get(body) {
            Some(from) if *from < range.end => Err(Fault::damaged("octets are not what they were")),
            Some(_) | None => self.engine.body(body, range),
        }
    }

    fn space_left_octets(&self) -> Option<u64> {
        self.engine.space_left_octets()
    }
}
