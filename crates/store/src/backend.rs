//! The index's file, given to redb over the `Disk` port.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use redb::StorageBackend;

use crate::disk::{DiskFile, is_full};
use crate::reserve::Reserve;

/// Room for the index is taken in steps of this size before it is written to, so that a full disk shows early.
const STEP_OCTETS: u64 = 1 << 20;

/// One file as redb wants it.
#[derive(Debug)]
pub(crate) struct Backend {
    file: Arc<dyn DiskFile>,
    reserve: Arc<Reserve>,
    /// Up to where the file surely has room.
    allocated: Mutex<u64>,
}

impl Backend {
    pub(crate) fn new(file: Arc<dyn DiskFile>, reserve: Arc<Reserve>) -> Backend {
        Backend { file, reserve, allocated: Mutex::new(0) }
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
        self.file.octets()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_at(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut allocated = self.allocated.lock().unwrap_or_else(PoisonError::into_inner);
        *allocated = len.min(*allocated);
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, octets: &[u8]) -> io::Result<()> {
        let length = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        self.make_room(offset.saturating_add(length))?;
        self.file.write_at(offset, octets)
    }
}
