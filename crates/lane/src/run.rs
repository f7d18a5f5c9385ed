//! Polls a task in the lane that it is in.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use crate::Threads;
use crate::state::{CURRENT, Lane, Which};

/// Whether calls that are not async may wait inside a task, whatever it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// They do not: what is read is in memory, or nearly always. The task is in the quick lane unless it says otherwise.
    AtOnce,
    /// They may wait, for a network above all. Each poll goes to a thread that may wait; turns are taken only for work that
    /// says it is long.
    MayWait,
}

/// Runs a task as the present one is run: for tasks that it spawns.
pub fn alike<F>(task: F) -> impl Future<Output = F::Output> + Send
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let with = CURRENT.try_with(|lane| (Arc::clone(&lane.threads), lane.reads)).ok();
    async move {
        match with {
            Some((threads, reads)) => run(task, threads, reads).await,
            // There are no lanes here.
            None => task.await,
        }
    }
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs a task, each poll in the lane that it is in. The task is put into a box before anything waits, so that it is held
/// once and not twice.
pub fn run<F>(
    task: F,
    threads: Arc<dyn Threads>,
    reads: Reads,
) -> impl Future<Output = F::Output> + Send + 'static
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let lane = Arc::new(Lane::new(Arc::clone(&threads), reads));
    let task: Boxed<F::Output> = Box::pin(CURRENT.scope(Arc::clone(&lane), task));
    poll_in_lanes(task, lane, threads, reads)
}

async fn poll_in_lanes<T: Send + 'static>(
    mut task: Boxed<T>,
    lane: Arc<Lane>,
    threads: Arc<dyn Threads>,
    reads: Reads,
) -> T {
    // Wakes are counted here while the task is away, so that none is lost.
    let mut woken: Option<Arc<Woken>> = None;
    loop {
        let which = lane.which();
        if let (Which::Quick, Reads::AtOnce) = (&which, reads) {
            match poll_fn(|context| poll_here(&mut task, &lane, context)).await {
                Some(output) => return output,
                None => continue,
            }
        }
        let turn = match &which {
            // It is never closed.
            Which::Slow(Some(turns)) => Arc::clone(&turns.0).acquire_owned().await.ok(),
            Which::Slow(None) | Which::Quick => None,
        };
        let woken = woken.get_or_insert_default();
        let waker = Waker::from(Arc::clone(woken));
        let (back, returned) = oneshot::channel();
        let (handle, away) = (Handle::current(), Arc::clone(&threads));
        let on = Arc::clone(&lane);
        threads.carry_out(Box::new(move || {
            let _entered = handle.enter();
            let begin = away.computed();
            on.begin_poll();
            let polled = catch_unwind(AssertUnwindSafe(|| {
                task.as_mut().poll(&mut Context::from_waker(&waker))
            }));
            on.end_slow_poll(away.computed().saturating_sub(begin));
            drop(turn);
            // Whoever ran it may be gone: then it ends here.
            drop(back.send((task, polled)));
        }));
        let Ok((returning, polled)) = returned.await else {
            // Threads that are shut down drop their jobs: the program ends.
            return std::future::pending().await;
        };
        task = returning;
        match polled {
            Ok(Poll::Ready(output)) => return output,
            Ok(Poll::Pending) => woken.0.notified().await,
            Err(panic) => resume_unwind(panic),
        }
    }
}

/// Polls a task in the quick lane. None: it has changed to the slow one.
fn poll_here<T>(task: &mut Boxed<T>, lane: &Lane, context: &mut Context<'_>) -> Poll<Option<T>> {
    lane.begin_poll();
    match task.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if lane.is_slow() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    }
}

/// Remembers that a task was woken while it was away.
#[derive(Default)]
struct Woken(Notify);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.notify_one();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.notify_one();
    }
}
