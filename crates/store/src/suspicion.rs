//! Remembers durably that something in the index was found damaged, so that the next start makes it anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mailbox::Fault;

use crate::disk::Disk;
use crate::fault::Doing;

const NAME: &str = "index.suspect";

/// What was noticed about the index while it was read.
#[derive(Debug)]
pub(crate) struct Suspicion {
    disk: Arc<dyn Disk>,
    is_noted: AtomicBool,
}

impl Suspicion {
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Suspicion {
        Suspicion { disk, is_noted: AtomicBool::new(false) }
    }

    /// Says whether something was noted, now or before the last start.
    pub(crate) fn is_there(disk: &dyn Disk) -> Result<bool, Fault> {
        let files = disk.list("").doing("looking for notes about the index")?;
        Ok(files.iter().any(|file| file == NAME))
    }

    /// Notes that the index is damaged, once. What is damaged can be found again; so a disk that takes no note is no
    /// fault of its own.
    pub(crate) fn note(&self, what: &Fault) {
        if self.is_noted.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::error!(%what, "the index is damaged; the next start makes it anew from the journal");
        let noted = self.disk.create(NAME).and_then(|_| self.disk.sync_directory(""));
        if let Err(error) = noted {
            tracing::warn!(%error, "cannot note that the index is damaged");
        }
    }

    /// Forgets what was noted: the index was made anew.
    pub(crate) fn forget(disk: &dyn Disk) -> Result<(), Fault> {
        let doing = "removing the note about the index";
        if Suspicion::is_there(disk)? {
            disk.remove(NAME).doing(doing)?;
            disk.sync_directory("").doing(doing)?;
        }
        Ok(())
    }
}
