//! An engine that keeps all in memory: for tests, and the plainest statement of what an engine does.

use std::any::Any;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use bytes::{Bytes, BytesMut};

use crate::engine::{
    Batch, BodySource, BodyWriter, CommitError, Engine, Ready, Snapshot, StagedBody, Visit, cut,
};
use crate::lock::lock;
use crate::{BodyHash, Fault, keys};

/// How many keys stand together; a commit copies so many for each place it changes while a snapshot is held.
const LEAF_KEYS_MAX: usize = 128;

/// An engine in memory. Commits at once, keeps nothing.
#[derive(Default)]
pub struct MemoryEngine {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    keys: Tree,
    bodies: HashMap<BodyHash, Bytes>,
}

impl MemoryEngine {
    /// An empty engine.
    pub fn new() -> MemoryEngine {
        MemoryEngine::default()
    }
}

impl Engine for MemoryEngine {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        Ok(Arc::new(lock(&self.kept).keys.clone()))
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        let kept = Arc::clone(&self.kept);
        Box::pin(async move {
            // As with a disk, others get on meanwhile.
            tokio::task::yield_now().await;
            lock(&kept).commit(batch)
        })
    }

    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault> {
        Ok(Box::new(MemoryBodyWriter(BytesMut::new())))
    }

    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        let kept = lock(&self.kept);
        let Some(octets) = kept.bodies.get(body) else {
            return Err(Fault::damaged(format!("no body {body}")));
        };
        Ok(cut(octets, range))
    }

    fn staged(&self, body: &StagedBody, range: Range<u64>) -> Result<Bytes, Fault> {
        staged_octets(&body.source).map(|octets| cut(octets, range))
    }

    fn space_left_octets(&self) -> Option<u64> {
        None
    }
}

impl Kept {
    fn commit(&mut self, batch: Batch) -> Result<(), CommitError> {
        for (key, value) in &batch.checks {
            if self.keys.get_value(key) != value.as_ref() {
                return Err(CommitError::Conflict);
            }
        }
        for body in &batch.bodies {
            let octets = staged_octets(&body.source)?.clone();
            self.bodies.entry(body.hash).or_insert(octets);
        }
        for (key, value) in batch.puts {
            self.keys.put(key.into(), value);
        }
        for key in &batch.deletes {
            self.keys.delete(key);
            if let Some(hash) = keys::referenced_body(key)
                && key.get(..33).is_some_and(|prefix| !self.keys.has_prefix(prefix))
            {
                self.bodies.remove(&hash);
            }
        }
        Ok(())
    }
}

fn staged_octets(source: &BodySource) -> Result<&Bytes, Fault> {
    match source {
        BodySource::Memory(octets) => Ok(octets),
        BodySource::Engine(note) => {
            note.downcast_ref().ok_or_else(|| Fault::new("a body staged by another engine"))
        }
    }
}

struct MemoryBodyWriter(BytesMut);

impl BodyWriter for MemoryBodyWriter {
    fn write(&mut self, octets: Bytes) -> Ready<'_, Result<(), Fault>> {
        self.0.extend_from_slice(&octets);
        Box::pin(std::future::ready(Ok(())))
    }

    fn finish(self: Box<Self>) -> Ready<'static, Result<Arc<dyn Any + Send + Sync>, Fault>> {
        let note: Arc<dyn Any + Send + Sync> = Arc::new(self.0.freeze());
        Box::pin(std::future::ready(Ok(note)))
    }
}

type Leaf = Vec<(Bytes, Bytes)>;

/// Keys in order, in leaves that snapshots share.
#[derive(Clone, Default)]
struct Tree {
    leaves: Arc<Vec<Arc<Leaf>>>,
}

impl Tree {
    /// The index of the leaf that a key belongs to.
    fn leaf(&self, key: &[u8]) -> usize {
        let after = |leaf: &Arc<Leaf>| leaf.first().is_some_and(|(first, _)| first <= key);
        self.leaves.partition_point(after).saturating_sub(1)
    }

    fn get_value(&self, key: &[u8]) -> Option<&Bytes> {
        let leaf = self.leaves.get(self.leaf(key))?;
        let index = leaf.binary_search_by(|(k, _)| (**k).cmp(key)).ok()?;
        leaf.get(index).map(|(_, value)| value)
    }

    fn has_prefix(&self, prefix: &[u8]) -> bool {
        self.from(prefix).next().is_some_and(|(key, _)| key.starts_with(prefix))
    }

    /// The keys from one on.
    fn from(&self, start: &[u8]) -> impl Iterator<Item = &(Bytes, Bytes)> {
        let leaves = self.leaves.get(self.leaf(start)..).unwrap_or_default();
        leaves.iter().flat_map(|leaf| leaf.iter()).skip_while(move |(key, _)| key < start)
    }

    fn put(&mut self, key: Bytes, value: Bytes) {
        let index = self.leaf(&key);
        let leaves = Arc::make_mut(&mut self.leaves);
        if leaves.is_empty() {
            leaves.push(Arc::default());
        }
        let Some(leaf) = leaves.get_mut(index).map(Arc::make_mut) else { return };
        match leaf.binary_search_by(|(k, _)| k.cmp(&key)) {
            Ok(at) => {
                if let Some((_, old)) = leaf.get_mut(at) {
                    *old = value;
                }
            }
            Err(at) => leaf.insert(at, (key, value)),
        }
        if leaf.len() > LEAF_KEYS_MAX {
            let upper = leaf.split_off(LEAF_KEYS_MAX / 2);
            leaves.insert(index.saturating_add(1), Arc::new(upper));
        }
    }

    fn delete(&mut self, key: &[u8]) {
        let index = self.leaf(key);
        if self.get_value(key).is_none() {
            return;
        }
        let leaves = Arc::make_mut(&mut self.leaves);
        let Some(leaf) = leaves.get_mut(index).map(Arc::make_mut) else { return };
        leaf.retain(|(k, _)| *k != key);
        if leaf.is_empty() {
            leaves.remove(index);
        }
    }
}

impl Snapshot for Tree {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        Ok(self.get_value(key).cloned())
    }

    fn range(&self, range: Range<&[u8]>, visit: Visit<'_>) -> Result<(), Fault> {
        for (key, value) in self.from(range.start).take_while(|(key, _)| key < range.end) {
            if visit(key, value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn last(&self, range: Range<&[u8]>) -> Result<Option<(Bytes, Bytes)>, Fault> {
        let leaves = self.leaves.get(..=self.leaf(range.end)).unwrap_or_default();
        let mut keys = leaves.iter().rev().flat_map(|leaf| leaf.iter().rev());
        let last = keys.find(|(key, _)| key < range.end);
        Ok(last.filter(|(key, _)| key >= range.start).cloned())
    }
}
