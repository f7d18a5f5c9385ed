//! A file with mail in it: one by itself, or one in a ZIP archive.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::packed::{self, Opened};
use crate::zip::Member;

/// Where a file lies.
#[derive(Clone, Debug)]
pub(crate) struct MailFile {
    path: PathBuf,
    within: Option<Arc<Within>>,
}

#[derive(Debug)]
struct Within {
    archive: Arc<Path>,
    member: Member,
}

impl MailFile {
    /// A file by itself.
    pub(crate) fn of(path: &Path) -> MailFile {
        MailFile { path: path.to_owned(), within: None }
    }

    /// A file in an archive, which is shown as if the archive were a folder.
    pub(crate) fn within(archive: &Arc<Path>, member: Member) -> MailFile {
        let path = archive.join(member.name.trim_start_matches('/'));
        let within = Within { archive: Arc::clone(archive), member };
        MailFile { path, within: Some(Arc::new(within)) }
    }

    /// Its path, for its name and for people.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn is_within_archive(&self) -> bool {
        self.within.is_some()
    }

    /// How many octets it takes on the disk, and when it was last changed, in Unix seconds.
    pub(crate) fn stamp(&self) -> io::Result<(u64, i64)> {
        use std::os::unix::fs::MetadataExt as _;
        let Some(within) = &self.within else {
            let metadata = std::fs::metadata(&self.path)?;
            return Ok((metadata.len(), metadata.mtime()));
        };
        Ok((within.member.packed, std::fs::metadata(&within.archive)?.mtime()))
    }

    pub(crate) fn open(&self) -> io::Result<Opened> {
        match &self.within {
            None => packed::open(&self.path),
            Some(within) => packed::open_member(&within.archive, &within.member),
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
