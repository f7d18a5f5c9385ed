//! The state of the store at one turn: what is in memory, over what is being made durable, over the durable index.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::Visit;
use mailbox::{BodyHash, Fault};

use crate::along::Along;
use crate::base::Base;
use crate::entry::Entry;
use crate::index::{Octets, read};
use crate::location::Location;
use crate::memtable::{Cursor, Direction, Memtable, Slot};

/// Tables in memory, the upper ones first.
pub(crate) type Tables = Arc<[Arc<Memtable>]>;

/// The layers; the upper ones count.
#[derive(Clone)]
pub(crate) struct Layers {
    /// What is written to.
    pub(crate) active: Arc<Memtable>,
    /// What does not change any more: large batches, what was written before them, and what a checkpoint is making
    /// durable.
    pub(crate) lower: Tables,
    /// What the last checkpoint made durable.
    pub(crate) base: Arc<Base>,
}

impl Layers {
    pub(crate) fn new(base: Base) -> Layers {
        Layers { active: Arc::default(), lower: Arc::default(), base: Arc::new(base) }
    }

    /// Puts a table on top, in place of what is written to, which goes below.
    pub(crate) fn put_on_top(&mut self, table: Arc<Memtable>) {
        let before = std::mem::replace(&mut self.active, table);
        if before.entries() > 0 {
            self.lower = std::iter::once(before).chain(self.lower.iter().cloned()).collect();
        }
    }

    /// What a key was at a turn.
    pub(crate) fn key(&self, key: &[u8], turn: u64) -> Result<Option<Slot>, Fault> {
        for table in self.tables() {
            if let Some(slot) = table.key(key, turn) {
                return Ok(slot);
            }
        }
        self.base.key(key)
    }

    /// What some keys were at a turn, in their order.
    pub(crate) fn values(&self, keys: &[Vec<u8>], turn: u64) -> Result<Vec<Option<Bytes>>, Fault> {
        let mut along = Along::new(&self.base);
        let mut value = |key: &Vec<u8>| {
            for table in self.tables() {
                if let Some(slot) = table.key(key, turn) {
                    return Ok(slot.map(|slot| slot.value));
                }
            }
            along.value(key)
        };
        keys.iter().map(&mut value).collect()
    }

    /// Says whether a key was put or deleted since the last checkpoint.
    pub(crate) fn touches_key(&self, key: &[u8], turn: u64) -> bool {
        self.tables().any(|table| table.key(key, turn).is_some())
    }

    /// Says whether a body was moved, came or went since the last checkpoint.
    pub(crate) fn touches_body(&self, hash: &BodyHash, turn: u64) -> bool {
        self.tables().any(|table| table.body(hash, turn).is_some())
    }

    /// Where a body lay at a turn.
    pub(crate) fn body(&self, hash: &BodyHash, turn: u64) -> Result<Option<Arc<Location>>, Fault> {
        for table in self.tables() {
            if let Some(location) = table.body(hash, turn) {
                return Ok(location);
            }
        }
        Ok(self.base.body(hash)?.map(Arc::new))
    }

    /// Visits the keys from `begin` up to, not including, `end`, as they were at a turn.
    pub(crate) fn visit(
        &self,
        begin: &[u8],
        end: &[u8],
        turn: u64,
        direction: Direction,
        visit: Visit<'_>,
    ) -> Result<(), Fault> {
        let damaged = Damaged::PassedOver;
        self.visit_all((begin, Some(end)), turn, direction, damaged, visit)
    }

    fn visit_all(
        &self,
        (begin, end): (&[u8], Option<&[u8]>),
        turn: u64,
        direction: Direction,
        damaged: Damaged,
        visit: Visit<'_>,
    ) -> Result<(), Fault> {
        if end.is_some_and(|end| begin >= end) {
            return Ok(());
        }
        let cursor = |table| Cursor::new(table, begin, end, turn, direction);
        let mut memory = Memory { cursors: self.tables().map(cursor).collect(), direction };
        let range = self.base.range(begin, end)?;
        let mut durable = Durable { base: &self.base, range, direction, next: None };
        durable.step()?;
        loop {
            let order = match (memory.peek(), &durable.next) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(here), Some((there, _))) => in_direction(here, there.value(), direction),
            };
            let flow = if order == Ordering::Greater {
                durable.visit(damaged, visit)?
            } else {
                match memory.pop() {
                    Some((key, Some(slot))) => visit(&key, &slot.value),
                    Some((_, None)) | None => ControlFlow::Continue(()),
                }
            };
            if flow.is_break() {
                return Ok(());
            }
            if order != Ordering::Less {
                durable.step()?;
            }
        }
    }

    /// Says whether there was a key at a turn that begins with this.
    pub(crate) fn has_prefix(&self, prefix: &[u8], turn: u64) -> Result<bool, Fault> {
        let mut found = false;
        let direction = Direction::Ascending;
        self.visit_all((prefix, None), turn, direction, Damaged::Shown, &mut |key, _| {
            found = key.starts_with(prefix);
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    fn tables(&self) -> impl Iterator<Item = &Memtable> {
        std::iter::once(&self.active).chain(self.lower.iter()).map(|table| &**table)
    }
}

/// What becomes of a key of which the value is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damaged {
    PassedOver,
    /// It is there, without its value.
    Shown,
}

fn in_direction(left: &[u8], right: &[u8], direction: Direction) -> Ordering {
    match direction {
        Direction::Ascending => left.cmp(right),
        Direction::Descending => right.cmp(left),
    }
}

/// The layers in memory as one.
struct Memory<'a> {
    /// The upper ones first.
    cursors: Vec<Cursor<'a>>,
    direction: Direction,
}

impl Memory<'_> {
    /// The key that comes next.
    fn peek(&mut self) -> Option<&Bytes> {
        self.cursors.iter_mut().for_each(Cursor::fill);
        let first = self.cursors.iter().filter_map(Cursor::first);
        first.min_by(|left, right| in_direction(left, right, self.direction))
    }

    /// The next key as the uppermost layer has it that knows it.
    fn pop(&mut self) -> Option<(Bytes, Option<Slot>)> {
        let key = self.peek()?.clone();
        let mut found = None;
        for cursor in self.cursors.iter_mut().filter(|cursor| cursor.first() == Some(&key)) {
            let here = cursor.pop();
            found = found.or(here);
        }
        found
    }
}

type Found<'a> = (redb::AccessGuard<'a, Octets>, redb::AccessGuard<'a, Octets>);

/// The durable layer.
struct Durable<'a> {
    base: &'a Base,
    range: redb::Range<'a, Octets, Octets>,
    direction: Direction,
    next: Option<Found<'a>>,
}

impl Durable<'_> {
    fn step(&mut self) -> Result<(), Fault> {
        let (range, direction) = (&mut self.range, self.direction);
        self.next = self.base.noting(|| {
            let next = match direction {
                Direction::Ascending => range.next(),
                Direction::Descending => range.next_back(),
            };
            read(next.transpose())
        })?;
        Ok(())
    }

    fn visit(&self, damaged: Damaged, visit: Visit<'_>) -> Result<ControlFlow<()>, Fault> {
        let Some((key, octets)) = &self.next else { return Ok(ControlFlow::Break(())) };
        match self.base.noting(|| Entry::parse(key.value(), octets.value())) {
            Ok(entry) => Ok(visit(key.value(), entry.value)),
            // It costs what it is about, and not all that lies beside it. Who asks for that alone hears of it.
            Err(_) if damaged == Damaged::PassedOver => Ok(ControlFlow::Continue(())),
            Err(_) => Ok(visit(key.value(), &[])),
        }
    }
}
