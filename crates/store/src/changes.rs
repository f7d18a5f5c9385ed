//! Carries changes into memory: the same for commits, for opening and for repair.

use std::collections::BTreeSet;

use bytes::Bytes;
use mailbox::{BodyHash, Fault, keys};

use crate::change::Change;
use crate::location::Location;
use crate::visible::Turn;

/// When a body that nothing refers to any more is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forget {
    /// With the batch that removes its last reference: when changes come in the order in which they happened.
    AtOnce,
    /// At the end: when all segments are replayed. Those that were rewritten put things back late, so that a body
    /// may be without references for a while in between.
    Later,
}

/// Changes on their way in.
pub(crate) struct Changes {
    turn: Turn,
    forget: Forget,
    /// Bodies that lost a reference in this batch.
    unreferenced: BTreeSet<BodyHash>,
}

impl Changes {
    pub(crate) fn new(turn: Turn, forget: Forget) -> Changes {
        Changes { turn, forget, unreferenced: BTreeSet::new() }
    }

    /// What the changes so far have come to.
    pub(crate) fn turn(&self) -> &Turn {
        &self.turn
    }

    pub(crate) fn into_turn(self) -> Turn {
        self.turn
    }

    /// Carries out one change that a record of this segment holds.
    pub(crate) fn apply(&mut self, change: Change<'_>, segment: u32) {
        match change {
            Change::Put(key, value) => self.put(key, Bytes::copy_from_slice(value), segment),
            Change::Delete(key) => self.delete(key),
            Change::Body(hash, location) => self.locate(&hash, location),
        }
    }

    pub(crate) fn put(&mut self, key: &[u8], value: Bytes, segment: u32) {
        self.turn.put(key, value, segment);
    }

    pub(crate) fn delete(&mut self, key: &[u8]) {
        self.unreferenced.extend(keys::referenced_body(key));
        self.turn.delete(key);
    }

    pub(crate) fn locate(&mut self, hash: &BodyHash, location: Location) {
        self.turn.locate(hash, Some(location));
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
        let is_referenced = match self.turn.has_prefix(&reference_prefix(hash)) {
            // Where the index is damaged one cannot know; nothing is lost by keeping it.
            Err(fault) if fault.is_damaged() => true,
            known => known?,
        };
        if !is_referenced && self.is_located(hash)? {
            self.turn.locate(hash, None);
        }
        Ok(())
    }

    /// Says whether a body has a location, even a damaged one.
    pub(crate) fn is_located(&self, hash: &BodyHash) -> Result<bool, Fault> {
        match self.turn.location(hash) {
            Err(fault) if fault.is_damaged() => Ok(true),
            location => Ok(location?.is_some()),
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
