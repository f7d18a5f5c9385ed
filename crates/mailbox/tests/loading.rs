//! While a mailbox or an account is read in, only those who want the same one wait.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests may be blunt"
)]

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::Bytes;
use mailbox::engine::{Batch, BodyWriter, CommitError, Engine, Ready, Snapshot, Visit};
use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, BodyHash, Door, Fault, FlagNames, MailboxId, MailboxName, Policy,
    Pop3Policy, SetClock, Timestamp, Who, keys,
};

/// Stops the first read of certain keys until told to go on, and counts those reads.
struct Gate {
    /// What the keys begin with.
    prefix: Vec<u8>,
    armed: AtomicBool,
    reads: AtomicUsize,
    arrived: Sender<()>,
    go: Mutex<Receiver<()>>,
}

impl Gate {
    fn pass(&self, key: &[u8]) {
        if !key.starts_with(&self.prefix) {
            return;
        }
        self.reads.fetch_add(1, Ordering::SeqCst);
        if self.armed.swap(false, Ordering::SeqCst) {
            self.arrived.send(()).unwrap();
            self.go.lock().unwrap().recv().unwrap();
        }
    }
}

struct Gated {
    engine: Arc<dyn Engine>,
    gate: Arc<Gate>,
}

struct GatedSnapshot {
    snapshot: Arc<dyn Snapshot>,
    gate: Arc<Gate>,
}

impl Engine for Gated {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        let snapshot = self.engine.snapshot()?;
        Ok(Arc::new(GatedSnapshot { snapshot, gate: Arc::clone(&self.gate) }))
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        self.engine.commit(batch)
    }

    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault> {
        self.engine.write_body()
    }

    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        self.engine.body(body, range)
    }

    fn space_left_octets(&self) -> Option<u64> {
        self.engine.space_left_octets()
    }
}

impl Snapshot for GatedSnapshot {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        self.gate.pass(key);
        self.snapshot.get(key)
    }

    fn range(&self, range: Range<&[u8]>, visit: Visit<'_>) -> Result<(), Fault> {
        self.gate.pass(range.start);
        self.snapshot.range(range, visit)
    }

    fn last(&self, range: Range<&[u8]>) -> Result<Option<(Bytes, Bytes)>, Fault> {
        self.snapshot.last(range)
    }
}

const ONE: AccountId = AccountId(1);
/// In the same part of the registry as the first.
const OTHER: AccountId = AccountId(17);

fn who() -> Who {
    Who::at(Door::Imap)
}

fn over(engine: Arc<dyn Engine>) -> Accounts {
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 3600,
        hot_octets_max: 1 << 20,
        pop3: Pop3Policy::default(),
        ..Policy::default()
    };
    Accounts::new(engine, Arc::new(SetClock::at(Timestamp(1_700_000_000))), policy)
}

/// Two accounts that are in no memory, behind a gate for a kind of key (`layout`) and what follows it.
struct World {
    engine: Arc<dyn Engine>,
    accounts: Accounts,
    gate: Arc<Gate>,
    arrived: Receiver<()>,
    go: Sender<()>,
}

async fn world(kind: u8, rest: &[u8]) -> World {
    let engine: Arc<dyn Engine> = Arc::new(MemoryEngine::new());
    for id in [ONE, OTHER] {
        over(Arc::clone(&engine)).create(id, &who()).await.unwrap();
    }
    let mut prefix = vec![keys::ACCOUNT];
    prefix.extend_from_slice(&ONE.0.to_be_bytes());
    prefix.push(kind);
    prefix.extend_from_slice(rest);
    let ((at_gate, arrived), (go, goes)) = (channel(), channel());
    let gate = Arc::new(Gate {
        prefix,
        armed: AtomicBool::new(true),
        reads: AtomicUsize::new(0),
        arrived: at_gate,
        go: Mutex::new(goes),
    });
    let gated = Gated { engine: Arc::clone(&engine), gate: Arc::clone(&gate) };
    World { engine, accounts: over(Arc::new(gated)), gate, arrived, go }
}

fn id_of(account: &Account, name: &str) -> MailboxId {
    account.find(&MailboxName::new(name).unwrap()).unwrap().unwrap().id
}

async fn append(accounts: &Accounts, account: &Account, text: &str) {
    let mut incoming = accounts.receive();
    incoming.write(text.as_bytes()).await.unwrap();
    let received = incoming.finish().await.unwrap();
    let message = Append { received, flags: FlagNames::default(), internal_date: None, uidl: None };
    account.append(id_of(account, "INBOX"), vec![message]).await.unwrap();
}

#[tokio::test]
async fn while_a_mailbox_is_read_others_open_and_nobody_reads_it_twice() {
    let inbox = MailboxId(1);
    let world = world(b'S', &inbox.0.to_be_bytes()).await;
    let account = world.accounts.open(ONE, who()).unwrap();
    assert_eq!(id_of(&account, "INBOX"), inbox);
    let open = || {
        let account = account.clone();
        thread::spawn(move || account.state(inbox).unwrap().entries.len())
    };
    let first = open();
    world.arrived.recv().unwrap();
    let second = open();
    assert_eq!(account.state(id_of(&account, "Drafts")).unwrap().entries.len(), 0);
    let other = world.accounts.open(OTHER, who()).unwrap();
    assert_eq!(other.state(id_of(&other, "INBOX")).unwrap().entries.len(), 0);
    world.go.send(()).unwrap();
    assert_eq!((first.join().unwrap(), second.join().unwrap()), (0, 0));
    assert_eq!(world.gate.reads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn while_an_account_is_read_others_open_and_nobody_reads_it_twice() {
    let world = world(b'M', b"").await;
    let open = || {
        let accounts = world.accounts.clone();
        thread::spawn(move || accounts.open(ONE, who()).unwrap().mailboxes().unwrap().len())
    };
    let first = open();
    world.arrived.recv().unwrap();
    let second = open();
    assert_eq!(world.accounts.open(OTHER, who()).unwrap().mailboxes().unwrap().len(), 6);
    world.go.send(()).unwrap();
    assert_eq!((first.join().unwrap(), second.join().unwrap()), (6, 6));
    assert_eq!(world.gate.reads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_is_committed_while_a_mailbox_is_read_is_in_its_state() {
    let inbox = MailboxId(1);
    let world = world(b'S', &inbox.0.to_be_bytes()).await;
    let account = world.accounts.open(ONE, who()).unwrap();
    let reader = account.clone();
    let first = thread::spawn(move || reader.state(inbox).unwrap().entries.len());
    world.arrived.recv().unwrap();
    append(&world.accounts, &account, "Subject: one\r\n\r\n").await;
    world.go.send(()).unwrap();
    assert_eq!(first.join().unwrap(), 1);
    assert_eq!(account.state(inbox).unwrap().entries.len(), 1);
}

#[tokio::test]
async fn a_mailbox_is_read_once_more_when_the_account_changed_elsewhere_meanwhile() {
    let inbox = MailboxId(1);
    let world = world(b'S', &inbox.0.to_be_bytes()).await;
    let account = world.accounts.open(ONE, who()).unwrap();
    let reader = account.clone();
    let first = thread::spawn(move || reader.state(inbox).unwrap().entries.len());
    world.arrived.recv().unwrap();
    let elsewhere = over(Arc::clone(&world.engine));
    append(&elsewhere, &elsewhere.open(ONE, who()).unwrap(), "Subject: there\r\n\r\n").await;
    // This one finds the account changed, reads it anew, and is then committed.
    append(&world.accounts, &account, "Subject: here\r\n\r\n").await;
    world.go.send(()).unwrap();
    assert_eq!(first.join().unwrap(), 2);
    assert_eq!(account.state(inbox).unwrap().entries.len(), 2);
    assert_eq!(world.gate.reads.load(Ordering::SeqCst), 2);
}
