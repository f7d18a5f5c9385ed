//! A place as the library wants it. The first trouble is kept as it was, and from then on no snapshot is written: the library
//! passes over some troubles, and a snapshot must never promise what is not there.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rustic_core::{
    BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend,
};

use crate::fault::Fault;
use crate::place::{File, FileKind, Place};

/// What went wrong first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble(Arc<Mutex<Option<Fault>>>);

impl Trouble {
    /// Keeps a fault, unless there was one before.
    pub(crate) fn keep(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
    }

    /// Takes the fault out.
    pub(crate) fn take(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn is_there(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// What the library gives, or what went wrong beneath it.
    pub(crate) fn instead<T>(&self, done: RusticResult<T>) -> Result<T, Fault> {
        match (done, self.take()) {
            (Ok(done), None) => Ok(done),
            (_, Some(fault)) => Err(fault),
            (Err(error), None) => Err(Fault::of(&error)),
        }
    }
}

/// A place, for the library.
#[derive(Clone, Debug)]
pub(crate) struct Bridge {
    pub(crate) place: Arc<dyn Place>,
    pub(crate) trouble: Trouble,
}

impl Bridge {
    fn done<T>(&self, what: &str, file: &str, done: io::Result<T>) -> RusticResult<T> {
        done.map_err(|cause| {
            let error = RusticError::new(ErrorKind::Backend, format!("{what} {file}: {cause}"));
            let location = self.place.location();
            self.trouble.keep(Fault::Place { location, what: format!("{what} {file}"), cause });
            error
        })
    }
}

fn file(kind: FileType, id: &Id) -> File {
    match kind {
        FileType::Config => File::config(),
        FileType::Index => File { kind: FileKind::Index, id: id.to_hex().as_str().to_owned() },
        FileType::Key => File { kind: FileKind::Key, id: id.to_hex().as_str().to_owned() },
        FileType::Snapshot => {
            File { kind: FileKind::Snapshot, id: id.to_hex().as_str().to_owned() }
        }
        FileType::Pack => File { kind: FileKind::Pack, id: id.to_hex().as_str().to_owned() },
    }
}

fn kind(kind: FileType) -> FileKind {
    match kind {
        FileType::Config => FileKind::Config,
        FileType::Index => FileKind::Index,
        FileType::Key => FileKind::Key,
        FileType::Snapshot => FileKind::Snapshot,
        FileType::Pack => FileKind::Pack,
    }
}

impl ReadBackend for Bridge {
    fn location(&self) -> String {
        self.place.location()
    }

    fn list_with_size(&self, tpe: FileType) -> RusticResult<Vec<(Id, u32)>> {
        let kind = kind(tpe);
        let files = self.done("listing", kind.folder(), self.place.list(kind))?;
        let listed = |(file, octets): (File, u64)| {
            let id = match file.kind {
                FileKind::Config => Id::default(),
                FileKind::Key | FileKind::Snapshot | FileKind::Index | FileKind::Pack => {
                    file.id.parse().ok()?
                }
            };
            Some((id, u32::try_from(octets).unwrap_or(u32::MAX)))
        };
        Ok(files.into_iter().filter_map(listed).collect())
    }

    fn read_full(&self, tpe: FileType, id: &Id) -> RusticResult<Bytes> {
        let file = file(tpe, id);
        self.done("reading", &file.path(), self.place.read(&file)).map(Bytes::from)
    }

    fn read_partial(
        &self,
        tpe: FileType,
        id: &Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let file = file(tpe, id);
        let read = self.place.read_part(&file, offset.into(), length.into());
        self.done("reading", &file.path(), read).map(Bytes::from)
    }

    fn warmup_path(&self, tpe: FileType, id: &Id) -> String {
        file(tpe, id).path()
    }
}

impl WriteBackend for Bridge {
    fn create(&self) -> RusticResult<()> {
        self.done("making", "the folders", self.place.prepare())
    }

    fn write_bytes(
        &self,
        tpe: FileType,
        id: &Id,
        _cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        let file = file(tpe, id);
        if file.kind == FileKind::Snapshot && self.trouble.is_there() {
            let why = "no snapshot is made of what could not be written whole";
            return Err(RusticError::new(ErrorKind::Backend, why));
        }
        let parts: Vec<&[u8]> = content.slice().iter().map(|part| part.as_ref()).collect();
        self.done("writing", &file.path(), self.place.write(&file, &parts))
    }

    fn remove(&self, tpe: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        let file = file(tpe, id);
        self.done("removing", &file.path(), self.place.remove(&file))
    }
}
