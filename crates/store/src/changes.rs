//! Carries changes into the index and keeps count of what lives: the same for commits, for opening and for repair.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use mailbox::{BodyHash, Fault, keys};

use crate::change::Change;
use crate::encoding::octets_of;
use crate::index::Tables;
use crate::location::Location;
use crate::mark::Live;

/// What a put takes in the journal besides key and value.
const PUT_OVERHEAD: u64 = 4;

/// When a body that nothing refers to any more is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forget {
    /// With the batch that removes its last reference: when changes come in the order in which they happened.
    AtOnce,
    /// At the end: when all segments are replayed. Those that were rewritten put things back late, so that a body
    /// may be without references for a while in between.
    Later,
}

/// Changes on their way into the index.
pub(crate) struct Changes<'a> {
    tables: Tables<'a>,
    forget: Forget,
    live: Live,
    /// Bodies that lost a reference in this batch.
    unreferenced: BTreeSet<BodyHash>,
    /// Bodies whose location changed.
    moved: Vec<BodyHash>,
    count: u64,
}

/// What carried changes come to.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Octets that came to live, by segment, less those that ceased to.
    pub(crate) live: Live,
    /// Bodies whose location changed.
    pub(crate) moved: Vec<BodyHash>,
    /// How many puts and deletes.
    pub(crate) count: u64,
}

impl<'a> Changes<'a> {
    pub(crate) fn new(tables: Tables<'a>, forget: Forget) -> Changes<'a> {
        Changes {
            tables,
            forget,
            live: Live::default(),
            unreferenced: BTreeSet::new(),
            moved: Vec::new(),
            count: 0,
        }
    }

    pub(crate) fn tables(&self) -> &Tables<'a> {
        &self.tables
    }

    /// Carries out one change that a record of this segment holds.
    pub(crate) fn apply(&mut self, change: &Change<'_>, segment: u32) -> Result<(), Fault> {
        match change {
            Change::Put(key, value) => self.put(key, value, segment),
            Change::Delete(key) => self.delete(key),
            Change::Body(hash, location) => self.locate(hash, location),
        }
    }

    pub(crate) fn put(&mut self, key: &[u8], value: &[u8], segment: u32) -> Result<(), Fault> {
        self.count = self.count.saturating_add(1);
        let before = self.tables.put(key, value, segment)?;
        self.forget_put(key, before);
        self.live.add(segment, put_octets(key, value.len()));
        Ok(())
    }

    pub(crate) fn delete(&mut self, key: &[u8]) -> Result<(), Fault> {
        self.count = self.count.saturating_add(1);
        let before = self.tables.delete(key)?;
        if before.is_some()
            && let Some(hash) = keys::referenced_body(key)
        {
            self.unreferenced.insert(hash);
        }
        self.forget_put(key, before);
        Ok(())
    }

    pub(crate) fn locate(&mut self, hash: &BodyHash, location: &Location) -> Result<(), Fault> {
        if let Some(before) = self.tables.locate(hash, location)? {
            self.moved.push(*hash);
            self.subtract(&before);
        }
        for (segment, octets) in location.octets_by_segment() {
            self.live.add(segment, octets);
        }
        Ok(())
    }

    /// Ends a batch: forgets bodies that lost their last reference in it.
    pub(crate) fn end_batch(&mut self) -> Result<(), Fault> {
        let unreferenced = std::mem::take(&mut self.unreferenced);
        if self.forget == Forget::Later {
            return Ok(());
        }
        unreferenced.iter().try_for_each(|hash| self.forget_unless_referenced(hash))
    }

    /// Forgets a body if nothing refers to it.
    pub(crate) fn forget_unless_referenced(&mut self, hash: &BodyHash) -> Result<(), Fault> {
        if self.is_referenced(hash)? {
            return Ok(());
        }
        if let Some(before) = self.tables.forget(hash)? {
            self.moved.push(*hash);
            self.subtract(&before);
        }
        Ok(())
    }

    fn is_referenced(&self, hash: &BodyHash) -> Result<bool, Fault> {
        let mut referenced = false;
        self.tables.with_prefix(&reference_prefix(hash), |_, _| {
            referenced = true;
            ControlFlow::Break(())
        })?;
        Ok(referenced)
    }

    /// What the changes so far come to.
    pub(crate) fn tally(self) -> Tally {
        Tally { live: self.live, moved: self.moved, count: self.count }
    }

    fn forget_put(&mut self, key: &[u8], before: Option<(u32, usize)>) {
        if let Some((segment, octets)) = before {
            self.live.subtract(segment, put_octets(key, octets));
        }
    }

    fn subtract(&mut self, location: &Location) {
        for (segment, octets) in location.octets_by_segment() {
            self.live.subtract(segment, octets);
        }
    }
}

/// What all keys that refer to a body begin with.
pub(crate) fn reference_prefix(hash: &BodyHash) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(33);
    prefix.push(keys::BODY_REFERENCE);
    prefix.extend_from_slice(&hash.0);
    prefix
}

fn put_octets(key: &[u8], value_octets: usize) -> u64 {
    octets_of(key)
        .saturating_add(u64::try_from(value_octets).unwrap_or(u64::MAX))
        .saturating_add(PUT_OVERHEAD)
}
