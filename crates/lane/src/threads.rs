//! The port to the threads of the slow lane.

use std::time::Duration;

/// One poll of a task, to be carried out once.
pub type Job = Box<dyn FnOnce() + Send>;

/// Threads on which a job may take its time. They have a lower priority than those of the runtime, and there are many
/// enough that a job does not wait long for others; beyond that, jobs are carried out in the order in which they came.
pub trait Threads: Send + Sync + 'static {
    /// Has a job carried out. Does not wait for it. A job does not panic.
    fn carry_out(&self, job: Job);

    /// How long the calling thread has computed since it began: what it waited is not counted.
    fn computed(&self) -> Duration;
}

/// No threads: a job is carried out at once, by whoever brings it. For tests, and for programs with one user.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallingThread;

impl Threads for CallingThread {
    fn carry_out(&self, job: Job) {
        job();
    }

    fn computed(&self) -> Duration {
        Duration::ZERO
    }
}
