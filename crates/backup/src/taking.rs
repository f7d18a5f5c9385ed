//! Backing up: files become a snapshot. What has the path, size, time and mark that it had in the last one is not read again.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustic_core::repofile::{Metadata, Node, NodeType, SnapshotFile, StringList};
use rustic_core::{
    BackupOptions, ErrorKind, ParentOptions, ReadSource, ReadSourceEntry, ReadSourceOpen,
    RusticError, RusticResult,
};

use crate::bridge::Trouble;
use crate::fault::Fault;
use crate::limits::CLOSE_S;
use crate::place::Sharing;
use crate::repository::Repository;
use crate::snapshots::Snapshot;

/// A file that is backed up.
#[derive(Clone, Debug)]
pub struct FileTaken {
    /// Its path below the folder that is backed up, with slashes.
    pub path: String,
    /// Its size.
    pub octets: u64,
    /// When it was changed, in Unix seconds, for people.
    pub time_s: i64,
    /// A mark that is another when what is in it is another: some octets of a hash.
    pub mark: [u8; 8],
    /// What is in it.
    pub content: Content,
}

/// Where the content of a file is.
#[derive(Clone, Debug)]
pub enum Content {
    /// Here.
    Here(Arc<[u8]>),
    /// It is asked for by this number, if it is needed.
    Asked(u64),
}

/// Gives the contents that are asked for, to several threads.
pub trait Contents: Send + Sync + 'static {
    /// Opens one.
    fn open(&self, number: u64) -> Result<Box<dyn Read + Send>, NotRead>;
}

/// Why a content is not read.
#[derive(Debug)]
pub enum NotRead {
    /// It is damaged or gone: it is left out, and named.
    LeftOut(String),
    /// Nothing can be read any more: there will be no snapshot.
    Broken(io::Error),
}

/// A file that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its path.
    pub path: String,
    /// Why.
    pub why: String,
}

/// What is backed up.
#[derive(Debug)]
pub struct Taking {
    /// The folder: `/ana@example.org`. The newest snapshot of the same folder says what is known.
    pub path: String,
    /// On which machine.
    pub machine: String,
    /// Labels.
    pub tags: Vec<String>,
    /// When, in Unix seconds.
    pub time_s: i64,
    /// The files, in any order.
    pub files: Vec<FileTaken>,
    /// Whether it is written.
    pub writing: Writing,
}

/// Whether a backup is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// It is.
    Write,
    /// It is only said how much would be.
    Pretend,
}

/// What was backed up.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The snapshot; when nothing was written, one that is not there.
    pub snapshot: Snapshot,
    /// Files that were not in the last one, or were others there.
    pub new_files: u64,
    /// Files that were not read again.
    pub known_files: u64,
    /// What came into the repository, in octets, packed.
    pub added_octets: u64,
    /// What could not be read.
    pub left_out: Vec<LeftOut>,
    /// Whether the last snapshot holds the same.
    pub is_same: bool,
}

impl Repository {
    /// Makes a snapshot. When it is there, all it needs is there and durable; a run that is cut off before leaves none, and
    /// the next one uses what it brought.
    pub fn back_up(&self, mut taking: Taking, contents: Arc<dyn Contents>) -> Result<Taken, Fault> {
        let _held = self.hold(Sharing::Shared)?;
        let path = taking.path.clone();
        let before = self.snapshots()?.into_iter().rfind(|snapshot| snapshot.path == path);
        if let Some(before) = &before {
            taking.time_s = later(taking.time_s, before.time_s);
        }
        // Of its own: a run that failed may still be writing packs in a thread, whose trouble is not the next one's.
        let trouble = Trouble::default();
        let library = trouble.instead(self.another(&trouble)?.to_indexed_ids())?;
        let source = Source::new(&taking, contents, &trouble);
        let file = snapshot_file(&taking)?;
        let options = options(taking.writing, before.as_ref());
        let done = library.archive(&options, &source, file, &[PathBuf::from(&taking.path)]);
        let file = trouble.instead(done)?;
        let summary = file.summary.clone().unwrap_or_default();
        let left_out = source.left_out.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let snapshot = Snapshot::of(file);
        Ok(Taken {
            is_same: before.is_some_and(|before| before.is_same(&snapshot)),
            new_files: summary.files_new.saturating_add(summary.files_changed),
            known_files: summary.files_unmodified,
            added_octets: summary.data_added_packed,
            left_out,
            snapshot,
        })
    }
}

/// The time of a snapshot, which is later than that of the one before when both are made at about the same time: the newest
/// is what is restored, and what is kept when others are forgotten. A clock that was wrong by more is not followed.
fn later(time_s: i64, before_s: i64) -> i64 {
    let close = before_s.saturating_add(1).saturating_sub(time_s);
    if (1..=CLOSE_S).contains(&close) { before_s.saturating_add(1) } else { time_s }
}

fn snapshot_file(taking: &Taking) -> Result<SnapshotFile, Fault> {
    let time = jiff::Timestamp::from_second(taking.time_s);
    let time = time.map_err(|_| Fault::Snapshot("the clock is wrong".to_owned()))?;
    let mut tags = StringList::default();
    for tag in &taking.tags {
        tags.add(tag.clone());
    }
    Ok(SnapshotFile {
        time: time.to_zoned(jiff::tz::TimeZone::UTC),
        program_version: concat!("correio ", env!("CARGO_PKG_VERSION")).to_owned(),
        hostname: taking.machine.clone(),
        tags,
        ..SnapshotFile::default()
    })
}

fn options(writing: Writing, before: Option<&Snapshot>) -> BackupOptions {
    let parents: Vec<String> = before.iter().map(|before| before.id.clone()).collect();
    let parent_opts = ParentOptions::default().force(parents.is_empty()).parents(parents);
    BackupOptions::default().parent_opts(parent_opts).dry_run(writing == Writing::Pretend)
}

/// The files, as the library asks for them: folders before what is in them, in the order of their names.
struct Source {
    entries: Arc<BTreeMap<PathBuf, Option<FileTaken>>>,
    octets: u64,
    contents: Arc<dyn Contents>,
    trouble: Trouble,
    left_out: Arc<Mutex<Vec<LeftOut>>>,
}

impl Source {
    fn new(taking: &Taking, contents: Arc<dyn Contents>, trouble: &Trouble) -> Source {
        let root = Path::new(&taking.path);
        let mut entries: BTreeMap<PathBuf, Option<FileTaken>> = BTreeMap::new();
        entries.insert(root.to_owned(), None);
        let mut octets = 0u64;
        for file in &taking.files {
            octets = octets.saturating_add(file.octets);
            let path = root.join(&file.path);
            for folder in path.ancestors().skip(1).take_while(|folder| *folder != root) {
                if entries.insert(folder.to_owned(), None).is_some() {
                    break;
                }
            }
            entries.insert(path, Some(file.clone()));
        }
        let (trouble, left_out) = (trouble.clone(), Arc::default());
        Source { entries: Arc::new(entries), octets, contents, trouble, left_out }
    }
}

impl ReadSource for Source {
    type Open = Opening;
    type Iter = Box<dyn Iterator<Item = RusticResult<ReadSourceEntry<Opening>>> + Send>;

    fn size(&self) -> RusticResult<Option<u64>> {
        Ok(Some(self.octets))
    }

    fn entries(&self) -> Self::Iter {
        let (contents, trouble) = (Arc::clone(&self.contents), self.trouble.clone());
        let left_out = Arc::clone(&self.left_out);
        let entries: Vec<_> =
            self.entries.iter().map(|(path, file)| (path.clone(), file.clone())).collect();
        Box::new(entries.into_iter().map(move |(path, file)| {
            let name = path.file_name().unwrap_or_default();
            let Some(file) = file else {
                let node = Node::new_node(name, NodeType::Dir, metadata(0o700, 0, None));
                return Ok(ReadSourceEntry { path, node, open: None });
            };
            let octets = file.octets;
            let metadata =
                Metadata { size: octets, ..metadata(0o600, file.time_s, marked(&file.mark)) };
            let node = Node::new_node(name, NodeType::File, metadata);
            let asking = Asking { contents: Arc::clone(&contents), trouble: trouble.clone() };
            let open = Opening { file, asking, left_out: Arc::clone(&left_out) };
            Ok(ReadSourceEntry { path, node, open: Some(open) })
        }))
    }
}

fn metadata(mode: u32, time_s: i64, ctime: Option<jiff::Timestamp>) -> Metadata {
    // Where there is no time, restic takes the year 1, which most file systems do not know.
    let mtime = jiff::Timestamp::from_second(time_s).unwrap_or_default();
    Metadata {
        mode: Some(mode),
        mtime: Some(mtime),
        atime: Some(mtime),
        ctime,
        ..Metadata::default()
    }
}

/// The mark as the time of the last change of the node, by which the library tells that a file is another: restic does not
/// restore that time.
fn marked(mark: &[u8; 8]) -> Option<jiff::Timestamp> {
    let number = u64::from_be_bytes(*mark);
    let seconds = i64::try_from(number.checked_rem(1 << 31)?).ok()?;
    let nanoseconds = i32::try_from((number >> 31).checked_rem(1_000_000_000)?).ok()?;
    jiff::Timestamp::new(seconds, nanoseconds).ok()
}

#[derive(Clone)]
struct Asking {
    contents: Arc<dyn Contents>,
    trouble: Trouble,
}

/// A file that may be opened.
struct Opening {
    file: FileTaken,
    asking: Asking,
    left_out: Arc<Mutex<Vec<LeftOut>>>,
}

impl ReadSourceOpen for Opening {
    type Reader = Counted;

    fn open(self) -> RusticResult<Counted> {
        let Opening { file, asking, left_out } = self;
        let opened: Result<Box<dyn Read + Send>, NotRead> = match &file.content {
            Content::Here(octets) => Ok(Box::new(io::Cursor::new(Arc::clone(octets)))),
            Content::Asked(number) => asking.contents.open(*number),
        };
        let mut counted = Counted {
            from: Box::new(io::empty()),
            left: file.octets,
            path: file.path,
            trouble: asking.trouble,
            left_out,
        };
        match opened {
            Ok(from) => Ok(Counted { from, ..counted }),
            Err(why) => {
                let text = counted.give_up(why);
                Err(RusticError::new(ErrorKind::InputOutput, text))
            }
        }
    }
}

/// A content that must have as many octets as were promised.
struct Counted {
    from: Box<dyn Read + Send>,
    left: u64,
    path: String,
    trouble: Trouble,
    left_out: Arc<Mutex<Vec<LeftOut>>>,
}

impl Counted {
    /// Leaves the file out, or ends the whole. Gives the reason.
    fn give_up(&mut self, why: NotRead) -> String {
        match why {
            NotRead::LeftOut(why) => {
                let left_out = LeftOut { path: self.path.clone(), why: why.clone() };
                self.left_out.lock().unwrap_or_else(PoisonError::into_inner).push(left_out);
                why
            }
            NotRead::Broken(error) => {
                let why = error.to_string();
                self.trouble.keep(Fault::Source(error));
                why
            }
        }
    }
}

impl Read for Counted {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if to.is_empty() {
            return Ok(0);
        }
        let why = match self.from.read(to) {
            Ok(octets) => {
                let count = u64::try_from(octets).unwrap_or(u64::MAX);
                match self.left.checked_sub(count) {
                    Some(left) if octets > 0 || left == 0 => {
                        self.left = left;
                        return Ok(octets);
                    }
                    Some(_) | None => NotRead::LeftOut("it is not as long as it says".to_owned()),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                NotRead::LeftOut(error.to_string())
            }
            Err(error) => NotRead::Broken(error),
        };
        Err(io::Error::other(self.give_up(why)))
    }
}
