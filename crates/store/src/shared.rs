//! What the store's readers and its committer share.

use std::sync::{Arc, OnceLock, mpsc};

use mailbox::Fault;

use crate::committer::Committer;
use crate::counters::Counting;
use crate::disk::Disk;
use crate::large::LargeBatches;
use crate::locations::Locations;
use crate::options::Options;
use crate::queue::CommitQueue;
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
    failure: OnceLock<Fault>,
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
            failure: OnceLock::new(),
        }
    }

    /// What is committed and durable.
    pub(crate) fn view(&self) -> View {
        self.visible.look()
    }

    /// Why the store writes no more, if so.
    pub(crate) fn failure(&self) -> Option<Fault> {
        self.failure.get().cloned()
    }

    /// Stops all writing until the store is opened anew: what a failed write or sync left on the disk is unknown
    /// until it is read again. Reading goes on.
    pub(crate) fn fail(&self, cause: Fault) -> Fault {
        let fault = self.failure.get_or_init(|| {
            let error: &dyn std::error::Error = &cause;
            tracing::error!(error, "the store stops writing; it has to be opened anew");
            self.counting.failed.set(1);
            Fault::caused("the store has stopped writing after a failure of its disk", cause)
        });
        fault.clone()
    }
}

impl Shared {
    /// Says whether the disk has too little room for new mail.
    pub(crate) fn lacks_room(&self) -> bool {
        self.disk.free_octets().is_ok_and(|free| free < self.options.free_octets_floor)
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
        self.failure().unwrap_or_else(|| Fault::new("the store was closed before it answered"))
    }
}
