//! Checkpoints: what is in memory is put aside and made durable in the index, while batches go on above it. One that
//! fails is tried again with growing pauses; batches go on until too much has come together in memory.

use std::sync::mpsc;
use std::sync::{Arc, mpsc::TryRecvError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mailbox::Fault;
use tokio::sync::oneshot;

use crate::base::Base;
use crate::committer::Committer;
use crate::fault::{Doing, unpanicked};
use crate::index::Index;
use crate::journal::WriteError;
use crate::layers::Tables;
use crate::mark::{Live, Mark};
use crate::options::Checkpoints;
use crate::queue::Errand;
use crate::recovery::Retry;
use crate::scan::Stand;

/// When so many times as much is to be made durable as makes a checkpoint due, and one is under way, groups wait a
/// little.
const SLOW_FROM: u64 = 4;
/// So much longer each time that it is as much again.
const SLOWER_BY: Duration = Duration::from_millis(2);
/// When it is so many times as much, all wait for the checkpoint.
const STOP_FROM: u64 = 16;

/// Where the committer stands with its checkpoints.
#[derive(Default)]
pub(crate) struct CheckpointState {
    since: SinceCheckpoint,
    under_way: Option<UnderWay>,
    /// What is to be done once none is under way.
    held_back: Vec<Errand>,
    /// Who waits until little is held in memory.
    settling: Vec<oneshot::Sender<()>>,
    /// The last one failed.
    trouble: Option<CheckpointTrouble>,
}

/// A checkpoint that failed.
struct CheckpointTrouble {
    fault: Fault,
    retry: Retry,
    /// Up to where it would have made the index durable. It may have, in spite of the failure.
    stand: Stand,
}

impl CheckpointState {
    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// How many octets of large values are in memory until the index has them.
    fn held_octets(&self) -> u64 {
        let under_way = self.under_way.as_ref().map_or(0, |it| it.takes_in.held_octets);
        self.since.held_octets.saturating_add(under_way)
    }
}

/// What has been written since the last checkpoint began.
#[derive(Debug, Default)]
struct SinceCheckpoint {
    octets: u64,
    changes: u64,
    /// Of large values that were put.
    held_octets: u64,
    first: Option<Instant>,
}

impl SinceCheckpoint {
    /// Adds what was written earlier: the checkpoint that was to take it in failed.
    fn take_back(&mut self, before: SinceCheckpoint) {
        self.octets = self.octets.saturating_add(before.octets);
        self.changes = self.changes.saturating_add(before.changes);
        self.held_octets = self.held_octets.saturating_add(before.held_octets);
        self.first = before.first.or(self.first);
    }
}

type Durable = Result<(Live, Base), Fault>;

/// A checkpoint on its own thread.
struct UnderWay {
    stand: Stand,
    /// What it takes in.
    takes_in: SinceCheckpoint,
    frozen: Tables,
    begin: Instant,
    done: mpsc::Receiver<Durable>,
    thread: JoinHandle<()>,
    /// Who waits for it.
    waiting: Vec<mpsc::SyncSender<()>>,
}

impl Committer {
    /// Counts what was written, for the next checkpoint.
    pub(crate) fn written(&mut self, octets: u64, changes: u64) {
        self.shared.counting.octets_written.add(octets);
        self.count_octets();
        let since = &mut self.checkpoints.since;
        since.octets = since.octets.saturating_add(octets);
        since.changes = since.changes.saturating_add(changes);
        if self.shared.options.checkpoint_interval.is_some() {
            since.first.get_or_insert_with(Instant::now);
        }
    }

    /// Counts large values, which stay in memory until the next checkpoint.
    pub(crate) fn holds(&mut self, octets: u64) {
        let since = &mut self.checkpoints.since;
        since.held_octets = since.held_octets.saturating_add(octets);
        self.count_held();
    }

    fn count_held(&self) {
        self.shared.counting.held_octets.set(self.checkpoints.held_octets());
    }

    /// Tells somebody once little is held in memory.
    pub(crate) fn tell_settled(&mut self, tell: oneshot::Sender<()>) {
        self.checkpoints.settling.push(tell);
    }

    /// Answers those who wait until little is held. A disk that fails says so to whoever writes next.
    pub(crate) fn answer_if_settled(&mut self) {
        let is_little =
            self.checkpoints.held_octets() <= self.shared.options.checkpoint_held_octets;
        let fails = self.checkpoints.trouble.is_some() || self.shared.failure().is_some();
        if is_little || fails {
            for tell in self.checkpoints.settling.drain(..) {
                // Whoever asked may have gone.
                let _ = tell.send(());
            }
        }
    }

    /// When the next checkpoint is due, if nothing else is to be done until then.
    pub(crate) fn checkpoint_deadline(&self) -> Option<Instant> {
        let busy = self.checkpoints.under_way.is_some() || self.shared.failure().is_some();
        let interval = self.shared.options.checkpoint_interval.filter(|_| !busy)?;
        let due = self.checkpoints.since.first?.checked_add(interval)?;
        Some(self.checkpoints.trouble.as_ref().map_or(due, |it| it.retry.at().max(due)))
    }

    /// Begins a checkpoint if one is due.
    pub(crate) fn checkpoint_if_due(&mut self) {
        let options = &self.shared.options;
        let since = &self.checkpoints.since;
        let times = |written: u64, limit: u64| written.checked_div(limit.max(1)).unwrap_or(0);
        let due = times(since.octets, options.checkpoint_octets)
            .max(times(since.changes, options.checkpoint_changes))
            .max(times(since.held_octets, options.checkpoint_held_octets));
        if let Some(trouble) = &self.checkpoints.trouble
            && trouble.retry.at() > Instant::now()
        {
            if due >= STOP_FROM {
                let fault = trouble.fault.clone();
                self.fail(fault);
            }
            return;
        }
        if self.checkpoints.under_way.is_some() {
            // Memory is bounded: the further the index falls behind, the longer each group waits. But nobody waits for a
            // whole checkpoint before it is far behind; what is large waits for it beforehand.
            match due.checked_sub(SLOW_FROM) {
                None => {}
                Some(behind) if due < STOP_FROM => {
                    let steps = u32::try_from(behind.saturating_add(1)).unwrap_or(1);
                    self.await_checkpoint_for(SLOWER_BY.saturating_mul(steps));
                }
                Some(_) => self.await_checkpoint(),
            }
            return;
        }
        let late = self.checkpoint_deadline().is_some_and(|deadline| deadline <= Instant::now());
        if (due >= 1 || late) && self.shared.failure().is_none() {
            // A failure is noted where it happens.
            drop(self.make_checkpoint());
        }
    }

    /// Makes the index durable up to now. Gives back what to wait for before asking again; nothing if all is durable.
    pub(crate) fn begin_checkpoint(&mut self) -> Result<Option<mpsc::Receiver<()>>, Fault> {
        if let Some(fault) = self.shared.failure() {
            return Err(fault);
        }
        if let Some(trouble) = &self.checkpoints.trouble
            && trouble.retry.at() > Instant::now()
        {
            return Err(trouble.fault.clone());
        }
        if self.checkpoints.under_way.is_none() {
            if self.checkpoints.since.octets == 0 {
                return Ok(None);
            }
            self.make_checkpoint()?;
        }
        let Some(under_way) = &mut self.checkpoints.under_way else { return Ok(None) };
        let (waiting, wait) = mpsc::sync_channel(1);
        under_way.waiting.push(waiting);
        Ok(Some(wait))
    }

    /// Makes the index durable up to now, and waits for it.
    pub(crate) fn checkpoint_now(&mut self) -> Result<(), Fault> {
        while self.begin_checkpoint()?.is_some() {
            self.await_checkpoint();
        }
        Ok(())
    }

    fn make_checkpoint(&mut self) -> Result<(), Fault> {
        match self.shared.options.checkpoints {
            Checkpoints::Between => self.checkpoint_between(),
            Checkpoints::Beside => self.checkpoint_beside(),
        }
    }

    /// What the index is to take in, and up to where.
    fn freeze(&mut self) -> Result<(Stand, Tables, SinceCheckpoint), Fault> {
        if !self.journal.is_synced()
            && let Err(fault) = self.sync()
        {
            return Err(self.not_written(WriteError::InDoubt(fault)));
        }
        let takes_in = std::mem::take(&mut self.checkpoints.since);
        Ok((self.journal.end(), self.shared.visible.freeze(), takes_in))
    }

    fn checkpoint_between(&mut self) -> Result<(), Fault> {
        let begin = Instant::now();
        let (stand, frozen, takes_in) = self.freeze()?;
        match flush(&self.index, &frozen, stand, &self.live) {
            Ok(durable) => {
                self.made_durable(stand, frozen, begin, durable);
                Ok(())
            }
            Err(fault) => Err(self.index_not_written(stand, takes_in, fault)),
        }
    }

    fn checkpoint_beside(&mut self) -> Result<(), Fault> {
        let begin = Instant::now();
        let (stand, frozen, takes_in) = self.freeze()?;
        let (tell, done) = mpsc::sync_channel(1);
        let (index, live) = (self.index.clone(), self.live.clone());
        let shared = self.shared.clone();
        let flushing = frozen.clone();
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || {
                // Nobody waits any more if the committer is gone.
                drop(tell.send(flush(&index, &flushing, stand, &live)));
                drop(flushing);
                drop(index);
                // So that the committer looks. If it takes no errands any more, it looks anyway.
                drop(shared.queue.push_errand(Box::new(|_| {})));
            })
            .doing("starting a checkpoint");
        let thread = match thread {
            Ok(thread) => thread,
            Err(fault) => return Err(self.index_not_written(stand, takes_in, fault)),
        };
        let waiting = Vec::new();
        self.checkpoints.under_way =
            Some(UnderWay { stand, frozen, takes_in, begin, done, thread, waiting });
        Ok(())
    }

    /// Takes note of a checkpoint that failed. It is made again a little later.
    fn index_not_written(
        &mut self,
        stand: Stand,
        takes_in: SinceCheckpoint,
        fault: Fault,
    ) -> Fault {
        self.checkpoints.since.take_back(takes_in);
        let options = &self.shared.options;
        let before = self.checkpoints.trouble.take();
        let retry = before.map_or_else(|| Retry::first(options), |it| it.retry.next(options));
        let error: &dyn std::error::Error = &fault;
        tracing::warn!(error, "a checkpoint of the index failed; it is made again later");
        let trouble = CheckpointTrouble { fault: fault.clone(), retry, stand };
        self.checkpoints.trouble = Some(trouble);
        self.mend_index();
        fault
    }

    /// Goes by what an index that was opened again has taken in.
    pub(crate) fn look_at_mark(&mut self, mark: Mark, base: Base) {
        match &self.checkpoints.trouble {
            Some(trouble) if trouble.stand == mark.stand => {
                let unknown = Tables::from([]);
                self.made_durable(mark.stand, unknown, Instant::now(), (mark.live, base));
            }
            Some(_) | None => self.shared.visible.read_from(base),
        }
    }

    /// Makes the checkpoint that failed, when the disk is tried again.
    pub(crate) fn catch_up_with_checkpoints(&mut self) -> Result<(), Fault> {
        if self.checkpoints.trouble.is_none() || self.checkpoints.under_way.is_some() {
            return Ok(());
        }
        self.checkpoint_between()
    }

    /// Takes in a checkpoint that is done.
    pub(crate) fn take_in_checkpoint(&mut self) {
        let Some(under_way) = &self.checkpoints.under_way else { return };
        let durable = match under_way.done.try_recv() {
            Ok(durable) => durable,
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Disconnected) => Err(panicked()),
        };
        self.end_checkpoint(durable);
    }

    /// Waits for the checkpoint that is under way, if one is, but not longer than this.
    fn await_checkpoint_for(&mut self, time: Duration) {
        let Some(under_way) = &self.checkpoints.under_way else { return };
        match under_way.done.recv_timeout(time) {
            Ok(durable) => self.end_checkpoint(durable),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => self.end_checkpoint(Err(panicked())),
        }
    }

    /// Does something when no checkpoint is under way: what makes much to be made durable must not come while there is
    /// much already.
    pub(crate) fn without_checkpoint(&mut self, errand: Errand) {
        if self.checkpoints.under_way.is_some() {
            self.checkpoints.held_back.push(errand);
        } else {
            errand(self);
        }
    }

    /// Does what waits for a checkpoint that has ended.
    pub(crate) fn do_what_was_held_back(&mut self) {
        if self.checkpoints.under_way.is_none() {
            for errand in std::mem::take(&mut self.checkpoints.held_back) {
                errand(self);
            }
        }
    }

    /// Waits for the checkpoint that is under way, if one is.
    pub(crate) fn await_checkpoint(&mut self) {
        let Some(under_way) = &self.checkpoints.under_way else { return };
        let durable = under_way.done.recv().unwrap_or_else(|_| Err(panicked()));
        self.end_checkpoint(durable);
    }

    fn end_checkpoint(&mut self, durable: Durable) {
        let Some(under_way) = self.checkpoints.under_way.take() else { return };
        match durable {
            Ok(durable) => {
                let UnderWay { stand, begin, .. } = under_way;
                self.made_durable(stand, under_way.frozen, begin, durable);
            }
            Err(fault) => {
                drop(self.index_not_written(under_way.stand, under_way.takes_in, fault));
            }
        }
        // It has nothing left to do, and lets go of the index.
        drop(under_way.thread.join());
        for waiting in under_way.waiting {
            let _ = waiting.send(());
        }
    }

    fn made_durable(
        &mut self,
        stand: Stand,
        frozen: Tables,
        begin: Instant,
        (live, base): (Live, Base),
    ) {
        self.checkpoints.trouble = None;
        if let Some(flushed) = &mut self.flushed_meanwhile {
            flushed.push(frozen);
        }
        self.durable_stand = Some(stand);
        self.shared.visible.made_durable(base);
        self.live = live;
        self.durable_segment = stand.position.segment;
        self.shared.counting.live_octets.set(self.live.sum());
        self.shared.counting.checkpoint_took(begin.elapsed());
        self.count_held();
        let taken = self.shared.reserve.take(self.shared.options.free_octets_floor);
        if let Err(error) = taken {
            tracing::warn!(%error, "cannot set room aside for deletions on a full disk");
        }
    }
}

fn flush(index: &Arc<Index>, frozen: &Tables, stand: Stand, live: &Live) -> Durable {
    let done = unpanicked(|| index.flush(frozen, stand, live));
    done.inspect_err(|fault| {
        if fault.is_damaged() {
            index.suspect(fault);
        }
    })
}

fn panicked() -> Fault {
    Fault::new("the checkpoint panicked")
}
