//! The port to where the files of a repository lie, and how they are named there (restic, "Repository Layout").

use std::fmt;
use std::io;

/// What the files of a repository are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// What the repository is. There is one.
    Config,
    /// A key, locked with a password.
    Key,
    /// A snapshot.
    Snapshot,
    /// Which pack holds what.
    Index,
    /// Pieces of files and folders.
    Pack,
}

impl FileKind {
    /// Those whose files are named by the SHA-256 of what is in them.
    pub const NAMED_BY_CONTENT: [FileKind; 4] =
        [FileKind::Key, FileKind::Snapshot, FileKind::Index, FileKind::Pack];

    /// The folder they lie in.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            FileKind::Config => "",
            FileKind::Key => "keys",
            FileKind::Snapshot => "snapshots",
            FileKind::Index => "index",
            FileKind::Pack => "data",
        }
    }
}

/// A file of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct File {
    /// What it is for.
    pub kind: FileKind,
    /// Its name in hexadecimal; that of the configuration is empty.
    pub id: String,
}

impl File {
    /// The configuration.
    pub fn config() -> File {
        File { kind: FileKind::Config, id: String::new() }
    }

    /// Its path below the repository, with slashes.
    pub fn path(&self) -> String {
        let File { kind, id } = self;
        match kind {
            FileKind::Config => "config".to_owned(),
            FileKind::Pack => {
                format!("{}/{}/{id}", kind.folder(), id.get(..2).unwrap_or_default())
            }
            FileKind::Key | FileKind::Snapshot | FileKind::Index => {
                format!("{}/{id}", kind.folder())
            }
        }
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

/// Whether a name is one that files of a repository have: 32 octets in hexadecimal.
pub(crate) fn is_id(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}

/// With whom a repository is shared while it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Others may add to it and read it.
    Shared,
    /// Nobody else may work on it.
    Alone,
}

/// A repository is held until this is dropped.
#[derive(Debug)]
pub struct Held(
    #[expect(dead_code, reason = "it only has to live")] pub(crate) Option<std::fs::File>,
);

/// Where the files of a repository lie. Its calls wait.
pub trait Place: fmt::Debug + Send + Sync + 'static {
    /// What people call it.
    fn location(&self) -> String;

    /// Makes the folders of a new repository.
    fn prepare(&self) -> io::Result<()>;

    /// Holds the repository; `WouldBlock` when others hold it otherwise.
    fn hold(&self, sharing: Sharing) -> io::Result<Held>;

    /// The files of a kind with their sizes, in any order. None where the folder is missing.
    fn list(&self, kind: FileKind) -> io::Result<Vec<(File, u64)>>;

    /// Reads a file.
    fn read(&self, file: &File) -> io::Result<Vec<u8>>;

    /// Reads part of a file; an error where it ends before.
    fn read_part(&self, file: &File, from: u64, octets: u64) -> io::Result<Vec<u8>>;

    /// Writes a file, durably; whole or not at all, also when the power goes.
    fn write(&self, file: &File, parts: &[&[u8]]) -> io::Result<()>;

    /// Removes a file; that there is none is no failure.
    fn remove(&self, file: &File) -> io::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::{File, FileKind, is_id};

    #[test]
    fn files_lie_where_restic_looks_for_them() {
        let id = "ab".repeat(32);
        let file = |kind| File { kind, id: id.clone() }.path();
        assert_eq!(File::config().path(), "config");
        assert_eq!(file(FileKind::Pack), format!("data/ab/{id}"));
        assert_eq!(file(FileKind::Snapshot), format!("snapshots/{id}"));
        assert!(is_id(&id));
        for other in ["", "ab", &"AB".repeat(32), &format!("{id}-tmp-1")] {
            assert!(!is_id(other), "{other}");
        }
    }
}
