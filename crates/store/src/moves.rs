//! Writes again at the end of the journal what is still wanted of a segment that is to go.

use bytes::Bytes;
use mailbox::{BodyHash, Fault};

use crate::change::ChangeWriter;
use crate::changes::{Changes, Forget};
use crate::committer::Committer;
use crate::encoding::octets_of;
use crate::journal::WriteError;
use crate::location::{Extent, Location, checksums};
use crate::queue::Brings;
use crate::record::{Kind, Run};
use crate::visible::Turn;

/// What is to be written again, if it is still as it was.
#[derive(Debug)]
pub(crate) struct Moves {
    /// The segment that is to go.
    segment: u32,
    /// Keys whose present value this segment may hold.
    pub(crate) puts: Vec<Vec<u8>>,
    /// Keys that this segment deletes.
    pub(crate) deletes: Vec<Vec<u8>>,
    /// Bodies, where they lay when they were looked up, and where they go.
    pub(crate) bodies: Vec<(BodyHash, Location, Destination)>,
}

/// So many keys or bodies are written again at once.
pub(crate) const STEP_KEYS: usize = 500;

enum Key {
    Put(Vec<u8>),
    Delete(Vec<u8>),
}

/// Where a body goes.
#[derive(Debug)]
pub(crate) enum Destination {
    /// Into the record, with these octets.
    Here(Bytes),
    /// It has been copied there.
    Chunks(Vec<Extent>),
    /// It stays, only the record that says where is to go.
    Same,
}

impl Moves {
    pub(crate) fn new(segment: u32) -> Moves {
        Moves { segment, puts: Vec::new(), deletes: Vec::new(), bodies: Vec::new() }
    }

    /// Divides it into steps that do not hold others up for long. Nothing of it depends on anything else of it.
    pub(crate) fn in_steps(self) -> Vec<Moves> {
        let Moves { segment, puts, deletes, bodies } = self;
        let mut steps = Vec::new();
        let mut step = Moves { bodies, ..Moves::new(segment) };
        let keys = puts.into_iter().map(Key::Put).chain(deletes.into_iter().map(Key::Delete));
        for (number, key) in (1_usize..).zip(keys) {
            match key {
                Key::Put(key) => step.puts.push(key),
                Key::Delete(key) => step.deletes.push(key),
            }
            if number.is_multiple_of(STEP_KEYS) {
                steps.push(std::mem::replace(&mut step, Moves::new(segment)));
            }
        }
        if !step.is_empty() {
            steps.push(step);
        }
        steps
    }

    fn is_empty(&self) -> bool {
        self.puts.is_empty() && self.deletes.is_empty() && self.bodies.is_empty()
    }

    /// How many octets of bodies it carries.
    pub(crate) fn octets(&self) -> u64 {
        let octets = |destination: &Destination| match destination {
            Destination::Here(octets) => octets_of(octets),
            Destination::Chunks(_) | Destination::Same => 64,
        };
        self.bodies
            .iter()
            .map(|(_, _, destination)| octets(destination))
            .fold(0, u64::saturating_add)
    }

    /// Writes one record of what is still as it was.
    fn write(&self, run: &mut Run, changes: &mut Changes) -> Result<(), Fault> {
        let segment = run.position.segment;
        let mut writer = ChangeWriter::new(segment, run.next_payload_offset(), 0);
        for (hash, before, destination) in &self.bodies {
            if unless_damaged(changes.turn().location(hash))?.flatten().as_deref() != Some(before) {
                continue;
            }
            let location = match destination {
                Destination::Here(octets) => writer.body_here(hash, octets, checksums(octets)),
                Destination::Chunks(extents) => {
                    Location { extents: extents.clone(), ..before.clone() }
                }
                Destination::Same => before.clone(),
            };
            if !matches!(destination, Destination::Here(_)) {
                writer.body_elsewhere(hash, &location);
            }
            changes.locate(hash, location);
        }
        for key in &self.puts {
            if let Some(slot) = unless_damaged(changes.turn().key(key))?.flatten()
                && slot.segment == self.segment
            {
                writer.put(key, &slot.value);
                changes.put(key, slot.value, segment);
            }
        }
        for key in &self.deletes {
            if let Some(None) = unless_damaged(changes.turn().key(key))? {
                writer.delete(key);
            }
        }
        if !writer.is_empty() {
            run.push_changes(Kind::Batch, writer);
        }
        Ok(())
    }
}

/// What was found, or none where the index is damaged: that stays where it is, and so does its segment.
fn unless_damaged<T>(found: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match found {
        Err(fault) if fault.is_damaged() => Ok(None),
        found => found.map(Some),
    }
}

impl Committer {
    /// Writes again what is still wanted, durably.
    pub(crate) fn carry_out(&mut self, moves: &Moves) -> Result<(), Fault> {
        if let Some(fault) = self.shared.failure() {
            return Err(fault);
        }
        // It is done so that there is more room afterwards. Nothing is lost when it did not take place: it is done again
        // another time.
        let done = self.with_reserve(Brings::Room, |committer| committer.try_carry_out(moves));
        done.map_err(|error| self.not_written(error))
    }

    fn try_carry_out(&mut self, moves: &Moves) -> Result<(), WriteError> {
        // How much room the puts need is known only in the making; a segment may grow a little too long for it.
        self.make_room(moves.octets())?;
        let mut changes = Changes::new(self.shared.visible.begin_turn(), Forget::AtOnce);
        let mut run = self.journal.run();
        if let Err(fault) = moves.write(&mut run, &mut changes) {
            changes.into_turn().undo();
            return Err(fault.into());
        }
        self.finish(&run, changes.into_turn())
    }

    /// Writes a run, makes it durable, and shows the turn that belongs to it.
    pub(crate) fn finish(&mut self, run: &Run, turn: Turn) -> Result<(), WriteError> {
        if run.octets.is_empty() {
            turn.undo();
            return Ok(());
        }
        if let Err(error) = self.journal.append(run) {
            turn.undo();
            return Err(error);
        }
        if let Err(fault) = self.sync() {
            turn.undo();
            return Err(WriteError::InDoubt(fault));
        }
        self.shared.visible.show(&turn);
        if let Some(meanwhile) = &mut self.large {
            meanwhile.referenced.extend(turn.referenced());
        }
        turn.moved().iter().for_each(|hash| self.shared.locations.forget(hash));
        self.written(octets_of(&run.octets), turn.changes());
        self.holds(turn.held_octets());
        Ok(())
    }
}
