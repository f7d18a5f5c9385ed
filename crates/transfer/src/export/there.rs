//! What an export before left: files of our own, and the messages of an mbox.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use mailbox::Timestamp;

use super::FileFault;
use super::letter::Written;
use crate::lines::{Ends, Lines};
use crate::mbox::mark::Mark;
use crate::mbox::separator::{Separator, Writer};
use crate::names;
use crate::port::Attributes;

/// The files of our own in a folder, by what stays the same: the internal date, UIDVALIDITY and UID.
pub(super) struct There(HashMap<(Timestamp, (u32, u32)), PathBuf>);

impl There {
    pub(super) fn read(folder: &Path) -> Result<There, FileFault> {
        let failed = |cause| FileFault { path: folder.to_owned(), cause };
        let mut there = HashMap::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if let Some(own) = names::own_file(&entry.file_name().to_string_lossy()) {
                there.insert((own.date.time, own.uid), entry.path());
            }
        }
        Ok(There(there))
    }

    /// The file of a message. One of another size was cut short, as by a power cut: it goes.
    pub(super) fn find(
        &self,
        message: &Attributes,
        written: Written,
    ) -> Result<Option<PathBuf>, FileFault> {
        let date = message.date.map_or(Timestamp(0), |date| date.time);
        let Some(path) = message.uid.and_then(|uid| self.0.get(&(date, uid))) else {
            return Ok(None);
        };
        let failed = |cause| FileFault { path: path.clone(), cause };
        let octets = machine::files::stamp(path).map_err(failed)?.octets();
        let fewest = match written {
            Written::AsItIs => message.octets,
            // A line end has one octet instead of two.
            Written::WithLf => message.octets.div_ceil(2),
        };
        if (fewest..=message.octets).contains(&octets) {
            return Ok(Some(path.clone()));
        }
        machine::files::remove_if_there(path).map_err(failed)?;
        Ok(None)
    }
}

/// The messages that an mbox of our own holds, by UIDVALIDITY and UID. What cannot be read is not there.
pub(super) fn in_mbox(path: &Path) -> HashSet<(u32, u32)> {
    let mut there = HashSet::new();
    if !path.is_file() {
        return there;
    }
    let Ok(file) = machine::files::open(path) else { return there };
    let mut lines = Lines::new(file, Ends::AsTheyAre);
    while let Ok(Some(piece)) = lines.next() {
        let own = piece.starts && lines.octets().starts_with(b"From ") && {
            let line = Separator::of(lines.octets());
            matches!(line, Some(Separator::Dated { by: Writer::Own, .. }))
        };
        if own && let Some(mark) = Mark::parse(lines.next_line()) {
            there.extend(mark.uid);
        }
    }
    there
}
