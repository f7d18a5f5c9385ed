//! The index: what the journal says, in a form that can be searched. Derived from the journal, and changed only by
//! checkpoints, each of which is one durable change.

use std::sync::{Arc, PoisonError, RwLock};

use mailbox::Fault;
use redb::{Database, Durability, ReadableDatabase, TableDefinition};

use crate::backend::{Backend, CallsMade};
use crate::base::Base;
use crate::disk::Disk;
use crate::fault::{Doing, unpanicked};
use crate::layers::Tables;
use crate::mark::{Live, Mark};
use crate::memtable::Memtable;
use crate::place::Place;
use crate::reserve::Reserve;
use crate::scan::Stand;
use crate::suspicion::Suspicion;
use crate::take_in::{append, take_bodies, take_keys};

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
pub(crate) const WRITING: &str = "writing the index";

/// The index's database.
#[derive(Debug)]
pub(crate) struct Index {
    database: Arc<OpenDatabase>,
    calls: Arc<CallsMade>,
    suspicion: Option<Arc<Suspicion>>,
}

/// A database that is open until it is closed, whoever reads it, or nobody can any more.
#[derive(Debug)]
pub(crate) struct OpenDatabase {
    database: RwLock<Option<Database>>,
}

impl OpenDatabase {
    /// Waits for the disk, and for what is being written. Who reads hears that it is closed.
    pub(crate) fn close(&self) {
        let closed = self.database.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(closed);
    }

    fn begin_read(&self) -> Result<redb::ReadTransaction, Fault> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        database.as_ref().ok_or_else(is_closed)?.begin_read().doing(READING)
    }

    fn begin_write(&self) -> Result<redb::WriteTransaction, Fault> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        database.as_ref().ok_or_else(is_closed)?.begin_write().doing(WRITING)
    }
}

fn is_closed() -> Fault {
    Fault::new("the store was closed")
}

/// Whether all pages of an index are compared with their checksums when it is opened. redb does not do it later on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    Wanted,
    NotWanted,
}

impl Index {
    /// Opens an index, or makes one if there is nothing in the file. What is damaged so that it cannot be opened is a
    /// fault of that kind.
    pub(crate) fn open(
        backend: impl redb::StorageBackend,
        cache_octets: usize,
        proof: Proof,
    ) -> Result<Index, Fault> {
        unpanicked(|| {
            let mut builder = Database::builder();
            builder.set_cache_size(cache_octets);
            builder.set_check_integrity_on_open(proof == Proof::Wanted);
            let database = builder.create_with_backend(backend);
            let database = database.map_err(|error| {
                if let redb::DatabaseError::Storage(error) = error {
                    return of_storage(error);
                }
                Fault::damaged(format!("the index cannot be opened: {error}"))
            })?;
            let database = Arc::new(OpenDatabase { database: RwLock::new(Some(database)) });
            Ok(Index { database, calls: Arc::default(), suspicion: None })
        })
    }

    /// Takes note of how the calls on its file go.
    pub(crate) fn with_calls(self, calls: Arc<CallsMade>) -> Index {
        Index { calls, ..self }
    }

    /// How the calls on its file go.
    pub(crate) fn calls(&self) -> &CallsMade {
        &self.calls
    }

    /// Has it noted when something in the index is found damaged.
    pub(crate) fn watched_by(self, suspicion: Arc<Suspicion>) -> Index {
        Index { suspicion: Some(suspicion), ..self }
    }

    /// Has it noted where another index has.
    pub(crate) fn watched_like(self, other: &Index) -> Index {
        Index { suspicion: other.suspicion.clone(), ..self }
    }

    /// Notes that something in the index is damaged.
    pub(crate) fn suspect(&self, what: &Fault) {
        if let Some(suspicion) = &self.suspicion {
            suspicion.note(what);
        }
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
        let backend = Backend::new(file, reserve.clone());
        let calls = backend.calls();
        let index = Index::open(backend, cache_octets, Proof::NotWanted)?.with_calls(calls);
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
        let mut transaction = self.database.begin_write()?;
        // Opening after a crash would otherwise read the whole file.
        transaction.set_quick_repair(true);
        let mut live = live.clone();
        // What is in an upper table came later.
        for table in tables.iter().rev() {
            let mut keys = transaction.open_table(KEYS).doing(WRITING)?;
            take_keys(&mut keys, table, &mut live, |_| true)?;
            drop(keys);
            let mut bodies = transaction.open_table(BODIES).doing(WRITING)?;
            take_bodies(&mut bodies, table, &mut live, |_| true)?;
        }
        let mark = Mark { stand, live };
        let mut meta = transaction.open_table(META).doing(WRITING)?;
        meta.insert(MARK, mark.print().as_slice()).doing(WRITING)?;
        drop(meta);
        transaction.commit().doing(WRITING)?;
        Ok((mark.live, self.base()?))
    }

    /// Takes in entries as another index keeps them, ascending, behind those that are there. Durable once the index is named.
    pub(crate) fn copy<'a>(
        &self,
        keys: impl Iterator<Item = &'a (Vec<u8>, Vec<u8>)>,
        bodies: impl Iterator<Item = &'a (Vec<u8>, Vec<u8>)>,
    ) -> Result<(), Fault> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::None).doing(WRITING)?;
        let mut table = transaction.open_table(KEYS).doing(WRITING)?;
        append(&mut table, keys)?;
        drop(table);
        let mut table = transaction.open_table(BODIES).doing(WRITING)?;
        append(&mut table, bodies)?;
        drop(table);
        transaction.commit().doing(WRITING)
    }

    /// Takes over what was made durable elsewhere meanwhile, as far as this is a copy already, and copies some more. Says how
    /// far it is a copy now. Durable when it returns.
    pub(crate) fn copy_from(
        &self,
        base: &Base,
        place: &Place,
        most: usize,
        meanwhile: &[Tables],
    ) -> Result<Place, Fault> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(true);
        let mut keys = transaction.open_table(KEYS).doing(WRITING)?;
        let mut bodies = transaction.open_table(BODIES).doing(WRITING)?;
        let mut none = Live::default();
        for table in meanwhile.iter().flat_map(|tables| tables.iter().rev()) {
            take_keys(&mut keys, table, &mut none, |key| place.has_key(key))?;
            take_bodies(&mut bodies, table, &mut none, |hash| place.has_body(hash))?;
        }
        let in_keys = matches!(place, Place::Keys(_));
        let next = base.visit_from(place, most, &mut |key, octets| {
            let table = if in_keys { &mut keys } else { &mut bodies };
            table.insert(key, octets).doing(WRITING).map(drop)
        })?;
        drop((keys, bodies));
        transaction.commit().doing(WRITING)?;
        Ok(next)
    }

    /// Notes durably what it has taken in. Gives what can be read.
    pub(crate) fn mark_as(&self, mark: &Mark) -> Result<Base, Fault> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(true);
        let mut meta = transaction.open_table(META).doing(WRITING)?;
        meta.insert(MARK, mark.print().as_slice()).doing(WRITING)?;
        drop(meta);
        transaction.commit().doing(WRITING)?;
        self.base()
    }

    /// The mark of the last checkpoint.
    pub(crate) fn mark(&self) -> Result<Option<Mark>, Fault> {
        unpanicked(|| {
            let transaction = self.database.begin_read()?;
            let meta = match transaction.open_table(META) {
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
                other => other.map_err(of_table)?,
            };
            let mark = read(meta.get(MARK))?;
            Ok(mark.and_then(|mark| Mark::parse(mark.value())))
        })
    }

    /// What is durable now.
    pub(crate) fn base(&self) -> Result<Base, Fault> {
        unpanicked(|| {
            let transaction = self.database.begin_read()?;
            Ok(Base {
                keys: transaction.open_table(KEYS).map_err(of_table)?,
                bodies: transaction.open_table(BODIES).map_err(of_table)?,
                calls: self.calls.clone(),
                suspicion: self.suspicion.clone(),
                database: self.database.clone(),
            })
        })
    }
}

/// Takes what redb read; what it finds corrupted is damaged.
pub(crate) fn read<T>(result: Result<T, redb::StorageError>) -> Result<T, Fault> {
    result.map_err(of_storage)
}

/// Tells what is damaged from a disk that fails. A cut file shows as one that ends too soon, or has the wrong length.
fn of_storage(error: redb::StorageError) -> Fault {
    use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    let is_damaged = if let redb::StorageError::Io(error) = &error {
        matches!(error.kind(), UnexpectedEof | InvalidData | InvalidInput)
    } else {
        matches!(&error, redb::StorageError::Corrupted(_))
    };
    if is_damaged {
        Fault::damaged(format!("the index is damaged: {error}"))
    } else {
        Fault::caused(READING, error)
    }
}

fn of_table(error: redb::TableError) -> Fault {
    if let redb::TableError::Storage(error) = error {
        return of_storage(error);
    }
    Fault::damaged(format!("the index is damaged: {error}"))
}
