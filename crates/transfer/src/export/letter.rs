//! One message on its way into a file.

use std::fs::{File, FileTimes, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use mailbox::ZonedTime;

use super::FileFault;
use crate::mbox::quoting::Quoter;
use crate::names;
use crate::port::LineEnds;

/// Writes one message.
pub(super) enum Letter<'w> {
    /// To the end of an mbox.
    Mbox {
        path: PathBuf,
        to: &'w mut BufWriter<File>,
        quoter: Quoter,
        written: Written,
        cr: bool,
        last: Option<u8>,
        /// Whether the file had it before.
        there: bool,
    },
    /// To a file of its own, which gets its name at the end.
    File {
        to: BufWriter<File>,
        partial: Partial,
        path: PathBuf,
        date: Option<ZonedTime>,
        written: Written,
        cr: bool,
    },
    /// It is there already.
    There,
}

/// How lines end in the files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// With LF for each CRLF.
    WithLf,
    /// As in the message.
    AsItIs,
}

impl Written {
    /// For files that have LF where nothing is lost by it.
    pub(crate) fn of(line_ends: LineEnds) -> Written {
        match line_ends {
            LineEnds::Crlf => Written::WithLf,
            LineEnds::Mixed => Written::AsItIs,
        }
    }

    pub(crate) fn write(
        self,
        to: &mut impl io::Write,
        octets: &[u8],
        cr: &mut bool,
    ) -> io::Result<()> {
        match self {
            Written::AsItIs => to.write_all(octets),
            Written::WithLf => without_cr(to, octets, cr),
        }
    }
}

/// Quotes what is written.
pub(crate) struct Quoting<'q, W>(pub(crate) &'q mut Quoter, pub(crate) &'q mut W);

impl<W: io::Write> io::Write for Quoting<'_, W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.write(octets, self.1)?;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.flush()
    }
}

impl Letter<'_> {
    pub(super) fn write(&mut self, octets: &[u8]) -> Result<(), FileFault> {
        match self {
            Letter::There => Ok(()),
            Letter::File { to, partial, written, cr, .. } => written
                .write(to, octets, cr)
                .map_err(|cause| FileFault { path: partial.path.clone(), cause }),
            Letter::Mbox { path, to, quoter, written, cr, last, .. } => {
                *last = octets.last().copied().or(*last);
                written
                    .write(&mut Quoting(quoter, *to), octets, cr)
                    .map_err(|cause| FileFault { path: path.clone(), cause })
            }
        }
    }

    pub(super) fn end(self) -> Result<(), FileFault> {
        match self {
            Letter::There => Ok(()),
            Letter::Mbox { path, to, mut quoter, cr, last, .. } => {
                let failed = |cause| FileFault { path: path.clone(), cause };
                if cr {
                    quoter.write(b"\r", to).map_err(failed)?;
                }
                quoter.flush(to).map_err(failed)?;
                if last.is_some_and(|last| last != b'\n') {
                    writeln!(to).map_err(failed)?;
                }
                writeln!(to).map_err(failed)
            }
            Letter::File { mut to, partial, path, date, cr, .. } => {
                let failed = |cause| FileFault { path: partial.path.clone(), cause };
                if cr {
                    to.write_all(b"\r").map_err(failed)?;
                }
                let file = to.into_inner().map_err(|error| failed(error.into_error()))?;
                if let Some(seconds) = date.and_then(|date| u64::try_from(date.time.0).ok())
                    && let Some(time) = UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
                {
                    file.set_times(FileTimes::new().set_modified(time)).map_err(failed)?;
                }
                drop(file);
                partial.complete(&path)
            }
        }
    }
}

/// Writes octets with LF for each CRLF. `cr`: a CR is held back from the piece before.
fn without_cr(to: &mut impl io::Write, octets: &[u8], cr: &mut bool) -> io::Result<()> {
    for piece in octets.split_inclusive(|octet| *octet == b'\r') {
        if std::mem::take(cr) && piece.first() != Some(&b'\n') {
            to.write_all(b"\r")?;
        }
        let rest = match piece.strip_suffix(b"\r") {
            Some(rest) => {
                *cr = true;
                rest
            }
            None => piece,
        };
        to.write_all(rest)?;
    }
    Ok(())
}

/// A file that is not whole yet. It goes when it does not become so.
pub(crate) struct Partial {
    path: PathBuf,
    kept: bool,
}

impl Partial {
    /// The one beside the file that it is to become.
    pub(crate) fn beside(path: &Path) -> Partial {
        let mut name = path.as_os_str().to_owned();
        name.push(names::PARTIAL);
        Partial { path: name.into(), kept: false }
    }

    /// Makes it anew.
    pub(crate) fn create(&self) -> Result<File, FileFault> {
        let mut options = OpenOptions::new();
        let opened = options.write(true).create(true).truncate(true).mode(0o600).open(&self.path);
        opened.map_err(|cause| FileFault { path: self.path.clone(), cause })
    }

    /// Goes on behind what it has.
    pub(super) fn append(&self) -> Result<File, FileFault> {
        let opened = OpenOptions::new().append(true).open(&self.path);
        opened.map_err(|cause| FileFault { path: self.path.clone(), cause })
    }

    /// It gets its name.
    pub(crate) fn complete(mut self, path: &Path) -> Result<(), FileFault> {
        rename(&self.path, path)?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.kept {
            // Why the file did not become whole is told already.
            let _ = machine::files::remove_if_there(&self.path);
        }
    }
}

pub(super) fn file(
    folder: &Path,
    path: PathBuf,
    date: Option<ZonedTime>,
    written: Written,
) -> Result<Letter<'static>, FileFault> {
    let name = names::of_file(&path);
    let partial = Partial::beside(&folder.join(format!(".{name}")));
    let to = partial.create()?;
    Ok(Letter::File { to: BufWriter::new(to), partial, path, date, written, cr: false })
}

pub(super) fn rename(from: &Path, to: &Path) -> Result<(), FileFault> {
    machine::files::rename(from, to).map_err(|cause| FileFault { path: to.to_owned(), cause })
}
