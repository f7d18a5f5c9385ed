//! The mark of a copy that is being made. It is there, durably, before anything else of the copy is, and goes when all of it
//! is durable: so that half a copy, or one of which nothing is there yet, is never taken for a store.

use std::sync::Arc;

use mailbox::Fault;

use crate::disk::Disk;
use crate::fault::Doing;
use crate::open::lock;
use crate::segment::JOURNAL;

const MARK: &str = "copy.unfinished";
const COPYING: &str = "copying the store";
const CLEARING: &str = "removing a copy that was not finished";

/// Whether a copy was begun here and not finished.
pub(crate) fn is_there(disk: &dyn Disk) -> Result<bool, Fault> {
    Ok(disk.open(MARK).doing("looking for a copy that was not finished")?.is_some())
}

pub(crate) fn begin(disk: &dyn Disk) -> Result<(), Fault> {
    disk.create(MARK).doing(COPYING)?.sync_data().doing(COPYING)?;
    disk.sync_directory("").doing(COPYING)
}

/// Ends a copy: all else of it is durable.
pub(crate) fn end(disk: &dyn Disk) -> Result<(), Fault> {
    disk.remove(MARK).doing(COPYING)?;
    disk.sync_directory("").doing(COPYING)
}

/// Removes what a copy that was not finished has left, so that it can be made anew. Does nothing where there is none, and says
/// whether there was. `beside` removes what lies beside the store. Interrupted, it can be called again.
pub fn clear_unfinished_copy(
    disk: &Arc<dyn Disk>,
    beside: impl FnOnce() -> Result<(), Fault>,
) -> Result<bool, Fault> {
    if !is_there(&**disk)? {
        return Ok(false);
    }
    let in_use = |error| Fault::caused("the copy is being made just now", error);
    let _held = lock(&**disk).map_err(in_use)?;
    beside()?;
    for name in disk.list(JOURNAL).doing(CLEARING)? {
        disk.remove(&format!("{JOURNAL}/{name}")).doing(CLEARING)?;
    }
    disk.sync_directory(JOURNAL).doing(CLEARING)?;
    for name in disk.list("").doing(CLEARING)? {
        if name != MARK {
            disk.remove(&name).doing(CLEARING)?;
        }
    }
    disk.sync_directory("").doing(CLEARING)?;
    disk.remove(MARK).doing(CLEARING)?;
    disk.sync_directory("").doing(CLEARING)?;
    Ok(true)
}
