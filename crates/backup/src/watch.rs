//! How far long work is, as the library tells it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustic_core::{Progress, ProgressBars, ProgressType, RusticProgress};

/// How far something is, in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// So many are done.
    pub done: u64,
    /// Of so many; 0: it is not known.
    pub of: u64,
}

/// Takes steps, from several threads.
#[derive(Clone)]
pub struct Watch(Arc<dyn Fn(Step) + Send + Sync>);

impl Watch {
    /// Gives steps to a function.
    pub fn new(takes: impl Fn(Step) + Send + Sync + 'static) -> Watch {
        Watch(Arc::new(takes))
    }

    /// Nobody watches.
    pub fn nobody() -> Watch {
        Watch::new(|_| {})
    }

    pub(crate) fn step(&self, step: Step) {
        (self.0)(step);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

impl ProgressBars for Watch {
    fn progress(&self, progress_type: ProgressType, _prefix: &str) -> Progress {
        match progress_type {
            ProgressType::Bytes => {
                let (done, of) = Default::default();
                Progress::new(Counting { watch: self.clone(), done, of })
            }
            ProgressType::Spinner | ProgressType::Counter => Progress::hidden(),
        }
    }
}

/// One long work.
#[derive(Debug)]
struct Counting {
    watch: Watch,
    done: AtomicU64,
    of: AtomicU64,
}

impl RusticProgress for Counting {
    fn is_hidden(&self) -> bool {
        false
    }

    fn set_length(&self, octets: u64) {
        self.of.store(octets, Ordering::Relaxed);
    }

    fn set_title(&self, _title: &str) {}

    fn inc(&self, octets: u64) {
        let done = self.done.fetch_add(octets, Ordering::Relaxed).saturating_add(octets);
        self.watch.step(Step { done, of: self.of.load(Ordering::Relaxed) });
    }

    fn finish(&self) {}
}
