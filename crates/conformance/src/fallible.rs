//! The in-memory engine, with switches to make it fail.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use bytes::Bytes;
use mailbox::engine::{Batch, BodyWriter, CommitError, Engine, Ready, Snapshot, StagedBody};
use mailbox::memory::MemoryEngine;
use mailbox::{BodyHash, Fault};

/// An engine in memory that fails as it is told.
pub struct FallibleEngine {
    engine: MemoryEngine,
    /// Whether commits fail and leave nothing.
    commits_fail: AtomicBool,
    /// Whether nobody knows what became of a commit.
    outcomes_unknown: AtomicBool,
    /// Whether the disk has no room for bodies.
    space_ends: AtomicBool,
    /// How many reads of bodies still succeed; negative: all do.
    bodies_left: AtomicI64,
    /// The bodies that are damaged, each from an octet on.
    pub(crate) damaged: Mutex<BTreeMap<BodyHash, u64>>,
}

impl FallibleEngine {
    /// One that does not fail yet.
    pub fn new() -> FallibleEngine {
        FallibleEngine {
            engine: MemoryEngine::new(),
            commits_fail: AtomicBool::new(false),
            outcomes_unknown: AtomicBool::new(false),
            space_ends: AtomicBool::new(false),
            bodies_left: AtomicI64::new(-1),
            damaged: Mutex::default(),
        }
    }

    /// Fails from here on: `commits`, `commits unknown` (nobody knows what became of them), `space` (there is none for
    /// bodies), `bodies after N` (so many reads of them still succeed).
    pub fn fail(&self, what: &str) {
        match what {
            "commits" => self.commits_fail.store(true, Ordering::SeqCst),
            "commits unknown" => self.outcomes_unknown.store(true, Ordering::SeqCst),
            "space" => self.space_ends.store(true, Ordering::SeqCst),
            _ => {
                let reads = what.strip_prefix("bodies after ").unwrap().parse().unwrap();
                self.bodies_left.store(reads, Ordering::SeqCst);
            }
        }
    }

    /// Makes all well again but what is damaged.
    pub fn mend(&self) {
        for fails in [&self.commits_fail, &self.outcomes_unknown, &self.space_ends] {
            fails.store(false, Ordering::SeqCst);
        }
        self.bodies_left.store(-1, Ordering::SeqCst);
    }
}

impl Default for FallibleEngine {
    fn default() -> FallibleEngine {
        FallibleEngine::new()
    }
}

impl Engine for FallibleEngine {
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

    fn staged(&self, body: &StagedBody, range: Range<u64>) -> Result<Bytes, Fault> {
        self.engine.staged(body, range)
    }

    fn space_left_octets(&self) -> Option<u64> {
        self.engine.space_left_octets()
    }
}
