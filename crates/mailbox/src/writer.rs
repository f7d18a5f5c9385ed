//! The writers of an account, one commit after another. Operations queue; whoever finds the queue idle starts a task
//! that takes all that wait, runs each, commits what they did as one batch, and answers them once it is durable.
//! While a commit is on its way the next group gathers. So many sessions share one sync, and no lock is held meanwhile.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::commit_group::{CommitGroup, Stale};
use crate::engine::CommitError;
use crate::limits::{COMMIT_BODY_OCTETS_MAX, COMMIT_OPERATIONS_MAX, COMMIT_QUICK_ENTRIES_MAX};
use crate::lock::lock;
use crate::shared::AccountShared;
use crate::transaction::Transaction;
use crate::{Error, Fault, Refused};

/// About so many entries has an operation of which nothing more is known than that they may be many.
pub(crate) const MANY: u64 = u64::MAX;

/// How often a group is run again because others change the account at the same time.
const CONFLICTS_MAX: usize = 100;

/// The operations that wait for their turn.
#[derive(Default)]
pub(crate) struct WriteQueue {
    waiting: VecDeque<Box<dyn Job>>,
    worker: Worker,
}

/// Whether a task is at work on the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Worker {
    #[default]
    Idle,
    Busy,
}

/// An operation that waits, or its outcome that waits to be told.
trait Job: Send {
    /// Runs the operation. May run again if the commit did not pass.
    fn run(&mut self, transaction: &mut Transaction<'_, '_>) -> Outcome;
    /// Tells the outcome to whoever waits for it, if anyone still does.
    fn answer(self: Box<Self>, failure: Option<Error>);
    /// Remembers that the operation could not even run.
    fn fail(&mut self, error: Error);
    /// About how many entries it is about.
    fn entries(&self) -> u64;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Failed,
}

struct Typed<T, F> {
    work: F,
    result: Result<T, Error>,
    answer: oneshot::Sender<Result<T, Error>>,
    entries: u64,
    _permit: OwnedSemaphorePermit,
}

impl<T, F> Job for Typed<T, F>
where
    T: Send,
    F: FnMut(&mut Transaction<'_, '_>) -> Result<T, Error> + Send,
{
    fn run(&mut self, transaction: &mut Transaction<'_, '_>) -> Outcome {
        self.result = (self.work)(transaction);
        if self.result.is_ok() { Outcome::Done } else { Outcome::Failed }
    }

    fn answer(self: Box<Self>, failure: Option<Error>) {
        let result = match (self.result, failure) {
            (Ok(_), Some(failure)) => Err(failure),
            (result, _) => result,
        };
        // Nobody listens when the session ended meanwhile. What is committed stays.
        let _ = self.answer.send(result);
    }

    fn fail(&mut self, error: Error) {
        self.result = Err(error);
    }

    fn entries(&self) -> u64 {
        self.entries
    }
}

impl AccountShared {
    /// Runs an operation in its turn, and gives its result once what it did is durable. Dropped meanwhile, the operation
    /// still takes place, or does not, as a whole.
    pub(crate) async fn write<T, F>(self: &Arc<Self>, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_, '_>) -> Result<T, Error> + Send + 'static,
    {
        self.write_many(1, work).await
    }

    /// Runs an operation on about so many entries like `write`.
    pub(crate) async fn write_many<T, F>(
        self: &Arc<Self>,
        entries: u64,
        work: F,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_, '_>) -> Result<T, Error> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|closed| Fault::caused("the queue of writers", closed))?;
        let (answer, result) = oneshot::channel();
        let unrun = Err(Error::Fault(Fault::new("an operation did not run")));
        let job = Typed { work, result: unrun, answer, entries, _permit: permit };
        let start = {
            let mut queue = lock(&self.queue);
            queue.waiting.push_back(Box::new(job));
            std::mem::replace(&mut queue.worker, Worker::Busy) == Worker::Idle
        };
        if start {
            let (threads, reads) = (Arc::clone(&self.ports.threads), self.ports.engine.reads());
            tokio::spawn(lane::run(Arc::clone(self).work(), threads, reads));
        }
        let lost = |lost| Fault::caused("an operation was lost", lost).of_unknown_outcome();
        result.await.map_err(lost)?
    }

    /// Works until nothing waits any more.
    async fn work(self: Arc<Self>) {
        // Should a commit panic, the next operation starts a new worker.
        let mut idle = IdleAtEnd { shared: &self, armed: true };
        loop {
            let jobs: VecDeque<Box<dyn Job>> = {
                let mut queue = lock(&self.queue);
                if queue.waiting.is_empty() {
                    queue.worker = Worker::Idle;
                    idle.armed = false;
                    return;
                }
                let count = queue.waiting.len().min(COMMIT_OPERATIONS_MAX);
                queue.waiting.drain(..count).collect()
            };
            self.work_through(jobs).await;
            // Those just answered, and those who came meanwhile, go together: one commit more is dearer than one turn.
            tokio::task::yield_now().await;
        }
    }

    /// Carries out operations in as few commits as can be.
    async fn work_through(&self, mut jobs: VecDeque<Box<dyn Job>>) {
        while !jobs.is_empty() {
            let most = jobs.len();
            let entries = jobs.iter().map(|job| job.entries()).fold(0, u64::saturating_add);
            if entries > COMMIT_QUICK_ENTRIES_MAX {
                lane::slow(Some(&self.turns)).await;
            }
            self.commit_group(&mut jobs, most).await;
            lane::quick();
        }
    }

    /// Carries out operations from the front of a queue, at most so many, in one commit.
    async fn commit_group(&self, jobs: &mut VecDeque<Box<dyn Job>>, most: usize) {
        let mut most = most;
        for _ in 0..CONFLICTS_MAX {
            let (batch, commit, ran) = {
                let mut group = CommitGroup::begin(self);
                let ran = run_all(&mut group, jobs, most);
                if group.stale == Stale::Yes {
                    if let Err(error) = self.reload() {
                        return answer(jobs, ran, Some(&error));
                    }
                    continue;
                }
                match group.finish() {
                    Some((batch, commit)) => (batch, commit, ran),
                    None => return answer(jobs, ran, None),
                }
            };
            match self.ports.engine.commit(batch).await {
                Ok(()) => {
                    self.apply(commit);
                    return answer(jobs, ran, None);
                }
                Err(CommitError::Conflict) => {
                    tracing::debug!(
                        user = self.ports.name(self.id),
                        "another node changed the account"
                    );
                    if let Err(error) = self.reload() {
                        return answer(jobs, ran, Some(&error));
                    }
                }
                // One body too many must not keep others from deleting: each gets a commit of its own.
                Err(CommitError::NoSpace) if ran > 1 => most = 1,
                Err(CommitError::NoSpace) => {
                    return answer(jobs, ran, Some(&Refused::NoSpace.into()));
                }
                Err(CommitError::Fault(fault)) => {
                    tracing::error!(user = self.ports.name(self.id), %fault, "a commit failed");
                    // It may have taken place all the same; what the engine says from now on is the truth.
                    if let Err(error) = self.reload() {
                        tracing::error!(user = self.ports.name(self.id), %error, "the account cannot be read");
                    }
                    return answer(jobs, ran, Some(&fault.into()));
                }
            }
        }
        let fault = Fault::new("an account changed too often elsewhere to be changed here");
        answer(jobs, most, Some(&fault.into()));
    }
}

/// Runs operations from the front until the group is full. Gives how many.
fn run_all(group: &mut CommitGroup<'_>, jobs: &mut VecDeque<Box<dyn Job>>, most: usize) -> usize {
    let mut ran = 0usize;
    for job in jobs.iter_mut().take(most) {
        ran = ran.saturating_add(1);
        run_one(group, job.as_mut());
        if group.body_octets() > COMMIT_BODY_OCTETS_MAX {
            break;
        }
    }
    ran
}

fn run_one(group: &mut CommitGroup<'_>, job: &mut dyn Job) {
    let mut transaction = Transaction::begin(group);
    // A fault of ours in one operation must not take others with it: its draft is dropped whole.
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| job.run(&mut transaction)));
    match outcome {
        Ok(Outcome::Done) => transaction.keep(),
        Ok(Outcome::Failed) => {}
        Err(_) => job.fail(Fault::new("an operation panicked").into()),
    }
}

/// Answers the operations at the front.
fn answer(jobs: &mut VecDeque<Box<dyn Job>>, count: usize, failure: Option<&Error>) {
    for job in jobs.drain(..count.min(jobs.len())) {
        job.answer(failure.cloned());
    }
}

/// Says that no worker is there any more, if one ends where it should not.
struct IdleAtEnd<'a> {
    shared: &'a AccountShared,
    armed: bool,
}

impl Drop for IdleAtEnd<'_> {
    fn drop(&mut self) {
        if self.armed {
            let mut queue = lock(&self.shared.queue);
            queue.worker = Worker::Idle;
            // Whoever waits hears that the operation was lost.
            queue.waiting.clear();
        }
    }
}
