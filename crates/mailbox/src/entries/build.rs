//! Puts an array of entries together, of new entries and of what earlier arrays have.

use std::sync::Arc;

use super::{
    ARRAY_OCTETS, CHUNK_ENTRIES_MAX, Changes, Chunk, Entries, Entry, List, PAGE_CHUNKS_MAX, Page,
    Place, SHARED_OCTETS,
};
use crate::Uid;
use crate::meter::Meter;

/// An array on its way: pages, then chunks of the next page, then entries of the next chunk.
pub(super) struct Builder<'m> {
    pages: Vec<Place<Page>>,
    /// How many entries the pages have.
    pages_len: usize,
    chunks: Vec<Place<Chunk>>,
    chunks_len: usize,
    entries: Vec<Entry>,
    meter: &'m Meter,
}

impl Builder<'_> {
    pub(super) fn new(meter: &Meter) -> Builder<'_> {
        Builder {
            pages: Vec::new(),
            pages_len: 0,
            chunks: Vec::new(),
            chunks_len: 0,
            entries: Vec::new(),
            meter,
        }
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
        if self.entries.len() >= CHUNK_ENTRIES_MAX {
            self.seal();
        }
    }

    pub(super) fn push_chunk(&mut self, chunk: &Arc<Chunk>, first: Uid) {
        self.seal();
        self.add_chunk(Arc::clone(chunk), first);
    }

    pub(super) fn push_page(&mut self, page: &Arc<Page>, first: Uid) {
        self.seal_page();
        self.add_page(Arc::clone(page), first);
    }

    /// Ends the chunk.
    pub(super) fn seal(&mut self) {
        let Some(first) = self.entries.first().map(|entry| entry.uid) else { return };
        let entries: Box<[Entry]> = self.entries.as_slice().into();
        self.entries.clear();
        let octets = size_of_val(&*entries).saturating_add(SHARED_OCTETS);
        let _counted = self.meter.count(octets);
        self.add_chunk(Arc::new(Chunk { entries, _counted }), first);
    }

    /// Ends the page.
    pub(super) fn seal_page(&mut self) {
        self.seal();
        let Some(first) = self.chunks.first().map(|chunk| chunk.first) else { return };
        let chunks: Box<[Place<Chunk>]> = std::mem::take(&mut self.chunks).into();
        let len = std::mem::take(&mut self.chunks_len);
        let octets = size_of_val(&*chunks).saturating_add(SHARED_OCTETS);
        let _counted = self.meter.count(octets);
        self.add_page(Arc::new(Page { chunks, len, _counted }), first);
    }

    fn add_chunk(&mut self, it: Arc<Chunk>, first: Uid) {
        let len = it.entries.len();
        self.chunks.push(Place { start: self.chunks_len, first, it });
        self.chunks_len = self.chunks_len.saturating_add(len);
        if self.chunks.len() >= PAGE_CHUNKS_MAX {
            self.seal_page();
        }
    }

    fn add_page(&mut self, it: Arc<Page>, first: Uid) {
        let len = it.len;
        self.pages.push(Place { start: self.pages_len, first, it });
        self.pages_len = self.pages_len.saturating_add(len);
    }

    /// Takes the last chunk apart again, where there is room in it, and its page.
    pub(super) fn reopen_last(&mut self) {
        self.seal_page();
        let has_room = |chunk: &Place<Chunk>| chunk.it.entries.len() < CHUNK_ENTRIES_MAX;
        let last = self.pages.pop_if(|page| {
            page.it.chunks.len() < PAGE_CHUNKS_MAX || page.it.chunks.last().is_some_and(has_room)
        });
        let Some(page) = last else { return };
        self.pages_len = page.start;
        self.chunks = page.it.chunks.to_vec();
        self.chunks_len = page.it.len;
        if let Some(chunk) = self.chunks.pop_if(|chunk| has_room(chunk)) {
            self.chunks_len = chunk.start;
            self.entries.extend_from_slice(&chunk.it.entries);
        }
    }

    pub(super) fn build(mut self) -> Entries {
        self.seal_page();
        let octets = self.pages.len().saturating_mul(size_of::<Place<Page>>());
        let counted = self.meter.count(octets.saturating_add(ARRAY_OCTETS));
        Entries { list: Arc::new(List { pages: self.pages.into(), len: self.pages_len, counted }) }
    }
}

/// Merges changes into the entries of one chunk.
pub(super) fn merge(old: &[Entry], changes: &Changes<'_>, builder: &mut Builder<'_>) {
    builder.seal();
    let mut set = changes.set.iter().copied().peekable();
    let mut removed = changes.removed.iter().copied().peekable();
    let mut keep = |entry: Entry, builder: &mut Builder<'_>| {
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
