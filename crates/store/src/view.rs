//! A consistent view of the keys, as the `Engine` port wants it.

use std::ops::{ControlFlow, Range};

use bytes::Bytes;
use mailbox::Fault;
use mailbox::engine::{Snapshot, Visit};

use crate::memtable::Direction;
use crate::visible::View;

impl Snapshot for View {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        Ok(self.key(key)?.map(|slot| slot.value))
    }

    fn values(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Bytes>>, Fault> {
        View::values(self, keys)
    }

    fn range(&self, range: Range<&[u8]>, visit: Visit<'_>) -> Result<(), Fault> {
        self.visit(range.start, range.end, Direction::Ascending, visit)
    }

    fn last(&self, range: Range<&[u8]>) -> Result<Option<(Bytes, Bytes)>, Fault> {
        let mut last = None;
        self.visit(range.start, range.end, Direction::Descending, &mut |key, value| {
            last = Some((Bytes::copy_from_slice(key), Bytes::copy_from_slice(value)));
            ControlFlow::Break(())
        })?;
        Ok(last)
    }
}
