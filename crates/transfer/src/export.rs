//! Writes the mail that a source gives out: mbox, Maildir++ or EML. Into a Maildir or EML folder that has some of it
//! already, only what is missing is written; mbox files are written anew.

mod letter;

use std::collections::{BTreeMap, HashMap};
use std::fs::{DirBuilder, File};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use self::letter::{Letter, Written, create, file, partial, rename};
use crate::maildir::{self, Keywords};
use crate::mbox::mark;
use crate::mbox::quoting::Quoter;
use crate::port::{Attributes, MailSource};
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
    /// Messages that were written.
    pub written: u64,
    /// Messages that were there already, from an export before.
    pub there: u64,
}

/// Writes all that a source gives into a folder.
pub async fn export<S: MailSource<Fault: 'static>>(
    source: &mut S,
    folder: &Path,
    format: Format,
    progress: &mut (dyn FnMut(Step<'_>) + Send),
) -> Result<Exported, ExportFault<S::Fault>> {
    let mut writer = Writer::new(folder, format);
    let mut exported = Exported::default();
    let mut done = 0u64;
    while let Some(message) = source.next().await.map_err(ExportFault::Source)? {
        let mut letter = writer.begin(&message)?;
        loop {
            let octets = source.read().await.map_err(ExportFault::Source)?;
            if octets.is_empty() {
                break;
            }
            letter.write(&octets)?;
        }
        let count = match letter {
            Letter::There => &mut exported.there,
            Letter::Mbox { .. } | Letter::File { .. } => &mut exported.written,
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
    /// The mbox files that are open, under their final names.
    open: BTreeMap<PathBuf, BufWriter<File>>,
    /// The Maildir folders that were begun.
    maildirs: HashMap<PathBuf, Maildir>,
    /// The unique ids of the messages in each folder, by what lasts of the file names.
    uidls: BTreeMap<PathBuf, BTreeMap<String, String>>,
}

/// A Maildir folder.
struct Maildir {
    keywords: Keywords,
    /// The files that are there already, by what stands before their flags.
    there: HashMap<String, PathBuf>,
}

impl Maildir {
    /// Makes what is missing of a folder, and reads what is there.
    fn begin(folder: &Path) -> Result<Maildir, FileFault> {
        for part in ["cur", "new", "tmp"] {
            make(&folder.join(part))?;
        }
        let cur = folder.join("cur");
        let failed = |cause| FileFault { path: cur.clone(), cause };
        let mut there = HashMap::new();
        for entry in std::fs::read_dir(&cur).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_default();
            let unique = name.split_once(':').map_or(name.as_str(), |(unique, _)| unique);
            there.insert(unique.to_owned(), path.clone());
        }
        Ok(Maildir { keywords: Keywords::read(folder), there })
    }
}

impl Writer {
    fn new(folder: &Path, format: Format) -> Writer {
        let folder = folder.to_owned();
        let (open, maildirs, uidls) = (BTreeMap::new(), HashMap::new(), BTreeMap::new());
        Writer { folder, format, open, maildirs, uidls }
    }

    /// Remembers the unique id of a message that is a file of its own.
    fn keep_uidl(&mut self, folder: &Path, name: &str, message: &Attributes) {
        if let Some(uidl) = &message.uidl {
            let list =
                self.uidls.entry(folder.to_owned()).or_insert_with(|| uidl::own_list(folder));
            list.insert(name.to_owned(), uidl.clone());
        }
    }

    fn begin(&mut self, message: &Attributes) -> Result<Letter<'_>, FileFault> {
        match self.format {
            Format::Mbox => self.begin_mbox(message),
            Format::Maildir => self.begin_maildir(message),
            Format::Eml => {
                let mut folder = self.folder.clone();
                folder.extend(names::file_names(&message.mailbox));
                make(&folder)?;
                let name = format!("{}.eml", names::unique(message));
                self.keep_uidl(&folder, &name, message);
                let path = folder.join(name);
                if path.exists() {
                    return Ok(Letter::There);
                }
                file(&folder, path, message.date_s, Written::AsItIs)
            }
        }
    }

    fn begin_mbox(&mut self, message: &Attributes) -> Result<Letter<'_>, FileFault> {
        let mut path = self.folder.clone();
        path.extend(names::file_names(&message.mailbox));
        path.as_mut_os_string().push(".mbox");
        let to = match self.open.entry(path.clone()) {
            std::collections::btree_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::btree_map::Entry::Vacant(vacant) => {
                if let Some(folder) = path.parent() {
                    make(folder)?;
                }
                let partial = partial(&path);
                let created =
                    create(&partial).map_err(|cause| FileFault { path: partial, cause })?;
                vacant.insert(BufWriter::new(created))
            }
        };
        to.write_all(mark::before(message).as_bytes())
            .map_err(|cause| FileFault { path: path.clone(), cause })?;
        Ok(Letter::Mbox {
            path,
            to,
            quoter: Quoter::new(),
            written: Written::of(message.line_ends),
            cr: false,
            last: None,
        })
    }

    fn begin_maildir(&mut self, message: &Attributes) -> Result<Letter<'_>, FileFault> {
        let folder = match names::maildir_folder(&message.mailbox) {
            Some(name) => self.folder.join(name),
            None => self.folder.clone(),
        };
        let failed = |path: &Path, cause| FileFault { path: path.to_owned(), cause };
        if !self.maildirs.contains_key(&folder) {
            let begun = Maildir::begin(&folder)?;
            if folder != self.folder {
                let mark = folder.join("maildirfolder");
                machine::files::write_secret(&mark, b"").map_err(|cause| failed(&mark, cause))?;
            }
            self.maildirs.insert(folder.clone(), begun);
        }
        let unique = names::unique(message);
        self.keep_uidl(&folder, &unique, message);
        let Some(maildir) = self.maildirs.get_mut(&folder) else { return Ok(Letter::There) };
        let info = maildir::info(&message.flags, &mut maildir.keywords);
        let path = folder.join("cur").join(format!("{unique}{info}"));
        if let Some(there) = maildir.there.get(&unique) {
            // Its flags may have changed since.
            if *there != path {
                rename(there, &path)?;
            }
            return Ok(Letter::There);
        }
        let written = Written::of(message.line_ends);
        file(&folder.join("tmp"), path, message.date_s, written)
    }

    fn end(self) -> Result<(), FileFault> {
        for (path, to) in self.open {
            let failed = |cause| FileFault { path: path.clone(), cause };
            to.into_inner()
                .map_err(|error| failed(error.into_error()))?
                .sync_all()
                .map_err(failed)?;
            rename(&partial(&path), &path)?;
        }
        for (folder, maildir) in self.maildirs {
            let text = maildir.keywords.text();
            if !text.is_empty() {
                let path = folder.join("dovecot-keywords");
                machine::files::write_secret(&path, text.as_bytes())
                    .map_err(|cause| FileFault { path, cause })?;
            }
        }
        for (folder, ids) in self.uidls {
            let path = folder.join(uidl::OWN_LIST);
            let text: String = ids.iter().filter_map(|(name, id)| uidl::line(name, id)).collect();
            machine::files::write_secret(&path, text.as_bytes())
                .map_err(|cause| FileFault { path, cause })?;
        }
        Ok(())
    }
}

fn make(folder: &Path) -> Result<(), FileFault> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|cause| FileFault { path: folder.to_owned(), cause })
}
