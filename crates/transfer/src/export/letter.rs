//! One message on its way into a file.

use std::fs::{File, FileTimes, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::FileFault;
use crate::mbox;

/// Writes one message.
pub(super) enum Letter<'w> {
    /// To the end of an mbox.
    Mbox { path: PathBuf, to: &'w mut BufWriter<File>, line: Vec<u8>, header: bool, status: String },
    /// To a file of its own, which gets its name at the end.
    File {
        to: BufWriter<File>,
        partial: PathBuf,
        path: PathBuf,
        date_s: Option<i64>,
        ends: LineEnds,
        cr: bool,
    },
    /// It is there already.
    There,
}

/// How lines end in the files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnds {
    Lf,
    Crlf,
}

impl Letter<'_> {
    pub(super) fn write(&mut self, octets: &[u8]) -> Result<(), FileFault> {
        match self {
            Letter::There => Ok(()),
            Letter::File { to, partial, ends, cr, .. } => {
                let written = match ends {
                    LineEnds::Crlf => to.write_all(octets),
                    LineEnds::Lf => without_cr(to, octets, cr),
                };
                written.map_err(|cause| FileFault { path: partial.clone(), cause })
            }
            Letter::Mbox { path, to, line, header, status } => {
                for piece in octets.split_inclusive(|octet| *octet == b'\n') {
                    line.extend_from_slice(piece);
                    // A line that does not end is written in parts; only its beginning could need a quote.
                    if line.ends_with(b"\n") || line.len() > LINE_OCTETS_MAX {
                        write_line(to, line, header, status)
                            .map_err(|cause| FileFault { path: path.clone(), cause })?;
                    }
                }
                Ok(())
            }
        }
    }

    pub(super) fn end(self) -> Result<(), FileFault> {
        match self {
            Letter::There => Ok(()),
            Letter::Mbox { path, to, mut line, mut header, status } => {
                let failed = |cause| FileFault { path: path.clone(), cause };
                if !line.is_empty() {
                    line.extend_from_slice(b"\r\n");
                    write_line(to, &mut line, &mut header, &status).map_err(failed)?;
                }
                if header {
                    // A message that is all header.
                    writeln!(to, "{status}").map_err(failed)?;
                }
                writeln!(to).map_err(failed)
            }
            Letter::File { mut to, partial, path, date_s, ends, cr } => {
                let failed = |cause| FileFault { path: partial.clone(), cause };
                if cr && ends == LineEnds::Lf {
                    to.write_all(b"\r").map_err(failed)?;
                }
                let file = to.into_inner().map_err(|error| failed(error.into_error()))?;
                if let Some(seconds) = date_s.and_then(|date| u64::try_from(date).ok())
                    && let Some(time) = UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
                {
                    file.set_times(FileTimes::new().set_modified(time)).map_err(failed)?;
                }
                drop(file);
                rename(&partial, &path)
            }
        }
    }
}

/// The longest part of a line that is held.
const LINE_OCTETS_MAX: usize = 64 << 10;

fn write_line(
    to: &mut impl io::Write,
    line: &mut Vec<u8>,
    header: &mut bool,
    status: &str,
) -> io::Result<()> {
    let ended = line.pop_if(|last| *last == b'\n').is_some();
    if ended {
        line.pop_if(|last| *last == b'\r');
    }
    if *header && line.is_empty() {
        *header = false;
        to.write_all(status.as_bytes())?;
    }
    if mbox::needs_quote(line) {
        to.write_all(b">")?;
    }
    to.write_all(line)?;
    if ended {
        to.write_all(b"\n")?;
    }
    line.clear();
    Ok(())
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

pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

pub(super) fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

pub(super) fn file(
    folder: &Path,
    path: PathBuf,
    date_s: Option<i64>,
    ends: LineEnds,
) -> Result<Letter<'static>, FileFault> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let partial = folder.join(format!(".{name}.part"));
    let to = create(&partial).map_err(|cause| FileFault { path: partial.clone(), cause })?;
    Ok(Letter::File { to: BufWriter::new(to), partial, path, date_s, ends, cr: false })
}

pub(super) fn rename(from: &Path, to: &Path) -> Result<(), FileFault> {
    machine::files::rename(from, to).map_err(|cause| FileFault { path: to.to_owned(), cause })
}
