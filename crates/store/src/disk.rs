//! The port to the disk: one data directory with named files. Everything the store reads or writes goes through it,
//! so that the simulator can fail any call, tear any write and cut the power.

use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A data directory. Names are relative to it, with `/` between directory and file.
///
/// Creating, renaming and removing files last only once `sync_directory` has been called for their directory.
pub trait Disk: Debug + Send + Sync + 'static {
    /// Opens a file for reading and writing; none if it is not there.
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn DiskFile>>>;

    /// Creates an empty file for reading and writing; fails if it is there already.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Creates a directory and those above it; no fault if it is there already.
    fn create_directory(&self, directory: &str) -> io::Result<()>;

    /// The names of the files in a directory, in no particular order; none if there is no such directory.
    fn list(&self, directory: &str) -> io::Result<Vec<String>>;

    /// Removes a file. Who has it open can still read it.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Renames a file, replacing what has the new name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes the names in a directory durable. The data directory itself is `""`.
    fn sync_directory(&self, directory: &str) -> io::Result<()>;

    /// Locks the data directory against other processes until the guard is dropped; `WouldBlock` if another holds it.
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>>;

    /// How many octets can still be written.
    fn free_octets(&self) -> io::Result<u64>;

    /// Gives a file a second name on another disk without copying it, where both are on one file system.
    fn link(&self, name: &str, target: &dyn Disk) -> io::Result<Linked>;

    /// Gives a file a second name on this disk without copying it, where the file system can; fails if something has
    /// that name already.
    fn link_within(&self, name: &str, second: &str) -> io::Result<Linked>;

    /// A number nobody can foresee.
    fn random(&self) -> io::Result<u64>;

    /// Where the data directory is, when it is a real one that may share files with another.
    fn root(&self) -> Option<&Path>;
}

/// An open file.
pub trait DiskFile: Debug + Send + Sync + 'static {
    /// Fills the buffer from this offset on; `UnexpectedEof` if the file is too short.
    fn read_at(&self, offset: u64, octets: &mut [u8]) -> io::Result<()>;

    /// Writes all octets at this offset, growing the file where needed. After an error any part of them may be
    /// written.
    fn write_at(&self, offset: u64, octets: &[u8]) -> io::Result<()>;

    /// Takes room for `octets` from `offset` on; the file grows, and what is new reads as zeros.
    fn allocate(&self, offset: u64, octets: u64) -> io::Result<()>;

    /// Makes what was written durable. After an error nothing written since the last success can be relied on.
    fn sync_data(&self) -> io::Result<()>;

    /// Cuts the file or grows it with zeros.
    fn set_len(&self, octets: u64) -> io::Result<()>;

    /// How long the file is.
    fn octets(&self) -> io::Result<u64>;
}

/// Whether `Disk::link` could do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// The file has its second name.
    Done,
    /// The two places are not on one file system; copy it instead.
    NotPossible,
}

/// Where a disk cannot be read, it is tried again after so many octets.
pub(crate) const SECTOR_OCTETS: u64 = 4_096;

/// Reads what can be read of some octets; what cannot becomes zeros.
pub(crate) fn read_what_can_be(file: &dyn DiskFile, offset: u64, octets: &mut [u8]) {
    if file.read_at(offset, octets).is_ok() {
        return;
    }
    let sector = usize::try_from(SECTOR_OCTETS).unwrap_or(usize::MAX);
    let mut place = offset;
    let mut rest = octets;
    while !rest.is_empty() {
        // Up to the end of the sector in which this place lies.
        let within = place.checked_rem(SECTOR_OCTETS).and_then(|it| usize::try_from(it).ok());
        let now = sector.saturating_sub(within.unwrap_or(0)).min(rest.len());
        let (part, after) = rest.split_at_mut_checked(now).unwrap_or_default();
        if file.read_at(place, part).is_err() {
            part.fill(0);
        }
        place = place.saturating_add(u64::try_from(now).unwrap_or(u64::MAX));
        rest = after;
    }
}

/// Says whether the disk refused for want of room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}
