//! Snapshots: what was backed up, and when.

use rustic_core::repofile::SnapshotFile;

use crate::fault::Fault;

/// A snapshot.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its name, in hexadecimal.
    pub id: String,
    /// When it was made, in Unix seconds.
    pub time_s: i64,
    /// The folder that was backed up: `/ana@example.org`.
    pub path: String,
    /// On which machine.
    pub machine: String,
    /// What it was labelled with.
    pub tags: Vec<String>,
    /// How many files it has.
    pub files: u64,
    /// Their octets.
    pub octets: u64,
    /// What it needed in the repository, in octets.
    pub added_octets: u64,
    pub(crate) file: Box<SnapshotFile>,
}

impl Snapshot {
    pub(crate) fn of(file: SnapshotFile) -> Snapshot {
        let summary = file.summary.clone().unwrap_or_default();
        Snapshot {
            id: file.id.to_hex().as_str().to_owned(),
            time_s: file.time.timestamp().as_second(),
            path: file.paths.formatln(),
            machine: file.hostname.clone(),
            tags: file.tags.iter().cloned().collect(),
            files: summary.total_files_processed,
            octets: summary.total_bytes_processed,
            added_octets: summary.data_added_packed,
            file: Box::new(file),
        }
    }

    /// The beginning of its name, as people type it.
    pub fn short_id(&self) -> &str {
        self.id.get(..8).unwrap_or(&self.id)
    }

    /// Whether two hold the same.
    pub fn is_same(&self, other: &Snapshot) -> bool {
        self.file.tree == other.file.tree
    }

    /// The one that is meant: the newest that is not after a moment, or the one whose name begins so. Snapshots are given the
    /// oldest first.
    pub fn find<'s>(
        snapshots: impl DoubleEndedIterator<Item = &'s Snapshot>,
        at: At<'_>,
    ) -> Result<Option<&'s Snapshot>, Fault> {
        match at {
            At::Newest => Ok({ snapshots }.next_back()),
            At::Moment(time_s) => Ok(snapshots.rev().find(|snapshot| snapshot.time_s <= time_s)),
            At::Named(id) => {
                let mut named = snapshots.filter(|snapshot| snapshot.id.starts_with(id));
                match (named.next(), named.next()) {
                    (Some(_), Some(_)) => {
                        Err(Fault::Snapshot(format!("several snapshots begin with {id}")))
                    }
                    (found, _) => Ok(found),
                }
            }
        }
    }
}

/// Which snapshot is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At<'i> {
    /// The newest.
    Newest,
    /// The newest that is not after this moment, in Unix seconds.
    Moment(i64),
    /// The one whose name begins so.
    Named(&'i str),
}
