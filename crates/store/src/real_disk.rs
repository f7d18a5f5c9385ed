//! The `Disk` port on a real directory. The only file of the store that touches `std::fs`.
#![expect(clippy::disallowed_methods, reason = "this is the place where files are reached")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSliceMut, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::disk::{Disk, DiskFile, Linked};

/// A directory of the file system.
#[derive(Clone, Debug)]
pub struct RealDisk {
    root: PathBuf,
    /// Whether its files may be those of another data directory, too.
    shares: bool,
}

/// A file of the file system.
#[derive(Debug)]
struct RealFile {
    file: File,
    /// Whether the file system can say that a read would have to wait for the disk.
    tells_waiting: AtomicBool,
}

impl RealFile {
    fn new(file: File) -> RealFile {
        RealFile { file, tells_waiting: AtomicBool::new(true) }
    }

    /// Reads what is in memory already, and says how much that was.
    fn read_without_waiting(&self, offset: u64, octets: &mut [u8]) -> usize {
        if !self.tells_waiting.load(Ordering::Relaxed) {
            return 0;
        }
        let flags = rustix::io::ReadWriteFlags::NOWAIT;
        match rustix::io::preadv2(&self.file, &mut [IoSliceMut::new(octets)], offset, flags) {
            Ok(read) => read,
            Err(rustix::io::Errno::AGAIN) => 0,
            // Other errors show again without the flag.
            Err(_) => {
                self.tells_waiting.store(false, Ordering::Relaxed);
                0
            }
        }
    }
}

/// Does what may wait for the disk. A thread of the runtime hands its other tasks on before.
fn waiting<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        Ok(_) | Err(_) => work(),
    }
}

impl RealDisk {
    /// The same, but what is copied to it shares no file with where it comes from.
    pub fn apart(self) -> RealDisk {
        RealDisk { shares: false, ..self }
    }

    /// Takes a directory as data directory, and makes it if it is not there.
    pub fn new(root: impl Into<PathBuf>) -> io::Result<RealDisk> {
        let root = root.into();
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&root)?;
        Ok(RealDisk { root, shares: true })
    }

    /// How much the file system holds, used or free.
    pub fn total_octets(&self) -> io::Result<u64> {
        let space = rustix::fs::statvfs(&self.root)?;
        Ok(space.f_blocks.saturating_mul(space.f_frsize))
    }

    fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.root.clone() } else { self.root.join(name) }
    }
}

impl Disk for RealDisk {
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn DiskFile>>> {
        match OpenOptions::new().read(true).write(true).open(self.path(name)) {
            Ok(file) => Ok(Some(Arc::new(RealFile::new(file)))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        Ok(Arc::new(RealFile::new(options.open(self.path(name))?)))
    }

    fn create_directory(&self, directory: &str) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(self.path(directory))
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.path(directory)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn sync_directory(&self, directory: &str) -> io::Result<()> {
        File::open(self.path(directory))?.sync_all()
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(self.path("lock"))?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
        Ok(Box::new(file))
    }

    fn free_octets(&self) -> io::Result<u64> {
        let space = rustix::fs::statvfs(&self.root)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }

    fn link(&self, name: &str, target: &dyn Disk) -> io::Result<Linked> {
        let Some(target) = target.root() else { return Ok(Linked::NotPossible) };
        match fs::hard_link(self.path(name), target.join(name)) {
            Ok(()) => Ok(Linked::Done),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            // Another file system, or one without hard links: each kernel words it differently.
            Err(_) => Ok(Linked::NotPossible),
        }
    }

    fn link_within(&self, name: &str, second: &str) -> io::Result<Linked> {
        match fs::hard_link(self.path(name), self.path(second)) {
            Ok(()) => Ok(Linked::Done),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound
                ) =>
            {
                Err(error)
            }
            // A file system without hard links, or a sandbox that allows none: each kernel words it differently.
            Err(_) => Ok(Linked::NotPossible),
        }
    }

    fn random(&self) -> io::Result<u64> {
        let mut octets = [0; 8];
        File::open("/dev/urandom")?.read_exact(&mut octets)?;
        Ok(u64::from_le_bytes(octets))
    }

    fn root(&self) -> Option<&Path> {
        self.shares.then_some(&*self.root)
    }
}

impl DiskFile for RealFile {
    fn read_at(&self, offset: u64, octets: &mut [u8]) -> io::Result<()> {
        let read = self.read_without_waiting(offset, octets);
        match octets.get_mut(read..) {
            None | Some([]) => Ok(()),
            Some(rest) => {
                let offset = offset.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
                waiting(|| self.file.read_exact_at(rest, offset))
            }
        }
    }

    fn write_at(&self, offset: u64, octets: &[u8]) -> io::Result<()> {
        self.file.write_all_at(octets, offset)
    }

    fn allocate(&self, offset: u64, octets: u64) -> io::Result<()> {
        use rustix::io::Errno;
        match rustix::fs::fallocate(&self.file, rustix::fs::FallocateFlags::empty(), offset, octets)
        {
            Ok(()) => Ok(()),
            // Some file systems cannot take room beforehand; then the writes themselves grow the file.
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {
                let end = offset.saturating_add(octets);
                if self.octets()? < end { self.set_len(end) } else { Ok(()) }
            }
            Err(error) => Err(error.into()),
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn set_len(&self, octets: u64) -> io::Result<()> {
        self.file.set_len(octets)
    }

    fn octets(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn what_is_not_in_memory_is_read_as_well() {
        let directory = tempfile::tempdir().unwrap();
        let disk = RealDisk::new(directory.path()).unwrap();
        let octets: Vec<u8> = (0..300_000_u32).map(|number| (number % 253) as u8).collect();
        let file = disk.create("file").unwrap();
        file.write_at(0, &octets).unwrap();
        file.sync_data().unwrap();
        let forgotten = File::open(directory.path().join("file")).unwrap();
        rustix::fs::fadvise(&forgotten, 0, None, rustix::fs::Advice::DontNeed).unwrap();
        let read = tokio::spawn(async move {
            let mut read = vec![0; 299_000];
            file.read_at(1_000, &mut read).unwrap();
            let beyond = file.read_at(299_000, &mut [0; 1_001]).unwrap_err();
            assert_eq!(beyond.kind(), io::ErrorKind::UnexpectedEof);
            read
        });
        assert_eq!(read.await.unwrap(), octets[1_000..]);
    }
}
