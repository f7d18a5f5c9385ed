//! The port to the running host: the desk asks it what only it knows.

use crate::answer::{HostStatus, Reloaded, Sessions};

/// A host that runs.
pub trait Running: Send + Sync {
    /// How it is.
    fn status(&self) -> HostStatus;

    /// In which sessions somebody is logged in, at most so many.
    fn sessions(&self, most: usize) -> Sessions;

    /// Reads certificate and settings again, and takes what it can. Waits for the disk.
    fn reload(&self) -> Reloaded;
}
