//! Dropping what is retained looks at each entry a few times, however many entries are of one email.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests may be blunt"
)]

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use mailbox::engine::{Batch, BodyWriter, CommitError, Engine, Ready, Snapshot, Visit};
use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::{
    AccountId, Accounts, BodyHash, Door, Fault, FlagNames, MailboxName, Policy, SetClock,
    Timestamp, Uid, UidSet, Who,
};

/// Counts the keys that are visited.
struct Counting {
    engine: MemoryEngine,
    visited: Arc<AtomicU64>,
}

struct CountingSnapshot {
    snapshot: Arc<dyn Snapshot>,
    visited: Arc<AtomicU64>,
}

impl Engine for Counting {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        let snapshot = self.engine.snapshot()?;
        Ok(Arc::new(CountingSnapshot { snapshot, visited: Arc::clone(&self.visited) }))
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

impl Snapshot for CountingSnapshot {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        self.snapshot.get(key)
    }

    fn range(&self, range: Range<&[u8]>, visit: Visit<'_>) -> Result<(), Fault> {
        self.snapshot.range(range, &mut |key, value| {
            self.visited.fetch_add(1, Ordering::Relaxed);
            visit(key, value)
        })
    }

    fn last(&self, range: Range<&[u8]>) -> Result<Option<(Bytes, Bytes)>, Fault> {
        self.snapshot.last(range)
    }
}

/// Copies of one message onto itself: 4,096 entries of one email.
const DOUBLINGS: u32 = 12;

#[tokio::test]
async fn many_entries_of_one_email_are_dropped_without_looking_at_each_for_each() {
    let visited = Arc::new(AtomicU64::new(0));
    let engine = Counting { engine: MemoryEngine::new(), visited: Arc::clone(&visited) };
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let accounts = Accounts::new(Arc::new(engine), clock, Policy::default());
    let account = accounts.create(AccountId(1), &Who::at(Door::Imap)).await.unwrap();
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    let mut incoming = accounts.receive();
    incoming.write(b"Subject: tiny\r\n\r\n.\r\n").await.unwrap();
    let received = incoming.finish().await.unwrap();
    let flags = FlagNames::default();
    let append = Append { received, flags, internal_date: None, uidl: None };
    account.append(inbox, vec![append]).await.unwrap();
    let all = UidSet::from_ranges([(Uid::MIN, Uid::MAX)]);
    for _ in 0..DOUBLINGS {
        account.copy(inbox, &all, inbox).await.unwrap();
    }
    account.remove(inbox, &all).await.unwrap();
    let before = visited.load(Ordering::Relaxed);
    let entries = 1_u64 << DOUBLINGS;
    assert_eq!(account.drop_retained(Timestamp(i64::MAX)).await.unwrap(), entries);
    let looked_at = visited.load(Ordering::Relaxed) - before;
    assert!(looked_at < 10 * entries, "{looked_at} keys for {entries} entries");
    assert_eq!(accounts.check(AccountId(1)).unwrap().wrong, []);
    assert_eq!(accounts.check(AccountId(1)).unwrap().emails, 0);
}
