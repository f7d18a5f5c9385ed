//! What a backup is the record of, kept beside it: up to where it goes, which files it is of, and when all of them were last
//! read. By it the same backup made again says that nothing changed, and reads only what came since.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mailbox::Fault;
use serde::{Deserialize, Serialize};
use store::{JournalPlace, Since, Store};

use super::backup::{Copying, read_beside};
use super::{noted, scrub};
use crate::answer::{BackedUp, Beside, Unchanged};
use crate::keep::{Folder, disk};

/// The record of a backup.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    /// The place of the journal of which it is.
    place: String,
    copying: Copying,
    /// When it was made, in Unix seconds.
    made_s: i64,
    /// When all of it was last read and found whole.
    read_wholly_s: i64,
    /// Its files, by name, each with its stamp.
    files: BTreeMap<String, String>,
}

impl Record {
    /// Notes a backup that was just read and found whole.
    pub(super) fn make(
        folder: &Folder,
        place: JournalPlace,
        (copying, now_s): (Copying, i64),
    ) -> Result<(), Fault> {
        let place = place.to_string();
        let files = stamps(folder)?;
        Record { place, copying, made_s: now_s, read_wholly_s: now_s, files }.write(folder)
    }

    /// The record of a backup whose files are still those that were read. None where there is none, or where they are not.
    pub(super) fn of(folder: &Folder) -> Result<Option<Record>, Fault> {
        let path = folder.backup_record();
        if !folder.is_used() || !path.exists() {
            return Ok(None);
        }
        let text = machine::files::read_text_up_to(&path, RECORD_OCTETS_MAX)
            .map_err(|error| Fault::caused("the record of the backup cannot be read", error))?;
        // What cannot be understood says nothing about the backup.
        let record = serde_json::from_str::<Record>(&text).ok();
        let stamps = stamps(folder)?;
        Ok(record.filter(|record| record.files == stamps))
    }

    /// Notes that all of it was read again, and is whole.
    pub(super) fn read_again(self, folder: &Folder, now_s: i64) -> Result<(), Fault> {
        Record { read_wholly_s: now_s, files: stamps(folder)?, ..self }.write(folder)
    }

    fn write(&self, folder: &Folder) -> Result<(), Fault> {
        let writing = "the record of the backup cannot be written";
        let text = serde_json::to_vec(self).map_err(|error| Fault::caused(writing, error))?;
        machine::files::write_secret(&folder.backup_record(), &text)
            .map_err(|error| Fault::caused(writing, error))
    }
}

/// Takes away what says that a backup is whole.
pub(super) fn forget(folder: &Folder) -> Result<(), Fault> {
    machine::files::remove_if_there(&folder.backup_record())
        .map_err(|error| Fault::caused("the record of the backup cannot be removed", error))
}

/// Whether the backup in a folder is of the store as it is now: then it need not be made. Its own notes of checks and backups
/// aside, nothing came since; its files are those that were read and found whole then, and are not read now.
pub(super) fn unchanged(
    store: &Store,
    (from, to): (&Folder, &Folder),
    copying: Copying,
) -> Result<Option<BackedUp>, Fault> {
    let Some(record) = Record::of(to)? else { return Ok(None) };
    let Ok(place) = record.place.parse::<JournalPlace>() else { return Ok(None) };
    if record.copying != copying || store.since(&place, &is_note)? == Since::Changed {
        return Ok(None);
    }
    for beside in Beside::ALL {
        if read_beside(beside, from)? != read_beside(beside, to)? {
            return Ok(None);
        }
    }
    let unchanged = Unchanged { made_s: record.made_s, read_wholly_s: record.read_wholly_s };
    Ok(Some(BackedUp { unchanged: Some(unchanged), ..BackedUp::default() }))
}

/// What upkeep notes about itself.
fn is_note(key: &[u8]) -> bool {
    noted::is_note(key) || scrub::is_note(key)
}

/// The stamps of all files of a backup, by name.
fn stamps(folder: &Folder) -> Result<BTreeMap<String, String>, Fault> {
    let looking = "looking at the files of a backup";
    let store = disk(&folder.store())?;
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    for within in ["", "journal"] {
        let names = store::Disk::list(&*store, within);
        let names = names.map_err(|error| Fault::caused(looking, error))?;
        let path = folder.store().join(within);
        for name in names {
            let path = path.join(&name);
            files.push((format!("{within}/{name}"), path));
        }
    }
    let beside = Beside::ALL.map(|beside| beside.in_folder(folder));
    for path in beside.into_iter().filter(|path| path.exists()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push((name, path));
    }
    let stamp = |(name, path): (String, PathBuf)| {
        let stamp = machine::files::stamp(&path);
        Ok((name, stamp.map_err(|error| Fault::caused(looking, error))?.to_string()))
    };
    files.into_iter().map(stamp).collect()
}

/// A record is no longer than this: some 100 octets for each segment.
const RECORD_OCTETS_MAX: u64 = 16 << 20;
