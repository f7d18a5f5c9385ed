//! A copy of the store as it is at one moment, made while it works. To restore it, open it.

use std::sync::Arc;

use mailbox::Fault;

use crate::base::Base;
use crate::disk::{Disk, DiskFile, Linked};
use crate::entry::Entry;
use crate::fault::Doing;
use crate::index::{Index, UNBORN};
use crate::location::Location;
use crate::mark::Mark;
use crate::open::{has_format, lock, write_format};
use crate::reserve::Reserve;
use crate::segment::{JOURNAL, Pin, name};
use crate::since::JournalPlace;
use crate::store::Store;
use crate::unfinished;

pub(crate) const COPYING: &str = "copying the store";
/// Files are copied in pieces of this size.
pub(crate) const PIECE_OCTETS: u64 = 1 << 20;
/// The index is copied in changes of so many entries.
const ENTRIES_AT_ONCE: usize = 10_000;

/// What a copy came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Segments that got a second name instead of being copied.
    pub linked: u64,
    /// Segments that were copied.
    pub copied: u64,
    /// Octets of them.
    pub octets: u64,
    /// Entries of the index; none if it was damaged and is made anew by whoever opens the copy.
    pub entries: u64,
    /// Up to where the journal goes in it.
    pub place: Option<JournalPlace>,
}

/// The store at one moment. Its segments stay while this lives.
pub(crate) struct Moment {
    mark: Mark,
    base: Arc<Base>,
    pin: Pin,
}

impl Moment {
    /// How far the journal goes.
    pub(crate) fn mark(&self) -> &Mark {
        &self.mark
    }

    /// The index.
    pub(crate) fn base(&self) -> &Base {
        &self.base
    }

    /// The segments that belong to it, and of the last one how far.
    pub(crate) fn segments(&self) -> impl Iterator<Item = (u32, Option<u64>)> {
        let end = self.mark.stand.position;
        let all = self.pin.segments().iter().copied().filter(move |it| *it <= end.segment);
        all.map(move |segment| (segment, (segment == end.segment).then_some(end.offset)))
    }
}

impl Store {
    /// Copies the store, as it is now, to an empty disk. On the same file system closed segments are not copied but
    /// get a second name. What is damaged is copied as it is; but a damaged index is not copied. Waits for the disk; the
    /// store works on meanwhile.
    pub fn snapshot_to(&self, target: &Arc<dyn Disk>) -> Result<Copied, Fault> {
        self.snapshot_with(target, || Ok(()))
    }

    /// Copies the store like `snapshot_to`, and what lies beside it with `beside`. Until both are done, durably, the copy
    /// cannot be opened; what an interrupted one has left is removed with `clear_unfinished_copy`.
    pub fn snapshot_with(
        &self,
        target: &Arc<dyn Disk>,
        beside: impl FnOnce() -> Result<(), Fault>,
    ) -> Result<Copied, Fault> {
        let used = has_format(&**target).map_err(|error| Fault::caused(COPYING, error))?;
        if used || !target.list(JOURNAL).doing(COPYING)?.is_empty() {
            return Err(Fault::new("the place for the copy is not empty"));
        }
        // Two who copy to the same place would each take the other's files for their own.
        let _held = lock(&**target).map_err(|error| Fault::caused(COPYING, error))?;
        unfinished::begin(&**target)?;
        let moment = self.moment()?;
        let place = Some(JournalPlace::of(moment.mark.stand));
        let mut copied = Copied { place, ..Copied::default() };
        target.create_directory(JOURNAL).doing(COPYING)?;
        target.sync_directory("").doing(COPYING)?;
        self.copy_segments(&moment, target, &mut copied)?;
        let reserve = Arc::new(Reserve::find(target.clone(), 0).doing(COPYING)?);
        let cache = self.shared().options.index_cache_octets;
        let index = Index::make(&**target, UNBORN, &reserve, cache)?;
        match copy_entries(&moment.base, &index) {
            Ok(entries) => {
                copied.entries = entries;
                index.name(&**target, &moment.mark)?;
            }
            // Whoever opens the copy makes its index anew from the journal.
            Err(fault) if fault.is_damaged() => {
                tracing::warn!(%fault, "the copy of the store gets no index, since the index is damaged");
                drop(index);
                target.remove(UNBORN).doing(COPYING)?;
            }
            Err(fault) => return Err(fault),
        }
        write_format(&**target)?;
        beside()?;
        unfinished::end(&**target)?;
        Ok(copied)
    }

    pub(crate) fn moment(&self) -> Result<Moment, Fault> {
        // First without holding anybody up; then only what came meanwhile has to be waited for.
        self.checkpoint()?;
        self.errand(|committer| {
            committer.checkpoint_now()?;
            Ok(Moment {
                mark: Mark { stand: committer.journal.end(), live: committer.live.clone() },
                base: committer.shared.visible.base(),
                pin: committer.shared.segments.pin_all(),
            })
        })
    }

    fn copy_segments(
        &self,
        moment: &Moment,
        target: &Arc<dyn Disk>,
        copied: &mut Copied,
    ) -> Result<(), Fault> {
        for (segment, end) in moment.segments() {
            let file = self.shared().segments.file(segment)?;
            let file = file.ok_or_else(|| Fault::new("a segment went away while it was pinned"))?;
            if end.is_none()
                && self.shared().disk.link(&name(segment), &**target).doing(COPYING)?
                    == Linked::Done
            {
                copied.linked = copied.linked.saturating_add(1);
                continue;
            }
            let octets = end.map_or_else(|| file.octets().doing(COPYING), Ok)?;
            let copy = target.create(&name(segment)).doing(COPYING)?;
            copy_octets(&*file, &*copy, octets)?;
            copied.copied = copied.copied.saturating_add(1);
            copied.octets = copied.octets.saturating_add(octets);
        }
        target.sync_directory(JOURNAL).doing(COPYING)
    }
}

/// Copies the beginning of a file, durably.
pub(crate) fn copy_octets(
    from: &dyn DiskFile,
    to: &dyn DiskFile,
    octets: u64,
) -> Result<(), Fault> {
    let mut offset = 0_u64;
    while offset < octets {
        let piece = octets.saturating_sub(offset).min(PIECE_OCTETS);
        let mut held = vec![0; usize::try_from(piece).unwrap_or(0)];
        from.read_at(offset, &mut held).doing(COPYING)?;
        to.write_at(offset, &held).doing(COPYING)?;
        offset = offset.saturating_add(piece);
    }
    to.sync_data().doing(COPYING)
}

/// Where an entry belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Keys,
    Bodies,
}

/// Entries on their way into an index, in changes of bounded size.
#[derive(Default)]
pub(crate) struct Entries {
    keys: Vec<(Vec<u8>, Vec<u8>)>,
    bodies: Vec<(Vec<u8>, Vec<u8>)>,
    count: u64,
}

impl Entries {
    /// Takes one more.
    pub(crate) fn add(
        &mut self,
        index: &Index,
        table: Table,
        key: &[u8],
        octets: &[u8],
    ) -> Result<(), Fault> {
        let held = match table {
            Table::Keys => &mut self.keys,
            Table::Bodies => &mut self.bodies,
        };
        held.push((key.to_vec(), octets.to_vec()));
        self.count = self.count.saturating_add(1);
        if held.len() < ENTRIES_AT_ONCE { Ok(()) } else { self.put(index) }
    }

    /// Puts what is left, and says how many there were in all.
    pub(crate) fn put_rest(mut self, index: &Index) -> Result<u64, Fault> {
        self.put(index)?;
        Ok(self.count)
    }

    fn put(&mut self, index: &Index) -> Result<(), Fault> {
        index.copy(self.keys.iter(), self.bodies.iter())?;
        self.keys.clear();
        self.bodies.clear();
        Ok(())
    }
}

/// Takes an entry: its table, its key and what is kept under it.
pub(crate) type VisitEntry<'a> = &'a mut dyn FnMut(Table, &[u8], &[u8]) -> Result<(), Fault>;

/// Visits all entries of an index that can be understood, and fails as damaged at the first that cannot.
pub(crate) fn each_entry(base: &Base, visit: VisitEntry<'_>) -> Result<(), Fault> {
    base.each_key(&mut |key, octets| {
        Entry::parse(key, octets)?;
        visit(Table::Keys, key, octets)
    })?;
    base.each_body(&mut |key, octets| {
        Location::parse(octets).ok_or_else(Location::damaged)?;
        visit(Table::Bodies, key, octets)
    })
}

/// Copies all entries of an index.
fn copy_entries(base: &Base, index: &Index) -> Result<u64, Fault> {
    let mut entries = Entries::default();
    each_entry(base, &mut |table, key, octets| entries.add(index, table, key, octets))?;
    entries.put_rest(index)
}
