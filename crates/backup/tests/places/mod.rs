//! A place whose writes fail from a certain one on, as when the disk is full or the program is killed.

use std::io;
use std::sync::{Arc, Mutex};

use backup::{File, FileKind, Held, Place, Sharing};

/// When writes begin to fail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FailingAt {
    /// So many more succeed.
    pub(crate) write: u32,
    /// How the others fail.
    pub(crate) kind: io::ErrorKind,
}

/// A place that fails.
#[derive(Debug)]
pub(crate) struct Failing {
    place: Arc<dyn Place>,
    at: Mutex<Option<FailingAt>>,
}

impl Failing {
    pub(crate) fn new(place: Arc<dyn Place>) -> Failing {
        Failing { place, at: Mutex::new(None) }
    }

    pub(crate) fn fail(&self, at: FailingAt) {
        *self.at.lock().unwrap() = Some(at);
    }

    pub(crate) fn work_again(&self) {
        *self.at.lock().unwrap() = None;
    }
}

impl Place for Failing {
    fn location(&self) -> String {
        self.place.location()
    }

    fn prepare(&self) -> io::Result<()> {
        self.place.prepare()
    }

    fn hold(&self, sharing: Sharing) -> io::Result<Held> {
        self.place.hold(sharing)
    }

    fn list(&self, kind: FileKind) -> io::Result<Vec<(File, u64)>> {
        self.place.list(kind)
    }

    fn read(&self, file: &File) -> io::Result<Vec<u8>> {
        self.place.read(file)
    }

    fn read_part(&self, file: &File, from: u64, octets: u64) -> io::Result<Vec<u8>> {
        self.place.read_part(file, from, octets)
    }

    fn write(&self, file: &File, parts: &[&[u8]]) -> io::Result<()> {
        if let Some(at) = &mut *self.at.lock().unwrap() {
            match at.write.checked_sub(1) {
                Some(left) => at.write = left,
                None => return Err(at.kind.into()),
            }
        }
        self.place.write(file, parts)
    }

    fn remove(&self, file: &File) -> io::Result<()> {
        self.place.remove(file)
    }
}
