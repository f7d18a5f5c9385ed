//! What the last check found, kept in the store: `status` tells it over restarts, and a host that starts knows which
//! messages are damaged before somebody asks for them.

use std::collections::BTreeSet;

use bytes::Bytes;
use mailbox::engine::{Batch, CommitError, Engine};
use mailbox::{Accounts, BodyHash, Fault, keys};
use serde::{Deserialize, Serialize};

use super::Scrub;
use crate::answer::Round;

/// `S k`: what the last check found.
const KEY: [u8; 2] = [keys::SETTINGS, b'k'];

/// What the last check found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Noted {
    /// The last check; none: there was none.
    pub(crate) check: Option<Round>,
    /// The damaged bodies that it found.
    damaged: BTreeSet<String>,
}

impl Noted {
    pub(super) fn of(check: Round, damaged: &BTreeSet<BodyHash>) -> Noted {
        let damaged = damaged.iter().take(mailbox::limits::DAMAGED_BODIES_MAX);
        Noted { check: Some(check), damaged: damaged.map(BodyHash::to_string).collect() }
    }

    pub(crate) fn read(engine: &dyn Engine) -> Result<Noted, Fault> {
        let value = engine.snapshot()?.get(&KEY)?;
        // What a later version wrote otherwise is as if there was none.
        Ok(value.and_then(|value| serde_json::from_slice(&value).ok()).unwrap_or_default())
    }

    pub(super) async fn save(&self, engine: &dyn Engine) -> Result<(), Fault> {
        let value = serde_json::to_vec(self);
        let value = value.map_err(|error| Fault::caused("a check cannot be noted", error))?;
        let puts = vec![(KEY.to_vec(), Bytes::from(value))];
        match engine.commit(Batch { puts, ..Batch::default() }).await {
            Ok(()) => Ok(()),
            Err(CommitError::Fault(fault)) => Err(fault),
            Err(error @ (CommitError::Conflict | CommitError::NoSpace)) => {
                Err(Fault::caused("a check cannot be noted", error))
            }
        }
    }
}

/// Has the doors know what the last check and the scrub found damaged, as far as it still is. Waits for the disk.
pub fn recall_damaged(accounts: &Accounts) -> Result<(), Fault> {
    let engine = &**accounts.engine();
    let (noted, scrub) = (Noted::read(engine)?, Scrub::read(engine)?);
    let found = noted.damaged.iter().chain(scrub.damaged());
    accounts.recall_damaged(&found.filter_map(|text| text.parse().ok()).collect());
    Ok(())
}
