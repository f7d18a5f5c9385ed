//! The index: what the journal says, in a form that can be searched. Derived from the journal, and changed only by
//! checkpoints, each of which is one durable change.

use std::sync::Arc;

use mailbox::{BodyHash, Fault};
use redb::{Database, Durability, ReadOnlyTable, ReadableDatabase, Table, TableDefinition};

use crate::backend::Backend;
use crate::disk::{Disk, DiskFile};
use crate::encoding::{Reader, octets_of};
use crate::fault::Doing;
use crate::location::Location;
use crate::mark::{Live, Mark};
use crate::memtable::{Memtable, Slot};
use crate::reserve::Reserve;
use crate::scan::Stand;

/// The index's file.
pub(crate) const INDEX: &str = "index.redb";

/// What a walk through a table calls with each entry as it is kept.
pub(crate) type VisitKept<'v> = &'v mut dyn FnMut(&[u8], &[u8]) -> Result<(), Fault>;

/// What the tables hold: both keys and values are octets.
pub(crate) type Octets = &'static [u8];
const KEYS: TableDefinition<'static, Octets, Octets> = TableDefinition::new("keys");
const BODIES: TableDefinition<'static, Octets, Octets> = TableDefinition::new("bodies");
const META: TableDefinition<'static, Octets, Octets> = TableDefinition::new("meta");
const MARK: &[u8] = b"mark";

/// The name of an index in the making.
pub(crate) const UNBORN: &str = "index.next";
const READING: &str = "reading the index";
const WRITING: &str = "writing the index";

/// The index's database.
#[derive(Debug)]
pub(crate) struct Index {
    database: Database,
}

impl Index {
    /// Opens an index in a file, or makes one if the file is empty.
    pub(crate) fn open(
        file: Arc<dyn DiskFile>,
        reserve: Arc<Reserve>,
        cache_octets: usize,
    ) -> Result<Index, redb::DatabaseError> {
        let mut builder = Database::builder();
        builder.set_cache_size(cache_octets);
        let database = builder.create_with_backend(Backend::new(file, reserve))?;
        Ok(Index { database })
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
        index.copy(std::iter::empty(), std::iter::empty())?;
        Ok(index)
    }

    /// Makes a new index durable and gives it its name. An index that has its name is complete.
    pub(crate) fn name(&self, disk: &dyn Disk, mark: &Mark) -> Result<(), Fault> {
        let doing = "making the index";
        self.flush(&[], mark.stand, &mark.live)?;
        disk.rename(UNBORN, INDEX).doing(doing)?;
        disk.sync_directory("").doing(doing)
    }

    /// Takes in what is in memory, the upper tables first, durably, with the mark of where the journal stands; the journal must be durable up
    /// to there. Gives back what lives now, and what can be read.
    pub(crate) fn flush(
        &self,
        tables: &[Arc<Memtable>],
        stand: Stand,
        live: &Live,
    ) -> Result<(Live, Base), Fault> {
        let mut transaction = self.database.begin_write().doing(WRITING)?;
        // Opening after a crash would otherwise read the whole file.
        transaction.set_quick_repair(true);
        let mut live = live.clone();
        // What is in an upper table came later.
        for table in tables.iter().rev() {
            take_keys(transaction.open_table(KEYS).doing(WRITING)?, table, &mut live)?;
            take_bodies(transaction.open_table(BODIES).doing(WRITING)?, table, &mut live)?;
        }
        let mark = Mark { stand, live };
        let mut meta = transaction.open_table(META).doing(WRITING)?;
        meta.insert(MARK, mark.print().as_slice()).doing(WRITING)?;
        drop(meta);
        transaction.commit().doing(WRITING)?;
        Ok((mark.live, self.base()?))
    }

    /// Takes in entries as another index keeps them. Durable once the index is named.
    pub(crate) fn copy<'a>(
        &self,
        keys: impl Iterator<Item = &'a (Vec<u8>, Vec<u8>)>,
        bodies: impl Iterator<Item = &'a (Vec<u8>, Vec<u8>)>,
    ) -> Result<(), Fault> {
        let mut transaction = self.database.begin_write().doing(WRITING)?;
        transaction.set_durability(Durability::None).doing(WRITING)?;
        let mut table = transaction.open_table(KEYS).doing(WRITING)?;
        for (key, octets) in keys {
            table.insert(key.as_slice(), octets.as_slice()).doing(WRITING)?;
        }
        drop(table);
        let mut table = transaction.open_table(BODIES).doing(WRITING)?;
        for (hash, octets) in bodies {
            table.insert(hash.as_slice(), octets.as_slice()).doing(WRITING)?;
        }
        drop(table);
        transaction.commit().doing(WRITING)
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

    /// What is durable now.
    pub(crate) fn base(&self) -> Result<Base, Fault> {
        let transaction = self.database.begin_read().doing(READING)?;
        Ok(Base {
            keys: transaction.open_table(KEYS).doing(READING)?,
            bodies: transaction.open_table(BODIES).doing(READING)?,
        })
    }
}

/// What a put takes in the journal besides key and value.
const PUT_OVERHEAD: u64 = 4;

fn put_octets(key: &[u8], value_octets: usize) -> u64 {
    octets_of(key)
        .saturating_add(u64::try_from(value_octets).unwrap_or(u64::MAX))
        .saturating_add(PUT_OVERHEAD)
}

fn take_keys(
    mut table: Table<'_, Octets, Octets>,
    memory: &Memtable,
    live: &mut Live,
) -> Result<(), Fault> {
    for (key, versions) in memory.keys().iter() {
        let key: &[u8] = key;
        let before = match versions.last() {
            Some(slot) => {
                live.add(slot.segment, put_octets(key, slot.value.len()));
                let octets = Entry::print(key, &slot.value, slot.segment);
                table.insert(key, octets.as_slice()).doing(WRITING)?
            }
            None => table.remove(key).doing(WRITING)?,
        };
        if let Some((segment, octets)) = before.and_then(|before| Entry::origin(before.value())) {
            live.subtract(segment, put_octets(key, octets));
        }
    }
    Ok(())
}

fn take_bodies(
    mut table: Table<'_, Octets, Octets>,
    memory: &Memtable,
    live: &mut Live,
) -> Result<(), Fault> {
    for (hash, versions) in memory.bodies().iter() {
        let hash = hash.0.as_slice();
        let before = match versions.last() {
            Some(location) => {
                for (segment, octets) in location.octets_by_segment() {
                    live.add(segment, octets);
                }
                let octets = location.print();
                table.insert(hash, octets.as_slice()).doing(WRITING)?
            }
            None => table.remove(hash).doing(WRITING)?,
        };
        let before = before.and_then(|before| Location::parse(before.value()));
        for (segment, octets) in before.iter().flat_map(Location::octets_by_segment) {
            live.subtract(segment, octets);
        }
    }
    Ok(())
}

/// What a checkpoint made durable.
pub(crate) struct Base {
    keys: ReadOnlyTable<Octets, Octets>,
    bodies: ReadOnlyTable<Octets, Octets>,
}

impl Base {
    pub(crate) fn key(&self, key: &[u8]) -> Result<Option<Slot>, Fault> {
        let Some(found) = self.keys.get(key).doing(READING)? else { return Ok(None) };
        let entry = Entry::parse(key, found.value())?;
        let value = bytes::Bytes::copy_from_slice(entry.value);
        Ok(Some(Slot { segment: entry.segment, value }))
    }

    pub(crate) fn body(&self, hash: &BodyHash) -> Result<Option<Location>, Fault> {
        let found = self.bodies.get(hash.0.as_slice()).doing(READING)?;
        found
            .map(|octets| Location::parse(octets.value()).ok_or_else(Location::damaged))
            .transpose()
    }

    /// The keys from `begin` up to, not including, `end`.
    pub(crate) fn range(
        &self,
        begin: &[u8],
        end: Option<&[u8]>,
    ) -> Result<redb::Range<'static, Octets, Octets>, Fault> {
        match end {
            Some(end) => self.keys.range::<&[u8]>(begin..end).doing(READING),
            None => self.keys.range::<&[u8]>(begin..).doing(READING),
        }
    }

    /// Visits all keys as they are kept, ascending.
    pub(crate) fn each_key(&self, visit: VisitKept<'_>) -> Result<(), Fault> {
        each(&self.keys, visit)
    }

    /// Visits all bodies as they are kept, ascending.
    pub(crate) fn each_body(&self, visit: VisitKept<'_>) -> Result<(), Fault> {
        each(&self.bodies, visit)
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
        let first = self.range(prefix, None)?.next().transpose().doing(READING)?;
        Ok(first.is_some_and(|(key, _)| key.value().starts_with(prefix)))
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
        for found in self.bodies.range::<&[u8]>(from..).doing(READING)? {
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

fn each(table: &ReadOnlyTable<Octets, Octets>, visit: VisitKept<'_>) -> Result<(), Fault> {
    for found in table.range::<&[u8]>(..).doing(READING)? {
        let (key, octets) = found.doing(READING)?;
        visit(key.value(), octets.value())?;
    }
    Ok(())
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
            Fault::damaged(
                "a value of the index is not what its checksum says; run `correio check`",
            )
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
