//! Work that goes on for as long as the host serves: should it panic, that is logged, and it is begun again.

use std::any::Any;
use std::fmt::Display;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Phase;

/// How long after a panic work behind the doors is begun again: what made it panic may still be there.
pub(super) const PAUSE: Duration = Duration::from_secs(60);
/// The same for a door: people wait before it.
pub(super) const DOOR_PAUSE: Duration = Duration::from_secs(1);

/// Runs work in a task of its own, until it ends by itself or the host does. Dropped, it takes the work along.
pub(super) async fn again<F>(
    what: impl Display,
    pause: Duration,
    mut phase: watch::Receiver<Phase>,
    begin: impl Fn() -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        let mut work = JoinSet::new();
        work.spawn(begin());
        let Some(Err(ended)) = work.join_next().await else { return };
        let Ok(panic) = ended.try_into_panic() else { return };
        let pause_s = pause.as_secs();
        tracing::error!(why = words(&*panic), pause_s, "{what} panicked and is begun again");
        tokio::select! {
            biased;
            _ = phase.wait_for(|phase| *phase == Phase::Stopping) => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::watch;
    use tokio::time::Instant;

    use super::{PAUSE, Phase, again};

    #[tokio::test(start_paused = true)]
    async fn work_that_panicked_is_begun_again() {
        let (_stop, phase) = watch::channel(Phase::Serving);
        let (times, began) = (Arc::new(AtomicU32::new(0)), Instant::now());
        let counting = Arc::clone(&times);
        again("the test", PAUSE, phase, move || {
            let times = Arc::clone(&counting);
            async move { assert!(times.fetch_add(1, Ordering::Relaxed) >= 2, "as it should") }
        })
        .await;
        assert_eq!((times.load(Ordering::Relaxed), began.elapsed()), (3, PAUSE * 2));
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_not_begun_again_when_the_host_ends() {
        let (stop, phase) = watch::channel(Phase::Serving);
        let (times, began) = (Arc::new(AtomicU32::new(0)), Instant::now());
        let counting = Arc::clone(&times);
        again("the test", PAUSE, phase, move || {
            counting.fetch_add(1, Ordering::Relaxed);
            stop.send_replace(Phase::Stopping);
            async { panic!("as it should") }
        })
        .await;
        assert_eq!((times.load(Ordering::Relaxed), began.elapsed().as_secs()), (1, 0));
    }
}
