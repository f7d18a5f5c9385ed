//! How errors of the parts below become a `Fault` that says what was being done.

use mailbox::Fault;

use crate::disk::is_full;

/// Says what was being done when an error came up.
pub(crate) trait Doing<T> {
    fn doing(self, what: &'static str) -> Result<T, Fault>;
}

impl<T, E: std::error::Error + Send + Sync + 'static> Doing<T> for Result<T, E> {
    fn doing(self, what: &'static str) -> Result<T, Fault> {
        self.map_err(|error| {
            if is_for_want_of_room(&error) {
                Fault::full_because(what, error)
            } else {
                Fault::caused(what, error)
            }
        })
    }
}

/// Says whether redb found the disk full; it does not tell as a source what it met.
fn is_for_want_of_room(error: &(dyn std::error::Error + 'static)) -> bool {
    let storage = if let Some(redb::CommitError::Storage(storage)) = error.downcast_ref() {
        Some(storage)
    } else if let Some(redb::TableError::Storage(storage)) = error.downcast_ref() {
        Some(storage)
    } else if let Some(redb::TransactionError::Storage(storage)) = error.downcast_ref() {
        Some(storage)
    } else if let Some(redb::DatabaseError::Storage(storage)) = error.downcast_ref() {
        Some(storage)
    } else if let Some(redb::CursorError::Storage(storage)) = error.downcast_ref() {
        Some(storage)
    } else {
        error.downcast_ref::<redb::StorageError>()
    };
    matches!(storage, Some(redb::StorageError::Io(error)) if is_full(error))
}

/// redb may panic where its file is damaged.
pub(crate) fn unpanicked<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    done.unwrap_or_else(|_| {
        Err(Fault::damaged("the index is damaged so badly that reading it panics"))
    })
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another store of this process, has the directory open.
    #[error("the data directory is in use by another process; stop that one first")]
    InUse,
    /// The store was written by a later version.
    #[error(
        "the store has format {found}, this program knows formats up to {known}; use a later version"
    )]
    NewerFormat {
        /// The format found.
        found: u32,
        /// The last format this program knows.
        known: u32,
    },
    /// The directory holds something, but not a store.
    #[error("the data directory holds no store of correio: {what}")]
    NotAStore {
        /// What was found instead.
        what: String,
    },
    /// A place of the journal that had been written safely cannot be read any more.
    #[error(
        "the journal is damaged in segment {segment} at octet {offset} ({what}); nothing was changed. \
         Run `correio repair`, which keeps all that can be read"
    )]
    JournalDamaged {
        /// The number of the segment.
        segment: u32,
        /// Where in the segment.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// The index cannot be used. Only a check says so: opening makes it anew.
    #[error("the index is damaged ({what}); the next start makes it anew from the journal")]
    IndexDamaged {
        /// What is wrong.
        what: String,
    },
    /// A repair was begun and did not end.
    #[error("a repair of the store was interrupted; run `correio repair` again")]
    RepairUnfinished,
    /// The disk failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
