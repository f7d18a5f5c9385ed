//! The one thread that writes: it takes what waits, writes it with one write and one sync, shows it and answers. What
//! it does when the disk fails is in `recovery`.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use mailbox::Fault;
use mailbox::engine::CommitError;

use crate::checkpoint::CheckpointState;
use crate::encoding::octets_of;
use crate::fault::Doing;
use crate::group::{CommitGroup, Outcome, add_record};
use crate::index::Index;
use crate::journal::{Journal, WriteError};
use crate::large::Meanwhile;
use crate::layers::Tables;
use crate::mark::Live;
use crate::queue::{Chunk, NextTask, Write};
use crate::recent::RecentBodies;
use crate::record::{Kind, Run};
use crate::recovery::{NotWritten, Retry};
use crate::scan::Stand;
use crate::segment::{Retired, name};
use crate::shared::Shared;

/// What the committing thread owns.
pub(crate) struct Committer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) journal: Journal,
    pub(crate) index: Arc<Index>,
    /// What lived at the last checkpoint.
    pub(crate) live: Live,
    /// How long the closed segments are, as far as they can be asked.
    lengths: BTreeMap<u32, u64>,
    /// The segment in which the last checkpoint stands.
    pub(crate) durable_segment: u32,
    /// Where the last checkpoint stands, once one was made.
    pub(crate) durable_stand: Option<Stand>,
    pub(crate) checkpoints: CheckpointState,
    /// The bodies that were written last.
    pub(crate) recent: RecentBodies,
    /// What checkpoints made durable since the index began to be made anew.
    pub(crate) flushed_meanwhile: Option<Vec<Tables>>,
    /// What a large batch on its way in has to know of the others.
    pub(crate) large: Option<Meanwhile>,
    /// When the disk is tried again, while it fails.
    pub(crate) retry: Option<Retry>,
}

impl Committer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        journal: Journal,
        index: Index,
        live: Live,
        durable_segment: u32,
    ) -> Committer {
        let checkpoints = CheckpointState::default();
        let index = Arc::new(index);
        let (recent, large, retry) = (RecentBodies::default(), None, None);
        let (durable_stand, flushed_meanwhile) = (None, None);
        let mut committer = Committer {
            shared,
            journal,
            index,
            live,
            lengths: BTreeMap::new(),
            durable_segment,
            durable_stand,
            checkpoints,
            flushed_meanwhile,
            recent,
            large,
            retry,
        };
        committer.count_segments();
        committer
    }

    /// Works until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        loop {
            let deadline =
                self.checkpoint_deadline().into_iter().chain(self.retry_deadline()).min();
            let task = self.shared.queue.next(deadline);
            self.guarded(Committer::take_in_checkpoint);
            self.guarded(Committer::try_again_if_due);
            self.guarded(Committer::do_what_was_held_back);
            match task {
                NextTask::Closed => break,
                NextTask::Late => {}
                NextTask::Group(group) => self.guarded(|committer| committer.commit(group)),
                NextTask::Errand(errand) => self.guarded(errand),
            }
            self.guarded(Committer::checkpoint_if_due);
            self.guarded(Committer::answer_if_settled);
        }
        self.guarded(Committer::await_checkpoint);
        self.guarded(Committer::do_what_was_held_back);
    }

    /// A panic must not leave clients waiting for answers that never come, nor half a change for others to see.
    fn guarded(&mut self, work: impl FnOnce(&mut Committer)) {
        let done = std::panic::catch_unwind(AssertUnwindSafe(|| work(self)));
        if done.is_err() {
            self.fail(Fault::new("the committing thread panicked"));
        }
    }

    fn commit(&mut self, group: Vec<Write>) {
        if let Some(fault) = self.shared.failure() {
            group.into_iter().for_each(|write| write.fail(fault.clone()));
            return;
        }
        match self.write_surely(&group) {
            Ok(outcomes) => self.answer(group, outcomes),
            Err(NotWritten::Full) => self.commit_without_room(group),
            Err(NotWritten::Refused(fault)) => {
                group.into_iter().for_each(|write| write.fail(fault.clone()));
            }
            Err(NotWritten::Unknown(fault)) => {
                group.into_iter().for_each(|write| write.leave_open(fault.clone()));
            }
        }
    }

    /// The disk is full: new mail is refused, while what makes room or changes little may use the reserve.
    fn commit_without_room(&mut self, group: Vec<Write>) {
        let (refused, small): (Vec<Write>, Vec<Write>) =
            group.into_iter().partition(Write::has_body);
        if !refused.is_empty() {
            for write in refused {
                self.shared.counting.refused_for_room.add(1);
                write.refuse_for_room();
            }
            if !small.is_empty() {
                self.commit(small);
            }
            return;
        }
        match self.shared.reserve.give_up().doing("giving up the reserve") {
            Err(fault) => small.into_iter().for_each(|write| write.fail(fault.clone())),
            Ok(()) => match self.write_surely(&small) {
                Ok(outcomes) => self.answer(small, outcomes),
                Err(NotWritten::Full) => small.into_iter().for_each(Write::refuse_for_room),
                Err(NotWritten::Refused(fault)) => {
                    small.into_iter().for_each(|write| write.fail(fault.clone()));
                }
                Err(NotWritten::Unknown(fault)) => {
                    small.into_iter().for_each(|write| write.leave_open(fault.clone()));
                }
            },
        }
    }

    /// Writes a group and makes it durable and visible.
    pub(crate) fn write(&mut self, group: &[Write]) -> Result<Vec<Outcome>, WriteError> {
        let octets = group.iter().map(Write::octets).fold(0, u64::saturating_add);
        self.make_room(octets)?;
        if group.iter().all(|write| matches!(write, Write::Chunk { .. })) {
            return self.write_chunks(group);
        }
        let turn = self.shared.visible.begin_turn();
        let mut making =
            CommitGroup::new(self.journal.run(), turn, &self.shared.segments, &mut self.recent);
        let made = group.iter().try_for_each(|write| making.add(write));
        let made_up = making.make_up();
        if let Err(fault) = made {
            made_up.turn.undo();
            return Err(fault.into());
        }
        self.finish(&made_up.run, made_up.turn)?;
        self.shared.counting.groups.add(1);
        self.shared.counting.octets_shared.add(made_up.octets_shared);
        Ok(made_up.outcomes)
    }

    /// Begins the next segment if this one has no room for so many octets. While a large batch is on its way in, the
    /// segment grows longer instead: all parts of a batch lie in one.
    pub(crate) fn make_room(&mut self, octets: u64) -> Result<(), WriteError> {
        if self.large.is_none() && self.journal.is_full_for(octets) {
            self.journal.rotate(octets)?;
            self.count_segments();
        }
        Ok(())
    }

    /// Pieces of large bodies need no sync: the batch that refers to them brings it. But not too many may come
    /// together until then, since all who commit wait for that sync.
    fn write_chunks(&mut self, group: &[Write]) -> Result<Vec<Outcome>, WriteError> {
        let mut run = self.journal.run();
        let mut outcomes = Vec::new();
        for write in group {
            if let Write::Chunk { octets, .. } = write {
                outcomes.push(Outcome::Chunk(add_record(&mut run, Kind::Chunk, octets)));
            }
        }
        self.append_unsynced(&run)?;
        Ok(outcomes)
    }

    /// Writes a run that need not be durable yet.
    pub(crate) fn append_unsynced(&mut self, run: &Run) -> Result<(), WriteError> {
        self.journal.append(run)?;
        self.written(octets_of(&run.octets), 0);
        if self.journal.unsynced_octets() > self.shared.options.unsynced_octets_max {
            self.sync()?;
        }
        Ok(())
    }

    pub(crate) fn sync(&mut self) -> Result<(), Fault> {
        let begin = Instant::now();
        self.journal.sync()?;
        self.shared.counting.sync_took(begin.elapsed());
        Ok(())
    }

    fn answer(&mut self, group: Vec<Write>, outcomes: Vec<Outcome>) {
        let counting = &self.shared.counting;
        for (write, outcome) in group.into_iter().zip(outcomes) {
            match (write, outcome) {
                (Write::Batch { answer, .. }, Outcome::Conflict) => {
                    counting.conflicts.add(1);
                    drop(answer.send(Err(CommitError::Conflict)));
                }
                (Write::Batch { answer, .. }, Outcome::Damaged(fault)) => {
                    drop(answer.send(Err(CommitError::Fault(fault))));
                }
                (Write::Batch { answer, .. }, Outcome::Committed) => {
                    counting.commits.add(1);
                    drop(answer.send(Ok(())));
                }
                (Write::Chunk { answer, .. }, Outcome::Chunk(extent)) => {
                    let pin = self.shared.segments.pin([extent.segment]);
                    drop(answer.send(Ok(Chunk { extent, pin })));
                }
                (Write::Part { answer, .. }, Outcome::Part(extent)) => {
                    drop(answer.send(Ok(extent)));
                }
                (write, _) => write.fail(Fault::new("an answer of the wrong kind")),
            }
        }
    }

    /// Takes a segment out of use in which nothing lives, as the last checkpoint knows. Its file is still there.
    pub(crate) fn retire_segment(&mut self, segment: u32) -> Retired {
        if segment >= self.durable_segment || self.live.of(segment) > 0 {
            return Retired::No;
        }
        let retired = self.shared.segments.retire(segment);
        if retired == Retired::Yes {
            self.live.remove(segment);
            self.count_segments();
        }
        retired
    }

    pub(crate) fn count_segments(&mut self) {
        let numbers = self.shared.segments.numbers();
        let open = self.journal.end().position.segment;
        self.lengths.retain(|segment, _| *segment != open && numbers.contains(segment));
        for segment in numbers.iter().filter(|segment| **segment != open) {
            // One that cannot be asked now is not counted; reading it says what is the matter. It is not kept open for this.
            if !self.lengths.contains_key(segment)
                && let Ok(Some(file)) = self.shared.disk.open(&name(*segment))
                && let Ok(octets) = file.octets()
            {
                self.lengths.insert(*segment, octets);
            }
        }
        let counting = &self.shared.counting;
        counting.segments.set(u64::try_from(numbers.len()).unwrap_or(u64::MAX));
        counting.live_octets.set(self.live.sum());
        self.count_octets();
    }

    /// Counts how long the segments are. Of the open one it is what was written, not the room that its file has.
    pub(crate) fn count_octets(&self) {
        let closed = self.lengths.values().copied().fold(0, u64::saturating_add);
        let octets = closed.saturating_add(self.journal.end().position.offset);
        self.shared.counting.segment_octets.set(octets);
    }
}
