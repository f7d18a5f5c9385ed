//! Making the index for searches goes at the pace of the engine: after each commit it waits until little is held in memory.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests may be blunt"
)]

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mailbox::engine::{Batch, BodyWriter, CommitError, Engine, Ready, Snapshot};
use mailbox::limits::INDEX_HELD_OCTETS_MAX;
use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::{
    AccountId, Accounts, BodyHash, Door, Fault, FlagNames, Indexed, MailboxName, Policy, SetClock,
    Timestamp, Who,
};

const ID: AccountId = AccountId(1);

/// Counts what is committed before the engine was asked whether it is settled.
#[derive(Default)]
struct Unsettled {
    now_octets: AtomicU64,
    most_octets: AtomicU64,
    commits: AtomicU64,
    most_commits: AtomicU64,
    /// Of each commit.
    octets: Mutex<Vec<u64>>,
}

impl Unsettled {
    fn committed(&self, octets: u64) {
        let now = self.now_octets.fetch_add(octets, Ordering::Relaxed) + octets;
        self.most_octets.fetch_max(now, Ordering::Relaxed);
        let commits = self.commits.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_commits.fetch_max(commits, Ordering::Relaxed);
        self.octets.lock().unwrap().push(octets);
    }

    fn settle(&self) {
        self.now_octets.store(0, Ordering::Relaxed);
        self.commits.store(0, Ordering::Relaxed);
    }

    fn begin_anew(&self) {
        self.settle();
        self.most_octets.store(0, Ordering::Relaxed);
        self.most_commits.store(0, Ordering::Relaxed);
        self.octets.lock().unwrap().clear();
    }
}

struct Counting {
    engine: MemoryEngine,
    unsettled: Arc<Unsettled>,
}

impl Engine for Counting {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        self.engine.snapshot()
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        let octets = batch.puts.iter().map(|(_, value)| value.len()).sum::<usize>();
        self.unsettled.committed(u64::try_from(octets).unwrap());
        self.engine.commit(batch)
    }

    fn settled(&self) -> Ready<'static, ()> {
        self.unsettled.settle();
        Box::pin(std::future::ready(()))
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

/// Words that stand in no other message, so that their blocks are long.
fn message(number: u64) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = format!("Subject: message {number}\r\n\r\n");
    for _ in 0..200 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push_str(&format!("{state:016x}\r\n"));
    }
    text.into_bytes()
}

#[tokio::test]
async fn each_commit_of_words_is_small_and_waits_for_the_engine() {
    let unsettled = Arc::<Unsettled>::default();
    let engine = Counting { engine: MemoryEngine::new(), unsettled: Arc::clone(&unsettled) };
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let policy = Policy { indexed_emails_least: 0, ..Policy::default() };
    let accounts = Accounts::new(Arc::new(engine), clock, policy);
    let account = accounts.create(ID, &Who::at(Door::Imap)).await.unwrap();
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    let mut all = 0;
    for round in 0..8 {
        let mut messages = Vec::new();
        for number in 0..1_000 {
            let mut incoming = accounts.receive();
            incoming.write(&message(round * 1_000 + number)).await.unwrap();
            let received = incoming.finish().await.unwrap();
            let flags = FlagNames::default();
            messages.push(Append { received, flags, internal_date: None, uidl: None });
        }
        account.append(inbox, messages).await.unwrap();
        unsettled.begin_anew();
        while accounts.index(ID).await.unwrap() != Indexed::Idle {}
        assert_eq!(unsettled.most_commits.load(Ordering::Relaxed), 1);
        let most = unsettled.most_octets.load(Ordering::Relaxed);
        assert!(most <= u64::try_from(INDEX_HELD_OCTETS_MAX).unwrap() * 2, "{most} octets");
        let octets = unsettled.octets.lock().unwrap();
        eprintln!("{octets:?}");
        all += octets.len();
    }
    assert!(all > 20, "{all} commits, merges among them");
    assert_eq!(accounts.check(ID).unwrap().wrong, []);
}
