//! The threads of the slow lane: as many as are needed, of low priority, so that the system interrupts them as soon as a
//! thread of the runtime has something to do.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use lane::{Job, Threads};
use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::gettid;
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

/// How many there may be. Each costs some tens of kilobytes while it is there; one that has nothing to do for ten seconds ends.
/// So many reads of an engine across a network can wait at the same time.
const THREADS_MAX: usize = 512;

/// How much less urgent they are than the threads of the runtime, as `nice` counts. At 10 a thread gets about a tenth of
/// the time of one that competes with it, and all of it when none does.
const NICE_MORE: i32 = 10;

/// Threads of low priority.
#[derive(Debug)]
pub struct SlowThreads {
    /// Never driven: only its threads for blocking work are used. None only while it is being dropped.
    pool: Option<Runtime>,
}

impl SlowThreads {
    /// Makes ready; threads come when they are needed.
    pub fn new() -> io::Result<Arc<SlowThreads>> {
        let pool = Builder::new_current_thread()
            .max_blocking_threads(THREADS_MAX)
            .thread_name("slow-lane")
            .on_thread_start(lower_priority)
            .build()?;
        Ok(Arc::new(SlowThreads { pool: Some(pool) }))
    }
}

/// A thread that cannot be made less urgent still does its work.
fn lower_priority() {
    let thread = gettid();
    let lowered = getpriority_process(Some(thread))
        .and_then(|nice| setpriority_process(Some(thread), nice.saturating_add(NICE_MORE).min(19)));
    if let Err(error) = lowered {
        tracing::debug!(%error, "a thread for long work keeps the usual priority");
    }
}

impl Threads for SlowThreads {
    fn carry_out(&self, job: Job) {
        if let Some(pool) = &self.pool {
            drop(pool.spawn_blocking(job));
        }
    }

    fn computed(&self) -> Duration {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
        Duration::new(seconds, nanoseconds)
    }
}

impl Drop for SlowThreads {
    fn drop(&mut self) {
        // It may be dropped by a task, which must not wait. What is under way ends by itself.
        if let Some(pool) = self.pool.take() {
            pool.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use lane::Threads as _;
    use rustix::process::getpriority_process;
    use rustix::thread::gettid;

    use super::SlowThreads;

    #[test]
    fn jobs_run_elsewhere_at_low_priority() {
        let threads = SlowThreads::new().unwrap();
        let here = getpriority_process(Some(gettid())).unwrap();
        let (send, receive) = mpsc::channel();
        threads.carry_out(Box::new(move || {
            let _ = send.send(getpriority_process(Some(gettid())).unwrap());
        }));
        let there = receive.recv().unwrap();
        assert!(there > here || there == 19, "{there} against {here}");
    }

    #[test]
    fn what_a_thread_computes_is_counted() {
        let threads = SlowThreads::new().unwrap();
        let before = threads.computed();
        let mut sum = 0u64;
        while threads.computed() == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(threads.computed() > before);
    }

    #[tokio::test]
    async fn it_can_be_dropped_by_a_task() {
        drop(SlowThreads::new().unwrap());
    }
}
