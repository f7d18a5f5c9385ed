//! What waits for the committer. Bounded in octets: who comes when it is full waits outside.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use mailbox::engine::{Batch, CommitError};
use mailbox::{BodyHash, Fault};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::change::ChangeWriter;
use crate::committer::Committer;
use crate::encoding::octets_of;
use crate::location::Extent;
use crate::options::Options;
use crate::record::HEADER_OCTETS;
use crate::segment::Pin;

/// Permits are counted in units of this size, so that small batches cannot wait without number either.
const UNIT_OCTETS: u64 = 1 << 10;

/// Something for the committer to write.
#[derive(Debug)]
pub(crate) enum Write {
    /// A batch to commit.
    Batch {
        batch: Batch,
        /// Bodies of it that are there already, but not whole: they are written anew.
        unsound: HashSet<BodyHash>,
        answer: oneshot::Sender<Result<(), CommitError>>,
        octets: u64,
        /// Its room in the queue, free again once this is dropped.
        _room: OwnedSemaphorePermit,
    },
    /// A piece of a large body.
    Chunk {
        octets: Bytes,
        answer: oneshot::Sender<Result<Chunk, Fault>>,
        _room: OwnedSemaphorePermit,
    },
    /// A part of a large batch. There is one at a time, so that it needs no room in the queue.
    Part {
        changes: ChangeWriter,
        brings: Brings,
        answer: oneshot::Sender<Result<Extent, CommitError>>,
    },
}

/// What a batch does to the room on the disk: the fuller that is, the fewer of them are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Brings {
    /// It brings mail.
    Mail,
    /// It changes mail, and takes a little room for good.
    Changes,
    /// It removes something, or is a step of giving room back: what is left of the disk is for these.
    Room,
}

impl Brings {
    pub(crate) fn of(batch: &Batch) -> Brings {
        if !batch.bodies.is_empty() {
            Brings::Mail
        } else if batch.deletes.is_empty() {
            Brings::Changes
        } else {
            Brings::Room
        }
    }
}

impl Write {
    /// How much room it takes in the journal at most.
    pub(crate) fn octets(&self) -> u64 {
        match self {
            Write::Batch { octets, .. } => *octets,
            Write::Chunk { octets, .. } => octets_of(octets).saturating_add(HEADER_OCTETS),
            Write::Part { changes, .. } => changes.octets().saturating_add(HEADER_OCTETS),
        }
    }

    /// How many puts and deletes the committer carries out for it.
    fn changes(&self) -> usize {
        match self {
            Write::Batch { batch, .. } => changes_of(batch),
            Write::Chunk { .. } | Write::Part { .. } => 0,
        }
    }

    /// Says whether it brings mail rather than changing or removing some.
    pub(crate) fn has_body(&self) -> bool {
        match self {
            Write::Batch { batch, .. } => Brings::of(batch) == Brings::Mail,
            Write::Chunk { .. } => true,
            Write::Part { brings, .. } => *brings == Brings::Mail,
        }
    }

    /// Answers that there is no room.
    pub(crate) fn refuse_for_room(self) {
        match self {
            Write::Batch { answer, .. } => drop(answer.send(Err(CommitError::NoSpace))),
            Write::Chunk { answer, .. } => {
                drop(answer.send(Err(Fault::full("the disk is full"))));
            }
            Write::Part { answer, .. } => drop(answer.send(Err(CommitError::NoSpace))),
        }
    }

    /// Answers that it is not known whether it was written.
    pub(crate) fn leave_open(self, fault: Fault) {
        match self {
            write @ Write::Batch { .. } => write.fail(fault.of_unknown_outcome()),
            // Neither counts before a batch refers to it.
            write @ (Write::Chunk { .. } | Write::Part { .. }) => write.fail(fault),
        }
    }

    /// Answers that it was not written.
    pub(crate) fn fail(self, fault: Fault) {
        match self {
            Write::Batch { answer, .. } => drop(answer.send(Err(CommitError::Fault(fault)))),
            Write::Chunk { answer, .. } => drop(answer.send(Err(fault))),
            Write::Part { answer, .. } => drop(answer.send(Err(CommitError::Fault(fault)))),
        }
    }
}

/// How many puts and deletes a batch has.
pub(crate) fn changes_of(batch: &Batch) -> usize {
    batch.puts.len().saturating_add(batch.deletes.len())
}

/// Where a piece of a large body was put.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) extent: Extent,
    pub(crate) pin: Pin,
}

/// Something for the committer to do between two groups.
pub(crate) type Errand = Box<dyn FnOnce(&mut Committer) + Send>;

/// What the committer does next.
pub(crate) enum NextTask {
    /// Write these together.
    Group(Vec<Write>),
    /// Run an errand.
    Errand(Errand),
    /// Nothing came until the deadline.
    Late,
    /// The store is closed and all is done.
    Closed,
}

#[derive(Default)]
struct Waiting {
    writes: VecDeque<Item>,
    closed: bool,
}

enum Item {
    Write(Write),
    Errand(Errand),
}

/// The queue before the committer.
pub(crate) struct CommitQueue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    room: Arc<Semaphore>,
    units: u32,
    group_octets_max: u64,
    group_batches_max: usize,
    group_changes_max: usize,
}

impl CommitQueue {
    pub(crate) fn new(options: &Options) -> CommitQueue {
        let units =
            u32::try_from(options.queue_octets_max / UNIT_OCTETS).unwrap_or(u32::MAX).max(1);
        CommitQueue {
            waiting: Mutex::default(),
            arrived: Condvar::new(),
            room: Arc::new(Semaphore::new(usize::try_from(units).unwrap_or(1))),
            units,
            group_octets_max: options.group_octets_max,
            group_batches_max: options.group_batches_max.max(1),
            group_changes_max: options.group_changes_max,
        }
    }

    /// Waits for room for so many octets. Something larger than the whole queue takes all of it.
    pub(crate) async fn room_for(&self, octets: u64) -> Result<OwnedSemaphorePermit, Fault> {
        let units = u32::try_from(octets.div_ceil(UNIT_OCTETS)).unwrap_or(u32::MAX);
        let units = units.clamp(1, self.units);
        self.room.clone().acquire_many_owned(units).await.map_err(|_| closed())
    }

    pub(crate) fn push(&self, write: Write) -> Result<(), Fault> {
        self.push_item(Item::Write(write))
    }

    pub(crate) fn push_errand(&self, errand: Errand) -> Result<(), Fault> {
        self.push_item(Item::Errand(errand))
    }

    fn push_item(&self, item: Item) -> Result<(), Fault> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(closed());
        }
        waiting.writes.push_back(item);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// Takes no more. What waits already is still done.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    /// Waits for something to do, until a deadline if there is one.
    pub(crate) fn next(&self, deadline: Option<Instant>) -> NextTask {
        let mut waiting = self.lock();
        while waiting.writes.is_empty() {
            if waiting.closed {
                return NextTask::Closed;
            }
            waiting = match deadline {
                None => self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return NextTask::Late;
                    }
                    self.arrived
                        .wait_timeout(waiting, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
        self.take_group(&mut waiting)
    }

    fn take_group(&self, waiting: &mut Waiting) -> NextTask {
        let mut group = Vec::new();
        let mut octets = 0_u64;
        let mut changes = 0_usize;
        loop {
            match waiting.writes.pop_front() {
                None => return NextTask::Group(group),
                Some(Item::Errand(errand)) if group.is_empty() => return NextTask::Errand(errand),
                Some(Item::Errand(errand)) => {
                    waiting.writes.push_front(Item::Errand(errand));
                    return NextTask::Group(group);
                }
                Some(Item::Write(write)) => {
                    let with = octets.saturating_add(write.octets());
                    let changes_with = changes.saturating_add(write.changes());
                    let full = with > self.group_octets_max
                        || changes_with > self.group_changes_max
                        || group.len() >= self.group_batches_max;
                    if full && !group.is_empty() {
                        waiting.writes.push_front(Item::Write(write));
                        return NextTask::Group(group);
                    }
                    octets = with;
                    changes = changes_with;
                    group.push(write);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn closed() -> Fault {
    Fault::new("the store is closed")
}
