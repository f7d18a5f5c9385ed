//! A consistent view of the keys, as the `Engine` port wants it.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use bytes::Bytes;
use mailbox::Fault;
use mailbox::engine::Snapshot;

use crate::fault::Doing;
use crate::index::{Entry, View};

const READING: &str = "reading the index";

/// A snapshot of the store's keys.
pub(crate) struct KeysView(pub(crate) Arc<View>);

impl Snapshot for KeysView {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        let Some(found) = self.0.keys().get(key).doing(READING)? else { return Ok(None) };
        Ok(Some(Bytes::copy_from_slice(Entry::parse(key, found.value())?.value)))
    }

    fn range(
        &self,
        range: Range<&[u8]>,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        if range.start >= range.end {
            return Ok(());
        }
        let found = self.0.keys().range::<&[u8]>(range.start..range.end).doing(READING)?;
        for entry in found {
            let (key, value) = entry.doing(READING)?;
            let entry = Entry::parse(key.value(), value.value())?;
            if visit(key.value(), entry.value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn last(&self, range: Range<&[u8]>) -> Result<Option<(Bytes, Bytes)>, Fault> {
        if range.start >= range.end {
            return Ok(None);
        }
        let mut found = self.0.keys().range::<&[u8]>(range.start..range.end).doing(READING)?;
        let Some(last) = found.next_back() else { return Ok(None) };
        let (key, value) = last.doing(READING)?;
        let entry = Entry::parse(key.value(), value.value())?;
        Ok(Some((Bytes::copy_from_slice(key.value()), Bytes::copy_from_slice(entry.value))))
    }
}
