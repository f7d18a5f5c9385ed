//! Writes the mail that the desk gives out: mbox, Maildir++ or EML. Into a Maildir or EML folder that has some of it
//! already, only what is missing is written; mbox files are written anew.

mod letter;

use std::collections::{BTreeMap, HashMap};
use std::fs::{DirBuilder, File};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use admin::answer::{Answer, Event, MessageLine, Progress};
use admin::request::Request;
use admin::{AdminFault, Client};

use self::letter::{Letter, LineEnds, create, file, rename, unborn};
use super::maildir::{self, Keywords};
use super::{Format, mbox, names, uidl};

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// The host.
    #[error(transparent)]
    Admin(#[from] AdminFault),
    /// A file.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// Exports mailboxes (none named: all) into a folder.
pub async fn export(
    client: &mut Client,
    address: &str,
    mailboxes: &[String],
    folder: &Path,
    format: Format,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Answer, ExportFault> {
    let request = Request::Export { address: address.to_owned(), mailboxes: mailboxes.to_vec() };
    client.send(&request).await?;
    let mut writer = Writer::new(folder, format);
    let (mut done, mut of) = (0u64, None);
    loop {
        match client.next().await? {
            Event::Progress(step) => of = step.of,
            Event::Message(line) => {
                let mut letter = writer.begin(&line)?;
                loop {
                    let octets = client.read().await?;
                    if octets.is_empty() {
                        break;
                    }
                    letter.write(&octets)?;
                }
                letter.end()?;
                done = done.saturating_add(1);
                progress(Progress { what: line.mailbox, done, of });
            }
            Event::Done(answer) => {
                writer.end()?;
                return Ok(answer);
            }
            Event::Failed { why } => return Err(AdminFault::Failed(why).into()),
            Event::Ready => return Err(AdminFault::Unexpected.into()),
        }
    }
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
    fn begin(folder: &Path) -> Result<Maildir, ExportFault> {
        for part in ["cur", "new", "tmp"] {
            make(&folder.join(part))?;
        }
        let cur = folder.join("cur");
        let failed = |cause| ExportFault::File { path: cur.clone(), cause };
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
    fn keep_uidl(&mut self, folder: &Path, name: &str, line: &MessageLine) {
        if let Some(uidl) = &line.uidl {
            let list =
                self.uidls.entry(folder.to_owned()).or_insert_with(|| uidl::own_list(folder));
            list.insert(name.to_owned(), uidl.clone());
        }
    }

    fn begin(&mut self, line: &MessageLine) -> Result<Letter<'_>, ExportFault> {
        match self.format {
            Format::Mbox => self.begin_mbox(line),
            Format::Maildir => self.begin_maildir(line),
            Format::Eml => {
                let mut folder = self.folder.clone();
                folder.extend(names::file_names(&line.mailbox));
                make(&folder)?;
                let name = format!("{}.eml", unique(line));
                self.keep_uidl(&folder, &name, line);
                let path = folder.join(name);
                if path.exists() {
                    return Ok(Letter::There);
                }
                file(&folder, path, line.date_s, LineEnds::Crlf)
            }
        }
    }

    fn begin_mbox(&mut self, line: &MessageLine) -> Result<Letter<'_>, ExportFault> {
        let mut path = self.folder.clone();
        path.extend(names::file_names(&line.mailbox));
        path.as_mut_os_string().push(".mbox");
        let to = match self.open.entry(path.clone()) {
            std::collections::btree_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::btree_map::Entry::Vacant(vacant) => {
                if let Some(folder) = path.parent() {
                    make(folder)?;
                }
                let unborn = unborn(&path);
                let created =
                    create(&unborn).map_err(|cause| ExportFault::File { path: unborn, cause })?;
                vacant.insert(BufWriter::new(created))
            }
        };
        let date = jiff::Timestamp::from_second(line.date_s.unwrap_or(0)).unwrap_or_default();
        let date = date.strftime("%a %b %e %H:%M:%S %Y");
        writeln!(to, "From MAILER-DAEMON {date}")
            .map_err(|cause| ExportFault::File { path: path.clone(), cause })?;
        let status = mbox::status_fields(&line.flags, line.uidl.as_deref());
        Ok(Letter::Mbox { path, to, line: Vec::new(), header: true, status })
    }

    fn begin_maildir(&mut self, line: &MessageLine) -> Result<Letter<'_>, ExportFault> {
        let folder = match names::maildir_folder(&line.mailbox) {
            Some(name) => self.folder.join(name),
            None => self.folder.clone(),
        };
        let failed = |path: &Path, cause| ExportFault::File { path: path.to_owned(), cause };
        if !self.maildirs.contains_key(&folder) {
            let begun = Maildir::begin(&folder)?;
            if folder != self.folder {
                let mark = folder.join("maildirfolder");
                machine::files::write_secret(&mark, b"").map_err(|cause| failed(&mark, cause))?;
            }
            self.maildirs.insert(folder.clone(), begun);
        }
        let unique = unique(line);
        self.keep_uidl(&folder, &unique, line);
        let Some(maildir) = self.maildirs.get_mut(&folder) else { return Ok(Letter::There) };
        let info = maildir::info(&line.flags, &mut maildir.keywords);
        let path = folder.join("cur").join(format!("{unique}{info}"));
        if let Some(there) = maildir.there.get(&unique) {
            // Its flags may have changed since.
            if *there != path {
                rename(there, &path)?;
            }
            return Ok(Letter::There);
        }
        file(&folder.join("tmp"), path, line.date_s, LineEnds::Lf)
    }

    fn end(self) -> Result<(), ExportFault> {
        for (path, to) in self.open {
            let failed = |cause| ExportFault::File { path: path.clone(), cause };
            to.into_inner()
                .map_err(|error| failed(error.into_error()))?
                .sync_all()
                .map_err(failed)?;
            rename(&unborn(&path), &path)?;
        }
        for (folder, maildir) in self.maildirs {
            let text = maildir.keywords.text();
            if !text.is_empty() {
                let path = folder.join("dovecot-keywords");
                machine::files::write_secret(&path, text.as_bytes())
                    .map_err(|cause| ExportFault::File { path, cause })?;
            }
        }
        for (folder, ids) in self.uidls {
            let path = folder.join(uidl::OWN_LIST);
            let text: String = ids.iter().filter_map(|(name, id)| uidl::line(name, id)).collect();
            machine::files::write_secret(&path, text.as_bytes())
                .map_err(|cause| ExportFault::File { path, cause })?;
        }
        Ok(())
    }
}

/// A name that no other message of its mailbox has.
fn unique(line: &MessageLine) -> String {
    let date = line.date_s.unwrap_or(0);
    let (uid_validity, uid) = line.uid.unwrap_or((0, 0));
    format!("{date}.V{uid_validity}U{uid}.correio")
}

fn make(folder: &Path) -> Result<(), ExportFault> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|cause| ExportFault::File { path: folder.to_owned(), cause })
}
