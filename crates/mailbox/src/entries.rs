//! The hot state of a mailbox: what each entry's UID, size, flags, mod-sequence and email are, and when it came, in one
//! compact array that its sessions share.
//!
//! The array is persistent: a change copies one chunk of 256 entries, the page of 64 chunks that it is in and the list of pages, and
//! whoever holds the array from before keeps seeing that one. So a session's view is simply the array it has told its client about,
//! and what is new is the difference between that array and the present one; what both share is skipped, page by page. In a
//! mailbox of a million entries a change looks at 62 pages and 64 chunks, and not at 3,907 chunks.

mod build;

use std::sync::Arc;

use self::build::{Builder, merge};
use crate::meter::{Counted, Meter};
use crate::{Arrival, EmailId, Flags, ModSeq, Uid, UidSet};

/// How many entries a chunk has at most. 256 of 40 octets: copied in well under a microsecond.
const CHUNK_ENTRIES_MAX: usize = 256;
/// How many chunks a page has at most: about the square root of how many a large mailbox has.
const PAGE_CHUNKS_MAX: usize = 64;
/// About how many octets a chunk or a page takes beside what it holds.
const SHARED_OCTETS: usize = 128;
/// About how many octets an array takes beside its pages, with the state that it stands in.
const ARRAY_OCTETS: usize = 400;

/// An entry: an email in a mailbox under a UID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its UID.
    pub uid: Uid,
    /// The size of the email (RFC822.SIZE).
    pub octets: u32,
    /// Its flags and keywords.
    pub flags: Flags,
    /// When it last changed.
    pub modseq: ModSeq,
    /// The email.
    pub email: EmailId,
    /// When the email came (INTERNALDATE).
    pub arrived: Arrival,
}

/// The entries of a mailbox, by ascending UID. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Entries {
    list: Arc<List>,
}

#[derive(Debug)]
struct List {
    pages: Box<[Place<Page>]>,
    len: usize,
    counted: Counted,
}

/// A run of chunks.
#[derive(Debug)]
struct Page {
    /// Their places in the page.
    chunks: Box<[Place<Chunk>]>,
    len: usize,
    _counted: Counted,
}

/// A run of entries.
#[derive(Debug)]
struct Chunk {
    entries: Box<[Entry]>,
    _counted: Counted,
}

/// Where a page or a chunk begins in what it is a part of. None is empty.
#[derive(Debug)]
struct Place<T> {
    /// The index of its first entry.
    start: usize,
    /// The UID of that.
    first: Uid,
    it: Arc<T>,
}

impl<T> Clone for Place<T> {
    fn clone(&self) -> Place<T> {
        Place { start: self.start, first: self.first, it: Arc::clone(&self.it) }
    }
}

impl<T> Place<T> {
    /// The last that begins at this index or before it.
    fn at(places: &[Place<T>], index: usize) -> Option<usize> {
        places.partition_point(|place| place.start <= index).checked_sub(1)
    }

    /// The last that begins at this UID or before it.
    fn holding(places: &[Place<T>], uid: Uid) -> Option<&Place<T>> {
        places.get(places.partition_point(|place| place.first <= uid).checked_sub(1)?)
    }
}

impl Page {
    fn last(&self) -> Option<Uid> {
        self.chunks.last()?.it.entries.last().map(|entry| entry.uid)
    }
}

/// About how much memory so many entries take, in octets.
pub(crate) fn octets_of(entries: u64) -> usize {
    let in_chunk = SHARED_OCTETS.saturating_add(size_of::<Place<Chunk>>());
    let each = size_of::<Entry>().saturating_add(in_chunk.div_ceil(CHUNK_ENTRIES_MAX));
    usize::try_from(entries).unwrap_or(usize::MAX).saturating_mul(each).saturating_add(ARRAY_OCTETS)
}

/// One difference between two arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// In the old array only; its index there.
    Removed(usize, Entry),
    /// In the new array only; its index there.
    Added(usize, Entry),
    /// In both, with another mod-sequence; its index in the new array.
    Changed(usize, Entry),
}

impl Entries {
    /// Takes entries by ascending UID.
    pub fn from_ascending(entries: impl IntoIterator<Item = Entry>) -> Entries {
        Entries::counted(&Meter::default(), entries)
    }

    /// Takes entries by ascending UID. Their memory, and that of all arrays made from this one, is counted there.
    pub(crate) fn counted(meter: &Meter, entries: impl IntoIterator<Item = Entry>) -> Entries {
        let mut builder = Builder::new(meter);
        entries.into_iter().for_each(|entry| builder.push(entry));
        builder.build()
    }

    /// The entries that are to be kept, in an array of their own.
    pub(crate) fn filtered(&self, keep: impl Fn(&Entry) -> bool) -> Entries {
        Entries::counted(self.meter(), self.iter().filter(|entry| keep(entry)).copied())
    }

    fn meter(&self) -> &Meter {
        self.list.counted.meter()
    }

    fn pages(&self) -> &[Place<Page>] {
        &self.list.pages
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.list.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry at an index.
    pub fn get(&self, index: usize) -> Option<Entry> {
        let page = self.pages().get(Place::at(self.pages(), index)?)?;
        let index = index.checked_sub(page.start)?;
        let chunk = page.it.chunks.get(Place::at(&page.it.chunks, index)?)?;
        chunk.it.entries.get(index.checked_sub(chunk.start)?).copied()
    }

    /// The last entry.
    pub fn last(&self) -> Option<Entry> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The index of the first entry with this UID or a higher one.
    pub fn lower_bound(&self, uid: Uid) -> usize {
        let Some(page) = Place::holding(self.pages(), uid) else { return 0 };
        let Some(chunk) = Place::holding(&page.it.chunks, uid) else { return page.start };
        let before = chunk.it.entries.partition_point(|entry| entry.uid < uid);
        page.start.saturating_add(chunk.start).saturating_add(before)
    }

    /// The index of the entry with this UID.
    pub fn position(&self, uid: Uid) -> Option<usize> {
        let index = self.lower_bound(uid);
        self.get(index).filter(|entry| entry.uid == uid).map(|_| index)
    }

    /// The entry with this UID.
    pub fn find(&self, uid: Uid) -> Option<Entry> {
        self.get(self.lower_bound(uid)).filter(|entry| entry.uid == uid)
    }

    /// The entries, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        let chunks = self.pages().iter().flat_map(|page| page.it.chunks.iter());
        chunks.flat_map(|chunk| chunk.it.entries.iter())
    }

    /// The entries from an index on, ascending, with their indexes.
    pub fn iter_from(&self, index: usize) -> impl Iterator<Item = (usize, &Entry)> {
        let first = Place::at(self.pages(), index).unwrap_or(0);
        let pages = self.pages().get(first..).unwrap_or_default();
        let chunks = pages.iter().flat_map(move |page| {
            let within = index.saturating_sub(page.start);
            let first = Place::at(&page.it.chunks, within).unwrap_or(0);
            let chunks = page.it.chunks.get(first..).unwrap_or_default();
            chunks.iter().map(|chunk| (page.start.saturating_add(chunk.start), &*chunk.it.entries))
        });
        chunks.flat_map(move |(start, entries)| {
            let skipped = index.saturating_sub(start).min(entries.len());
            (start.saturating_add(skipped)..).zip(entries.get(skipped..).unwrap_or_default())
        })
    }

    /// The entries of a set of UIDs, ascending.
    pub fn of(&self, uids: &UidSet) -> impl Iterator<Item = &Entry> {
        uids.ranges().iter().flat_map(|(first, last)| {
            self.iter_from(self.lower_bound(*first))
                .map(|(_, entry)| entry)
                .take_while(|entry| entry.uid <= *last)
        })
    }

    /// The array with these entries set (by UID: replaced, or added) and those removed. Both ascending by UID.
    pub fn changed(&self, set: &[Entry], removed: &[Uid]) -> Entries {
        let mut builder = Builder::new(self.meter());
        let mut rest = Changes { set, removed };
        for page in self.pages() {
            let Some(last) = page.it.last() else { continue };
            let mut here = rest.take_up_to(last);
            if here.is_empty() {
                builder.push_page(&page.it, page.first);
                continue;
            }
            for chunk in &page.it.chunks {
                let Some(last) = chunk.it.entries.last() else { continue };
                let changes = here.take_up_to(last.uid);
                if changes.is_empty() {
                    builder.push_chunk(&chunk.it, chunk.first);
                } else {
                    merge(&chunk.it.entries, &changes, &mut builder);
                }
            }
            // So that the pages behind it stay what they are.
            builder.seal_page();
        }
        // What comes after the last chunk: new mail. It joins the last chunk where there is room.
        if !rest.set.is_empty() {
            builder.reopen_last();
        }
        let removed = rest.removed;
        rest.set
            .iter()
            .filter(|e| removed.binary_search(&e.uid).is_err())
            .for_each(|e| builder.push(*e));
        builder.build()
    }

    /// What is different in `newer`, by ascending UID. Pages and chunks that both share cost nothing.
    pub fn differences(&self, newer: &Entries) -> Vec<Difference> {
        let mut found = Vec::new();
        let (mut old, mut new) = (Walk::new(self), Walk::new(newer));
        loop {
            if old.passes_shared(&mut new) {
                continue;
            }
            match (old.entry(), new.entry()) {
                (None, None) => return found,
                (Some(a), Some(b)) if a.uid == b.uid => {
                    if a.modseq != b.modseq {
                        found.push(Difference::Changed(new.index, *b));
                    }
                    old.step();
                    new.step();
                }
                (Some(a), b) if b.is_none_or(|b| a.uid < b.uid) => {
                    found.push(Difference::Removed(old.index, *a));
                    old.step();
                }
                (_, Some(b)) => {
                    found.push(Difference::Added(new.index, *b));
                    new.step();
                }
                (Some(_), None) => return found,
            }
        }
    }
}

impl Default for Entries {
    fn default() -> Entries {
        Entries::from_ascending([])
    }
}

/// What is to be changed in an array, both ascending by UID.
struct Changes<'a> {
    set: &'a [Entry],
    removed: &'a [Uid],
}

impl<'a> Changes<'a> {
    /// Takes out what is up to a UID.
    fn take_up_to(&mut self, last: Uid) -> Changes<'a> {
        let (set, set_rest) = self.set.split_at(self.set.partition_point(|e| e.uid <= last));
        let (gone, gone_rest) =
            self.removed.split_at(self.removed.partition_point(|uid| *uid <= last));
        (self.set, self.removed) = (set_rest, gone_rest);
        Changes { set, removed: gone }
    }

    fn is_empty(&self) -> bool {
        self.set.is_empty() && self.removed.is_empty()
    }
}

/// A way through an array. It stands at an entry, or behind the last.
struct Walk<'a> {
    pages: &'a [Place<Page>],
    chunks: &'a [Place<Chunk>],
    entries: &'a [Entry],
    index: usize,
}

impl<'a> Walk<'a> {
    fn new(array: &'a Entries) -> Walk<'a> {
        let mut walk = Walk { pages: array.pages(), chunks: &[], entries: &[], index: 0 };
        walk.open();
        walk
    }

    fn entry(&self) -> Option<&'a Entry> {
        self.entries.first()
    }

    fn step(&mut self) {
        self.entries = self.entries.get(1..).unwrap_or_default();
        self.index = self.index.saturating_add(1);
        if self.entries.is_empty() {
            self.chunks = self.chunks.get(1..).unwrap_or_default();
            self.open();
        }
    }

    /// Enters what comes next, where one was left.
    fn open(&mut self) {
        if self.chunks.is_empty() {
            self.chunks = match self.pages.split_first() {
                Some((page, rest)) => {
                    self.pages = rest;
                    &page.it.chunks
                }
                None => &[],
            };
        }
        self.entries = self.chunks.first().map_or(&[], |chunk| &chunk.it.entries);
    }

    /// Passes what both share and stand at the beginning of. Says whether there was something.
    fn passes_shared(&mut self, other: &mut Walk<'a>) -> bool {
        // The same chunks in the same memory are the same page.
        let same_page = !self.chunks.is_empty() && std::ptr::eq(self.chunks, other.chunks);
        let same = std::ptr::eq(self.entries, other.entries) && !self.entries.is_empty();
        if !same {
            return false;
        }
        for walk in [self, other] {
            let passed: usize = if same_page {
                walk.chunks.iter().map(|chunk| chunk.it.entries.len()).sum()
            } else {
                walk.entries.len()
            };
            walk.index = walk.index.saturating_add(passed);
            let chunks = if same_page { walk.chunks.len() } else { 1 };
            walk.chunks = walk.chunks.get(chunks..).unwrap_or_default();
            walk.open();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn entry(uid: u32, modseq: u64) -> Entry {
        Entry {
            uid: Uid::new(uid).unwrap(),
            octets: uid,
            flags: Flags::NONE,
            modseq: ModSeq(modseq),
            email: EmailId(uid.into()),
            arrived: Arrival::UNKNOWN,
        }
    }

    fn all(entries: &Entries) -> Vec<Entry> {
        entries.iter().copied().collect()
    }

    /// Applies what was found to the old entries; the result must be the new ones.
    fn replay(old: &Entries, new: &Entries) {
        let mut plain: BTreeMap<Uid, Entry> = old.iter().map(|e| (e.uid, *e)).collect();
        for difference in old.differences(new) {
            match difference {
                Difference::Removed(index, e) => {
                    assert_eq!(old.get(index), Some(e));
                    assert!(plain.remove(&e.uid).is_some());
                }
                Difference::Added(index, e) => {
                    assert_eq!(new.get(index), Some(e));
                    assert!(plain.insert(e.uid, e).is_none());
                }
                Difference::Changed(index, e) => {
                    assert_eq!(new.get(index), Some(e));
                    assert!(plain.insert(e.uid, e).is_some());
                }
            }
        }
        assert_eq!(plain.into_values().collect::<Vec<_>>(), all(new));
    }

    type Round = (BTreeSet<u32>, BTreeSet<u32>, u32);

    /// Changes an array of entries step by step, beside a plain map.
    fn check_rounds(length: u32, rounds: Vec<Round>) {
        let first = Entries::from_ascending((1..=length).map(|uid| entry(uid, 1)));
        let mut plain: BTreeMap<u32, Entry> =
            (1..=length).map(|uid| (uid, entry(uid, 1))).collect();
        let mut entries = first.clone();
        let mut top = length + 1300;
        for (round, (set, removed, appended)) in rounds.into_iter().enumerate() {
            let modseq = round as u64 + 2;
            let removed: Vec<u32> = removed.into_iter().collect();
            let set: Vec<Entry> = (set.into_iter().filter(|uid| !removed.contains(uid)))
                .chain(top + 1..=top + appended)
                .map(|uid| entry(uid, modseq))
                .collect();
            top += appended;
            let uids: Vec<Uid> = removed.iter().map(|uid| Uid::new(*uid).unwrap()).collect();
            let newer = entries.changed(&set, &uids);
            plain.retain(|uid, _| removed.binary_search(uid).is_err());
            plain.extend(set.iter().map(|e| (e.uid.number(), *e)));
            assert!(newer.iter().eq(plain.values()));
            assert_eq!(newer.len(), plain.len());
            replay(&entries, &newer);
            replay(&first, &newer);
            for (index, e) in newer.iter().enumerate() {
                assert_eq!(newer.get(index), Some(*e));
                assert_eq!(newer.position(e.uid), Some(index));
            }
            for uid in [1u32, 5, 700, 1999, 2001, length, top, top + 1] {
                let want = plain.range(..uid).count();
                assert_eq!(newer.lower_bound(Uid::new(uid).unwrap()), want);
                let next = newer.iter_from(want).map(|(i, e)| (i, *e)).next();
                assert_eq!(next, newer.get(want).map(|e| (want, e)));
            }
            entries = newer;
        }
    }

    fn rounds(top: u32, appended: u32, most: usize) -> impl Strategy<Value = Vec<Round>> {
        let set = || prop::collection::btree_set(1..top, 0..40);
        let removed = prop::collection::btree_set(1..top, 0..200);
        prop::collection::vec((set(), removed, 0..appended), 1..most)
    }

    proptest! {
        #[test]
        fn changes_and_differences_agree_with_a_plain_map(rounds in rounds(2000, 400, 12)) {
            check_rounds(700, rounds);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn they_agree_in_arrays_of_several_pages(rounds in rounds(51_000, 18_000, 6)) {
            check_rounds(50_000, rounds);
        }
    }

    #[test]
    fn memory_counts_once_however_many_hold_it_and_as_long_as_somebody_does() {
        let all = Arc::default();
        let meter = Meter::within(&all);
        let sum = || all.load(std::sync::atomic::Ordering::Relaxed);
        let old = Entries::counted(&meter, (1..=100_000).map(|uid| entry(uid, 1)));
        let alone = meter.octets();
        assert!((4_000_000..4_100_000).contains(&alone), "{alone}");
        assert!(octets_of(100_000).abs_diff(alone) < 50_000);
        let held_too = old.clone();
        assert_eq!(meter.octets(), alone);
        let new = old.changed(&[entry(50_000, 2)], &[]);
        let more = meter.octets() - alone;
        assert!(
            (8_000..30_000).contains(&more),
            "a chunk, its page, and the list of pages: {more}"
        );
        let every = new.changed(&(1..=100_000).map(|uid| entry(uid, 3)).collect::<Vec<_>>(), &[]);
        assert_eq!(meter.octets(), 2 * alone + more);
        assert_eq!(sum(), meter.octets());
        drop((new, every));
        assert_eq!(meter.octets(), alone);
        drop(old);
        assert_eq!(held_too.filtered(|entry| entry.octets <= 256).len(), 256);
        assert_eq!(meter.octets(), alone, "a session holds it still");
        drop(held_too);
        assert_eq!((meter.octets(), sum()), (0, 0));
    }

    #[test]
    fn a_change_of_one_entry_shares_the_other_pages_and_chunks() {
        let old = Entries::from_ascending((1..=100_000).map(|uid| entry(uid, 1)));
        let new = old.changed(&[entry(50_000, 2)], &[]);
        let shared = |a: &[Place<Page>], b: &[Place<Page>]| {
            a.iter().zip(b).filter(|(a, b)| Arc::ptr_eq(&a.it, &b.it)).count()
        };
        assert_eq!((old.pages().len(), shared(old.pages(), new.pages())), (7, 6));
        let chunks = |entries: &Entries| {
            let pages = entries.pages().iter().flat_map(|page| page.it.chunks.iter());
            pages.map(|chunk| Arc::as_ptr(&chunk.it)).collect::<Vec<_>>()
        };
        let (before, after) = (chunks(&old), chunks(&new));
        assert_eq!(before.len(), after.len());
        let same = before.iter().zip(&after).filter(|(a, b)| a == b).count();
        assert_eq!(same, before.len() - 1);
        assert_eq!(old.differences(&new), [Difference::Changed(49_999, entry(50_000, 2))]);
    }

    #[test]
    fn new_mail_fills_chunks_and_pages() {
        let mut entries = Entries::default();
        for uid in (1..=40_000).step_by(10) {
            let new: Vec<Entry> = (uid..uid + 10).map(|uid| entry(uid, 1)).collect();
            entries = entries.changed(&new, &[]);
        }
        let chunks: Vec<usize> = entries.pages().iter().map(|page| page.it.chunks.len()).collect();
        assert_eq!((entries.len(), chunks), (40_000, vec![64, 64, 29]));
    }
}
