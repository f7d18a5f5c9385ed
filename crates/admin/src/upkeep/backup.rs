//! Backup and restore: a data folder is copied into one that is empty, and the copy is checked.

use std::sync::Arc;

use directory::People;
use machine::files;
use mailbox::{Fault, Policy};
use store::{Disk, JournalPlace, OpenError, Options, Store, clear_unfinished_copy};

use super::check::{InStore, check_closed_store};
use super::naming::Naming;
use super::record::{self, Record};
use super::{Acknowledge, Steps, check_closed};
use crate::answer::{BackedUp, Beside, Checked};
use crate::keep::{Folder, disk, disk_apart};

/// How segments that do not change any more come into a copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Copying {
    /// They get a second name where the file system can: quick, and no room is taken; but what damages the one on the disk
    /// damages the other.
    #[default]
    Link,
    /// They are copied.
    Copy,
}

/// Copies a store while it works, with what lies beside it, into a folder that is empty or not there: a data folder
/// of its own. Nothing is written where something is; but where a backup is of which nothing has changed since, that is said, and
/// nothing copied or read. All of the copy is read and compared with its checksums; what is
/// damaged in it is damaged here, and named. Waits for the disk.
pub fn back_up(
    store: &Store,
    people: &People,
    (from, to): (&Folder, &Folder),
    copying: Copying,
    steps: Steps<'_>,
) -> Result<BackedUp, Fault> {
    if let Some(done) = record::unchanged(store, (from, to), copying)? {
        return Ok(done);
    }
    let (done, place) = copy(store, from, to, copying)?;
    let in_store = check_closed_store(to, steps)
        .map_err(|error| Fault::caused("the backup cannot be checked", error))?;
    let checked = named(in_store, people)?;
    if let Some(place) = place.filter(|_| checked.is_right()) {
        Record::make(to, place, (copying, people.accounts().clock().now().0))?;
    }
    Ok(BackedUp { checked, ..done })
}

/// What is wrong with a copy, by what people call it.
fn named(in_store: InStore, people: &People) -> Result<Checked, Fault> {
    let damaged = Naming::new(people).messages(&in_store.damaged)?;
    Ok(Checked { damaged, ..in_store.told() })
}

/// Makes a data folder of a backup, checks it and all accounts in it. Waits for the disk.
pub async fn restore(
    from: &Folder,
    to: &Folder,
    (copying, policy): (Copying, Policy),
    steps: Steps<'_>,
) -> Result<BackedUp, OpenError> {
    if !from.is_used() {
        let what = format!("{} is no backup", from.0.display());
        return Err(OpenError::NotAStore { what });
    }
    claim(to)?;
    let store = Store::open(disk(&from.store())?, Options::default())?;
    let copied = copy(&store, from, to, copying);
    store.close()?;
    let (copied, _) = copied?;
    let checked = check_closed(to, policy, Acknowledge::Nothing, steps).await?;
    Ok(BackedUp { checked, ..copied })
}

fn copy(
    store: &Store,
    from: &Folder,
    to: &Folder,
    copying: Copying,
) -> Result<(BackedUp, Option<JournalPlace>), Fault> {
    claim(to)?;
    let target: Arc<dyn Disk> = match copying {
        Copying::Link => disk(&to.store())?,
        Copying::Copy => disk_apart(&to.store())?,
    };
    let mut files = 2u64;
    let copied = store.snapshot_with(&target, || {
        files = files.saturating_add(copy_beside(from, to)?);
        Ok(())
    })?;
    files = files.saturating_add(copied.linked).saturating_add(copied.copied);
    let (linked, octets) = (copied.linked, copied.octets);
    Ok((BackedUp { files, linked, octets, ..BackedUp::default() }, copied.place))
}

/// Makes sure that a folder is empty or not there. What a copy that was not finished has left in it goes.
pub fn claim(to: &Folder) -> Result<(), Fault> {
    if to.is_used() {
        let place: Arc<dyn Disk> = disk(&to.store())?;
        let clearing = |error| Fault::caused("removing a copy that was not finished", error);
        let was_there = clear_unfinished_copy(&place, || {
            let beside = Beside::ALL.map(|beside| beside.in_folder(to));
            let logs = [to.command_log(), to.command_log_before()];
            let all = beside.iter().chain(&logs);
            all.into_iter().try_for_each(|file| files::remove_if_there(file).map_err(clearing))
        })?;
        if was_there {
            tracing::info!(folder = %to.0.display(), "a copy that was not finished is made anew");
            files::remove_empty_folder(&to.store().join("journal")).map_err(clearing)?;
            files::remove_empty_folder(&to.store()).map_err(clearing)?;
        }
    }
    files::claim_empty_folder(&to.0).map_err(Fault::new)
}

/// Copies what lies beside a store, durably. Gives how many files that are.
fn copy_beside(from: &Folder, to: &Folder) -> Result<u64, Fault> {
    let mut count = 0u64;
    for beside in Beside::ALL {
        if let Some(octets) = read_beside(beside, from)? {
            write_beside(beside, to, &octets)?;
            count = count.saturating_add(1);
        }
    }
    Ok(count)
}

/// Reads a file beside a store, if it is there.
pub(crate) fn read_beside(beside: Beside, from: &Folder) -> Result<Option<Vec<u8>>, Fault> {
    let path = beside.in_folder(from);
    if !path.exists() {
        return Ok(None);
    }
    match files::read_text(&path) {
        Ok(text) => Ok(Some(text.into_bytes())),
        Err(error) => Err(Fault::caused(format!("{} cannot be copied", path.display()), error)),
    }
}

/// Writes a file beside a copy.
pub(crate) fn write_beside(beside: Beside, to: &Folder, octets: &[u8]) -> Result<(), Fault> {
    let path = beside.in_folder(to);
    files::write_secret(&path, octets)
        .map_err(|error| Fault::caused(format!("{} cannot be written", path.display()), error))
}
