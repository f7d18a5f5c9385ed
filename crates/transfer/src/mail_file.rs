//! A file with mail in it: one by itself, or one in a ZIP archive; on the disk, or handed over by whoever holds it.

use std::fmt::Debug;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::packed::{self, Opened};
use crate::zip::Member;

/// Octets that can be read from any place.
pub trait Content: Read + Seek + Send {}

impl<T: Read + Seek + Send> Content for T {}

/// A file that lies elsewhere than on the disk. It is opened as often as it is read.
pub trait Handed: Debug + Send + Sync {
    /// Opens it at its beginning.
    fn open(&self) -> io::Result<Box<dyn Content>>;

    /// How many octets it has.
    fn octets(&self) -> u64;

    /// When it came, in Unix seconds.
    fn changed_s(&self) -> i64;
}

/// Where octets lie.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    Disk(Arc<Path>),
    Handed(Arc<dyn Handed>),
}

impl Origin {
    pub(crate) fn open(&self) -> io::Result<Box<dyn Content>> {
        match self {
            Origin::Disk(path) => Ok(Box::new(machine::files::open(path)?)),
            Origin::Handed(file) => file.open(),
        }
    }

    /// How many octets there are, and when they were last changed, in Unix seconds.
    fn stamp(&self) -> io::Result<(u64, i64)> {
        use std::os::unix::fs::MetadataExt as _;
        match self {
            Origin::Disk(path) => {
                let metadata = std::fs::metadata(path)?;
                Ok((metadata.len(), metadata.mtime()))
            }
            Origin::Handed(file) => Ok((file.octets(), file.changed_s())),
        }
    }
}

/// Where a file lies.
#[derive(Clone, Debug)]
pub(crate) struct MailFile {
    path: PathBuf,
    origin: Origin,
    /// Which of the files of an archive it is.
    member: Option<Arc<Member>>,
}

impl MailFile {
    /// A file by itself.
    pub(crate) fn of(path: &Path) -> MailFile {
        MailFile { path: path.to_owned(), origin: Origin::Disk(path.into()), member: None }
    }

    /// A file that is handed over under a name.
    pub(crate) fn handed(name: &str, file: Arc<dyn Handed>) -> MailFile {
        MailFile { path: name.into(), origin: Origin::Handed(file), member: None }
    }

    /// A file in this archive, which is shown as if the archive were a folder.
    pub(crate) fn holding(&self, member: Member) -> MailFile {
        let path = self.path.join(member.name.trim_start_matches('/'));
        MailFile { path, origin: self.origin.clone(), member: Some(Arc::new(member)) }
    }

    /// Its path, for its name and for people.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where its octets lie, or those of the archive that it is in.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn is_within_archive(&self) -> bool {
        self.member.is_some()
    }

    /// How many octets it takes on the disk, and when it was last changed, in Unix seconds.
    pub(crate) fn stamp(&self) -> io::Result<(u64, i64)> {
        let (octets, changed_s) = self.origin.stamp()?;
        Ok((self.member.as_ref().map_or(octets, |member| member.packed), changed_s))
    }

    pub(crate) fn open(&self) -> io::Result<Opened> {
        let content = self.origin.open()?;
        match &self.member {
            None => packed::open(content),
            Some(member) => packed::open_member(content, member),
        }
    }

    /// Reads a packed file to its end, so that what is damaged shows before any of it is used.
    pub(crate) fn prove(&self) -> io::Result<()> {
        let mut opened = self.open()?;
        if opened.packing.is_some() {
            io::copy(&mut opened.from, &mut io::sink())?;
        }
        Ok(())
    }
}
