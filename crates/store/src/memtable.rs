//! What was committed since the index was last made durable, in memory: each key and body with as many versions as
//! somebody may still look at.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use mailbox::BodyHash;

use crate::freeing::free_elsewhere;
use crate::location::Location;

/// A value, and the segment of the journal that holds its put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) segment: u32,
    pub(crate) value: Bytes,
}

/// The turns that somebody looks at, ascending; the last is the one that is visible now. A turn is one group of
/// batches that became visible together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched {
    turns: Vec<u64>,
}

impl Watched {
    pub(crate) fn new(turns: Vec<u64>) -> Watched {
        Watched { turns }
    }

    /// Says whether somebody looks at a turn from `begin` up to, not including, `end`.
    fn any_within(&self, begin: u64, end: u64) -> bool {
        let index = self.turns.partition_point(|turn| *turn < begin);
        self.turns.get(index).is_some_and(|turn| *turn < end)
    }
}

#[derive(Clone, Debug)]
struct Version<V> {
    turn: u64,
    /// None: it was removed.
    value: Option<V>,
}

/// One entry through some turns.
#[derive(Clone, Debug)]
pub(crate) struct Versions<V> {
    newest: Version<V>,
    /// Ascending.
    older: Vec<Version<V>>,
}

impl<V> Versions<V> {
    fn new(turn: u64, value: Option<V>) -> Versions<V> {
        Versions { newest: Version { turn, value }, older: Vec::new() }
    }

    /// What it was at a turn: none, if it was not here yet; `Some(None)`, if it was removed.
    fn at(&self, turn: u64) -> Option<Option<&V>> {
        if self.newest.turn <= turn {
            return Some(self.newest.value.as_ref());
        }
        let found = self.older.iter().rev().find(|version| version.turn <= turn);
        found.map(|version| version.value.as_ref())
    }

    /// What it is in the end.
    pub(crate) fn last(&self) -> Option<&V> {
        self.newest.value.as_ref()
    }

    /// Changes it in a turn; of what it was before, keeps what somebody looks at.
    fn set(&mut self, turn: u64, value: Option<V>, watched: &Watched) {
        if self.newest.turn == turn {
            self.newest.value = value;
            return;
        }
        let before = std::mem::replace(&mut self.newest, Version { turn, value });
        let mut end = before.turn;
        self.older.push(before);
        let mut kept = std::mem::take(&mut self.older);
        let newest = kept.pop();
        // From the newest to the oldest: each was there until the one after it.
        let mut still = Vec::with_capacity(2);
        while let Some(version) = kept.pop() {
            let begin = version.turn;
            if watched.any_within(begin, end) {
                still.push(version);
            }
            end = begin;
        }
        still.reverse();
        self.older = still;
        self.older.extend(newest);
    }

    /// Takes back what was changed in a turn. Says whether nothing is left.
    fn undo(&mut self, turn: u64) -> bool {
        if self.newest.turn != turn {
            return false;
        }
        match self.older.pop() {
            Some(before) => {
                self.newest = before;
                false
            }
            None => true,
        }
    }
}

pub(crate) type Keys = BTreeMap<Bytes, Versions<Slot>>;
pub(crate) type Bodies = BTreeMap<BodyHash, Versions<Arc<Location>>>;

/// Keys and bodies in memory.
#[derive(Debug, Default)]
pub(crate) struct Memtable {
    keys: RwLock<Keys>,
    bodies: RwLock<Bodies>,
}

/// What a table of its own holds counts from before the first turn: who can see the table can see all of it.
pub(crate) const ALWAYS: u64 = 0;

/// A table with more entries than this is not taken apart by whoever lets go of it last.
const FREED_HERE_MAX: usize = 1_000;

impl Drop for Memtable {
    fn drop(&mut self) {
        if self.entries() > FREED_HERE_MAX {
            free_elsewhere((std::mem::take(&mut self.keys), std::mem::take(&mut self.bodies)));
        }
    }
}

impl Memtable {
    /// A table that holds these keys from the beginning. Each comes once, in any order.
    pub(crate) fn with_keys(keys: impl Iterator<Item = (Bytes, Option<Slot>)>) -> Memtable {
        let keys = keys.map(|(key, slot)| (key, Versions::new(ALWAYS, slot))).collect();
        Memtable { keys: RwLock::new(keys), bodies: RwLock::default() }
    }

    /// Says that a body lies nowhere any more, or leaves it to the tables below.
    pub(crate) fn forget_body(&self, hash: &BodyHash, forgotten: Forgotten) {
        let mut bodies = self.bodies_mut();
        match forgotten {
            Forgotten::Yes => drop(bodies.insert(*hash, Versions::new(ALWAYS, None))),
            Forgotten::No => drop(bodies.remove(hash)),
        }
    }

    /// Says where a body lies from the beginning.
    pub(crate) fn locate_body(&self, hash: &BodyHash, location: Location) {
        self.bodies_mut().insert(*hash, Versions::new(ALWAYS, Some(Arc::new(location))));
    }

    pub(crate) fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn bodies(&self) -> RwLockReadGuard<'_, Bodies> {
        self.bodies.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys_mut(&self) -> RwLockWriteGuard<'_, Keys> {
        self.keys.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn bodies_mut(&self) -> RwLockWriteGuard<'_, Bodies> {
        self.bodies.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a key was at a turn: none, if nothing is known here.
    pub(crate) fn key(&self, key: &[u8], turn: u64) -> Option<Option<Slot>> {
        self.keys().get(key)?.at(turn).map(|slot| slot.cloned())
    }

    /// Where a body lay at a turn: none, if nothing is known here.
    pub(crate) fn body(&self, hash: &BodyHash, turn: u64) -> Option<Option<Arc<Location>>> {
        self.bodies().get(hash)?.at(turn).map(|location| location.cloned())
    }

    pub(crate) fn set_key(&self, key: &Bytes, slot: Option<Slot>, turn: u64, watched: &Watched) {
        let mut keys = self.keys_mut();
        match keys.get_mut(key) {
            Some(versions) => versions.set(turn, slot, watched),
            None => drop(keys.insert(key.clone(), Versions::new(turn, slot))),
        }
    }

    pub(crate) fn set_body(
        &self,
        hash: &BodyHash,
        location: Option<Arc<Location>>,
        turn: u64,
        watched: &Watched,
    ) {
        let mut bodies = self.bodies_mut();
        match bodies.get_mut(hash) {
            Some(versions) => versions.set(turn, location, watched),
            None => drop(bodies.insert(*hash, Versions::new(turn, location))),
        }
    }

    /// Takes back what was done to these keys and bodies in a turn.
    pub(crate) fn undo(&self, keys: &[Bytes], bodies: &[BodyHash], turn: u64) {
        let mut all = self.keys_mut();
        for key in keys {
            if all.get_mut(key).is_some_and(|versions| versions.undo(turn)) {
                all.remove(key);
            }
        }
        drop(all);
        let mut all = self.bodies_mut();
        for hash in bodies {
            if all.get_mut(hash).is_some_and(|versions| versions.undo(turn)) {
                all.remove(hash);
            }
        }
    }

    /// How many keys and bodies it holds.
    pub(crate) fn entries(&self) -> usize {
        self.keys().len().saturating_add(self.bodies().len())
    }
}

/// Whether a body is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forgotten {
    Yes,
    No,
}

/// Which way to go through keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

/// So many keys are taken out at once, so that the lock is not held while somebody looks at them.
const KEYS_AT_ONCE: usize = 64;

/// Goes through the keys of a memtable as they were at a turn.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    table: &'a Memtable,
    turn: u64,
    direction: Direction,
    from: Bound<Bytes>,
    to: Bound<Bytes>,
    taken: VecDeque<(Bytes, Option<Slot>)>,
    is_over: bool,
}

impl<'a> Cursor<'a> {
    /// Begins a way through the keys from `begin` up to, not including, `end`.
    pub(crate) fn new(
        table: &'a Memtable,
        begin: &[u8],
        end: Option<&[u8]>,
        turn: u64,
        direction: Direction,
    ) -> Cursor<'a> {
        let end = end.map_or(Bound::Unbounded, |end| Bound::Excluded(Bytes::copy_from_slice(end)));
        Cursor {
            table,
            turn,
            direction,
            from: Bound::Included(Bytes::copy_from_slice(begin)),
            to: end,
            taken: VecDeque::new(),
            is_over: false,
        }
    }

    /// The key that comes next, after `fill`.
    pub(crate) fn first(&self) -> Option<&Bytes> {
        self.taken.front().map(|(key, _)| key)
    }

    /// The next key with what it was: none, if it was removed.
    pub(crate) fn pop(&mut self) -> Option<(Bytes, Option<Slot>)> {
        self.fill();
        self.taken.pop_front()
    }

    /// Takes out the keys that come next, if none are.
    pub(crate) fn fill(&mut self) {
        if self.is_over || !self.taken.is_empty() {
            return;
        }
        let keys = self.table.keys();
        let mut range = keys.range::<Bytes, _>((self.from.as_ref(), self.to.as_ref()));
        let mut last = None;
        while self.taken.len() < KEYS_AT_ONCE {
            let next = match self.direction {
                Direction::Ascending => range.next(),
                Direction::Descending => range.next_back(),
            };
            let Some((key, versions)) = next else {
                self.is_over = true;
                break;
            };
            if let Some(slot) = versions.at(self.turn) {
                self.taken.push_back((key.clone(), slot.cloned()));
            }
            last = Some(key.clone());
        }
        let Some(last) = last else { return };
        match self.direction {
            Direction::Ascending => self.from = Bound::Excluded(last),
            Direction::Descending => self.to = Bound::Excluded(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(value: &'static str) -> Option<Slot> {
        Some(Slot { segment: 1, value: Bytes::from_static(value.as_bytes()) })
    }

    #[test]
    fn versions_stay_as_long_as_somebody_looks_at_them() {
        let table = Memtable::default();
        let key = Bytes::from_static(b"key");
        table.set_key(&key, slot("one"), 1, &Watched::new(vec![0]));
        table.set_key(&key, slot("two"), 2, &Watched::new(vec![1]));
        // Somebody looks at turn 2 from now on.
        table.set_key(&key, slot("three"), 3, &Watched::new(vec![2]));
        table.set_key(&key, None, 4, &Watched::new(vec![2, 3]));
        table.set_key(&key, slot("five"), 5, &Watched::new(vec![2, 4]));
        assert_eq!(table.key(b"key", 2), Some(slot("two")));
        assert_eq!(table.key(b"key", 4), Some(None));
        assert_eq!(table.key(b"key", 5), Some(slot("five")));
        assert_eq!(table.keys().get(&key).unwrap().older.len(), 2);
    }

    #[test]
    fn a_turn_that_is_undone_leaves_nothing() {
        let table = Memtable::default();
        let (old, new) = (Bytes::from_static(b"old"), Bytes::from_static(b"new"));
        table.set_key(&old, slot("one"), 1, &Watched::new(vec![0]));
        table.set_key(&old, slot("two"), 2, &Watched::new(vec![1]));
        table.set_key(&old, slot("again"), 2, &Watched::new(vec![1]));
        table.set_key(&new, slot("two"), 2, &Watched::new(vec![1]));
        table.undo(&[old, new], &[], 2);
        assert_eq!(table.key(b"old", 9), Some(slot("one")));
        assert_eq!(table.key(b"new", 9), None);
    }

    #[test]
    fn a_cursor_sees_each_key_once_both_ways() {
        let table = Memtable::default();
        let keys: Vec<Bytes> = (0..200_u8).map(|key| Bytes::copy_from_slice(&[key])).collect();
        for key in &keys {
            table.set_key(key, slot("there"), 1, &Watched::default());
        }
        for direction in [Direction::Ascending, Direction::Descending] {
            let mut cursor = Cursor::new(&table, &[10], Some(&[190]), 1, direction);
            let mut seen: Vec<Bytes> = std::iter::from_fn(|| cursor.pop()).map(|it| it.0).collect();
            if direction == Direction::Descending {
                seen.reverse();
            }
            assert_eq!(seen, keys[10..190]);
        }
    }
}
