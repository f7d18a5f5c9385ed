//! The hot state of a mailbox: what each entry's UID, size, flags, mod-sequence and email are, in one compact
//! array that its sessions share.
//!
//! The array is persistent: a change copies one chunk of 256 entries and the list of chunks, and whoever holds the
//! array from before keeps seeing that one. So a session's view is simply the array it has told its client about,
//! and what is new is the difference between that array and the present one; chunks that both share are skipped.

use std::sync::Arc;

use crate::meter::{Counted, Meter};
use crate::{EmailId, Flags, ModSeq, Uid, UidSet};

/// How many entries a chunk has at most. 256 of 32 octets: two pages, copied in well under a microsecond.
const CHUNK_ENTRIES_MAX: usize = 256;
/// About how many octets a chunk takes beside its entries, its place in the list included.
const CHUNK_OCTETS: usize = 128;
/// About how many octets an array takes beside its chunks, with the state that it stands in.
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
}

/// The entries of a mailbox, by ascending UID. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Entries {
    list: Arc<List>,
}

#[derive(Debug)]
struct List {
    chunks: Box<[Chunk]>,
    len: usize,
    counted: Counted,
}

#[derive(Clone, Debug)]
struct Chunk {
    /// The index of its first entry.
    start: usize,
    entries: Arc<Shared>,
}

/// The entries of a chunk, and what they take of the memory.
#[derive(Debug)]
struct Shared {
    entries: Box<[Entry]>,
    _counted: Counted,
}

impl std::ops::Deref for Shared {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        &self.entries
    }
}

/// About how much memory so many entries take, in octets.
pub(crate) fn octets_of(entries: u64) -> usize {
    let chunk = size_of::<Entry>().saturating_add(CHUNK_OCTETS.div_ceil(CHUNK_ENTRIES_MAX));
    usize::try_from(entries)
        .unwrap_or(usize::MAX)
        .saturating_mul(chunk)
        .saturating_add(ARRAY_OCTETS)
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

    fn chunks(&self) -> &[Chunk] {
        &self.list.chunks
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
        let after = self.chunks().partition_point(|chunk| chunk.start <= index);
        let chunk = self.chunks().get(after.checked_sub(1)?)?;
        chunk.entries.get(index.checked_sub(chunk.start)?).copied()
    }

    /// The last entry.
    pub fn last(&self) -> Option<Entry> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The index of the first entry with this UID or a higher one.
    pub fn lower_bound(&self, uid: Uid) -> usize {
        let after =
            self.chunks().partition_point(|c| c.entries.first().is_some_and(|e| e.uid <= uid));
        let Some(chunk) = after.checked_sub(1).and_then(|index| self.chunks().get(index)) else {
            return 0;
        };
        chunk.start.saturating_add(chunk.entries.partition_point(|entry| entry.uid < uid))
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
        self.chunks().iter().flat_map(|chunk| chunk.entries.iter())
    }

    /// The entries from an index on, ascending, with their indexes.
    pub fn iter_from(&self, index: usize) -> impl Iterator<Item = (usize, &Entry)> {
        let after = self.chunks().partition_point(|chunk| chunk.start <= index);
        let chunks = self.chunks().get(after.saturating_sub(1)..).unwrap_or_default();
        chunks
            .iter()
            .flat_map(|chunk| (chunk.start..).zip(chunk.entries.iter()))
            .skip_while(move |(at, _)| *at < index)
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
        let (mut set, mut removed) = (set, removed);
        for chunk in self.chunks().iter() {
            let Some(last) = chunk.entries.last().map(|entry| entry.uid) else { continue };
            let (set_here, set_rest) = set.split_at(set.partition_point(|e| e.uid <= last));
            let (gone_here, gone_rest) = removed.split_at(removed.partition_point(|u| *u <= last));
            (set, removed) = (set_rest, gone_rest);
            if set_here.is_empty() && gone_here.is_empty() {
                builder.push_chunk(&chunk.entries);
            } else {
                merge(&chunk.entries, set_here, gone_here, &mut builder);
            }
        }
        // What comes after the last chunk: new mail. It joins the last chunk where there is room.
        if !set.is_empty() {
            builder.reopen_last();
        }
        set.iter()
            .filter(|e| removed.binary_search(&e.uid).is_err())
            .for_each(|e| builder.push(*e));
        builder.build()
    }

    /// What is different in `newer`, by ascending UID. Chunks that both share cost nothing.
    pub fn differences(&self, newer: &Entries) -> Vec<Difference> {
        let mut found = Vec::new();
        let (mut old_chunk, mut new_chunk) = (0usize, 0usize);
        let (mut old_at, mut new_at) = (0usize, 0usize);
        loop {
            let old = self.chunks().get(old_chunk);
            let new = newer.chunks().get(new_chunk);
            if let (Some(a), Some(b)) = (old, new)
                && (old_at, new_at) == (0, 0)
                && Arc::ptr_eq(&a.entries, &b.entries)
            {
                old_chunk = old_chunk.saturating_add(1);
                new_chunk = new_chunk.saturating_add(1);
                continue;
            }
            let a = old.and_then(|chunk| chunk.entries.get(old_at));
            let b = new.and_then(|chunk| chunk.entries.get(new_at));
            let old_index = old.map_or(0, |chunk| chunk.start).saturating_add(old_at);
            let new_index = new.map_or(0, |chunk| chunk.start).saturating_add(new_at);
            let (step_old, step_new) = match (a, b) {
                (None, None) if old.is_none() && new.is_none() => return found,
                // At the end of a chunk: only the position moves.
                (None, _) if old.is_some() => (true, false),
                (_, None) if new.is_some() => (false, true),
                (Some(a), Some(b)) if a.uid == b.uid => {
                    if a.modseq != b.modseq {
                        found.push(Difference::Changed(new_index, *b));
                    }
                    (true, true)
                }
                (Some(a), b) if b.is_none_or(|b| a.uid < b.uid) => {
                    found.push(Difference::Removed(old_index, *a));
                    (true, false)
                }
                (_, Some(b)) => {
                    found.push(Difference::Added(new_index, *b));
                    (false, true)
                }
                (Some(_) | None, None) => return found,
            };
            if step_old {
                step(old, &mut old_chunk, &mut old_at);
            }
            if step_new {
                step(new, &mut new_chunk, &mut new_at);
            }
        }
    }
}

/// Moves a position on by one entry, and on to the next chunk behind the last one.
fn step(chunk: Option<&Chunk>, chunk_index: &mut usize, at: &mut usize) {
    *at = at.saturating_add(1);
    if chunk.is_none_or(|chunk| *at >= chunk.entries.len()) {
        *chunk_index = chunk_index.saturating_add(1);
        *at = 0;
    }
}

/// Merges changes into the entries of one chunk.
fn merge(old: &[Entry], set: &[Entry], removed: &[Uid], builder: &mut Builder) {
    builder.seal();
    let mut set = set.iter().copied().peekable();
    let mut removed = removed.iter().copied().peekable();
    let mut keep = |entry: Entry, builder: &mut Builder| {
        while removed.next_if(|uid| *uid < entry.uid).is_some() {}
        if removed.peek() != Some(&entry.uid) {
            builder.push(entry);
        }
    };
    for entry in old {
        while let Some(new) = set.next_if(|new| new.uid < entry.uid) {
            keep(new, builder);
        }
        keep(set.next_if(|new| new.uid == entry.uid).unwrap_or(*entry), builder);
    }
    set.for_each(|new| keep(new, builder));
    builder.seal();
}

impl Default for Entries {
    fn default() -> Entries {
        Entries::from_ascending([])
    }
}

struct Builder<'m> {
    chunks: Vec<Chunk>,
    open: Vec<Entry>,
    len: usize,
    meter: &'m Meter,
}

impl Builder<'_> {
    fn new(meter: &Meter) -> Builder<'_> {
        Builder { chunks: Vec::new(), open: Vec::new(), len: 0, meter }
    }

    fn push(&mut self, entry: Entry) {
        self.open.push(entry);
        if self.open.len() >= CHUNK_ENTRIES_MAX {
            self.seal();
        }
    }

    fn push_chunk(&mut self, entries: &Arc<Shared>) {
        self.seal();
        self.chunks.push(Chunk { start: self.len, entries: Arc::clone(entries) });
        self.len = self.len.saturating_add(entries.len());
    }

    fn seal(&mut self) {
        if !self.open.is_empty() {
            let entries: Box<[Entry]> = self.open.as_slice().into();
            self.open.clear();
            let octets = size_of_val(&*entries).saturating_add(CHUNK_OCTETS);
            let _counted = self.meter.count(octets);
            self.push_chunk(&Arc::new(Shared { entries, _counted }));
        }
    }

    fn reopen_last(&mut self) {
        self.seal();
        if let Some(last) = self.chunks.pop_if(|chunk| chunk.entries.len() < CHUNK_ENTRIES_MAX) {
            self.len = last.start;
            self.open.extend_from_slice(&last.entries);
        }
    }

    fn build(mut self) -> Entries {
        self.seal();
        let octets = self.chunks.len().saturating_mul(size_of::<Chunk>());
        let counted = self.meter.count(octets.saturating_add(ARRAY_OCTETS));
        Entries { list: Arc::new(List { chunks: self.chunks.into(), len: self.len, counted }) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn entry(uid: u32, modseq: u64) -> Entry {
        Entry {
            uid: Uid::new(uid).unwrap(),
            octets: uid,
            flags: Flags::NONE,
            modseq: ModSeq(modseq),
            email: EmailId(uid.into()),
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

    proptest! {
        #[test]
        fn changes_and_differences_agree_with_a_plain_map(
            rounds in prop::collection::vec(
                (prop::collection::btree_set(1u32..2000, 0..40), prop::collection::btree_set(1u32..2000, 0..200), 0u32..400),
                1..12,
            )
        ) {
            let first = Entries::from_ascending((1..=700).map(|uid| entry(uid, 1)));
            let mut plain: BTreeMap<u32, Entry> = (1..=700).map(|uid| (uid, entry(uid, 1))).collect();
            let mut entries = first.clone();
            let mut top = 2000;
            for (round, (set, removed, appended)) in rounds.into_iter().enumerate() {
                let modseq = round as u64 + 2;
                let removed: Vec<u32> = removed.into_iter().collect();
                let set: Vec<Entry> = set.into_iter().filter(|uid| !removed.contains(uid))
                    .chain(top + 1..=top + appended).map(|uid| entry(uid, modseq)).collect();
                top += appended;
                let uids: Vec<Uid> = removed.iter().map(|uid| Uid::new(*uid).unwrap()).collect();
                let newer = entries.changed(&set, &uids);
                removed.iter().for_each(|uid| { plain.remove(uid); });
                set.iter().for_each(|e| { plain.insert(e.uid.number(), *e); });
                prop_assert_eq!(all(&newer), plain.values().copied().collect::<Vec<_>>());
                prop_assert_eq!(newer.len(), plain.len());
                replay(&entries, &newer);
                replay(&first, &newer);
                for (index, e) in newer.iter().enumerate() {
                    prop_assert_eq!(newer.get(index), Some(*e));
                    prop_assert_eq!(newer.position(e.uid), Some(index));
                }
                for uid in [1u32, 5, 700, 1999, 2001, top, top + 1] {
                    let want = plain.range(..uid).count();
                    prop_assert_eq!(newer.lower_bound(Uid::new(uid).unwrap()), want);
                    prop_assert_eq!(newer.iter_from(want).map(|(i, e)| (i, *e)).next(), newer.get(want).map(|e| (want, e)));
                }
                entries = newer;
            }
        }
    }

    #[test]
    fn memory_counts_once_however_many_hold_it_and_as_long_as_somebody_does() {
        let all = Arc::default();
        let meter = Meter::within(&all);
        let sum = || all.load(std::sync::atomic::Ordering::Relaxed);
        let old = Entries::counted(&meter, (1..=100_000).map(|uid| entry(uid, 1)));
        let alone = meter.octets();
        assert!((3_200_000..3_300_000).contains(&alone), "{alone}");
        assert!(octets_of(100_000).abs_diff(alone) < 50_000);
        let held_too = old.clone();
        assert_eq!(meter.octets(), alone);
        let new = old.changed(&[entry(50_000, 2)], &[]);
        let more = meter.octets() - alone;
        assert!((8_000..30_000).contains(&more), "a chunk, and the list of chunks: {more}");
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
    fn a_change_of_one_entry_shares_the_other_chunks() {
        let old = Entries::from_ascending((1..=100_000).map(|uid| entry(uid, 1)));
        let new = old.changed(&[entry(50_000, 2)], &[]);
        let shared = old
            .chunks()
            .iter()
            .zip(new.chunks().iter())
            .filter(|(a, b)| Arc::ptr_eq(&a.entries, &b.entries));
        assert_eq!(shared.count(), old.chunks().len() - 1);
        assert_eq!(old.differences(&new), [Difference::Changed(49_999, entry(50_000, 2))]);
    }
}
