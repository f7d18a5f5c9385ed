//! The port to the running host: the desk asks it what only it knows.

use crate::answer::{HostStatus, Sessions};

/// A host that runs.
pub trait Running: Send + Sync {
    /// How it is.
    fn status(&self) -> HostStatus;

    /// In which sessions somebody is logged in, at most so many.
    fn sessions(&self, most: usize) -> Sessions;
}
