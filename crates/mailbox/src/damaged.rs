//! The bodies that were found damaged: by somebody who read them, by a check, by a scrub. Kept in memory only, so that
//! a door knows before it promises octets that it must look at all of them first.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Mutex;

use bytes::Bytes;

use crate::limits::{DAMAGED_BODIES_MAX, HEALED_PIECE_OCTETS};
use crate::lock::lock;
use crate::ports::Ports;
use crate::{Account, Accounts, BodyHash, EmailId, Fault, operations::Email};

/// The bodies known to be damaged.
#[derive(Default)]
pub(crate) struct DamagedBodies(Mutex<BTreeSet<BodyHash>>);

impl DamagedBodies {
    /// Notes one. Past the limit it is only found out again by reading it.
    fn note(&self, hash: BodyHash) {
        let mut known = lock(&self.0);
        if known.len() < DAMAGED_BODIES_MAX {
            known.insert(hash);
        }
    }
}

impl DamagedBodies {
    /// Forgets those that came in again, whole.
    pub(crate) fn forget(&self, came_in: impl IntoIterator<Item = BodyHash>) {
        let mut known = lock(&self.0);
        if !known.is_empty() {
            for hash in came_in {
                known.remove(&hash);
            }
        }
    }
}

impl Ports {
    /// Reads octets of a body, and remembers when they are damaged.
    pub(crate) fn body(&self, hash: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        let read = self.engine.body(hash, range);
        if read.as_ref().is_err_and(Fault::is_damaged) {
            self.damaged.note(*hash);
        }
        read
    }
}

impl Account {
    /// Whether it is known that octets of this message are damaged. Not all of them need be; whoever promises some reads
    /// them first.
    pub fn is_known_damaged(&self, email: &Email) -> bool {
        lock(&self.shared().ports.damaged.0).contains(&email.hash)
    }

    /// Which of these messages are known to be damaged, or cannot be looked up. Reads nothing unless some body is known
    /// to be damaged.
    pub fn known_damaged_of(&self, emails: &[EmailId]) -> Result<BTreeSet<EmailId>, Fault> {
        if lock(&self.shared().ports.damaged.0).is_empty() {
            return Ok(BTreeSet::new());
        }
        let read = self.reader()?.emails(emails)?;
        let damaged = emails.iter().zip(read).filter(|(_, email)| match email {
            Ok(Some(email)) => self.is_known_damaged(email),
            Ok(None) => false,
            Err(_) => true,
        });
        Ok(damaged.map(|(id, _)| *id).collect())
    }
}

impl Accounts {
    /// Takes over what somebody found who read all bodies: these are damaged, and no others.
    pub fn know_damaged(&self, found: &BTreeSet<BodyHash>) {
        let known = found.iter().take(DAMAGED_BODIES_MAX).copied().collect();
        *lock(&self.ports().damaged.0) = known;
    }

    /// Takes over what somebody found who read some bodies: these are damaged, whatever is known of others.
    pub fn note_damaged(&self, found: &BTreeSet<BodyHash>) {
        found.iter().for_each(|hash| self.ports().damaged.note(*hash));
    }

    /// Remembers bodies that were damaged when the host ran last, as far as they still are: reads each to its end, or to
    /// where it is damaged. Waits for the disk.
    pub fn recall_damaged(&self, found: &BTreeSet<BodyHash>) {
        for hash in found.iter().take(DAMAGED_BODIES_MAX) {
            let mut at = 0_u64;
            loop {
                let end = at.saturating_add(HEALED_PIECE_OCTETS);
                // What is damaged is noted by this; one that is gone, or cannot be read just now, is not remembered.
                let Ok(octets) = self.ports().body(hash, at..end) else { break };
                at = at.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
                if at < end {
                    break;
                }
            }
        }
    }

    /// How many bodies are known to be damaged.
    pub fn known_damaged(&self) -> usize {
        lock(&self.ports().damaged.0).len()
    }
}
