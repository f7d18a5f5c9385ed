//! Large batches: what takes long is done on a thread of their own, so that nobody else's commit waits for it.
//!
//! The batch goes to the journal in parts, between the groups of others, and into a table in memory of its own. A last
//! record, `Whole`, makes the parts one batch; with it the checks are looked at and the table becomes visible, at
//! once. A batch that gets no `Whole` leaves octets in the journal that nothing refers to. There is one large batch at
//! a time; the others wait without holding room in the queue.

use std::collections::{BTreeSet, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, CommitError, StagedBody};
use mailbox::{BodyHash, Fault, keys};
use tokio::sync::{Semaphore, oneshot};

use crate::change::ChangeWriter;
use crate::changes::reference_prefix;
use crate::committer::Committer;
use crate::encoding::octets_of;
use crate::fault::Doing;
use crate::group::{staged_location, weigh};
use crate::journal::WriteError;
use crate::location::{Extent, Location, checksums};
use crate::memtable::{Forgotten, Memtable, Slot};
use crate::queue::{Brings, Write, changes_of};
use crate::record::Kind;
use crate::recovery::NotWritten;
use crate::shared::Shared;
use crate::visible::{View, held_octets_of};
use crate::whole;

/// The one place for a large batch.
#[derive(Debug)]
pub(crate) struct LargeBatches {
    turn: Arc<Semaphore>,
    /// The thread of the last one.
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Default for LargeBatches {
    fn default() -> LargeBatches {
        LargeBatches { turn: Arc::new(Semaphore::new(1)), thread: Mutex::default() }
    }
}

impl LargeBatches {
    /// Waits for the thread of the last one, once the queue takes no more.
    pub(crate) fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // It catches the panics of its work.
        drop(thread.map(JoinHandle::join));
    }
}

/// What a large batch on its way in has to know of those who commit meanwhile: the bodies that they put or deleted
/// references for.
#[derive(Debug, Default)]
pub(crate) struct Meanwhile {
    pub(crate) referenced: HashSet<BodyHash>,
}

/// Commits a large batch.
pub(crate) async fn commit(shared: Arc<Shared>, batch: Batch) -> Result<(), CommitError> {
    let turn = shared.large.turn.clone().acquire_owned().await;
    let turn = turn.map_err(|_| Fault::new("the store is closed"))?;
    let (answer, answered) = oneshot::channel();
    let at_work = shared.clone();
    let thread = std::thread::Builder::new()
        .name("store-large-batch".to_owned())
        .spawn(move || {
            let work = AssertUnwindSafe(|| carry(&at_work, batch));
            let done = std::panic::catch_unwind(work);
            let panicked = || Err(Fault::new("the thread of a large batch panicked").into());
            // Nobody may be waiting any more; the batch takes place all the same.
            drop(answer.send(done.unwrap_or_else(|_| panicked())));
            drop(turn);
        })
        .doing("starting the thread of a large batch")?;
    *shared.large.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    answered.await.map_err(|_| CommitError::Fault(shared.gone()))?
}

/// Brings a large batch in.
fn carry(shared: &Arc<Shared>, batch: Batch) -> Result<(), CommitError> {
    let octets = weigh(&shared.segments, &batch)?;
    let brings = Brings::of(&batch);
    let view = shared.errand(move |committer| Ok(committer.begin_large(octets, brings)))??;
    let _under_way = UnderWay(shared);
    let parts = write_parts(shared, &batch)?;
    let prepared = Prepared::of(batch, parts, view)?;
    let forgotten = prepared.end(shared, brings)?;
    forgotten.iter().for_each(|hash| shared.locations.forget(hash));
    Ok(())
}

/// Tells the committer in the end that no large batch is on its way any more.
struct UnderWay<'a>(&'a Arc<Shared>);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        // Without a committer there is nobody to tell.
        drop(self.0.queue.push_errand(Box::new(|committer| committer.large = None)));
    }
}

/// The parts of a batch in the journal.
#[derive(Debug, Default)]
struct Parts {
    segment: u32,
    /// Where the payload of each begins.
    offsets: Vec<u64>,
    bodies: Vec<(BodyHash, Location)>,
}

/// Writes the parts of a batch, one after another. Each is durable when the next is begun, so that whoever commits in
/// between never has to wait for many.
fn write_parts(shared: &Shared, batch: &Batch) -> Result<Parts, CommitError> {
    let mut writer = PartWriter::new(shared, Brings::of(batch));
    for body in &batch.bodies {
        writer.body(body)?;
    }
    for (key, value) in &batch.puts {
        writer.changes.put(key, value);
        writer.end_change()?;
    }
    for key in &batch.deletes {
        writer.changes.delete(key);
        writer.end_change()?;
    }
    writer.end_part()?;
    Ok(writer.parts)
}

struct PartWriter<'a> {
    shared: &'a Shared,
    brings: Brings,
    changes: ChangeWriter,
    /// Bodies of the part that is being made; where they lie is counted from its beginning.
    bodies: Vec<(BodyHash, Location)>,
    parts: Parts,
}

impl PartWriter<'_> {
    fn new(shared: &Shared, brings: Brings) -> PartWriter<'_> {
        let changes = ChangeWriter::new(0, 0, shared.options.part_octets);
        PartWriter { shared, brings, changes, bodies: Vec::new(), parts: Parts::default() }
    }

    /// Adds a body, even if one like it is there already: that one may be gone when the batch takes place.
    fn body(&mut self, body: &StagedBody) -> Result<(), CommitError> {
        match &body.source {
            BodySource::Memory(octets) => {
                let location = self.changes.body_here(&body.hash, octets, checksums(octets));
                self.bodies.push((body.hash, location));
            }
            BodySource::Engine(note) => {
                let location = staged_location(&self.shared.segments, note, body)?;
                self.changes.body_elsewhere(&body.hash, &location);
                self.parts.bodies.push((body.hash, location));
            }
        }
        self.end_change()
    }

    fn end_change(&mut self) -> Result<(), CommitError> {
        let part_octets = u64::try_from(self.shared.options.part_octets).unwrap_or(u64::MAX);
        if self.changes.octets() < part_octets {
            return Ok(());
        }
        self.end_part()
    }

    fn end_part(&mut self) -> Result<(), CommitError> {
        if self.changes.is_empty() {
            return Ok(());
        }
        let next = ChangeWriter::new(0, 0, self.shared.options.part_octets);
        let changes = std::mem::replace(&mut self.changes, next);
        let (answer, answered) = oneshot::channel();
        self.shared.queue.push(Write::Part { changes, brings: self.brings, answer })?;
        let part = answered.blocking_recv().map_err(|_| self.shared.gone())??;
        if !self.parts.offsets.is_empty() && part.segment != self.parts.segment {
            return Err(Fault::new("the disk failed while a large change was written").into());
        }
        self.parts.segment = part.segment;
        self.parts.offsets.push(part.offset);
        for (hash, mut location) in self.bodies.drain(..) {
            for Extent { segment, offset, .. } in &mut location.extents {
                *segment = part.segment;
                *offset = offset.saturating_add(part.offset);
            }
            self.parts.bodies.push((hash, location));
        }
        Ok(())
    }
}

/// A large batch that lacks only its last record.
struct Prepared {
    checks: Vec<(Vec<u8>, Option<Bytes>)>,
    table: Arc<Memtable>,
    /// The payload of its last record.
    whole: Vec<u8>,
    /// Bodies that it deletes references of.
    unreferenced: BTreeSet<BodyHash>,
    changes: u64,
    /// Octets of large values that it puts.
    held_octets: u64,
}

impl Prepared {
    /// Makes the table. Which bodies go is found out as the others stand in `view`; the committer looks again at those
    /// that somebody refers to anew meanwhile, or no more.
    fn of(batch: Batch, parts: Parts, mut view: View) -> Result<Prepared, Fault> {
        let changes = u64::try_from(changes_of(&batch)).unwrap_or(u64::MAX);
        let held = batch.puts.iter().map(|(_, value)| held_octets_of(value));
        let held_octets = held.fold(0, u64::saturating_add);
        let mut unreferenced: BTreeSet<BodyHash> =
            batch.deletes.iter().filter_map(|key| keys::referenced_body(key)).collect();
        // What the batch brings itself it also refers to.
        for (hash, _) in &parts.bodies {
            unreferenced.remove(hash);
        }
        let segment = parts.segment;
        let puts = batch.puts.into_iter();
        let puts = puts.map(|(key, value)| (Bytes::from(key), Some(Slot { segment, value })));
        let deletes = batch.deletes.into_iter().map(|key| (Bytes::from(key), None));
        let table = Arc::new(Memtable::with_keys(puts.chain(deletes)));
        for (hash, location) in parts.bodies {
            table.locate_body(&hash, location);
        }
        view.put_on_top(table.clone());
        for hash in &unreferenced {
            if !view.has_prefix(&reference_prefix(hash))? {
                table.forget_body(hash, Forgotten::Yes);
            }
        }
        let whole = whole::payload(&parts.offsets);
        Ok(Prepared { checks: batch.checks, table, whole, unreferenced, changes, held_octets })
    }

    /// Has the committer write the last record and show the table. Gives back the bodies whose location changed.
    fn end(self, shared: &Shared, brings: Brings) -> Result<Vec<BodyHash>, CommitError> {
        let (answer, answered) = mpsc::sync_channel(1);
        shared.queue.push_errand(Box::new(move |committer| {
            committer.without_checkpoint(Box::new(move |committer| {
                let done = committer.end_large(&self, brings);
                // What is large goes back, to be freed there.
                drop(answer.send((done, self)));
            }));
        }))?;
        let (done, prepared) = answered.recv().map_err(|_| shared.gone())?;
        done?;
        let moved = prepared.table.bodies().keys().copied().collect();
        Ok(moved)
    }
}

impl Committer {
    /// Makes room for all parts of a large batch in one segment, and says how things stand. From now on it is noted
    /// what others do.
    fn begin_large(&mut self, octets: u64, brings: Brings) -> Result<View, CommitError> {
        if let Some(fault) = self.shared.failure() {
            return Err(fault.into());
        }
        self.large = None;
        let room = self.with_reserve(brings, |committer| committer.make_room(octets));
        room.map_err(|error| self.refusal(error))?;
        self.large = Some(Meanwhile::default());
        Ok(self.shared.view())
    }

    /// Makes the parts of a large batch one, if its checks hold.
    fn end_large(&mut self, prepared: &Prepared, brings: Brings) -> Result<(), CommitError> {
        if let Some(fault) = self.shared.failure() {
            return Err(fault.into());
        }
        let Some(meanwhile) = self.large.take() else {
            // Its parts lie in a segment that is closed now.
            return Err(Fault::new("the disk failed while a large change was prepared").into());
        };
        let before = self.shared.visible.begin_turn();
        for (key, value) in &prepared.checks {
            if !before.holds(key, value.as_deref())? {
                self.shared.counting.conflicts.add(1);
                return Err(CommitError::Conflict);
            }
        }
        drop(before);
        let turn = self.shared.visible.begin_turn_of(prepared.table.clone());
        for hash in meanwhile.referenced.iter().filter(|it| prepared.unreferenced.contains(it)) {
            let forgotten = match turn.has_prefix(&reference_prefix(hash))? {
                true => Forgotten::No,
                false => Forgotten::Yes,
            };
            prepared.table.forget_body(hash, forgotten);
        }
        let mut run = self.journal.run();
        run.push(Kind::Whole, &prepared.whole);
        // A table that was not shown is never seen, and `run` must not be written anew: it names parts of this segment.
        let written = self.with_reserve(brings, |committer| {
            committer.journal.append(&run)?;
            committer.sync().map_err(WriteError::InDoubt)
        });
        written.map_err(|error| self.refusal(error))?;
        self.shared.visible.show_table(turn);
        self.written(octets_of(&run.octets), prepared.changes);
        self.holds(prepared.held_octets);
        self.shared.counting.commits.add(1);
        Ok(())
    }

    /// Does something that takes room on the disk; what brings no mail may use the reserve for it.
    pub(crate) fn with_reserve(
        &mut self,
        brings: Brings,
        mut work: impl FnMut(&mut Committer) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        match work(self) {
            Err(WriteError::Full) if brings != Brings::Mail => {
                self.shared.reserve.give_up().doing("giving up the reserve")?;
                work(self)
            }
            done => done,
        }
    }

    fn refusal(&mut self, error: WriteError) -> CommitError {
        match self.recover(error) {
            NotWritten::Full => {
                self.shared.counting.refused_for_room.add(1);
                CommitError::NoSpace
            }
            NotWritten::Refused(fault) => CommitError::Fault(fault),
            NotWritten::Unknown(fault) => CommitError::Fault(fault.of_unknown_outcome()),
        }
    }
}
