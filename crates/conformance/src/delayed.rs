//! An engine whose every read waits, as those of an engine across a network do, and which counts how many wait at once.
//!
//! It holds the thread on purpose (`std::thread::sleep`): the port's reads are synchronous, so a read that waits for a
//! disk or a network holds its thread just so. It says so (`Engine::reads`), and whoever runs tasks on it gives them
//! threads that may wait. Several values are asked for in one read. What is written is not delayed.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use mailbox::engine::{
    Batch, BodyWriter, CommitError, Engine, Reads, Ready, Snapshot, StagedBody, Visit,
};
use mailbox::{BodyHash, Fault};

/// An engine over another one: `get`, `range`, `last` and `body` each wait first.
pub struct DelayedEngine {
    inner: Arc<dyn Engine>,
    delay: Duration,
    reads: Arc<ReadCounts>,
}

/// Counts reads. Engines may share one.
#[derive(Debug, Default)]
pub struct ReadCounts {
    total: AtomicU64,
    at_once: AtomicUsize,
    at_once_max: AtomicUsize,
}

impl DelayedEngine {
    /// Lets every read of this engine wait so long.
    pub fn new(inner: Arc<dyn Engine>, delay: Duration) -> DelayedEngine {
        DelayedEngine::counted_in(inner, delay, Arc::default())
    }

    /// The same, with the reads counted among those of others.
    pub fn counted_in(
        inner: Arc<dyn Engine>,
        delay: Duration,
        reads: Arc<ReadCounts>,
    ) -> DelayedEngine {
        DelayedEngine { inner, delay, reads }
    }

    /// How many reads have waited at the same time, at most.
    pub fn reads_at_once_max(&self) -> usize {
        self.reads.at_once_max()
    }

    /// The counts.
    pub fn counts(&self) -> &Arc<ReadCounts> {
        &self.reads
    }
}

impl ReadCounts {
    /// How many reads there were.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::SeqCst)
    }

    /// How many wait now.
    pub fn at_once(&self) -> usize {
        self.at_once.load(Ordering::SeqCst)
    }

    /// How many have waited at the same time, at most.
    pub fn at_once_max(&self) -> usize {
        self.at_once_max.load(Ordering::SeqCst)
    }

    fn wait(&self, delay: Duration) {
        self.total.fetch_add(1, Ordering::SeqCst);
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.at_once_max.fetch_max(now, Ordering::SeqCst);
        std::thread::sleep(delay);
        self.at_once.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Engine for DelayedEngine {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        let (inner, reads) = (self.inner.snapshot()?, Arc::clone(&self.reads));
        Ok(Arc::new(DelayedSnapshot { inner, delay: self.delay, reads }))
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        self.inner.commit(batch)
    }

    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault> {
        self.inner.write_body()
    }

    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        self.reads.wait(self.delay);
        self.inner.body(body, range)
    }

    fn settled(&self) -> Ready<'static, ()> {
        self.inner.settled()
    }

    fn staged(&self, body: &StagedBody, range: Range<u64>) -> Result<Bytes, Fault> {
        self.reads.wait(self.delay);
        self.inner.staged(body, range)
    }

    fn space_left_octets(&self) -> Option<u64> {
        self.inner.space_left_octets()
    }

    fn reads(&self) -> Reads {
        Reads::MayWait
    }
}

struct DelayedSnapshot {
    inner: Arc<dyn Snapshot>,
    delay: Duration,
    reads: Arc<ReadCounts>,
}

impl Snapshot for DelayedSnapshot {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        self.reads.wait(self.delay);
        self.inner.get(key)
    }

    fn values(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Bytes>>, Fault> {
        self.reads.wait(self.delay);
        self.inner.values(keys)
    }

    fn range(&self, range: Range<&[u8]>, visit: Visit<'_>) -> Result<(), Fault> {
        self.reads.wait(self.delay);
        self.inner.range(range, visit)
    }

    fn last(&self, range: Range<&[u8]>) -> Result<Option<(Bytes, Bytes)>, Fault> {
        self.reads.wait(self.delay);
        self.inner.last(range)
    }
}
