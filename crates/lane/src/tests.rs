//! Tasks in both lanes, on threads that the tests watch.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::advance;

use crate::{
    CallingThread, Job, Reads, Threads, Turns, alike, breathe, computed, quick, run, slow,
};

/// A new thread for each job.
#[derive(Clone, Default)]
struct NewThreads {
    jobs: Arc<AtomicUsize>,
}

impl NewThreads {
    fn jobs(&self) -> usize {
        self.jobs.load(Ordering::SeqCst)
    }
}

impl Threads for NewThreads {
    fn carry_out(&self, job: Job) {
        self.jobs.fetch_add(1, Ordering::SeqCst);
        std::thread::spawn(job);
    }

    fn computed(&self) -> Duration {
        // Each reading is a second later than the one before.
        Duration::from_secs(u64::try_from(SECONDS.fetch_add(1, Ordering::SeqCst)).unwrap())
    }
}

static SECONDS: AtomicUsize = AtomicUsize::new(0);

fn here() -> ThreadId {
    std::thread::current().id()
}

#[tokio::test]
async fn a_quick_task_stays_on_the_thread_of_the_runtime() {
    let (threads, home) = (NewThreads::default(), here());
    let task = async move {
        yield_now().await;
        breathe(None).await;
        (here() == home, computed())
    };
    assert_eq!(run(task, Arc::new(threads.clone()), Reads::AtOnce).await, (true, Duration::ZERO));
    assert_eq!(threads.jobs(), 0);
}

#[tokio::test]
async fn a_slow_task_is_polled_elsewhere_until_it_is_quick_again() {
    let (threads, home) = (NewThreads::default(), here());
    let task = async move {
        assert_eq!(here(), home);
        slow(None).await;
        assert_ne!(here(), home);
        yield_now().await;
        assert_ne!(here(), home);
        // Two polls elsewhere: the one that goes on is not counted yet.
        assert!(computed() >= Duration::from_secs(1));
        quick();
        yield_now().await;
        assert_eq!(here(), home);
        "done"
    };
    assert_eq!(run(task, Arc::new(threads.clone()), Reads::AtOnce).await, "done");
    assert_eq!(threads.jobs(), 2);
}

#[tokio::test]
async fn what_wakes_a_task_while_it_is_away_is_not_lost() {
    let (send, mut receive) = tokio::sync::mpsc::channel(1);
    let task = async move {
        slow(None).await;
        let mut sum = 0_u32;
        while let Some(number) = receive.recv().await {
            sum += number;
        }
        sum
    };
    let running = tokio::spawn(run(task, Arc::new(NewThreads::default()), Reads::AtOnce));
    for number in 0..200 {
        send.send(number).await.unwrap();
    }
    drop(send);
    assert_eq!(running.await.unwrap(), 19_900);
}

#[tokio::test(start_paused = true)]
async fn work_that_becomes_long_goes_on_in_the_slow_lane() {
    let (threads, home) = (NewThreads::default(), here());
    let task = async move {
        breathe(None).await;
        assert_eq!(here(), home);
        // As if that much were computed without a pause.
        advance_at_once(Duration::from_millis(2));
        breathe(None).await;
        here() != home
    };
    assert!(run(task, Arc::new(threads.clone()), Reads::AtOnce).await);
    assert_eq!(threads.jobs(), 1);
}

/// Moves the clock without giving anybody a turn.
fn advance_at_once(time: Duration) {
    let mut advancing = std::pin::pin!(advance(time));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let _ = advancing.as_mut().poll(&mut context);
}

#[tokio::test]
async fn reads_that_may_wait_hold_no_thread_of_the_runtime() {
    let (threads, home) = (NewThreads::default(), here());
    // Each task waits in a call that is not async until all of them do.
    let all = Arc::new(std::sync::Barrier::new(50));
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let all = Arc::clone(&all);
            let task = async move {
                all.wait();
                here() != home
            };
            tokio::spawn(run(task, Arc::new(threads.clone()), Reads::MayWait))
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
    assert_eq!(threads.jobs(), 50);
}

#[tokio::test]
async fn tasks_that_a_task_spawns_are_run_alike() {
    let (threads, home) = (NewThreads::default(), here());
    let task = async move { tokio::spawn(alike(async move { here() != home })).await.unwrap() };
    assert!(run(task, Arc::new(threads.clone()), Reads::MayWait).await);
    assert!(!alike(async move { here() != home }).await);
}

#[tokio::test]
async fn one_user_has_two_turns_at_once() {
    let (threads, turns) = (NewThreads::default(), Turns::default());
    let (begun, begins) = mpsc::channel::<()>();
    let (let_go, goes) = mpsc::channel::<()>();
    let goes = Arc::new(Mutex::new(goes));
    // How many of them compute now, and how many did at most.
    let at_once = Arc::new(Mutex::new((0, 0)));
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let (turns, begun, goes) = (turns.clone(), begun.clone(), Arc::clone(&goes));
            let at_once = Arc::clone(&at_once);
            let task = async move {
                slow(Some(&turns)).await;
                {
                    let mut at_once = at_once.lock().unwrap();
                    at_once.0 += 1;
                    at_once.1 = at_once.0.max(at_once.1);
                }
                begun.send(()).unwrap();
                goes.lock().unwrap().recv().unwrap();
                at_once.lock().unwrap().0 -= 1;
            };
            tokio::spawn(run(task, Arc::new(threads.clone()), Reads::AtOnce))
        })
        .collect();
    // Somebody else is not held up by it.
    let other = async { slow(Some(&Turns::default())).await };
    run(other, Arc::new(threads.clone()), Reads::AtOnce).await;
    let waiting = tokio::task::spawn_blocking(move || {
        for _ in 0..6 {
            begins.recv().unwrap();
            let_go.send(()).unwrap();
        }
    });
    for task in tasks {
        task.await.unwrap();
    }
    waiting.await.unwrap();
    let (_, most) = *at_once.lock().unwrap();
    assert!(most <= 2, "{most}");
}

#[tokio::test]
async fn a_task_that_panics_elsewhere_panics_here() {
    let task = async {
        slow(None).await;
        panic!("as it should");
    };
    let running = tokio::spawn(run(task, Arc::new(NewThreads::default()), Reads::AtOnce));
    let error = running.await.unwrap_err();
    assert!(error.is_panic());
}

#[tokio::test]
async fn without_threads_all_happens_in_place() {
    let task = async {
        slow(Some(&Turns::default())).await;
        yield_now().await;
        7
    };
    assert_eq!(run(task, Arc::new(CallingThread), Reads::MayWait).await, 7);
}

#[tokio::test]
async fn outside_of_a_lane_nothing_happens() {
    slow(None).await;
    breathe(None).await;
    quick();
    assert_eq!(computed(), Duration::ZERO);
}
