//! Work that waits for the disk, off the threads on which everybody else is served.

use mailbox::Fault;

/// Does work that waits for the disk.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Fault::caused("a task stopped", error))
}
