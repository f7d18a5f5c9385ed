//! The store: the embedded engine as others see it.

use std::any::Any;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use bytes::Bytes;
use mailbox::engine::{Batch, BodyWriter, CommitError, Engine, Ready, Snapshot, StagedBody};
use mailbox::{BodyHash, Fault};
use tokio::sync::oneshot;

use crate::committer::Committer;
use crate::compact::Compactor;
use crate::counters::Counters;
use crate::disk::Disk;
use crate::fault::{Doing, OpenError};
use crate::group::weigh;
use crate::large;
use crate::open::{Opened, Opening, Started, open_for};
use crate::options::Options;
use crate::queue::{Brings, Write, changes_of};
use crate::rewrite::Rewriter;
use crate::shared::Shared;
use crate::sharing;
use crate::stage::Staging;

/// The embedded engine: a journal with an index on one disk. Clones are the same store; it is closed when the last
/// one goes.
///
/// Opening, closing, rewriting and snapshots wait for the disk: call them from a thread that may wait.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// Holds the committer back while it lives.
#[derive(Debug)]
pub struct Hold {
    _let_go: mpsc::SyncSender<()>,
}

struct Inner {
    shared: Arc<Shared>,
    rewriter: Rewriter,
    started: Started,
    compactor: Compactor,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Held until the committer has ended.
    lock: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Store {
    /// Opens the store on a disk; makes an empty one where there is none.
    pub fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Store, OpenError> {
        let opened = open_for(Opening::ToServe, disk, options)?;
        let Opened { shared, committer, lock, started } = opened;
        let thread = std::thread::Builder::new()
            .name("store-committer".to_owned())
            .spawn(move || committer.run())
            .doing("starting the committing thread")?;
        let inner = Inner {
            shared,
            rewriter: Rewriter::default(),
            started,
            compactor: Compactor::default(),
            thread: Mutex::new(Some(thread)),
            lock: Mutex::new(Some(Box::new(lock))),
        };
        Ok(Store { inner: Arc::new(inner) })
    }

    /// Finishes what waits, makes the index durable, and takes no more. Opening afterwards has nothing to replay.
    pub fn close(&self) -> Result<(), Fault> {
        let done = self.checkpoint();
        self.inner.stop();
        done
    }

    /// Makes the index durable now rather than later.
    pub fn checkpoint(&self) -> Result<(), Fault> {
        // One may be under way already that does not have everything; then another follows.
        while let Some(done) = self.errand(Committer::begin_checkpoint)? {
            if done.recv().is_err() {
                return Err(self.shared().gone());
            }
        }
        Ok(())
    }

    /// Holds the committer back: what is committed meanwhile waits, and shares a group once this is dropped. For
    /// tests that need to know which batches come together.
    pub fn hold(&self) -> Result<Hold, Fault> {
        let (let_go, wait) = mpsc::sync_channel::<()>(1);
        let (answer, begun) = mpsc::sync_channel(1);
        self.shared().queue.push_errand(Box::new(move |_| {
            // Whoever held it may be gone already.
            let _ = answer.send(());
            let _ = wait.recv();
        }))?;
        begun.recv().map_err(|_| self.shared().gone())?;
        Ok(Hold { _let_go: let_go })
    }

    /// What opening had to do besides: a damaged index, an earlier format.
    pub fn started(&self) -> &Started {
        &self.inner.started
    }

    /// How much room is set aside for deletions on a full disk, and whether it still is.
    pub fn reserve(&self) -> (u64, bool) {
        (self.shared().options.reserve_octets, self.shared().reserve.is_held())
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        self.shared().counting.read()
    }

    /// Why nothing can be written at the moment, if so. Reading goes on. The disk is tried again by itself, with growing
    /// pauses.
    pub fn failure(&self) -> Option<Fault> {
        self.shared().failure()
    }

    /// Tries at once whether a disk that failed works again. No fault: it does, or did not fail.
    pub fn retry(&self) -> Result<(), Fault> {
        self.errand(Committer::try_again)
    }

    pub(crate) fn rewriter(&self) -> &Rewriter {
        &self.inner.rewriter
    }

    pub(crate) fn compactor(&self) -> &Compactor {
        &self.inner.compactor
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    /// Has the committer do something between two groups, and waits for it.
    pub(crate) fn errand<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Committer) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.shared().errand(work)
    }
}

impl Inner {
    fn stop(&self) {
        self.shared.queue.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // It ends by itself, and catches the panics of its work.
            drop(thread.join());
        }
        self.shared.large.join();
        self.compactor.stop();
        // Whoever opens the store next must be the only one who writes there, whatever is still read of this one.
        self.shared.visible.base().database.close();
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("disk", &self.shared().disk).finish_non_exhaustive()
    }
}

impl Engine for Store {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        Ok(Arc::new(self.shared().view()))
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        let shared = self.shared().clone();
        Box::pin(commit(shared, batch))
    }

    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault> {
        match self.shared().failure() {
            Some(fault) => Err(fault),
            None => Ok(Box::new(Staging::new(self.shared().clone()))),
        }
    }

    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        self.shared().read_body(body, range)
    }

    fn staged(&self, body: &StagedBody, range: Range<u64>) -> Result<Bytes, Fault> {
        self.shared().read_staged(body, range)
    }

    fn settled(&self) -> Ready<'static, ()> {
        let shared = self.shared().clone();
        Box::pin(async move {
            let (tell, told) = oneshot::channel();
            let errand = Box::new(move |committer: &mut Committer| committer.tell_settled(tell));
            // Without a committer nothing is carried over any more, and nothing comes.
            drop(shared.queue.push_errand(errand));
            drop(told.await);
        })
    }

    fn space_left_octets(&self) -> Option<u64> {
        let free = self.shared().disk.free_octets().ok()?;
        Some(free.saturating_sub(self.shared().options.free_octets_floor))
    }
}

async fn commit(shared: Arc<Shared>, batch: Batch) -> Result<(), CommitError> {
    if let Some(fault) = shared.failure() {
        return Err(fault.into());
    }
    // What is too long even to be weighed here is large without.
    let may_be_small = changes_of(&batch) <= shared.options.large_batch_changes;
    let octets = if may_be_small { weigh(&shared.segments, &batch)? } else { u64::MAX };
    if !shared.has_room_for(Brings::of(&batch)) {
        shared.counting.refused_for_room.add(1);
        return Err(CommitError::NoSpace);
    }
    if octets > shared.options.large_batch_octets {
        return large::commit(shared, batch).await;
    }
    let unsound = sharing::unsound(&shared, &batch).await;
    let room = shared.queue.room_for(octets).await?;
    let (answer, answered) = oneshot::channel();
    shared.queue.push(Write::Batch { batch, unsound, answer, octets, _room: room })?;
    answered.await.map_err(|_| CommitError::Fault(shared.gone()))?
}
