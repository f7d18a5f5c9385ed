//! What the store's readers and its committer share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use mailbox::Fault;

use crate::committer::Committer;
use crate::counters::Counting;
use crate::disk::Disk;
use crate::large::LargeBatches;
use crate::locations::Locations;
use crate::options::Options;
use crate::queue::{Brings, CommitQueue};
use crate::reserve::Reserve;
use crate::segment::Segments;
use crate::visible::{View, Visible};

pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) options: Options,
    pub(crate) queue: CommitQueue,
    pub(crate) segments: Arc<Segments>,
    pub(crate) locations: Locations,
    pub(crate) counting: Counting,
    pub(crate) reserve: Arc<Reserve>,
    pub(crate) visible: Arc<Visible>,
    pub(crate) large: LargeBatches,
    /// Whether the committer has been asked to open the index again.
    asked_to_reopen: AtomicBool,
    failure: Mutex<Option<Fault>>,
}

impl Shared {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        options: Options,
        segments: Arc<Segments>,
        reserve: Arc<Reserve>,
        visible: Arc<Visible>,
    ) -> Shared {
        Shared {
            disk,
            queue: CommitQueue::new(&options),
            options,
            segments,
            locations: Locations::default(),
            counting: Counting::default(),
            reserve,
            visible,
            large: LargeBatches::default(),
            asked_to_reopen: AtomicBool::new(false),
            failure: Mutex::new(None),
        }
    }

    /// What is committed and durable.
    pub(crate) fn view(&self) -> View {
        let view = self.visible.look();
        if view.index_failed() && !self.asked_to_reopen.swap(true, Ordering::AcqRel) {
            // Whoever looks now may read in vain, and who comes after that will not.
            let reopen = Box::new(|committer: &mut Committer| {
                committer.shared.asked_to_reopen.store(false, Ordering::Release);
                committer.mend_index();
            });
            // Without a committer nobody looks any more.
            drop(self.queue.push_errand(reopen));
        }
        view
    }

    /// Why nothing can be written at the moment, if so.
    pub(crate) fn failure(&self) -> Option<Fault> {
        self.failing().clone()
    }

    fn failing(&self) -> MutexGuard<'_, Option<Fault>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses all writing until `works_again`. Reading goes on. Only `Committer::fail` calls it, which sees to that.
    pub(crate) fn fail(&self, cause: Fault) -> Fault {
        let mut failing = self.failing();
        let fault = failing.get_or_insert_with(|| {
            let error: &dyn std::error::Error = &cause;
            tracing::error!(error, "the disk fails: nothing is written until it works again");
            self.counting.failed.set(1);
            Fault::failing("the disk fails; nothing can be changed until it works again", cause)
        });
        fault.clone()
    }

    /// Takes writes again.
    pub(crate) fn works_again(&self) {
        if self.failing().take().is_some() {
            tracing::info!("the disk works again, and so does the store");
            self.counting.failed.set(0);
        }
    }
}

impl Shared {
    /// Says whether the disk has too little room for new mail.
    pub(crate) fn lacks_room(&self) -> bool {
        self.disk.free_octets().is_ok_and(|free| free < self.options.free_octets_floor)
    }

    /// Says whether the disk has room for such a batch. Changes leave half of the reserve once that was given up, so that
    /// no number of them keeps mail from being deleted and its room from coming back.
    pub(crate) fn has_room_for(&self, brings: Brings) -> bool {
        match brings {
            Brings::Mail => !self.lacks_room(),
            Brings::Changes if self.reserve.is_held() => true,
            Brings::Changes => {
                let last = self.options.reserve_octets / 2;
                self.disk.free_octets().map_or(true, |free| free >= last)
            }
            Brings::Room => true,
        }
    }

    /// Has the committer do something between two groups, and waits for it.
    pub(crate) fn errand<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Committer) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.queue.push_errand(Box::new(move |committer| {
            // Nobody may be waiting any more; then nobody needs the answer.
            drop(answer.send(work(committer)));
        }))?;
        answered.recv().unwrap_or_else(|_| Err(self.gone()))
    }

    /// What to say when the committer went away without an answer.
    pub(crate) fn gone(&self) -> Fault {
        let closed = || Fault::new("the store was closed before it answered");
        self.failure().unwrap_or_else(closed).of_unknown_outcome()
    }
}
