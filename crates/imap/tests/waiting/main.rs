//! Sessions on an engine whose reads wait, as those of an engine across a network do: nobody waits for the reads of others.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests may be blunt"
)]

#[path = "../server/people.rs"]
mod people;

use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use bytes::Bytes;
use conformance::DelayedEngine;
use imap::Client;
use imap::fetch::items::{self, BodySection};
use imap::fetch::{Section, See};
use imap::search::keys::Text;
use imap::server::{First, Introduced, Patience, Service, StartTls, Stopping, serve};
use imap::wire::{Point, SequenceSet};
use machine::SlowThreads;
use mailbox::engine::{Batch, BodyWriter, CommitError, Engine, Reads, Ready, Snapshot};
use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::{
    AccountId, Accounts, BodyHash, Door, Fault, FlagNames, MailboxName, Policy, SetClock,
    Timestamp, Who,
};
use sasl::{Peer, Security};
use tokio::io::duplex;

use people::People;

const SESSIONS: usize = 200;
const MESSAGES: u32 = 5;

async fn service(engine: Arc<dyn Engine>) -> Arc<Service> {
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 0,
        hot_octets_max: 1 << 30,
        pop3: mailbox::Pop3Policy::default(),
        ..Policy::default()
    };
    let accounts = Accounts::on(SlowThreads::new().unwrap(), engine, clock, policy);
    let ana = accounts.create(AccountId(1), &Who::at(Door::Admin)).await.unwrap();
    let inbox = ana.find(&MailboxName::inbox()).unwrap().unwrap().id;
    for number in 0..MESSAGES {
        let mut incoming = accounts.receive();
        let text = format!("Subject: letter {number}\r\n\r\nA few words, {number} of them.\r\n");
        incoming.write(text.as_bytes()).await.unwrap();
        let received = incoming.finish().await.unwrap();
        let append =
            Append { received, flags: FlagNames::default(), internal_date: None, uidl: None };
        ana.append(inbox, vec![append]).await.unwrap();
    }
    Arc::new(Service {
        accounts,
        directory: Arc::new(People),
        host_name: "mail.example.org".into(),
        version: "1.2.3".into(),
        start_tls: StartTls::Offered,
        patience: Patience::default(),
        stopping: Stopping::never(),
        introduced: Introduced::nobody(),
        jmap_url: None,
        metadata: imap::server::ServerMetadata::default(),
    })
}

/// Lives a session as a mail program would, and reads all mail.
async fn read_all(service: Arc<Service>) {
    let (ours, theirs) = duplex(1 << 16);
    let accounts = service.accounts.clone();
    let serving = async move {
        serve(theirs, service, Peer::new(None, Security::Tls), First::Greeting).await;
    };
    tokio::spawn(async move { accounts.in_lanes(serving).await });
    let mut client = Client::begin(ours, Security::Tls).await.unwrap();
    client.login("ana", "secret").await.unwrap();
    client.select("INBOX").await.unwrap();
    let all = || SequenceSet::from_ranges([(Point::new(1).unwrap(), Point::LAST)]).unwrap();
    let envelopes =
        client.fetch_all(all(), &[items::Uid.into(), items::Envelope.into()]).await.unwrap();
    let found = client.search(Text("words".into()).into()).await.unwrap();
    let body = BodySection { see: See::Peek, section: Section::default(), partial: None }.into();
    let bodies = client.fetch_all(all(), &[body]).await.unwrap();
    assert_eq!((envelopes.len(), bodies.len()), (5, 5));
    assert_eq!(found.numbers(10).len(), 5);
    client.log_out().await.unwrap();
}

async fn all_at_once(service: &Arc<Service>) {
    let sessions: Vec<_> =
        (0..SESSIONS).map(|_| tokio::spawn(read_all(Arc::clone(service)))).collect();
    for session in sessions {
        session.await.unwrap();
    }
}

/// With one thread for the runtime: a read that held it would leave at most one read waiting at a time.
#[tokio::test]
async fn two_hundred_sessions_are_served_side_by_side() {
    for delay in [Duration::from_millis(1), Duration::from_millis(20)] {
        let engine = Arc::new(DelayedEngine::new(Arc::new(MemoryEngine::new()), delay));
        let service = service(Arc::<DelayedEngine>::clone(&engine)).await;
        all_at_once(&service).await;
        assert!(engine.reads_at_once_max() > 10, "{}", engine.reads_at_once_max());
    }
}

/// An engine that gives out no body before two hundred readers wait for one.
struct TogetherEngine {
    inner: MemoryEngine,
    waiting: Mutex<usize>,
    enough: Condvar,
}

impl Engine for TogetherEngine {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        self.inner.snapshot()
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        self.inner.commit(batch)
    }

    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault> {
        self.inner.write_body()
    }

    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        let mut waiting = self.waiting.lock().unwrap();
        *waiting = waiting.saturating_add(1);
        self.enough.notify_all();
        // Far longer than it takes; so that a failure is seen rather than waited for.
        let most = Duration::from_secs(60);
        let (waiting, late) =
            self.enough.wait_timeout_while(waiting, most, |waiting| *waiting < SESSIONS).unwrap();
        if late.timed_out() {
            return Err(Fault::new(format!("only {waiting} read at once")));
        }
        drop(waiting);
        self.inner.body(body, range)
    }

    fn space_left_octets(&self) -> Option<u64> {
        self.inner.space_left_octets()
    }

    fn reads(&self) -> Reads {
        Reads::MayWait
    }
}

#[tokio::test]
async fn two_hundred_reads_wait_at_the_same_time() {
    let engine = Arc::new(TogetherEngine {
        inner: MemoryEngine::new(),
        waiting: Mutex::default(),
        enough: Condvar::new(),
    });
    let service = service(engine).await;
    all_at_once(&service).await;
}
