//! Work that is no task: a call that computes or waits for long.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use crate::Threads;

/// Has a call made by a thread of the slow lane, and gives what came of it. None: it panicked, or the program ends.
pub async fn apart<T: Send + 'static>(
    threads: &dyn Threads,
    call: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (answer, answered) = oneshot::channel();
    threads.carry_out(Box::new(move || {
        if let Ok(done) = catch_unwind(AssertUnwindSafe(call)) {
            // Nobody may be waiting any more.
            drop(answer.send(done));
        }
    }));
    answered.await.ok()
}
