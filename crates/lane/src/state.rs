//! Which lane a task is in, as the task and whoever polls it see it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::{Reads, Threads, Turns};

tokio::task_local! {
    /// The lane of the task that is being polled.
    pub(crate) static CURRENT: Arc<Lane>;
}

/// The lane of one task.
pub(crate) struct Lane {
    /// Where it is polled in the slow lane.
    pub(crate) threads: Arc<dyn Threads>,
    pub(crate) reads: Reads,
    standing: Mutex<Standing>,
    /// Counts the polls, so that each can be told from the one before.
    polls: AtomicU64,
    /// How long the task has computed in the slow lane, in nanoseconds.
    computed_ns: AtomicU64,
}

#[derive(Debug, Default)]
struct Standing {
    which: Which,
    /// The poll in which the task first asked how long it has been at work, and when that was.
    since: Option<(u64, Instant)>,
}

/// Which lane.
#[derive(Clone, Debug, Default)]
pub(crate) enum Which {
    #[default]
    Quick,
    /// With the turns that it takes, if they are counted.
    Slow(Option<Turns>),
}

impl Lane {
    pub(crate) fn new(threads: Arc<dyn Threads>, reads: Reads) -> Lane {
        Lane {
            threads,
            reads,
            standing: Mutex::default(),
            polls: AtomicU64::new(0),
            computed_ns: AtomicU64::new(0),
        }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn which(&self) -> Which {
        self.standing().which.clone()
    }

    pub(crate) fn is_slow(&self) -> bool {
        matches!(self.standing().which, Which::Slow(_))
    }

    /// Changes the lane. Says whether it was another one before.
    pub(crate) fn change(&self, which: Which) -> bool {
        let mut standing = self.standing();
        let changes = matches!(standing.which, Which::Quick) != matches!(which, Which::Quick);
        standing.which = which;
        changes
    }

    pub(crate) fn begin_poll(&self) {
        self.polls.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn end_slow_poll(&self, computed: Duration) {
        let computed_ns = u64::try_from(computed.as_nanos()).unwrap_or(u64::MAX);
        self.computed_ns.fetch_add(computed_ns, Ordering::Relaxed);
    }

    pub(crate) fn computed(&self) -> Duration {
        Duration::from_nanos(self.computed_ns.load(Ordering::Relaxed))
    }

    /// How long ago this was first asked in the present poll.
    pub(crate) fn at_work(&self) -> Duration {
        let poll = self.polls.load(Ordering::Relaxed);
        let now = Instant::now();
        let mut standing = self.standing();
        match standing.since {
            Some((then, since)) if then == poll => now.duration_since(since),
            Some(_) | None => {
                standing.since = Some((poll, now));
                Duration::ZERO
            }
        }
    }
}
