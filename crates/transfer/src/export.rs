//! Writes the mail that a source gives out: mbox, Maildir++ or EML. Into a Maildir or EML folder that has some of it
//! already, only what is missing is written; mbox files are written anew.

pub(crate) mod letter;
mod there;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{DirBuilder, File};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use self::letter::{Letter, Partial, Written, file, rename};
use self::there::{There, in_mbox};
use crate::flag_list::FlagList;
use crate::maildir::{self, Keywords};
use crate::mbox::mark;
use crate::mbox::quoting::Quoter;
use crate::places::Places;
use crate::port::{Attributes, Item, MailSource, MailboxAttributes};
use crate::{Format, names, uidl};

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault<F: std::error::Error + 'static> {
    /// What gives the mail cannot go on.
    #[error(transparent)]
    Source(F),
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] FileFault),
}

/// Why a file or folder cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {cause}")]
pub struct FileFault {
    path: PathBuf,
    cause: io::Error,
}

impl FileFault {
    pub(crate) fn of(path: &Path, cause: io::Error) -> FileFault {
        FileFault { path: path.to_owned(), cause }
    }
}

/// How far an export is.
#[derive(Clone, Copy, Debug)]
pub struct Step<'m> {
    /// The mailbox of the last message.
    pub mailbox: &'m str,
    /// How many messages are written.
    pub done: u64,
    /// Of how many, when that is known.
    pub of: Option<u64>,
}

/// What an export did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Messages that were not there before.
    pub written: u64,
    /// Messages that were there already, from an export before; in an mbox they are written anew.
    pub there: u64,
}

/// Writes all that a source gives into a folder.
pub async fn export<S: MailSource<Fault: 'static>>(
    source: &mut S,
    folder: &Path,
    format: Format,
    progress: &mut (dyn FnMut(Step<'_>) + Send),
) -> Result<Exported, ExportFault<S::Fault>> {
    make(folder)?;
    // Two exports into the same files would mix them.
    let _lock = machine::files::lock_folder(folder)
        .map_err(|cause| FileFault { path: folder.to_owned(), cause })?;
    let mut writer = Writer::new(folder, format);
    let mut exported = Exported::default();
    let mut done = 0u64;
    while let Some(item) = source.next().await.map_err(ExportFault::Source)? {
        let message = match item {
            Item::Mailbox(mailbox) => {
                writer.mailbox(&mailbox)?;
                continue;
            }
            Item::Message(message) => message,
        };
        let mut letter = writer.begin(&message)?;
        loop {
            let octets = source.read().await.map_err(ExportFault::Source)?;
            if octets.is_empty() {
                break;
            }
            letter.write(&octets)?;
        }
        let count = match letter {
            Letter::There | Letter::Mbox { there: true, .. } => &mut exported.there,
            Letter::Mbox { there: false, .. } | Letter::File { .. } => &mut exported.written,
        };
        *count = count.saturating_add(1);
        letter.end()?;
        done = done.saturating_add(1);
        progress(Step { mailbox: &message.mailbox, done, of: source.expected() });
    }
    writer.end()?;
    Ok(exported)
}

/// Writes mailboxes.
struct Writer {
    folder: PathBuf,
    format: Format,
    places: Places,
    /// Where the messages of each mailbox go.
    paths: HashMap<String, PathBuf>,
    /// The mbox files that were begun, under their final names. One of them is open: a host may have more mailboxes than a
    /// program may have files.
    begun: BTreeMap<PathBuf, Partial>,
    open: Option<Mbox>,
    /// The Maildir folders that were begun.
    maildirs: HashMap<PathBuf, Maildir>,
    /// What lies in the folders of EML files that were begun.
    emls: HashMap<PathBuf, There>,
    /// What is written beside the messages of each folder.
    beside: BTreeMap<PathBuf, Beside>,
}

/// What file names have no place for: the unique ids of the messages of a folder, by what lasts of the file names, and
/// flags.
struct Beside {
    uidls: BTreeMap<String, String>,
    flags: FlagList,
}

/// An mbox that is open.
struct Mbox {
    path: PathBuf,
    to: BufWriter<File>,
    /// What it held before, by UIDVALIDITY and UID.
    there: HashSet<(u32, u32)>,
}

/// A Maildir folder.
struct Maildir {
    keywords: Keywords,
    there: There,
}

impl Maildir {
    /// Makes what is missing of a folder, and reads what is there.
    fn begin(folder: &Path) -> Result<Maildir, FileFault> {
        for part in ["cur", "new", "tmp"] {
            make(&folder.join(part))?;
        }
        Ok(Maildir { keywords: Keywords::read(folder), there: There::read(&folder.join("cur"))? })
    }
}

impl Writer {
    fn new(folder: &Path, format: Format) -> Writer {
        Writer {
            folder: folder.to_owned(),
            format,
            places: Places::read(folder),
            paths: HashMap::new(),
            begun: BTreeMap::new(),
            open: None,
            maildirs: HashMap::new(),
            emls: HashMap::new(),
            beside: BTreeMap::new(),
        }
    }

    /// Begins a mailbox, which may stay empty.
    fn mailbox(&mut self, mailbox: &MailboxAttributes) -> Result<PathBuf, FileFault> {
        let place = self.places.place(self.format, mailbox);
        // An empty one would put a slash behind the folder.
        let path = if place.is_empty() { self.folder.clone() } else { self.folder.join(place) };
        self.paths.insert(mailbox.name.clone(), path.clone());
        match self.format {
            Format::Mbox => self.begin_mbox(&path)?,
            Format::Maildir => self.begin_maildir(&path)?,
            Format::Eml => {
                make(&path)?;
                if !self.emls.contains_key(&path) {
                    self.emls.insert(path.clone(), There::read(&path)?);
                }
            }
        }
        Ok(path)
    }

    /// What is written beside the messages of a folder.
    fn beside(&mut self, folder: &Path) -> &mut Beside {
        self.beside.entry(folder.to_owned()).or_insert_with(|| Beside {
            uidls: uidl::own_list(folder),
            flags: FlagList::read(folder),
        })
    }

    fn begin(&mut self, message: &Attributes) -> Result<Letter<'_>, FileFault> {
        let path = match self.paths.get(&message.mailbox) {
            Some(path) => path.clone(),
            None => self.mailbox(&MailboxAttributes {
                name: message.mailbox.clone(),
                ..MailboxAttributes::default()
            })?,
        };
        match self.format {
            Format::Mbox => self.letter_in_mbox(path, message),
            Format::Maildir => self.letter_in_maildir(&path, message),
            Format::Eml => self.letter_in_eml(&path, message),
        }
    }

    fn letter_in_eml(
        &mut self,
        folder: &Path,
        message: &Attributes,
    ) -> Result<Letter<'_>, FileFault> {
        let name = format!("{}.eml", names::unique(message));
        let there = self.emls.get(folder);
        let there = there.map_or(Ok(None), |there| there.find(message, Written::AsItIs))?;
        let beside = self.beside(folder);
        beside.keep(&name, message, message.flags.iter().map(String::as_str), there.as_deref());
        let path = folder.join(name);
        match there {
            Some(there) => is_there(&there, &path),
            None => file(folder, path, message.date, Written::AsItIs),
        }
    }

    /// Sees to it that an mbox is open.
    fn begin_mbox(&mut self, path: &Path) -> Result<(), FileFault> {
        if self.open.as_ref().is_some_and(|open| open.path == path) {
            return Ok(());
        }
        self.close_mbox()?;
        if let Some(folder) = path.parent() {
            make(folder)?;
        }
        let opened = match self.begun.entry(path.to_owned()) {
            Entry::Vacant(place) => place.insert(Partial::beside(path)).create()?,
            Entry::Occupied(partial) => partial.get().append()?,
        };
        let (to, there) = (BufWriter::new(opened), in_mbox(path));
        self.open = Some(Mbox { path: path.to_owned(), to, there });
        Ok(())
    }

    fn close_mbox(&mut self) -> Result<(), FileFault> {
        let Some(Mbox { path, to, .. }) = self.open.take() else { return Ok(()) };
        let failed = |cause| FileFault { path: path.clone(), cause };
        let file = to.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)
    }

    fn letter_in_mbox(
        &mut self,
        path: PathBuf,
        message: &Attributes,
    ) -> Result<Letter<'_>, FileFault> {
        self.begin_mbox(&path)?;
        let Some(Mbox { to, there, .. }) = &mut self.open else { return Ok(Letter::There) };
        to.write_all(mark::before(message).as_bytes())
            .map_err(|cause| FileFault { path: path.clone(), cause })?;
        Ok(Letter::Mbox {
            path,
            to,
            quoter: Quoter::new(),
            written: Written::of(message.line_ends),
            cr: false,
            last: None,
            there: message.uid.is_some_and(|uid| there.contains(&uid)),
        })
    }

    fn begin_maildir(&mut self, folder: &Path) -> Result<(), FileFault> {
        if self.maildirs.contains_key(folder) {
            return Ok(());
        }
        let begun = Maildir::begin(folder)?;
        if folder != self.folder {
            let mark = folder.join(maildir::FOLDER_MARK);
            machine::files::write_secret(&mark, b"")
                .map_err(|cause| FileFault { path: mark, cause })?;
        }
        self.maildirs.insert(folder.to_owned(), begun);
        Ok(())
    }

    fn letter_in_maildir(
        &mut self,
        folder: &Path,
        message: &Attributes,
    ) -> Result<Letter<'_>, FileFault> {
        let unique = names::unique(message);
        let Some(maildir) = self.maildirs.get_mut(folder) else { return Ok(Letter::There) };
        let (info, without_letter) = maildir::info(&message.flags, &mut maildir.keywords);
        let written = Written::of(message.line_ends);
        let there = maildir.there.find(message, written)?;
        let beside = self.beside(folder);
        beside.keep(&unique, message, without_letter.into_iter(), there.as_deref());
        let path = folder.join("cur").join(format!("{unique}{info}"));
        match there {
            Some(there) => is_there(&there, &path),
            None => file(&folder.join("tmp"), path, message.date, written),
        }
    }

    fn end(mut self) -> Result<(), FileFault> {
        self.close_mbox()?;
        for (path, partial) in self.begun {
            partial.complete(&path)?;
        }
        for (folder, maildir) in self.maildirs {
            let text = maildir.keywords.text();
            if !text.is_empty() {
                let path = folder.join(maildir::KEYWORD_LIST);
                machine::files::write_secret(&path, text.as_bytes())
                    .map_err(|cause| FileFault { path, cause })?;
            }
        }
        for (folder, beside) in self.beside {
            beside.write(&folder)?;
        }
        // Nobody hears of mail that is gone with the next power cut.
        let written = self.places.write(&self.folder);
        written
            .and_then(|()| machine::files::sync_file_system(&self.folder))
            .map_err(|cause| FileFault { path: self.folder.clone(), cause })
    }
}

/// A message that is there. Its name may tell other flags than it has now, or not yet the zone of its date.
fn is_there(there: &Path, path: &Path) -> Result<Letter<'static>, FileFault> {
    if there != path {
        rename(there, path)?;
    }
    Ok(Letter::There)
}

impl Beside {
    /// Keeps the unique id and flags of a file, which may be there by another name.
    fn keep<'f>(
        &mut self,
        name: &str,
        message: &Attributes,
        flags: impl Iterator<Item = &'f str>,
        there: Option<&Path>,
    ) {
        let before = there.and_then(Path::file_name).and_then(|name| name.to_str());
        if let Some(before) = before.map(uidl::lasting).filter(|before| *before != name) {
            self.uidls.remove(before);
            self.flags.set(before, std::iter::empty());
        }
        if let Some(uidl) = &message.uidl {
            self.uidls.insert(name.to_owned(), uidl.clone());
        }
        self.flags.set(name, flags);
    }

    fn write(&self, folder: &Path) -> Result<(), FileFault> {
        let path = folder.join(uidl::OWN_LIST);
        let text: String =
            self.uidls.iter().filter_map(|(name, id)| uidl::line(name, id)).collect();
        let written = machine::files::write_secret(&path, text.as_bytes());
        written.and_then(|()| self.flags.write(folder)).map_err(|cause| FileFault { path, cause })
    }
}

fn make(folder: &Path) -> Result<(), FileFault> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|cause| FileFault { path: folder.to_owned(), cause })
}
