//! Plain files: configuration, certificate, secrets, mail in files. The store's own lie behind its `Disk` port.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the one place that opens files by their names"
)]

use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Reads a text file of at most 1 MB; a longer one is refused.
pub fn read_text(path: &Path) -> io::Result<String> {
    read_text_of(std::fs::File::open(path)?, 1 << 20)
}

/// Reads a text file of at most so many octets; a longer one is refused.
pub fn read_text_up_to(path: &Path, octets_max: u64) -> io::Result<String> {
    read_text_of(std::fs::File::open(path)?, octets_max)
}

/// Reads text of at most so many octets; longer text is refused.
pub fn read_text_of(from: impl io::Read, octets_max: u64) -> io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    from.take(octets_max.saturating_add(1)).read_to_string(&mut text)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > octets_max {
        let why = format!("it has more than {octets_max} octets");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(text)
}

/// By which one sees whether a file was changed: when, how large, and whether it is still the same file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    modified: (i64, i64),
    octets: u64,
    number: u64,
}

impl Stamp {
    /// Its size.
    pub fn octets(self) -> u64 {
        self.octets
    }
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seconds, nanoseconds) = self.modified;
        write!(f, "{seconds}.{nanoseconds:09} {} {}", self.octets, self.number)
    }
}

/// Looks at a file without reading it.
pub fn stamp(path: &Path) -> io::Result<Stamp> {
    use std::os::unix::fs::MetadataExt as _;
    let seen = std::fs::metadata(path)?;
    let modified = (seen.mtime(), seen.mtime_nsec());
    Ok(Stamp { modified, octets: seen.size(), number: seen.ino() })
}

/// Opens a file for reading.
pub fn open(path: &Path) -> io::Result<std::fs::File> {
    std::fs::File::open(path)
}

/// Writes a file that only its owner may read, whole or not at all.
pub fn write_secret(path: &Path, octets: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(beside)?;
    file.write_all(octets)?;
    file.sync_all()?;
    std::fs::rename(beside, path)?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Appends to a file that only its owner may read; it is made if its folder is there. Gives its size afterwards.
pub fn append_private(path: &Path, octets: &[u8]) -> io::Result<u64> {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(octets)?;
    Ok(file.metadata()?.len())
}

/// The same, on the disk when it returns. A file that is new is in its folder then, too.
pub fn append_durable(path: &Path, octets: &[u8]) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(octets)?;
    file.sync_all()?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Makes a folder that only its owner may enter, and those above it.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes sure that a folder is empty, or not there yet, and that files can be made in it; makes it if it is not there.
/// Says in words what is wrong. What a file system puts into its root (`lost+found`) does not count.
pub fn claim_empty_folder(path: &Path) -> Result<(), String> {
    let shown = path.display();
    let failed = |what: &str, error: io::Error| format!("{shown} {what}: {error}");
    make_private_folder(path).map_err(|error| failed("cannot be made", error))?;
    let entries = std::fs::read_dir(path).map_err(|error| failed("cannot be read", error))?;
    for entry in entries {
        let name = entry.map_err(|error| failed("cannot be read", error))?.file_name();
        if name != "lost+found" {
            let name = name.to_string_lossy();
            return Err(format!(
                "{shown} is not empty, it has {name:?}; name a folder that is empty or not there yet"
            ));
        }
    }
    let probe = path.join(".correio-probe");
    write_secret(&probe, b"").map_err(|error| failed("cannot be written", error))?;
    remove_if_there(&probe).map_err(|error| failed("cannot be written", error))
}

/// Removes a folder in which nothing is; that there is none is no failure.
pub fn remove_empty_folder(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Gives a file another name, in place of what had it.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

/// Keeps a folder for oneself until what comes back is dropped; an error when somebody else does. Where the file system knows no
/// locks, nobody keeps it.
pub fn lock_folder(folder: &Path) -> io::Result<std::fs::File> {
    let opened = std::fs::File::open(folder)?;
    match opened.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(io::Error::new(io::ErrorKind::WouldBlock, "another program writes there"))
        }
        Ok(()) | Err(std::fs::TryLockError::Error(_)) => Ok(opened),
    }
}

/// Makes a file that only its owner may read, durable, and keeps it for oneself until what comes back is dropped, or the program
/// ends in whatever way. What is in it can be read by others meanwhile.
pub fn write_kept(path: &Path, octets: &[u8]) -> io::Result<std::fs::File> {
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    match file.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
        Ok(()) | Err(std::fs::TryLockError::Error(_)) => {}
    }
    file.write_all(octets)?;
    file.sync_all()?;
    Ok(file)
}

/// Whether somebody keeps a file for oneself (`write_kept`). Where the file system knows no locks, nobody does.
pub fn is_kept(path: &Path) -> io::Result<bool> {
    let held = std::fs::File::open(path)?.try_lock_shared();
    Ok(matches!(held, Err(std::fs::TryLockError::WouldBlock)))
}

/// The names of the files and folders in a folder, in no order; none: there is no such folder.
pub fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let name = |entry: io::Result<std::fs::DirEntry>| {
        entry.map(|entry| entry.file_name().to_string_lossy().into_owned())
    };
    entries.map(name).collect()
}

/// How many octets the files in a folder and those below it have.
pub fn octets_in(folder: &Path) -> io::Result<u64> {
    let (mut folders, mut octets) = (vec![folder.to_owned()], 0_u64);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let seen = entry.metadata()?;
            if seen.is_dir() {
                folders.push(entry.path());
            } else {
                octets = octets.saturating_add(seen.len());
            }
        }
    }
    Ok(octets)
}

/// How many octets can still be written on the file system of a folder.
pub fn free_octets(folder: &Path) -> io::Result<u64> {
    let room = rustix::fs::statvfs(folder)?;
    Ok(room.f_bavail.saturating_mul(room.f_frsize))
}

/// Sees to it that all lasts that was written on the file system of a folder: cheaper than doing so for each of many files.
pub fn sync_file_system(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(std::fs::File::open(folder)?)?)
}

/// Removes a file; that there is none is no failure.
pub fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_kept, names_in, read_text_of, write_kept};

    #[test]
    fn a_file_is_kept_until_it_is_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        let kept = write_kept(&path, b"text").unwrap();
        assert!(is_kept(&path).unwrap());
        assert!(write_kept(&path, b"other").is_err());
        assert_eq!(super::read_text(&path).unwrap(), "text");
        drop(kept);
        assert!(!is_kept(&path).unwrap());
        assert_eq!(names_in(folder.path()).unwrap(), ["run"]);
        assert!(names_in(&folder.path().join("none")).unwrap().is_empty());
    }

    #[test]
    fn text_that_is_too_long_is_refused_and_not_cut() {
        assert_eq!(read_text_of(&b"four"[..], 4).unwrap(), "four");
        let refused = read_text_of(&b"fives"[..], 4).unwrap_err();
        assert_eq!(refused.to_string(), "it has more than 4 octets");
    }
}
