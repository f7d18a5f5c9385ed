//! Remembers where bodies lie, so that reading a large one in parts does not ask the index each time.

use std::sync::{Arc, Mutex, PoisonError};

use mailbox::BodyHash;

use crate::limits::LOCATIONS_REMEMBERED;
use crate::location::Location;

type Slot = Option<(BodyHash, Arc<Location>)>;

/// A small memory: each hash has one place, and who comes last has it.
#[derive(Debug)]
pub(crate) struct Locations {
    slots: Vec<Mutex<Slot>>,
}

impl Default for Locations {
    fn default() -> Locations {
        Locations {
            slots: std::iter::repeat_with(Mutex::default).take(LOCATIONS_REMEMBERED).collect(),
        }
    }
}

impl Locations {
    pub(crate) fn find(&self, hash: &BodyHash) -> Option<Arc<Location>> {
        let slot = self.slot(hash)?.lock().unwrap_or_else(PoisonError::into_inner);
        slot.as_ref().filter(|(held, _)| held == hash).map(|(_, location)| location.clone())
    }

    pub(crate) fn remember(&self, hash: &BodyHash, location: &Arc<Location>) {
        if let Some(slot) = self.slot(hash) {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some((*hash, location.clone()));
        }
    }

    pub(crate) fn forget(&self, hash: &BodyHash) {
        if let Some(slot) = self.slot(hash) {
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            if slot.as_ref().is_some_and(|(held, _)| held == hash) {
                *slot = None;
            }
        }
    }

    fn slot(&self, hash: &BodyHash) -> Option<&Mutex<Slot>> {
        let number = hash.0.first_chunk::<2>().map_or(0, |octets| u16::from_le_bytes(*octets));
        self.slots.get(usize::from(number).checked_rem(self.slots.len())?)
    }
}
