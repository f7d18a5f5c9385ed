//! A repository in a folder. Files come there under another name, are synced, and only then get their own.
#![expect(
    clippy::disallowed_methods,
    reason = "a repository is made of files, and this is the one place that touches them"
)]

use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::limits::FILE_OCTETS_MAX;
use crate::place::{File, FileKind, Held, Place, Sharing, is_id};

/// A folder.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// How many files were begun: two threads never write under one name.
    begun: AtomicU64,
}

impl Folder {
    /// A folder that is a repository, or will be.
    pub fn new(root: PathBuf) -> Folder {
        Folder { root, begun: AtomicU64::new(0) }
    }

    fn path(&self, file: &File) -> PathBuf {
        self.root.join(file.path())
    }

    /// The name of a file that is not whole yet. restic's own have such names, and are passed over when files are listed.
    fn partial(&self, path: &Path) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        name.push(format!("{PARTIAL}{}-{number}", std::process::id()));
        name.into()
    }

    /// What runs that were cut off have left behind goes. Only for who is alone.
    fn remove_partial(&self) -> io::Result<()> {
        for kind in FileKind::NAMED_BY_CONTENT {
            for folder in self.folders(kind)? {
                for entry in entries(&folder)? {
                    let is_partial = entry.file_name().to_string_lossy().contains(PARTIAL);
                    if is_partial {
                        fs::remove_file(entry.path())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The folders in which files of a kind lie.
    fn folders(&self, kind: FileKind) -> io::Result<Vec<PathBuf>> {
        let folder = self.root.join(kind.folder());
        if kind != FileKind::Pack {
            return Ok(vec![folder]);
        }
        Ok(entries(&folder)?.into_iter().map(|entry| entry.path()).collect())
    }
}

const PARTIAL: &str = "-tmp-";

impl Place for Folder {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    fn prepare(&self) -> io::Result<()> {
        make(&self.root)?;
        for kind in FileKind::NAMED_BY_CONTENT {
            make(&self.root.join(kind.folder()))?;
        }
        // restic puts its locks there.
        make(&self.root.join("locks"))
    }

    fn hold(&self, sharing: Sharing) -> io::Result<Held> {
        let folder = fs::File::open(&self.root)?;
        let held = match sharing {
            Sharing::Shared => folder.try_lock_shared(),
            Sharing::Alone => folder.try_lock(),
        };
        match held {
            Err(fs::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            // Some file systems know no locks; what is written is whole all the same.
            Err(fs::TryLockError::Error(_)) => Ok(Held(None)),
            Ok(()) => {
                if sharing == Sharing::Alone {
                    self.remove_partial()?;
                }
                Ok(Held(Some(folder)))
            }
        }
    }

    fn list(&self, kind: FileKind) -> io::Result<Vec<(File, u64)>> {
        if kind == FileKind::Config {
            let file = File::config();
            return match fs::metadata(self.path(&file)) {
                Ok(found) => Ok(vec![(file, found.len())]),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
                Err(error) => Err(error),
            };
        }
        let mut files = Vec::new();
        for folder in self.folders(kind)? {
            for entry in entries(&folder)? {
                let Ok(id) = entry.file_name().into_string() else { continue };
                if is_id(&id) {
                    files.push((File { kind, id }, entry.metadata()?.len()));
                }
            }
        }
        Ok(files)
    }

    fn read(&self, file: &File) -> io::Result<Vec<u8>> {
        let mut octets = Vec::new();
        let opened = fs::File::open(self.path(file))?;
        opened.take(FILE_OCTETS_MAX).read_to_end(&mut octets)?;
        Ok(octets)
    }

    fn read_part(&self, file: &File, from: u64, octets: u64) -> io::Result<Vec<u8>> {
        let octets = usize::try_from(octets.min(FILE_OCTETS_MAX)).map_err(io::Error::other)?;
        let mut opened = fs::File::open(self.path(file))?;
        opened.seek(SeekFrom::Start(from))?;
        let mut part = vec![0; octets];
        opened.read_exact(&mut part)?;
        Ok(part)
    }

    fn write(&self, file: &File, parts: &[&[u8]]) -> io::Result<()> {
        let path = self.path(file);
        let Some(folder) = path.parent() else { return Err(io::ErrorKind::InvalidInput.into()) };
        if !folder.exists() {
            make(folder)?;
            sync_folder_of(folder)?;
        }
        let partial = self.partial(&path);
        let written = write_new(&partial, parts).and_then(|()| fs::rename(&partial, &path));
        if let Err(error) = written {
            // On a full disk its room is needed.
            drop(fs::remove_file(&partial));
            return Err(error);
        }
        sync_folder_of(&path)
    }

    fn remove(&self, file: &File) -> io::Result<()> {
        match fs::remove_file(self.path(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn write_new(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

/// Makes the name of a file or folder last.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn make(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(Vec::new()),
        listing => listing?.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::Folder;
    use crate::place::{File, FileKind, Place as _, Sharing};

    fn pack(id: &str) -> File {
        File { kind: FileKind::Pack, id: id.repeat(32) }
    }

    #[test]
    fn files_are_written_whole_listed_and_read_in_parts() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path().join("new/repository"));
        folder.prepare().unwrap();
        assert!(folder.list(FileKind::Config).unwrap().is_empty());
        folder.write(&File::config(), &[b"config"]).unwrap();
        folder.write(&pack("ab"), &[b"one", b"two"]).unwrap();
        assert_eq!(folder.list(FileKind::Config).unwrap(), [(File::config(), 6)]);
        assert_eq!(folder.list(FileKind::Pack).unwrap(), [(pack("ab"), 6)]);
        assert_eq!(folder.read(&pack("ab")).unwrap(), b"onetwo");
        assert_eq!(folder.read_part(&pack("ab"), 2, 2).unwrap(), b"et");
        assert!(folder.read_part(&pack("ab"), 5, 2).is_err());
        folder.remove(&pack("ab")).unwrap();
        folder.remove(&pack("ab")).unwrap();
        assert!(folder.list(FileKind::Pack).unwrap().is_empty());
    }

    #[test]
    fn what_a_cut_run_left_is_no_file_and_goes_when_somebody_is_alone() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path().to_owned());
        folder.prepare().unwrap();
        folder.write(&pack("ab"), &[b"whole"]).unwrap();
        let partial = folder.partial(&folder.path(&pack("ab")));
        std::fs::write(&partial, b"wh").unwrap();
        assert_eq!(folder.list(FileKind::Pack).unwrap(), [(pack("ab"), 5)]);
        let shared = folder.hold(Sharing::Shared).unwrap();
        let other = Folder::new(root.path().to_owned());
        let _also = other.hold(Sharing::Shared).unwrap();
        assert!(partial.exists(), "its writer may still be at work");
        assert_eq!(other.hold(Sharing::Alone).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        drop((shared, _also));
        let _alone = folder.hold(Sharing::Alone).unwrap();
        assert!(!partial.exists());
        assert!(other.hold(Sharing::Shared).is_err());
    }
}
