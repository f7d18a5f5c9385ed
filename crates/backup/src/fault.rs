//! Why something could not be done with a repository.

use std::io;

use rustic_core::RusticError;

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The disk or the network.
    #[error("{location}: {what}: {cause}")]
    Place {
        /// Where the repository lies.
        location: String,
        /// What was being done.
        what: String,
        /// Why it failed.
        cause: io::Error,
    },
    /// There is no repository.
    #[error("{0} is no repository")]
    Missing(String),
    /// None of the keys can be opened with the password.
    #[error("the password does not open the repository {0}")]
    Password(String),
    /// Somebody else holds it.
    #[error("another program is working on the repository {0}")]
    Busy(String),
    /// A file is not what it was when it was written.
    #[error("{location}: {file} is damaged; `check` says more")]
    Damaged {
        /// Where the repository lies.
        location: String,
        /// The file.
        file: String,
    },
    /// There is no such snapshot, or several.
    #[error("{0}")]
    Snapshot(String),
    /// What was to be backed up cannot be read any more.
    #[error("what is to be backed up cannot be read: {0}")]
    Source(io::Error),
    /// The library that does the format says no.
    #[error("the repository: {0}")]
    Format(String),
}

impl Fault {
    /// What the library says, on one line.
    pub(crate) fn of(error: &RusticError) -> Fault {
        let text = error.display_log();
        let words: Vec<&str> = text.split_whitespace().collect();
        Fault::Format(words.join(" "))
    }

    /// Whether the disk of the repository is full.
    pub fn is_full(&self) -> bool {
        let full = |cause: &io::Error| {
            matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        };
        matches!(self, Fault::Place { cause, .. } if full(cause))
    }
}
