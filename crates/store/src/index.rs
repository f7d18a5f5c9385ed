//! The index: what the journal says, in a form that can be searched. Derived from the journal, and durable only at
//! checkpoints.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mailbox::{BodyHash, Fault};
use redb::{
    Database, Durability, ReadOnlyTable, ReadableDatabase, ReadableTable, Table, TableDefinition,
    WriteTransaction,
};

use crate::backend::{Backend, Gate};
use crate::disk::{Disk, DiskFile};
use crate::encoding::Reader;
use crate::fault::Doing;
use crate::location::Location;
use crate::mark::Mark;
use crate::reserve::Reserve;

/// The index's file.
pub(crate) const INDEX: &str = "index.redb";

type Octets = &'static [u8];
const KEYS: TableDefinition<'static, Octets, Octets> = TableDefinition::new("keys");
const BODIES: TableDefinition<'static, Octets, Octets> = TableDefinition::new("bodies");
const META: TableDefinition<'static, Octets, Octets> = TableDefinition::new("meta");
const MARK: &[u8] = b"mark";

/// The name of an index in the making.
pub(crate) const UNBORN: &str = "index.next";

/// The index's database.
#[derive(Debug)]
pub(crate) struct Index {
    database: Database,
    gate: Arc<Gate>,
    /// Whether nothing has changed since the last checkpoint.
    clean: AtomicBool,
}

impl Drop for Index {
    fn drop(&mut self) {
        // redb makes everything durable when it is dropped, but knows nothing of the mark that says up to where the
        // journal was taken in. Without its mark nothing may become durable.
        if !self.clean.load(Ordering::Relaxed) {
            self.gate.close();
        }
    }
}

impl Index {
    /// Opens an index in a file, or makes one if the file is empty.
    pub(crate) fn open(
        file: Arc<dyn DiskFile>,
        reserve: Arc<Reserve>,
        cache_octets: usize,
    ) -> Result<Index, redb::DatabaseError> {
        let gate = Arc::new(Gate::default());
        let mut builder = Database::builder();
        builder.set_cache_size(cache_octets);
        let backend = Backend::new(file, reserve, gate.clone());
        let database = builder.create_with_backend(backend)?;
        Ok(Index { database, gate, clean: AtomicBool::new(true) })
    }

    /// Makes an empty index that has not its name yet, replacing what was left of an earlier one.
    pub(crate) fn make(
        disk: &dyn Disk,
        unborn: &str,
        reserve: &Arc<Reserve>,
        cache_octets: usize,
    ) -> Result<Index, Fault> {
        let doing = "making the index";
        if disk.list("").doing(doing)?.iter().any(|file| file == unborn) {
            disk.remove(unborn).doing(doing)?;
        }
        let file = disk.create(unborn).doing(doing)?;
        let index = Index::open(file, reserve.clone(), cache_octets).doing(doing)?;
        // So that the tables are there.
        let transaction = index.begin()?;
        drop(Tables::open(&transaction)?);
        transaction.commit().doing(doing)?;
        Ok(index)
    }

    /// Makes a new index durable and gives it its name. An index that has its name is complete.
    pub(crate) fn name(&self, disk: &dyn Disk, mark: &Mark) -> Result<(), Fault> {
        let doing = "making the index";
        self.checkpoint(mark)?;
        disk.rename(UNBORN, INDEX).doing(doing)?;
        disk.sync_directory("").doing(doing)
    }

    /// Begins a change that others do not see until it is committed.
    pub(crate) fn begin(&self) -> Result<WriteTransaction, Fault> {
        self.clean.store(false, Ordering::Relaxed);
        let mut transaction = self.database.begin_write().doing(WRITING)?;
        transaction.set_durability(Durability::None).doing(WRITING)?;
        Ok(transaction)
    }

    /// Makes everything committed so far durable, together with the mark of where the journal stands. The journal
    /// must be durable up to there.
    pub(crate) fn checkpoint(&self, mark: &Mark) -> Result<(), Fault> {
        self.clean.store(false, Ordering::Relaxed);
        let mut transaction = self.database.begin_write().doing(WRITING)?;
        // Opening after a crash would otherwise read the whole file.
        transaction.set_quick_repair(true);
        transaction.open_table(KEYS).doing(WRITING)?;
        transaction.open_table(BODIES).doing(WRITING)?;
        let mut meta = transaction.open_table(META).doing(WRITING)?;
        meta.insert(MARK, mark.print().as_slice()).doing(WRITING)?;
        drop(meta);
        transaction.commit().doing(WRITING)?;
        self.clean.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// The mark of the last checkpoint.
    pub(crate) fn mark(&self) -> Result<Option<Mark>, Fault> {
        let transaction = self.database.begin_read().doing(READING)?;
        let meta = match transaction.open_table(META) {
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            other => other.doing(READING)?,
        };
        let mark = meta.get(MARK).doing(READING)?;
        Ok(mark.and_then(|mark| Mark::parse(mark.value())))
    }

    /// What is committed now.
    pub(crate) fn view(&self) -> Result<View, Fault> {
        let transaction = self.database.begin_read().doing(READING)?;
        Ok(View {
            keys: transaction.open_table(KEYS).doing(READING)?,
            bodies: transaction.open_table(BODIES).doing(READING)?,
        })
    }
}

const READING: &str = "reading the index";
const WRITING: &str = "writing the index";

/// What was committed at one time.
pub(crate) struct View {
    keys: ReadOnlyTable<Octets, Octets>,
    bodies: ReadOnlyTable<Octets, Octets>,
}

impl View {
    pub(crate) fn keys(&self) -> &ReadOnlyTable<Octets, Octets> {
        &self.keys
    }

    /// The segment that holds the present value of a key.
    pub(crate) fn entry_segment(&self, key: &[u8]) -> Result<Option<u32>, Fault> {
        let found = self.keys.get(key).doing(READING)?;
        found.map(|found| Entry::parse(key, found.value()).map(|entry| entry.segment)).transpose()
    }

    /// Visits all keys as they are kept, ascending.
    pub(crate) fn each_key(
        &self,
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for found in self.keys.range::<&[u8]>(..).doing(READING)? {
            let (key, value) = found.doing(READING)?;
            visit(key.value(), value.value())?;
        }
        Ok(())
    }

    /// Visits all bodies as they are kept, ascending.
    pub(crate) fn each_body(
        &self,
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for found in self.bodies.range::<&[u8]>(..).doing(READING)? {
            let (key, value) = found.doing(READING)?;
            visit(key.value(), value.value())?;
        }
        Ok(())
    }

    /// Says whether a key is kept with just these octets.
    pub(crate) fn keeps_key(&self, key: &[u8], octets: &[u8]) -> Result<bool, Fault> {
        Ok(self.keys.get(key).doing(READING)?.is_some_and(|found| found.value() == octets))
    }

    /// Says whether a body is kept with just these octets.
    pub(crate) fn keeps_body(&self, hash: &[u8], octets: &[u8]) -> Result<bool, Fault> {
        Ok(self.bodies.get(hash).doing(READING)?.is_some_and(|found| found.value() == octets))
    }

    /// Says whether a key that begins with this is there.
    pub(crate) fn has_prefix(&self, prefix: &[u8]) -> Result<bool, Fault> {
        let first = self.keys.range(prefix..).doing(READING)?.next().transpose().doing(READING)?;
        Ok(first.is_some_and(|(key, _)| key.value().starts_with(prefix)))
    }

    /// The bodies that lie in a segment, wholly or in part.
    pub(crate) fn bodies_in(&self, segment: u32) -> Result<Vec<BodyHash>, Fault> {
        let mut hashes = Vec::new();
        for found in self.bodies.range::<&[u8]>(..).doing(READING)? {
            let (key, value) = found.doing(READING)?;
            let location = Location::parse(value.value()).ok_or_else(Location::damaged)?;
            if location.extents.iter().any(|extent| extent.segment == segment) {
                hashes.extend(key.value().first_chunk::<32>().map(|hash| BodyHash(*hash)));
            }
        }
        Ok(hashes)
    }

    /// Where a body lies.
    pub(crate) fn location(&self, hash: &BodyHash) -> Result<Option<Location>, Fault> {
        let found = self.bodies.get(hash.0.as_slice()).doing(READING)?;
        found
            .map(|octets| Location::parse(octets.value()).ok_or_else(Location::damaged))
            .transpose()
    }
}

/// The tables of a change in the making.
pub(crate) struct Tables<'a> {
    keys: Table<'a, Octets, Octets>,
    bodies: Table<'a, Octets, Octets>,
}

impl<'a> Tables<'a> {
    pub(crate) fn open(transaction: &'a WriteTransaction) -> Result<Tables<'a>, Fault> {
        Ok(Tables {
            keys: transaction.open_table(KEYS).doing(WRITING)?,
            bodies: transaction.open_table(BODIES).doing(WRITING)?,
        })
    }

    /// Says whether a key has this value now, or is absent.
    pub(crate) fn holds(&self, key: &[u8], value: Option<&[u8]>) -> Result<bool, Fault> {
        let found = self.keys.get(key).doing(READING)?;
        match (found, value) {
            (None, None) => Ok(true),
            (Some(found), Some(value)) => Ok(Entry::parse(key, found.value())?.value == value),
            _ => Ok(false),
        }
    }

    /// The segment that holds the last put of a key, and the value.
    pub(crate) fn entry(&self, key: &[u8]) -> Result<Option<(u32, Vec<u8>)>, Fault> {
        let Some(found) = self.keys.get(key).doing(READING)? else { return Ok(None) };
        let entry = Entry::parse(key, found.value())?;
        Ok(Some((entry.segment, entry.value.to_vec())))
    }

    /// Keeps a key as another index keeps it.
    pub(crate) fn copy_key(&mut self, key: &[u8], octets: &[u8]) -> Result<(), Fault> {
        self.keys.insert(key, octets).doing(WRITING).map(drop)
    }

    /// Keeps a body as another index keeps it.
    pub(crate) fn copy_body(&mut self, hash: &[u8], octets: &[u8]) -> Result<(), Fault> {
        self.bodies.insert(hash, octets).doing(WRITING).map(drop)
    }

    /// Sets a key. Gives back the segment of the value it had, and that value's length.
    pub(crate) fn put(
        &mut self,
        key: &[u8],
        value: &[u8],
        segment: u32,
    ) -> Result<Option<(u32, usize)>, Fault> {
        let octets = Entry::print(key, value, segment);
        let before = self.keys.insert(key, octets.as_slice()).doing(WRITING)?;
        Ok(before.and_then(|before| Entry::origin(before.value())))
    }

    /// Removes a key. Gives back the segment of the value it had, and that value's length.
    pub(crate) fn delete(&mut self, key: &[u8]) -> Result<Option<(u32, usize)>, Fault> {
        let before = self.keys.remove(key).doing(WRITING)?;
        Ok(before.and_then(|before| Entry::origin(before.value())))
    }

    /// Visits the keys that begin with a prefix until told that it is enough.
    pub(crate) fn with_prefix(
        &self,
        prefix: &[u8],
        mut visit: impl FnMut(&[u8], Entry<'_>) -> std::ops::ControlFlow<()>,
    ) -> Result<(), Fault> {
        for found in self.keys.range(prefix..).doing(READING)? {
            let (key, value) = found.doing(READING)?;
            if !key.value().starts_with(prefix)
                || visit(key.value(), Entry::parse(key.value(), value.value())?).is_break()
            {
                break;
            }
        }
        Ok(())
    }

    /// Where a body lies.
    pub(crate) fn location(&self, hash: &BodyHash) -> Result<Option<Location>, Fault> {
        let found = self.bodies.get(hash.0.as_slice()).doing(READING)?;
        found
            .map(|octets| Location::parse(octets.value()).ok_or_else(Location::damaged))
            .transpose()
    }

    /// Notes where a body lies. Gives back where it lay before.
    pub(crate) fn locate(
        &mut self,
        hash: &BodyHash,
        location: &Location,
    ) -> Result<Option<Location>, Fault> {
        let octets = location.print();
        let before = self.bodies.insert(hash.0.as_slice(), octets.as_slice()).doing(WRITING)?;
        Ok(before.and_then(|before| Location::parse(before.value())))
    }

    /// Forgets where a body lies. Gives back where it lay.
    pub(crate) fn forget(&mut self, hash: &BodyHash) -> Result<Option<Location>, Fault> {
        let before = self.bodies.remove(hash.0.as_slice()).doing(WRITING)?;
        Ok(before.and_then(|before| Location::parse(before.value())))
    }

    /// The hashes of all located bodies after one, ascending, at most so many.
    pub(crate) fn bodies_after(
        &self,
        after: Option<&BodyHash>,
        most: usize,
    ) -> Result<Vec<BodyHash>, Fault> {
        let from: &[u8] = after.map_or(&[], |hash| hash.0.as_slice());
        let mut hashes = Vec::new();
        for found in self.bodies.range(from..).doing(READING)? {
            let (key, _) = found.doing(READING)?;
            let hash = key.value().first_chunk::<32>().map(|hash| BodyHash(*hash));
            if hash.as_ref() != after {
                hashes.extend(hash);
            }
            if hashes.len() >= most {
                break;
            }
        }
        Ok(hashes)
    }
}

/// A value as the index keeps it: the segment of its put, and a checksum, since redb looks at its own only when it
/// repairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    /// The segment of the journal that holds the put.
    pub(crate) segment: u32,
    /// The value.
    pub(crate) value: &'a [u8],
}

impl<'a> Entry<'a> {
    pub(crate) fn print(key: &[u8], value: &[u8], segment: u32) -> Vec<u8> {
        let segment = segment.to_le_bytes();
        let mut octets = Vec::with_capacity(value.len().saturating_add(8));
        octets.extend_from_slice(&segment);
        octets.extend_from_slice(&entry_checksum(key, &segment, value).to_le_bytes());
        octets.extend_from_slice(value);
        octets
    }

    pub(crate) fn parse(key: &[u8], octets: &'a [u8]) -> Result<Entry<'a>, Fault> {
        Entry::read(key, octets).ok_or_else(|| {
            Fault::new("a value of the index is not what its checksum says; run `correio check`")
        })
    }

    fn read(key: &[u8], octets: &'a [u8]) -> Option<Entry<'a>> {
        let (segment, rest) = octets.split_first_chunk::<4>()?;
        let (checksum, value) = rest.split_first_chunk::<4>()?;
        (u32::from_le_bytes(*checksum) == entry_checksum(key, segment, value))
            .then_some(Entry { segment: u32::from_le_bytes(*segment), value })
    }

    /// The segment and the length of the value, unchecked: enough to count with.
    fn origin(octets: &[u8]) -> Option<(u32, usize)> {
        let mut reader = Reader::new(octets);
        let segment = reader.u32()?;
        reader.u32()?;
        Some((segment, reader.left()))
    }
}

fn entry_checksum(key: &[u8], segment: &[u8; 4], value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(segment);
    hasher.update(value);
    hasher.finalize()
}
