//! The index's file, given to redb so that nothing of it changes: what redb writes stays in memory.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use crate::disk::DiskFile;

const PAGE_OCTETS: usize = 4_096;

/// One file as redb wants it, and what was written over it.
#[derive(Debug)]
pub(crate) struct Overlay {
    file: Arc<dyn DiskFile>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    octets: u64,
    /// So much of the file is below what was written.
    file_octets: u64,
    written: BTreeMap<u64, Vec<u8>>,
}

impl Overlay {
    pub(crate) fn new(file: Arc<dyn DiskFile>) -> io::Result<Overlay> {
        let octets = file.octets()?;
        let state = State { octets, file_octets: octets, written: BTreeMap::new() };
        Ok(Overlay { file, state: Mutex::new(state) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The octets of a page as they were on the disk; zeros behind the end of the file.
    fn page_of_file(&self, page: u64, file_octets: u64) -> io::Result<Vec<u8>> {
        let mut octets = vec![0; PAGE_OCTETS];
        let begin = page.saturating_mul(page_octets());
        let there = file_octets.saturating_sub(begin).min(page_octets());
        let there = usize::try_from(there).unwrap_or(0);
        if let Some(room) = octets.get_mut(..there).filter(|room| !room.is_empty()) {
            self.file.read_at(begin, room)?;
        }
        Ok(octets)
    }
}

fn page_octets() -> u64 {
    u64::try_from(PAGE_OCTETS).unwrap_or(u64::MAX)
}

/// Divides octets from an offset on by pages: page, where in it, how many octets.
fn by_page(offset: u64, octets: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let mut offset = offset;
    let mut left = octets;
    std::iter::from_fn(move || {
        let page = offset.checked_div(page_octets())?;
        let within = usize::try_from(offset.checked_rem(page_octets())?).ok()?;
        let now = PAGE_OCTETS.saturating_sub(within).min(left);
        left = left.saturating_sub(now);
        offset = offset.saturating_add(u64::try_from(now).ok()?);
        (now > 0).then_some((page, within, now))
    })
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.lock().octets)
    }

    fn read(&self, offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        let state = self.lock();
        let wanted = u64::try_from(out.len()).unwrap_or(u64::MAX);
        if offset.saturating_add(wanted) > state.octets {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if state.written.is_empty() && offset.saturating_add(wanted) <= state.file_octets {
            return self.file.read_at(offset, out);
        }
        for (page, within, now) in by_page(offset, out.len()) {
            let (room, rest) =
                std::mem::take(&mut out).split_at_mut_checked(now).unwrap_or_default();
            let held;
            let octets = match state.written.get(&page) {
                Some(octets) => octets,
                None => {
                    held = self.page_of_file(page, state.file_octets)?;
                    &held
                }
            };
            let from = octets.get(within..).and_then(|rest| rest.get(..now));
            room.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
            out = rest;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.lock();
        if len < state.octets {
            state.file_octets = state.file_octets.min(len);
            state.written.retain(|page, _| page.saturating_mul(page_octets()) < len);
            let last = len.checked_div(page_octets()).unwrap_or(0);
            let within = usize::try_from(len.checked_rem(page_octets()).unwrap_or(0)).unwrap_or(0);
            if let Some(cut) = state.written.get_mut(&last).and_then(|page| page.get_mut(within..))
            {
                cut.fill(0);
            }
        }
        state.octets = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, mut octets: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        let end = offset.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        state.octets = state.octets.max(end);
        let file_octets = state.file_octets;
        for (page, within, now) in by_page(offset, octets.len()) {
            let (from, rest) = octets.split_at_checked(now).unwrap_or_default();
            let page = match state.written.entry(page) {
                Entry::Occupied(held) => held.into_mut(),
                Entry::Vacant(place) => place.insert(self.page_of_file(page, file_octets)?),
            };
            let to = page.get_mut(within..);
            if let Some(to) = to.and_then(|rest| rest.get_mut(..now)) {
                to.copy_from_slice(from);
            }
            octets = rest;
        }
        Ok(())
    }
}
