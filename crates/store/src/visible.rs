//! What those who read can see: which layers, up to which turn. And who looks at which turn.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use mailbox::engine::Visit;
use mailbox::{BodyHash, Fault, keys};

use crate::base::Base;
use crate::encoding::octets_of;
use crate::layers::{Layers, Tables};
use crate::location::Location;
use crate::memtable::{Direction, Memtable, Slot, Watched};

/// What can be seen now.
pub(crate) struct Visible {
    state: Mutex<State>,
}

struct State {
    layers: Layers,
    /// So many of the lowest tables are put aside for a checkpoint.
    aside: usize,
    turn: u64,
    watched: BTreeMap<u64, usize>,
}

impl Visible {
    pub(crate) fn new(base: Base) -> Visible {
        let layers = Layers::new(base);
        let state = State { layers, aside: 0, turn: 0, watched: BTreeMap::new() };
        Visible { state: Mutex::new(state) }
    }

    /// What can be seen now, and stays as it is.
    pub(crate) fn look(self: &Arc<Visible>) -> View {
        let mut state = self.lock();
        let turn = state.turn;
        let count = state.watched.entry(turn).or_insert(0);
        *count = count.saturating_add(1);
        View { layers: state.layers.clone(), turn, of: self.clone() }
    }

    /// Begins the next turn. There is one at a time.
    pub(crate) fn begin_turn(&self) -> Turn {
        let state = self.lock();
        let watched = state.watched.keys().copied().filter(|turn| *turn < state.turn);
        let watched = watched.chain([state.turn]).collect();
        Turn {
            layers: state.layers.clone(),
            number: state.turn.saturating_add(1),
            watched: Watched::new(watched),
            keys: Vec::new(),
            bodies: Vec::new(),
            held_octets: 0,
        }
    }

    /// Lets everybody see a turn.
    pub(crate) fn show(&self, turn: &Turn) {
        self.lock().turn = turn.number;
    }

    /// Begins a turn that consists of a table made beforehand. There is one turn at a time.
    pub(crate) fn begin_turn_of(&self, table: Arc<Memtable>) -> Turn {
        let mut turn = self.begin_turn();
        turn.layers.put_on_top(table);
        turn
    }

    /// Lets everybody see a turn that consists of a table made beforehand.
    pub(crate) fn show_table(&self, turn: Turn) {
        let Turn { mut layers, number, .. } = turn;
        layers.put_on_top(Arc::default());
        let mut state = self.lock();
        state.layers = layers;
        state.turn = number;
    }

    /// Puts what is in memory aside, to be made durable; what comes goes to a new table. Not during a turn, nor while
    /// something is aside.
    pub(crate) fn freeze(&self) -> Tables {
        let mut state = self.lock();
        state.layers.put_on_top(Arc::default());
        state.aside = state.layers.lower.len();
        state.layers.lower.clone()
    }

    /// Lets go of what was aside: the index has it.
    pub(crate) fn made_durable(&self, base: Base) {
        let mut state = self.lock();
        let stay = state.layers.lower.len().saturating_sub(state.aside);
        let lower = state.layers.lower.iter().take(stay).cloned().collect();
        state.aside = 0;
        let lower = std::mem::replace(&mut state.layers.lower, lower);
        let base = std::mem::replace(&mut state.layers.base, Arc::new(base));
        drop(state);
        drop((lower, base));
    }

    /// Takes another view of what the last checkpoint made durable. What was aside is still wanted.
    pub(crate) fn read_from(&self, base: Base) {
        let mut state = self.lock();
        state.aside = 0;
        let before = std::mem::replace(&mut state.layers.base, Arc::new(base));
        drop(state);
        drop(before);
    }

    /// What the last checkpoint made durable.
    pub(crate) fn base(&self) -> Arc<Base> {
        self.lock().layers.base.clone()
    }

    /// How many keys and bodies are in memory only.
    pub(crate) fn entries_in_memory(&self) -> usize {
        let state = self.lock();
        let lower = &state.layers.lower;
        let stay = lower.iter().take(lower.len().saturating_sub(state.aside));
        stay.chain([&state.layers.active]).map(|table| table.entries()).sum()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The store at one turn.
pub(crate) struct View {
    layers: Layers,
    turn: u64,
    of: Arc<Visible>,
}

impl View {
    pub(crate) fn key(&self, key: &[u8]) -> Result<Option<Slot>, Fault> {
        self.layers.key(key, self.turn)
    }

    pub(crate) fn values(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Bytes>>, Fault> {
        self.layers.values(keys, self.turn)
    }

    /// Says whether the index below has to be opened again.
    pub(crate) fn index_failed(&self) -> bool {
        self.layers.base.has_failed()
    }

    pub(crate) fn location(&self, hash: &BodyHash) -> Result<Option<Arc<Location>>, Fault> {
        self.layers.body(hash, self.turn)
    }

    /// Says whether a key was put or deleted since the last checkpoint.
    pub(crate) fn touches_key(&self, key: &[u8]) -> bool {
        self.layers.touches_key(key, self.turn)
    }

    /// Says whether a body was moved, came or went since the last checkpoint.
    pub(crate) fn touches_body(&self, hash: &BodyHash) -> bool {
        self.layers.touches_body(hash, self.turn)
    }

    pub(crate) fn visit(
        &self,
        begin: &[u8],
        end: &[u8],
        direction: Direction,
        visit: Visit<'_>,
    ) -> Result<(), Fault> {
        self.layers.visit(begin, end, self.turn, direction, visit)
    }

    /// Looks through a table that is not visible yet.
    pub(crate) fn put_on_top(&mut self, table: Arc<Memtable>) {
        self.layers.put_on_top(table);
    }

    /// Says whether there is a key that begins with this.
    pub(crate) fn has_prefix(&self, prefix: &[u8]) -> Result<bool, Fault> {
        self.layers.has_prefix(prefix, self.turn)
    }
}

impl Drop for View {
    fn drop(&mut self) {
        let mut state = self.of.lock();
        if let Some(count) = state.watched.get_mut(&self.turn) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                state.watched.remove(&self.turn);
            }
        }
    }
}

/// Smaller values are bounded by their number.
const HELD_VALUE_OCTETS_LEAST: usize = 4 << 10;

/// How much a value counts for what is held in memory.
pub(crate) fn held_octets_of(value: &[u8]) -> u64 {
    if value.len() > HELD_VALUE_OCTETS_LEAST { octets_of(value) } else { 0 }
}

/// A group of batches on its way in: what it changes is there, and only it sees it.
pub(crate) struct Turn {
    layers: Layers,
    number: u64,
    watched: Watched,
    keys: Vec<Bytes>,
    bodies: Vec<BodyHash>,
    held_octets: u64,
}

impl Turn {
    /// Says whether a key has this value now, or is absent.
    pub(crate) fn holds(&self, key: &[u8], value: Option<&[u8]>) -> Result<bool, Fault> {
        let found = self.key(key)?;
        Ok(found.as_ref().map(|slot| &slot.value[..]) == value)
    }

    pub(crate) fn key(&self, key: &[u8]) -> Result<Option<Slot>, Fault> {
        self.layers.key(key, self.number)
    }

    pub(crate) fn put(&mut self, key: &[u8], value: Bytes, segment: u32) {
        self.held_octets = self.held_octets.saturating_add(held_octets_of(&value));
        self.set(key, Some(Slot { segment, value }));
    }

    pub(crate) fn delete(&mut self, key: &[u8]) {
        self.set(key, None);
    }

    fn set(&mut self, key: &[u8], slot: Option<Slot>) {
        let key = Bytes::copy_from_slice(key);
        self.layers.active.set_key(&key, slot, self.number, &self.watched);
        self.keys.push(key);
    }

    pub(crate) fn has_prefix(&self, prefix: &[u8]) -> Result<bool, Fault> {
        self.layers.has_prefix(prefix, self.number)
    }

    pub(crate) fn location(&self, hash: &BodyHash) -> Result<Option<Arc<Location>>, Fault> {
        self.layers.body(hash, self.number)
    }

    pub(crate) fn locate(&mut self, hash: &BodyHash, location: Option<Location>) {
        let location = location.map(Arc::new);
        self.layers.active.set_body(hash, location, self.number, &self.watched);
        self.bodies.push(*hash);
    }

    /// The bodies whose location changed.
    pub(crate) fn moved(&self) -> &[BodyHash] {
        &self.bodies
    }

    /// The bodies that references were put for or deleted.
    pub(crate) fn referenced(&self) -> impl Iterator<Item = BodyHash> + '_ {
        self.keys.iter().filter_map(|key| keys::referenced_body(key))
    }

    /// How many puts and deletes.
    pub(crate) fn changes(&self) -> u64 {
        u64::try_from(self.keys.len()).unwrap_or(u64::MAX)
    }

    /// How many octets of large values were put.
    pub(crate) fn held_octets(&self) -> u64 {
        self.held_octets
    }

    /// Takes everything back.
    pub(crate) fn undo(self) {
        self.layers.active.undo(&self.keys, &self.bodies, self.number);
    }
}
