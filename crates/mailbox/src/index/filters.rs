//! The filters of blocks, some together in one key: which blocks a search need not even read. A segment without them, from
//! before there were any, is searched all the same.

use std::ops::Range;

use bytes::Bytes;
use words::Damaged;

use super::{Field, Segment};
use crate::engine::{Batch, Snapshot};
use crate::{AccountId, Fault, layout};

/// How many blocks have their filters in one key. Part of the format.
pub(crate) const FILTERED_BLOCKS: u32 = 64;
/// Beside the number of a field it stands in the keys of its filters.
const FILTERS: u8 = 0x80;

/// The key of some filters.
pub(super) fn key(account: AccountId, segment: u32, field: Field, group: u32) -> Vec<u8> {
    layout::words(account, segment, field.octet() | FILTERS, group)
}

/// Makes the filters of a field's blocks.
pub(super) struct Filtering {
    account: AccountId,
    segment: u32,
    field: Field,
    blocks: u32,
    filters: Vec<u8>,
}

impl Filtering {
    pub(super) fn new(account: AccountId, segment: u32, field: Field) -> Filtering {
        Filtering { account, segment, field, blocks: 0, filters: Vec::new() }
    }

    /// Takes the next block.
    pub(super) fn take(&mut self, block: &[u8], batch: &mut Batch) -> Result<(), Damaged> {
        words::put_filter(block, &mut self.filters)?;
        self.blocks = self.blocks.saturating_add(1);
        if self.blocks.is_multiple_of(FILTERED_BLOCKS) {
            self.put(batch);
        }
        Ok(())
    }

    /// That was the last block. Gives how many there were.
    pub(super) fn end(mut self, batch: &mut Batch) -> u32 {
        if !self.filters.is_empty() {
            self.put(batch);
        }
        self.blocks
    }

    fn put(&mut self, batch: &mut Batch) {
        let group = self.blocks.saturating_sub(1) / FILTERED_BLOCKS;
        let filters = std::mem::take(&mut self.filters);
        let key = key(self.account, self.segment, self.field, group);
        batch.puts.push((key, Bytes::from(filters)));
    }
}

/// The filters of the blocks that are looked through.
#[derive(Default)]
pub(crate) struct Filters {
    octets: Bytes,
    places: Vec<Range<usize>>,
}

impl Filters {
    /// Those of a block and of the ones behind it that have theirs in the same key. None, where there are none that can be
    /// read: they save time, and change no answer.
    pub(crate) fn from(
        account: AccountId,
        snapshot: &dyn Snapshot,
        segment: &Segment,
        (field, block): (Field, u32),
    ) -> Result<Filters, Fault> {
        let key = key(account, segment.number, field, block / FILTERED_BLOCKS);
        let octets = match snapshot.get(&key) {
            Err(fault) if fault.is_damaged() => None,
            octets => octets?,
        };
        let Some(octets) = octets else { return Ok(Filters::default()) };
        let places = words::filters(&octets).unwrap_or_default();
        Ok(Filters { octets, places })
    }

    /// What reading them costs, in octets.
    pub(crate) fn octets(&self) -> usize {
        self.octets.len()
    }

    /// The filter of a block; none: it may have anything.
    pub(crate) fn of(&self, block: u32) -> Option<&[u8]> {
        let at = usize::try_from(block % FILTERED_BLOCKS).unwrap_or(usize::MAX);
        self.octets.get(self.places.get(at)?.clone())
    }
}
