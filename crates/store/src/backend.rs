//! The index's file, given to redb over the `Disk` port.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use redb::StorageBackend;

use crate::disk::{DiskFile, is_full};
use crate::reserve::Reserve;

/// Room for the index is taken in steps of this size before it is written to, so that a full disk shows early.
const STEP_OCTETS: u64 = 1 << 20;

/// How the calls on an index's file went. After one that failed redb does nothing more: it has to be opened again.
#[derive(Debug, Default)]
pub(crate) struct CallsMade {
    failed: AtomicBool,
    sync_failed: AtomicBool,
    ended: AtomicBool,
}

impl CallsMade {
    /// Says whether one failed.
    pub(crate) fn failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Says whether a sync was one of those: then no octet written before can be relied on.
    pub(crate) fn sync_failed(&self) -> bool {
        self.sync_failed.load(Ordering::Acquire)
    }

    /// Lets no further call reach the file.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    fn make<T>(&self, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.ended.load(Ordering::Acquire) {
            return Err(io::Error::other("the index has been opened again"));
        }
        call().inspect_err(|_| self.failed.store(true, Ordering::Release))
    }
}

/// One file as redb wants it.
#[derive(Debug)]
pub(crate) struct Backend {
    file: Arc<dyn DiskFile>,
    calls: Arc<CallsMade>,
    reserve: Arc<Reserve>,
    /// For each step of the file, from its beginning on, whether it surely has room.
    allocated: Mutex<Vec<bool>>,
}

impl Backend {
    pub(crate) fn new(file: Arc<dyn DiskFile>, reserve: Arc<Reserve>) -> Backend {
        Backend { file, calls: Arc::default(), reserve, allocated: Mutex::default() }
    }

    /// How the calls on the file go.
    pub(crate) fn calls(&self) -> Arc<CallsMade> {
        Arc::clone(&self.calls)
    }

    /// Takes room for a write. redb makes its file twice as long at once, writes to both ends of that and fills the rest bit by bit,
    /// and a write that fails there costs the whole index its life: so the reserve is given up rather than that. Where nothing is
    /// written no room is taken.
    fn make_room(&self, begin: u64, end: u64) -> io::Result<()> {
        let mut allocated = self.allocated.lock().unwrap_or_else(PoisonError::into_inner);
        let mut octets = None;
        for step in begin / STEP_OCTETS..end.div_ceil(STEP_OCTETS) {
            let index = usize::try_from(step).map_err(io::Error::other)?;
            if allocated.get(index) == Some(&true) {
                continue;
            }
            let octets = match octets {
                Some(octets) => octets,
                None => *octets.insert(self.file.octets()?),
            };
            let from = step.saturating_mul(STEP_OCTETS);
            let to = from.saturating_add(STEP_OCTETS);
            // Not beyond its end, but for what is written there.
            let wanted = to.min(octets).max(end.min(to));
            match self.file.allocate(from, wanted.saturating_sub(from)) {
                Err(error) if is_full(&error) => {
                    self.reserve.give_up()?;
                    let from = from.max(begin);
                    self.file.allocate(from, end.min(to).saturating_sub(from))?;
                }
                other => {
                    other?;
                    if allocated.len() <= index {
                        allocated.resize(index.saturating_add(1), false);
                    }
                    if let Some(step) = allocated.get_mut(index) {
                        *step = true;
                    }
                }
            }
        }
        Ok(())
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.calls.make(|| self.file.octets())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.calls.make(|| self.file.read_at(offset, out))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.calls.make(|| {
            let mut allocated = self.allocated.lock().unwrap_or_else(PoisonError::into_inner);
            // Of the last step there was room only up to the end.
            let whole = self.file.octets()?.min(len) / STEP_OCTETS;
            allocated.truncate(usize::try_from(whole).unwrap_or(usize::MAX));
            self.file.set_len(len)
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        let synced = self.calls.make(|| self.file.sync_data());
        synced.inspect_err(|_| self.calls.sync_failed.store(true, Ordering::Release))
    }

    fn write(&self, offset: u64, octets: &[u8]) -> io::Result<()> {
        let length = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        self.calls.make(|| {
            self.make_room(offset, offset.saturating_add(length))?;
            self.file.write_at(offset, octets)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use crate::disk::Disk;
    use crate::real_disk::RealDisk;

    #[test]
    fn room_is_taken_where_something_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(directory.path()).unwrap());
        let reserve = Arc::new(Reserve::find(disk.clone(), 0).unwrap());
        let backend = Backend::new(disk.create("file").unwrap(), reserve);
        let taken = || std::fs::metadata(directory.path().join("file")).unwrap().blocks() * 512;
        backend.set_len(100 << 20).unwrap();
        for offset in [10, (100 << 20) - 10, (50 << 20) - 5, 10] {
            backend.write(offset, b"ten octets").unwrap();
        }
        assert!(taken() <= 5 << 20, "{} octets", taken());
        // One step is cut, and comes again.
        backend.set_len((50 << 20) + 3).unwrap();
        backend.set_len(60 << 20).unwrap();
        backend.write((50 << 20) + 100, b"ten octets").unwrap();
        let mut read = [1; 20];
        backend.read((50 << 20) - 5, &mut read).unwrap();
        assert_eq!(&read, b"ten octe\0\0\0\0\0\0\0\0\0\0\0\0");
        assert!(taken() <= 4 << 20, "{} octets", taken());
    }
}
