//! Finds the mail below a path: which files, what is in them, and which mailbox each belongs to.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::Format;
use super::letters::Framing;
use super::maildir::{self, Keywords};
use super::{mbox, names};

/// How deep folders are followed.
const DEPTH_MAX: usize = 40;

/// A file that holds mail.
#[derive(Debug)]
pub struct Source {
    pub(super) path: PathBuf,
    pub(super) mailbox: String,
    pub(super) framing: Framing,
    pub(super) flags: Vec<String>,
    /// When the file was last changed: the internal date of a Maildir.
    pub(super) changed_s: Option<i64>,
    pub(super) is_maildir: bool,
    pub(super) octets: u64,
}

/// All mail below a path.
#[derive(Debug, Default)]
pub struct Plan {
    /// The files, by their paths.
    pub sources: Vec<Source>,
    /// Files that hold no mail.
    pub passed_over: u64,
    /// The octets of all files.
    pub octets: u64,
}

/// A folder that is still to be looked at.
struct Waiting {
    path: PathBuf,
    levels: Vec<String>,
    depth: usize,
}

impl Plan {
    /// Looks through a path. Names that are found lie below the mailbox that is given; messages that lie loose go
    /// into it, or into the Inbox.
    pub fn of(path: &Path, format: Option<Format>, below: Option<&str>) -> io::Result<Plan> {
        let mut plan = Plan::default();
        let base: Vec<String> =
            below.into_iter().flat_map(|name| name.split('/')).map(str::to_owned).collect();
        if std::fs::metadata(path)?.is_file() {
            let mut levels = base;
            if levels.is_empty() && sniff(path, format)? == Some(Framing::Mbox) {
                levels.extend(stem(path));
            }
            plan.file(path, &levels, format)?;
            return Ok(plan);
        }
        let mut waiting = vec![Waiting { path: path.to_owned(), levels: base, depth: 0 }];
        while let Some(next) = waiting.pop() {
            plan.folder(next, format, &mut waiting)?;
        }
        plan.sources.sort_by(|a, b| (&a.mailbox, &a.path).cmp(&(&b.mailbox, &b.path)));
        Ok(plan)
    }

    /// Adds another plan.
    pub fn add(&mut self, other: Plan) {
        self.sources.extend(other.sources);
        self.passed_over = self.passed_over.saturating_add(other.passed_over);
        self.octets = self.octets.saturating_add(other.octets);
    }

    fn folder(
        &mut self,
        folder: Waiting,
        format: Option<Format>,
        waiting: &mut Vec<Waiting>,
    ) -> io::Result<()> {
        let maildir = is_maildir(&folder.path) && format.is_none_or(|f| f == Format::Maildir);
        if maildir {
            self.maildir(&folder)?;
        }
        for entry in std::fs::read_dir(&folder.path)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // Links are not followed: they may lead in a circle, or elsewhere.
            let kind = entry.file_type()?;
            let path = entry.path();
            if kind.is_dir() {
                let part = maildir && matches!(&*name, "cur" | "new" | "tmp");
                if folder.depth >= DEPTH_MAX || part {
                    continue;
                }
                let mut levels = folder.levels.clone();
                if name.starts_with('.') && is_maildir(&path) {
                    levels.extend(names::of_maildir_folder(&name));
                } else {
                    // Thunderbird keeps what lies below the mbox `Work` in the folder `Work.sbd`.
                    levels.push(name.strip_suffix(".sbd").unwrap_or(&name).to_owned());
                }
                waiting.push(Waiting { path, levels, depth: folder.depth.saturating_add(1) });
            } else if kind.is_file() && !maildir && format != Some(Format::Maildir) {
                let mut levels = folder.levels.clone();
                if sniff(&path, format)? == Some(Framing::Mbox) {
                    levels.extend(stem(&path));
                }
                self.file(&path, &levels, format)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, levels: &[String], format: Option<Format>) -> io::Result<()> {
        let Some(framing) = sniff(path, format)? else {
            self.passed_over = self.passed_over.saturating_add(1);
            return Ok(());
        };
        self.source(path, names::mailbox_of(levels), framing, Vec::new(), IsMaildir::No)
    }

    fn maildir(&mut self, folder: &Waiting) -> io::Result<()> {
        let keywords = Keywords::read(&folder.path);
        let mailbox = names::mailbox_of(&folder.levels);
        for part in ["new", "cur"] {
            let entries = match std::fs::read_dir(folder.path.join(part)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.starts_with('.') || !entry.file_type()?.is_file() {
                    continue;
                }
                let flags = maildir::flags(&name, &keywords);
                let mailbox = mailbox.clone();
                self.source(&entry.path(), mailbox, Framing::Whole, flags, IsMaildir::Yes)?;
            }
        }
        Ok(())
    }

    fn source(
        &mut self,
        path: &Path,
        mailbox: String,
        framing: Framing,
        flags: Vec<String>,
        is_maildir: IsMaildir,
    ) -> io::Result<()> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = std::fs::metadata(path)?;
        self.octets = self.octets.saturating_add(metadata.len());
        self.sources.push(Source {
            path: path.to_owned(),
            mailbox,
            framing,
            flags,
            changed_s: Some(metadata.mtime()),
            is_maildir: is_maildir == IsMaildir::Yes,
            octets: metadata.len(),
        });
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum IsMaildir {
    Yes,
    No,
}

fn is_maildir(path: &Path) -> bool {
    path.join("cur").is_dir()
}

/// The name of a file without what follows its last dot.
fn stem(path: &Path) -> Option<String> {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
}

/// Whether a file has the name of a mailbox and not of one message: Thunderbird's `Inbox`, or `archive.mbox`.
fn is_named_like_mbox(path: &Path) -> bool {
    match path.extension() {
        None => true,
        Some(extension) => extension == "mbox" || extension == "mbx",
    }
}

/// What a file holds, by its first line; none: no mail.
fn sniff(path: &Path, format: Option<Format>) -> io::Result<Option<Framing>> {
    let mut start = Vec::new();
    crate::files::open(path)?.take(1_000).read_to_end(&mut start)?;
    let mut lines =
        start.split(|octet| *octet == b'\n').skip_while(|line| line.trim_ascii().is_empty());
    let Some(line) = lines.next() else { return Ok(None) };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let begins_mbox = mbox::from_line(line).is_some();
    Ok(match format {
        Some(Format::Mbox) => begins_mbox.then_some(Framing::Mbox),
        None if begins_mbox && is_named_like_mbox(path) => Some(Framing::Mbox),
        Some(Format::Eml | Format::Maildir) | None => {
            (begins_mbox || is_field(line)).then_some(Framing::Whole)
        }
    })
}

/// Whether a line looks like a field of a header (RFC 5322, 2.2): a name, and a colon right behind it.
fn is_field(line: &[u8]) -> bool {
    let name = line.iter().position(|octet| *octet == b':').and_then(|at| line.get(..at));
    name.is_some_and(|name| !name.is_empty() && name.iter().all(u8::is_ascii_graphic))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Plan;

    const FROM: &str = "From a@b Tue Aug  6 10:23:41 2002\n";

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        crate::files::make_private_folder(path.parent().unwrap()).unwrap();
        crate::files::write_secret(&path, text.as_bytes()).unwrap();
    }

    fn found(folder: &Path, below: Option<&str>) -> Vec<String> {
        let plan = Plan::of(folder, None, below).unwrap();
        let line = |source: &super::Source| {
            let name = source.path.file_name().unwrap().to_string_lossy().into_owned();
            format!("{} {name} {:?} {}", source.mailbox, source.framing, source.flags.join(" "))
        };
        plan.sources.iter().map(|source| line(source).trim().to_owned()).collect()
    }

    #[test]
    fn each_kind_of_folder_is_understood() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path();
        write(folder, "eml/one.eml", "Subject: x\n\n");
        write(folder, "eml/00002.3fa9", &format!("{FROM}Subject: x\n\n"));
        write(folder, "eml/sub/README.md", "# Nothing\n");
        write(folder, "eml/sub/two.eml", "Subject: x\n\n");
        assert_eq!(
            found(&folder.join("eml"), None),
            ["INBOX 00002.3fa9 Whole", "INBOX one.eml Whole", "sub two.eml Whole"]
        );
        assert_eq!(found(&folder.join("eml"), Some("Old/Mail"))[2], "Old/Mail/sub two.eml Whole");
        write(folder, "bird/Inbox", FROM);
        write(folder, "bird/Inbox.msf", "// <!-- <mdb:mork:z v=\"1.4\"/> -->\n");
        write(folder, "bird/Work", FROM);
        write(folder, "bird/Work.sbd/2020", FROM);
        assert_eq!(
            found(&folder.join("bird"), None),
            ["Inbox Inbox Mbox", "Work Work Mbox", "Work/2020 2020 Mbox"]
        );
        write(folder, "dir/cur/1.x:2,S", "Subject: x\n\n");
        write(folder, "dir/new/2.x", "Subject: x\n\n");
        write(folder, "dir/tmp/3.x", "Subject: x\n\n");
        write(folder, "dir/dovecot.index", "A: b\n");
        write(folder, "dir/.Work.Entw&APw-rfe/cur/4.x:2,F", "Subject: x\n\n");
        write(folder, "dir/fs/cur/5.x:2,", "Subject: x\n\n");
        assert_eq!(
            found(&folder.join("dir"), None),
            [
                "INBOX 1.x:2,S Whole \\Seen",
                "INBOX 2.x Whole",
                "Work/Entw\u{fc}rfe 4.x:2,F Whole \\Flagged",
                "fs 5.x:2, Whole"
            ]
        );
    }
}
