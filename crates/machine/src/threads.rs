//! The threads of the slow lane: as many as are needed, of low priority, so that the system interrupts them as soon as a
//! thread of the runtime has something to do.
//!
//! Who rested last works next. The polls of one long task stay on one or two threads then, and so do the memory that these keep
//! for the next poll and what the processor remembers of it; the others end. Handed out in turn, each thread would keep its own.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lane::{Job, Threads};
use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::gettid;
use rustix::time::{ClockId, clock_gettime};

/// How many there may be. Each costs some tens of kilobytes while it is there.
/// So many reads of an engine across a network can wait at the same time.
const THREADS_MAX: usize = 512;

/// How long a thread that has nothing to do stays.
const RESTS: Duration = Duration::from_secs(10);

/// How much less urgent they are than the threads of the runtime, as `nice` counts. At 10 a thread gets about a tenth of
/// the time of one that competes with it, and all of it when none does.
const NICE_MORE: i32 = 10;

/// Threads of low priority.
#[derive(Debug)]
pub struct SlowThreads {
    pool: Arc<Pool>,
}

#[derive(Debug, Default)]
struct Pool {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Those who have nothing to do; the last one rested last.
    resting: Vec<Resting>,
    /// Jobs for which there was no thread, in the order in which they came.
    waiting: VecDeque<Job>,
    threads: usize,
    /// The number of the next thread.
    next: u64,
    is_over: bool,
}

struct Resting {
    number: u64,
    call: Sender<Job>,
}

/// What a thread does when it has done a job.
enum Next {
    Work(Job),
    Rest(Receiver<Job>),
    End,
}

impl SlowThreads {
    /// Makes ready; threads come when they are needed.
    pub fn new() -> io::Result<Arc<SlowThreads>> {
        Ok(Arc::new(SlowThreads { pool: Arc::default() }))
    }
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn carry_out(self: &Arc<Pool>, job: Job) {
        let mut state = self.lock();
        let mut job = job;
        while let Some(resting) = state.resting.pop() {
            match resting.call.send(job) {
                Ok(()) => return,
                // It has ended: another one.
                Err(unsent) => job = unsent.0,
            }
        }
        if state.threads >= THREADS_MAX {
            state.waiting.push_back(job);
            return;
        }
        state.waiting.push_back(job);
        let number = state.next;
        let pool = Arc::clone(self);
        let thread = std::thread::Builder::new().name("slow-lane".to_owned());
        match thread.spawn(move || pool.work(number)) {
            Ok(_) => {
                state.next = number.saturating_add(1);
                state.threads = state.threads.saturating_add(1);
            }
            // Whoever is at work does it next.
            Err(_) if state.threads > 0 => {}
            Err(error) => {
                tracing::warn!(%error, "there is no thread for long work: others wait for it");
                let job = state.waiting.pop_back();
                drop(state);
                if let Some(job) = job {
                    job();
                }
            }
        }
    }

    /// Works until there is nothing to do for a while.
    fn work(&self, number: u64) {
        lower_priority();
        loop {
            let job = match self.next(number) {
                Next::Work(job) => job,
                Next::Rest(called) => match self.rest(number, &called) {
                    Some(job) => job,
                    None => return,
                },
                Next::End => return,
            };
            // What a panic leaves behind is the job's own.
            drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)));
        }
    }

    fn next(&self, number: u64) -> Next {
        let mut state = self.lock();
        if state.is_over {
            return Next::End;
        }
        if let Some(job) = state.waiting.pop_front() {
            return Next::Work(job);
        }
        let (call, called) = channel();
        state.resting.push(Resting { number, call });
        Next::Rest(called)
    }

    /// Waits to be called. None: the thread is not needed any more.
    fn rest(&self, number: u64, called: &Receiver<Job>) -> Option<Job> {
        match called.recv_timeout(RESTS) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                let mut state = self.lock();
                let Some(at) = state.resting.iter().position(|resting| resting.number == number)
                else {
                    drop(state);
                    // It was called just now.
                    return called.recv().ok();
                };
                state.resting.remove(at);
                state.threads = state.threads.saturating_sub(1);
                None
            }
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("resting", &self.resting.len())
            .field("waiting", &self.waiting.len())
            .field("threads", &self.threads)
            .finish_non_exhaustive()
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
        self.pool.carry_out(job);
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
        let mut state = self.pool.lock();
        state.is_over = true;
        // Who rests is told so by this.
        let (resting, waiting) =
            (std::mem::take(&mut state.resting), std::mem::take(&mut state.waiting));
        drop(state);
        drop((resting, waiting));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::{Arc, Barrier, mpsc};

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

    /// Waits until so many threads rest.
    fn await_resting(threads: &SlowThreads, count: usize) {
        while threads.pool.lock().resting.len() < count {
            std::thread::yield_now();
        }
    }

    #[test]
    fn who_rested_last_works_next_and_others_come_only_when_they_are_needed() {
        const COUNT: usize = 4;
        let threads = SlowThreads::new().unwrap();
        let together = Arc::new(Barrier::new(COUNT));
        for _ in 0..COUNT {
            let together = Arc::clone(&together);
            threads.carry_out(Box::new(move || {
                together.wait();
            }));
        }
        await_resting(&threads, COUNT);
        let (send, receive) = mpsc::channel();
        let mut who = HashSet::new();
        for _ in 0..50 {
            let send = send.clone();
            threads.carry_out(Box::new(move || send.send(std::thread::current().id()).unwrap()));
            who.insert(receive.recv().unwrap());
            await_resting(&threads, COUNT);
        }
        assert_eq!(who.len(), 1);
        assert_eq!(threads.pool.lock().threads, COUNT);
    }

    #[test]
    fn a_job_that_panics_takes_no_thread_along() {
        let threads = SlowThreads::new().unwrap();
        threads.carry_out(Box::new(|| std::panic::resume_unwind(Box::new(()))));
        await_resting(&threads, 1);
        let (send, receive) = mpsc::channel();
        threads.carry_out(Box::new(move || send.send(()).unwrap()));
        receive.recv().unwrap();
        assert_eq!(threads.pool.lock().threads, 1);
    }

    #[test]
    fn what_is_under_way_when_they_are_dropped_ends_by_itself() {
        let threads = SlowThreads::new().unwrap();
        let (go, wait) = mpsc::channel::<()>();
        let (send, receive) = mpsc::channel();
        threads.carry_out(Box::new(move || {
            send.send(()).unwrap();
            wait.recv().unwrap();
            send.send(()).unwrap();
        }));
        receive.recv().unwrap();
        drop(threads);
        go.send(()).unwrap();
        receive.recv().unwrap();
    }

    #[tokio::test]
    async fn it_can_be_dropped_by_a_task() {
        drop(SlowThreads::new().unwrap());
    }
}
