//! One group: batches that are written and made durable together.

use std::collections::HashSet;
use std::sync::Arc;

use mailbox::engine::{Batch, BodySource, CommitError, StagedBody};
use mailbox::{BodyHash, Fault};

use crate::change::ChangeWriter;
use crate::changes::{Changes, Forget};
use crate::encoding::octets_of;
use crate::location::{Extent, Location, checksums};
use crate::queue::Write;
use crate::recent::RecentBodies;
use crate::record::{Kind, Run};
use crate::segment::Segments;
use crate::sharing::Owners;
use crate::stage::StagedNote;
use crate::visible::Turn;

/// What becomes of one write of a group, once the group is durable.
#[derive(Debug)]
pub(crate) enum Outcome {
    Committed,
    Conflict,
    /// The index is damaged where the batch had it looked at. Nothing has changed.
    Damaged(Fault),
    Chunk(Extent),
    Part(Extent),
}

/// A group in the making: its records, and its changes in memory.
pub(crate) struct CommitGroup<'a> {
    run: Run,
    changes: Changes,
    segments: &'a Arc<Segments>,
    recent: &'a mut RecentBodies,
    outcomes: Vec<Outcome>,
    octets_shared: u64,
}

/// A group made up.
pub(crate) struct MadeUp {
    pub(crate) run: Run,
    pub(crate) turn: Turn,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) octets_shared: u64,
}

impl<'a> CommitGroup<'a> {
    pub(crate) fn new(
        run: Run,
        turn: Turn,
        segments: &'a Arc<Segments>,
        recent: &'a mut RecentBodies,
    ) -> CommitGroup<'a> {
        let changes = Changes::new(turn, Forget::AtOnce);
        CommitGroup { run, changes, segments, recent, outcomes: Vec::new(), octets_shared: 0 }
    }

    pub(crate) fn add(&mut self, write: &Write) -> Result<(), Fault> {
        let outcome = match write {
            Write::Batch { batch, unsound, octets, .. } => {
                self.add_batch(batch, unsound, *octets)?
            }
            Write::Chunk { octets, .. } => {
                Outcome::Chunk(add_record(&mut self.run, Kind::Chunk, octets))
            }
            Write::Part { changes, .. } => Outcome::Part(add_part(&mut self.run, changes)),
        };
        self.outcomes.push(outcome);
        Ok(())
    }

    /// A body that is there already is shared only by copies of one delivery and within one account; else its octets are
    /// written and take the place of those that are there. So how long a commit takes tells nobody that somebody else
    /// got the same message, and who brings a sound body never gets a damaged one for it.
    fn add_batch(
        &mut self,
        batch: &Batch,
        unsound: &HashSet<BodyHash>,
        octets: u64,
    ) -> Result<Outcome, Fault> {
        for (key, value) in &batch.checks {
            match self.changes.turn().holds(key, value.as_deref()) {
                Ok(true) => {}
                Ok(false) => return Ok(Outcome::Conflict),
                // It costs this batch, and none of the others.
                Err(fault) if fault.is_damaged() => return Ok(Outcome::Damaged(fault)),
                Err(fault) => return Err(fault),
            }
        }
        let owners = Owners::of(batch);
        let segment = self.run.position.segment;
        let capacity = usize::try_from(octets).unwrap_or(0);
        let mut writer = ChangeWriter::new(segment, self.run.next_payload_offset(), capacity);
        for body in &batch.bodies {
            self.add_body(&mut writer, body, &owners, unsound)?;
        }
        for (key, value) in &batch.puts {
            writer.put(key, value);
            self.changes.put(key, value.clone(), segment);
        }
        for key in &batch.deletes {
            writer.delete(key);
            self.changes.delete(key);
        }
        self.changes.end_batch()?;
        if !writer.is_empty() {
            self.run.push_changes(Kind::Batch, writer);
        }
        Ok(Outcome::Committed)
    }

    fn add_body(
        &mut self,
        writer: &mut ChangeWriter,
        body: &StagedBody,
        owners: &Owners<'_>,
        unsound: &HashSet<BodyHash>,
    ) -> Result<(), Fault> {
        let may_be_shared = !unsound.contains(&body.hash) && self.is_there(&body.hash)?;
        let location = match &body.source {
            BodySource::Memory(octets) => {
                if may_be_shared
                    && (self.recent.holds(octets) || self.is_own(owners, &body.hash)?)
                {
                    self.share(body);
                    return Ok(());
                }
                self.recent.note(octets);
                writer.body_here(&body.hash, octets, checksums(octets))
            }
            BodySource::Engine(note) => {
                let location = staged_location(self.segments, note, body)?;
                if may_be_shared
                    && (self.lies_at(body, &location) || self.is_own(owners, &body.hash)?)
                {
                    self.share(body);
                    return Ok(());
                }
                writer.body_elsewhere(&body.hash, &location);
                location
            }
        };
        self.changes.locate(&body.hash, location);
        Ok(())
    }

    fn share(&mut self, body: &StagedBody) {
        self.octets_shared = self.octets_shared.saturating_add(body.octets);
    }

    /// Whether an account that this batch is for has the body already.
    fn is_own(&self, owners: &Owners<'_>, hash: &BodyHash) -> Result<bool, Fault> {
        owners.have(hash, |prefix| self.changes.turn().has_prefix(prefix))
    }

    /// Whether a body is known to lie right here: it is another copy of one delivery.
    fn lies_at(&self, body: &StagedBody, location: &Location) -> bool {
        let known = self.changes.turn().location(&body.hash);
        known.is_ok_and(|known| known.as_deref() == Some(location))
    }

    /// Says whether a body need not be written: not where the way to it is damaged.
    fn is_there(&self, hash: &BodyHash) -> Result<bool, Fault> {
        match self.changes.turn().location(hash) {
            Err(fault) if fault.is_damaged() => Ok(false),
            location => Ok(location?.is_some()),
        }
    }

    pub(crate) fn make_up(self) -> MadeUp {
        MadeUp {
            run: self.run,
            turn: self.changes.into_turn(),
            outcomes: self.outcomes,
            octets_shared: self.octets_shared,
        }
    }
}

/// Puts a record into a run, and says where its payload will lie.
pub(crate) fn add_record(run: &mut Run, kind: Kind, octets: &[u8]) -> Extent {
    let extent = Extent {
        segment: run.position.segment,
        offset: run.next_payload_offset(),
        octets: octets_of(octets),
    };
    run.push(kind, octets);
    extent
}

/// Puts a part of a large batch into a run, and says where its payload will lie.
fn add_part(run: &mut Run, changes: &ChangeWriter) -> Extent {
    let offset = run.next_payload_offset();
    run.push_changes(Kind::Part, changes.clone());
    let octets = run.end().saturating_sub(offset);
    Extent { segment: run.position.segment, offset, octets }
}

/// Where a staged body lies, if it was staged here.
pub(crate) fn staged_location(
    segments: &Arc<Segments>,
    note: &Arc<dyn std::any::Any + Send + Sync>,
    body: &StagedBody,
) -> Result<Location, Fault> {
    let location = note
        .downcast_ref::<StagedNote>()
        .filter(|note| note.is_of(segments) && note.location().octets == body.octets)
        .map(|note| note.location().clone())
        .ok_or_else(|| Fault::new("a body that was staged elsewhere, or of another length"))?;
    if location.extents.iter().any(|extent| segments.is_given_up(extent)) {
        return Err(Fault::new("the disk failed while this message was received"));
    }
    Ok(location)
}

/// Says whether a batch can be carried out at all, and how much room it takes in the journal at most.
pub(crate) fn weigh(segments: &Arc<Segments>, batch: &Batch) -> Result<u64, CommitError> {
    use crate::limits::{BODY_OCTETS_MAX, CHANGE_OCTETS_MAX, KEY_OCTETS_MAX};
    let mut octets = 64_u64;
    let mut add = |more: u64| octets = octets.saturating_add(more);
    let keys = batch.puts.iter().map(|(key, _)| key).chain(&batch.deletes);
    for key in keys {
        if key.len() > KEY_OCTETS_MAX {
            return Err(Fault::new("a key that is too long").into());
        }
        add(octets_of(key).saturating_add(32));
    }
    for (_, value) in &batch.puts {
        if octets_of(value) > CHANGE_OCTETS_MAX {
            return Err(Fault::new("a value that is too large").into());
        }
        add(octets_of(value));
    }
    let brings = batch.puts.iter().filter(|_| !batch.bodies.is_empty());
    let referenced: std::collections::HashSet<_> =
        brings.filter_map(|(key, _)| mailbox::keys::referenced_body(key)).collect();
    for body in &batch.bodies {
        if !referenced.contains(&body.hash) {
            return Err(Fault::new("a body comes without a key that refers to it").into());
        }
        if body.octets > BODY_OCTETS_MAX {
            return Err(Fault::new("a body that is too large").into());
        }
        let blocks = crate::location::blocks(body.octets);
        add(blocks.saturating_mul(4).saturating_add(64));
        match &body.source {
            BodySource::Memory(_) if body.octets > CHANGE_OCTETS_MAX => {
                return Err(Fault::new("a body that is too large to come in memory").into());
            }
            BodySource::Memory(memory) if octets_of(memory) == body.octets => add(body.octets),
            BodySource::Memory(_) => {
                return Err(Fault::new("a body that is not as long as was said").into());
            }
            BodySource::Engine(note) => {
                let extents = staged_location(segments, note, body)?.extents.len();
                add(u64::try_from(extents).unwrap_or(u64::MAX).saturating_mul(32));
            }
        }
    }
    Ok(octets)
}
