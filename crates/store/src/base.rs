//! The index as the last checkpoint made it: what can be read of it.

use std::sync::Arc;

use mailbox::{BodyHash, Fault};
use redb::ReadOnlyTable;

use crate::backend::CallsMade;
use crate::entry::Entry;
use crate::fault::unpanicked;
use crate::index::{Octets, OpenDatabase, VisitKept, read};
use crate::location::Location;
use crate::memtable::Slot;
use crate::suspicion::Suspicion;

/// What a checkpoint made durable. What is damaged is noted, and costs only what it is about.
pub(crate) struct Base {
    pub(crate) keys: ReadOnlyTable<Octets, Octets>,
    pub(crate) bodies: ReadOnlyTable<Octets, Octets>,
    pub(crate) calls: Arc<CallsMade>,
    pub(crate) suspicion: Option<Arc<Suspicion>>,
    /// Closed, it could not be read any more; another may have taken its place long ago. After the tables, so that it is
    /// let go of last.
    pub(crate) database: Arc<OpenDatabase>,
}

impl Base {
    /// Says whether a call on the index's file failed: then little can be read before it is opened again.
    pub(crate) fn has_failed(&self) -> bool {
        self.calls.failed()
    }

    pub(crate) fn key(&self, key: &[u8]) -> Result<Option<Slot>, Fault> {
        self.noting(|| {
            let Some(found) = read(self.keys.get(key))? else { return Ok(None) };
            let entry = Entry::parse(key, found.value())?;
            let value = bytes::Bytes::copy_from_slice(entry.value);
            Ok(Some(Slot { segment: entry.segment, value }))
        })
    }

    pub(crate) fn body(&self, hash: &BodyHash) -> Result<Option<Location>, Fault> {
        self.noting(|| {
            let found = read(self.bodies.get(hash.0.as_slice()))?;
            found
                .map(|octets| Location::parse(octets.value()).ok_or_else(Location::damaged))
                .transpose()
        })
    }

    /// Does something with the index. What turns out to be damaged is noted.
    pub(crate) fn noting<T>(&self, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        let done = unpanicked(work);
        if let Err(fault) = &done
            && fault.is_damaged()
            && let Some(suspicion) = &self.suspicion
        {
            suspicion.note(fault);
        }
        done
    }

    /// The keys from `begin` up to, not including, `end`.
    pub(crate) fn range(
        &self,
        begin: &[u8],
        end: Option<&[u8]>,
    ) -> Result<redb::Range<'static, Octets, Octets>, Fault> {
        self.noting(|| match end {
            Some(end) => read(self.keys.range::<&[u8]>(begin..end)),
            None => read(self.keys.range::<&[u8]>(begin..)),
        })
    }

    /// Visits all keys as they are kept, ascending.
    pub(crate) fn each_key(&self, visit: VisitKept<'_>) -> Result<(), Fault> {
        self.noting(|| each(&self.keys, visit))
    }

    /// Visits all bodies as they are kept, ascending.
    pub(crate) fn each_body(&self, visit: VisitKept<'_>) -> Result<(), Fault> {
        self.noting(|| each(&self.bodies, visit))
    }

    /// Visits what can be reached, wherever something cannot be read: from the beginning up to there, and from the end
    /// down to there.
    pub(crate) fn each_readable(&self, table: Kept, visit: VisitKept<'_>) -> Result<(), Fault> {
        each_readable(self.table(table), visit)
    }

    fn table(&self, table: Kept) -> &ReadOnlyTable<Octets, Octets> {
        match table {
            Kept::Keys => &self.keys,
            Kept::Bodies => &self.bodies,
        }
    }

    /// Visits keys and bodies after one, ascending, at most so many. Gives back the last.
    pub(crate) fn some_after(
        &self,
        (table, after): (Kept, &[u8]),
        most: usize,
        visit: VisitKept<'_>,
    ) -> Result<Option<Vec<u8>>, Fault> {
        let table = self.table(table);
        self.noting(|| {
            let mut last = None;
            let mut count = 0_usize;
            for found in read(table.range::<&[u8]>(after..))? {
                let (key, octets) = read(found)?;
                if key.value() == after {
                    continue;
                }
                visit(key.value(), octets.value())?;
                last = Some(key.value().to_vec());
                count = count.saturating_add(1);
                if count >= most {
                    break;
                }
            }
            Ok(last)
        })
    }

    /// Says whether a key is kept with just these octets.
    pub(crate) fn keeps_key(&self, key: &[u8], octets: &[u8]) -> Result<bool, Fault> {
        self.noting(|| Ok(read(self.keys.get(key))?.is_some_and(|found| found.value() == octets)))
    }

    /// Says whether a body is kept with just these octets.
    pub(crate) fn keeps_body(&self, hash: &[u8], octets: &[u8]) -> Result<bool, Fault> {
        self.noting(
            || Ok(read(self.bodies.get(hash))?.is_some_and(|found| found.value() == octets)),
        )
    }

    /// Says whether a key that begins with this is there.
    pub(crate) fn has_prefix(&self, prefix: &[u8]) -> Result<bool, Fault> {
        self.noting(|| {
            let first = self.keys.range::<&[u8]>(prefix..);
            let first = read(read(first)?.next().transpose())?;
            Ok(first.is_some_and(|(key, _)| key.value().starts_with(prefix)))
        })
    }

    /// The bodies that lie in a segment, wholly or in part.
    pub(crate) fn bodies_in(&self, segment: u32) -> Result<Vec<BodyHash>, Fault> {
        let mut hashes = Vec::new();
        self.each_body(&mut |hash, octets| {
            let location = Location::parse(octets).ok_or_else(Location::damaged)?;
            if location.extents.iter().any(|extent| extent.segment == segment) {
                hashes.extend(hash.first_chunk::<32>().map(|hash| BodyHash(*hash)));
            }
            Ok(())
        })?;
        Ok(hashes)
    }

    /// The hashes of all bodies after one, ascending, at most so many.
    pub(crate) fn bodies_after(
        &self,
        after: Option<&BodyHash>,
        most: usize,
    ) -> Result<Vec<BodyHash>, Fault> {
        let from: &[u8] = after.map_or(&[], |hash| hash.0.as_slice());
        let mut hashes = Vec::new();
        self.some_after((Kept::Bodies, from), most, &mut |key, _| {
            hashes.extend(key.first_chunk::<32>().map(|hash| BodyHash(*hash)));
            Ok(())
        })?;
        Ok(hashes)
    }
}

/// One of the two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Keys,
    Bodies,
}

fn each(table: &ReadOnlyTable<Octets, Octets>, visit: VisitKept<'_>) -> Result<(), Fault> {
    for found in read(table.range::<&[u8]>(..))? {
        let (key, octets) = read(found)?;
        visit(key.value(), octets.value())?;
    }
    Ok(())
}

/// Visits from both ends what is in order up to something that cannot be read.
fn each_readable(table: &ReadOnlyTable<Octets, Octets>, visit: VisitKept<'_>) -> Result<(), Fault> {
    let mut highest: Option<Vec<u8>> = None;
    let forward = unpanicked(|| {
        for found in read(table.range::<&[u8]>(..))? {
            let (key, octets) = read(found)?;
            if highest.as_ref().is_some_and(|highest| key.value() <= highest.as_slice()) {
                return Err(Fault::damaged("keys of the index are out of order"));
            }
            visit(key.value(), octets.value())?;
            highest = Some(key.value().to_vec());
        }
        Ok(())
    });
    match forward {
        Err(fault) if fault.is_damaged() => {}
        done => return done,
    }
    let mut lowest: Option<Vec<u8>> = None;
    let backward = unpanicked(|| {
        for found in read(table.range::<&[u8]>(..))?.rev() {
            let (key, octets) = read(found)?;
            let is_new = highest.as_ref().is_none_or(|highest| key.value() > highest.as_slice());
            if !is_new || lowest.as_ref().is_some_and(|lowest| key.value() >= lowest.as_slice()) {
                return Ok(());
            }
            visit(key.value(), octets.value())?;
            lowest = Some(key.value().to_vec());
        }
        Ok(())
    });
    match backward {
        Err(fault) if fault.is_damaged() => Ok(()),
        done => done,
    }
}
