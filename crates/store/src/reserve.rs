//! Room on the disk set aside: given up when the disk is full, so that mail can still be deleted.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::disk::Disk;

const NAME: &str = "reserve";

/// The file that holds the room.
#[derive(Debug)]
pub(crate) struct Reserve {
    disk: Arc<dyn Disk>,
    octets: u64,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Held,
    GivenUp,
}

impl Reserve {
    /// Finds out whether the room is set aside already.
    pub(crate) fn find(disk: Arc<dyn Disk>, octets: u64) -> io::Result<Reserve> {
        let held = disk.list("")?.iter().any(|file| file == NAME);
        let state = Mutex::new(if held { State::Held } else { State::GivenUp });
        Ok(Reserve { disk, octets, state })
    }

    /// Sets the room aside if it is not, provided that the disk then still has `floor` octets free.
    pub(crate) fn take(&self, floor: u64) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state == State::Held || self.octets == 0 {
            return Ok(());
        }
        // Twice the room, so that it is not taken and given up in turns.
        let wanted = floor.saturating_add(self.octets.saturating_mul(2));
        if self.disk.free_octets()? < wanted {
            return Ok(());
        }
        self.disk.create(NAME)?.allocate(0, self.octets)?;
        *state = State::Held;
        Ok(())
    }

    /// Says whether it is set aside.
    pub(crate) fn is_held(&self) -> bool {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) == State::Held
    }

    /// Gives the room back to the disk.
    pub(crate) fn give_up(&self) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state == State::Held {
            tracing::warn!("the disk is full; using the room set aside for deletions");
            *state = State::GivenUp;
            self.disk.remove(NAME)?;
        }
        Ok(())
    }
}
