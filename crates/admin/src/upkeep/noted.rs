//! What the last check found and when the last backup was, kept in the store: `status` tells it over restarts, and a host that starts knows which
//! messages are damaged before somebody asks for them.

use std::collections::BTreeSet;

use bytes::Bytes;
use mailbox::engine::{Batch, CommitError, Engine};
use mailbox::{Accounts, BodyHash, Fault, keys};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Scrub;
use crate::answer::{BackupRow, Round};

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
        read(engine, &KEY)
    }

    pub(super) async fn save(&self, engine: &dyn Engine) -> Result<(), Fault> {
        save(engine, &KEY, self).await
    }
}

/// When the last backup was done, in Unix seconds; none: there was none.
pub fn last_backup_s(engine: &dyn Engine) -> Result<Option<i64>, Fault> {
    Ok(NotedBackup::read(engine)?.last.map(|backup| backup.ended_s))
}

/// `S b`: the last backup.
const BACKUP_KEY: [u8; 2] = [keys::SETTINGS, b'b'];

/// The last backup.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct NotedBackup {
    /// None: there was none.
    pub(crate) last: Option<BackupRow>,
}

impl NotedBackup {
    pub(crate) fn read(engine: &dyn Engine) -> Result<NotedBackup, Fault> {
        read(engine, &BACKUP_KEY)
    }

    pub(crate) async fn save(&self, engine: &dyn Engine) -> Result<(), Fault> {
        save(engine, &BACKUP_KEY, self).await
    }
}

/// Whether a key is one of these notes.
pub(super) fn is_note(key: &[u8]) -> bool {
    [KEY, BACKUP_KEY].iter().any(|note| key == note)
}

fn read<T: Default + DeserializeOwned>(engine: &dyn Engine, key: &[u8]) -> Result<T, Fault> {
    let value = engine.snapshot()?.get(key)?;
    // What a later version wrote otherwise is as if there was none.
    Ok(value.and_then(|value| serde_json::from_slice(&value).ok()).unwrap_or_default())
}

async fn save(engine: &dyn Engine, key: &[u8], note: &impl Serialize) -> Result<(), Fault> {
    const WHAT: &str = "it cannot be noted";
    let value = serde_json::to_vec(note).map_err(|error| Fault::caused(WHAT, error))?;
    let puts = vec![(key.to_vec(), Bytes::from(value))];
    match engine.commit(Batch { puts, ..Batch::default() }).await {
        Ok(()) => Ok(()),
        Err(CommitError::Fault(fault)) => Err(fault),
        Err(error @ (CommitError::Conflict | CommitError::NoSpace)) => {
            Err(Fault::caused(WHAT, error))
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
