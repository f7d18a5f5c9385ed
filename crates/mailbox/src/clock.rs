//! The port to the time of day.

use crate::Timestamp;

/// Tells the time. The host asks the system; tests and the simulator own it.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// A clock that stands still until it is set. For tests.
#[derive(Debug, Default)]
pub struct SetClock(std::sync::atomic::AtomicI64);

impl SetClock {
    /// Starts at a time.
    pub fn at(time: Timestamp) -> SetClock {
        SetClock(time.0.into())
    }

    /// Sets the time.
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.0, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }
}
