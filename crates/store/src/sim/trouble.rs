//! What can happen to a call, and running a scenario once for each call at which it can.

use std::io;
use std::sync::Arc;

use super::SimulatedDisk;
use crate::disk::Disk;

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It fails, and changes nothing.
    Error,
    /// It fails because the disk is full, and changes nothing.
    Full,
    /// A write fails because the disk is full, when half of it is written.
    ShortWrite,
    /// The power goes: this call and all after it fail.
    PowerCut,
    /// A read fails.
    ReadError,
}

impl Trouble {
    /// All there are.
    pub const ALL: [Trouble; 5] =
        [Trouble::Error, Trouble::Full, Trouble::ShortWrite, Trouble::PowerCut, Trouble::ReadError];

    pub(super) fn error(self) -> io::Error {
        match self {
            Trouble::Error => io::Error::other("simulated: the disk failed"),
            Trouble::ReadError => io::Error::other("simulated: reading failed"),
            Trouble::Full | Trouble::ShortWrite => {
                io::Error::new(io::ErrorKind::StorageFull, "simulated: the disk is full")
            }
            Trouble::PowerCut => no_power(),
        }
    }
}

pub(super) fn no_power() -> io::Error {
    io::Error::other("simulated: the power is off")
}

/// Whether something happens to a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happens {
    AsUsual,
    Trouble(Trouble),
}

/// Runs a life once for each call that it makes (or each `step`-th), with trouble at that call, and has what is left
/// looked at: `live` works on the disk until it is done or the store fails, and gives back what it remembers;
/// `look` opens the store again and compares. Both should panic on what must not be, saying which call it was: they
/// are told. Gives back how many calls were tried.
pub fn sweep<T>(
    trouble: Trouble,
    step: u64,
    mut live: impl FnMut(Arc<dyn Disk>) -> T,
    mut look: impl FnMut(T, Arc<dyn Disk>, u64),
) -> u64 {
    let mut tried = 0_u64;
    let mut call = 1_u64;
    loop {
        let disk = SimulatedDisk::new(call);
        disk.trouble_at(call, trouble);
        let memory = live(Arc::new(disk.clone()));
        let happened = disk.has_happened();
        disk.calm();
        // After a power cut the disk is what the seed leaves; after anything else, a new process sees it as it was,
        // and a power cut a little later must not make it worse.
        let disk = match trouble {
            Trouble::PowerCut => disk.restart(call),
            _ if call.is_multiple_of(2) => disk.restart(call),
            Trouble::Error | Trouble::Full | Trouble::ShortWrite | Trouble::ReadError => disk,
        };
        look(memory, Arc::new(disk), call);
        if !happened {
            return tried;
        }
        tried = tried.saturating_add(1);
        call = call.saturating_add(step.max(1));
    }
}
