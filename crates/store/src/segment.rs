//! The files of the journal: their names, the open ones, and the pins that keep them from being removed.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use mailbox::Fault;

use crate::disk::{Disk, DiskFile};
use crate::fault::Doing;
use crate::location::Extent;
use crate::record::Position;

/// The directory of the journal.
pub(crate) const JOURNAL: &str = "journal";

/// The name of a segment's file.
pub(crate) fn name(segment: u32) -> String {
    format!("{JOURNAL}/{segment:08}.seg")
}

/// The segment that a file of the journal's directory holds.
pub(crate) fn number_of(file: &str) -> Option<u32> {
    file.strip_suffix(".seg")
        .filter(|number| number.len() >= 8 && number.bytes().all(|octet| octet.is_ascii_digit()))
        .and_then(|number| number.parse().ok())
}

/// The numbers of all segments on a disk, ascending.
pub(crate) fn numbers(disk: &dyn Disk) -> io::Result<Vec<u32>> {
    let mut numbers: Vec<u32> =
        disk.list(JOURNAL)?.iter().filter_map(|file| number_of(file)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// The segments of a store. Files are opened when they are needed, and those used last are kept open.
#[derive(Debug)]
pub(crate) struct Segments {
    disk: Arc<dyn Disk>,
    files: RwLock<BTreeMap<u32, Slot>>,
    open_max: usize,
    /// Counts the uses of files.
    uses: AtomicU64,
    pins: Mutex<BTreeMap<u32, usize>>,
    /// Segments of which everything from an offset on was taken back after a failure of the disk.
    given_up: Mutex<BTreeMap<u32, u64>>,
}

impl Segments {
    /// At most so many files are kept open.
    pub(crate) fn new(disk: Arc<dyn Disk>, numbers: &[u32], open_max: usize) -> Segments {
        let slots = numbers.iter().map(|number| (*number, Slot::default()));
        Segments {
            disk,
            files: RwLock::new(slots.collect()),
            open_max: open_max.max(1),
            uses: AtomicU64::new(1),
            pins: Mutex::default(),
            given_up: Mutex::default(),
        }
    }

    /// Notes that what lies from a place of a segment on was taken back. Nothing is written there any more.
    pub(crate) fn give_up_from(&self, position: Position) {
        let mut given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
        given_up.entry(position.segment).or_insert(position.offset);
    }

    /// Says whether octets were taken back.
    pub(crate) fn is_given_up(&self, extent: &Extent) -> bool {
        let given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
        given_up.get(&extent.segment).is_some_and(|from| extent.offset >= *from)
    }

    /// The numbers of the segments, ascending.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.files.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    /// The file of a segment; none if there is no such segment any more.
    pub(crate) fn file(&self, segment: u32) -> Result<Option<Arc<dyn DiskFile>>, Fault> {
        let now = self.uses.fetch_add(1, Ordering::Relaxed);
        match self.files.read().unwrap_or_else(PoisonError::into_inner).get(&segment) {
            None => return Ok(None),
            Some(Slot { file: Some(file), used }) => {
                used.store(now, Ordering::Relaxed);
                return Ok(Some(file.clone()));
            }
            Some(Slot { file: None, .. }) => {}
        }
        let opened = self.disk.open(&name(segment)).or_else(|_| {
            // Perhaps there are too many open files; it is tried with fewer.
            close_oldest(&mut self.files.write().unwrap_or_else(PoisonError::into_inner), 1);
            self.disk.open(&name(segment))
        });
        let Some(file) = opened.doing("opening a segment of the journal")? else {
            // Rewritten and removed just now, or lost.
            let is_known = self.numbers().contains(&segment);
            let what = format!("segment {segment} of the journal is not on the disk");
            return if is_known { Err(Fault::damaged(what)) } else { Ok(None) };
        };
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = files.get_mut(&segment) else { return Ok(None) };
        slot.used.store(now, Ordering::Relaxed);
        let file = slot.file.get_or_insert(file).clone();
        close_oldest(&mut files, self.open_max);
        Ok(Some(file))
    }

    /// Notes a new segment.
    pub(crate) fn add(&self, segment: u32, file: Arc<dyn DiskFile>) {
        let used = AtomicU64::new(self.uses.fetch_add(1, Ordering::Relaxed));
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        files.insert(segment, Slot { file: Some(file), used });
        close_oldest(&mut files, self.open_max);
    }

    /// Takes a segment out of use, unless it is pinned. Nobody finds it any more; its file is still there.
    pub(crate) fn retire(&self, segment: u32) -> Retired {
        let pins = self.pins.lock().unwrap_or_else(PoisonError::into_inner);
        if pins.contains_key(&segment) {
            return Retired::No;
        }
        self.files.write().unwrap_or_else(PoisonError::into_inner).remove(&segment);
        Retired::Yes
    }

    /// Removes the file of a segment that is out of use, durably: it must not come back after a power cut, since the
    /// rewriting of others counts on its being gone. After an error it is in use again.
    pub(crate) fn remove_retired(&self, segment: u32) -> Result<(), Fault> {
        let removed = self.disk.remove(&name(segment));
        if removed.is_err() {
            let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
            files.insert(segment, Slot::default());
        }
        removed.doing("removing a segment of the journal")?;
        self.disk.sync_directory(JOURNAL).doing("removing a segment of the journal")
    }

    /// Says whether something keeps a segment from being removed.
    pub(crate) fn is_pinned(&self, segment: u32) -> bool {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&segment)
    }

    /// Keeps these segments from being removed while the pin lives.
    pub(crate) fn pin(self: &Arc<Segments>, segments: impl IntoIterator<Item = u32>) -> Pin {
        let mut pins = self.pins.lock().unwrap_or_else(PoisonError::into_inner);
        let segments: Vec<u32> = segments.into_iter().collect();
        for segment in &segments {
            let count = pins.entry(*segment).or_insert(0);
            *count = count.saturating_add(1);
        }
        Pin { of: self.clone(), segments }
    }

    /// Keeps all segments that there are from being removed while the pin lives.
    pub(crate) fn pin_all(self: &Arc<Segments>) -> Pin {
        self.pin(self.numbers())
    }
}

/// The file of a segment, while it is open.
#[derive(Debug, Default)]
struct Slot {
    file: Option<Arc<dyn DiskFile>>,
    /// When it was last asked for, in uses.
    used: AtomicU64,
}

/// Closes the files that were not used for longest until so many are open. Who reads one has it open until that is done.
fn close_oldest(files: &mut BTreeMap<u32, Slot>, open_max: usize) {
    let open = files.values_mut().filter(|slot| slot.file.is_some());
    let mut open: Vec<&mut Slot> = open.collect();
    let too_many = open.len().saturating_sub(open_max);
    if too_many > 0 {
        open.sort_unstable_by_key(|slot| slot.used.load(Ordering::Relaxed));
        open.iter_mut().take(too_many).for_each(|slot| slot.file = None);
    }
}

/// Whether a segment could be taken out of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retired {
    Yes,
    No,
}

/// Keeps segments from being removed.
#[derive(Debug)]
pub(crate) struct Pin {
    of: Arc<Segments>,
    segments: Vec<u32>,
}

impl Pin {
    /// The pinned segments.
    pub(crate) fn segments(&self) -> &[u32] {
        &self.segments
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pins = self.of.pins.lock().unwrap_or_else(PoisonError::into_inner);
        for segment in &self.segments {
            if let Some(count) = pins.get_mut(segment) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    pins.remove(segment);
                }
            }
        }
    }
}
