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
    /// Up to where the file surely has room.
    allocated: Mutex<u64>,
}

impl Backend {
    pub(crate) fn new(file: Arc<dyn DiskFile>, reserve: Arc<Reserve>) -> Backend {
        Backend { file, calls: Arc::default(), reserve, allocated: Mutex::new(0) }
    }

    /// How the calls on the file go.
    pub(crate) fn calls(&self) -> Arc<CallsMade> {
        Arc::clone(&self.calls)
    }

    /// Takes room up to the end of a write. redb makes its file long at once and fills it bit by bit, and a
    /// write that fails there costs the whole index its life: so the reserve is given up rather than that.
    fn make_room(&self, end: u64) -> io::Result<()> {
        let mut allocated = self.allocated.lock().unwrap_or_else(PoisonError::into_inner);
        if end <= *allocated {
            return Ok(());
        }
        let octets = self.file.octets()?;
        let wanted = end.checked_next_multiple_of(STEP_OCTETS).unwrap_or(end).min(octets).max(end);
        let from = *allocated;
        let missing = wanted.saturating_sub(from);
        match self.file.allocate(from, missing) {
            Err(error) if is_full(&error) => {
                self.reserve.give_up()?;
                self.file.allocate(from, end.saturating_sub(from))?;
                *allocated = end;
            }
            other => {
                other?;
                *allocated = wanted;
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
            *allocated = len.min(*allocated);
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
            self.make_room(offset.saturating_add(length))?;
            self.file.write_at(offset, octets)
        })
    }
}
