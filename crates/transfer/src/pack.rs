//! Writes mail as one stream: an mbox, a ZIP archive of EML files, or a tar archive of a Maildir++. Names, flags and dates are those of
//! [`export()`](crate::export()), so that an import takes all of it back.

mod file;
mod tar;
mod zip;

use std::collections::{BTreeMap, HashMap};

pub use self::file::pack;

use self::tar::Tar;
use self::zip::Zip;
use crate::export::letter::{Quoting, Written};
use crate::flag_list::{FLAG_LIST, FlagList};
use crate::maildir::{self, Keywords};
use crate::mbox::mark;
use crate::mbox::quoting::Quoter;
use crate::places::{MAILBOX_LIST, Places};
use crate::port::{Attributes, LineEnds, MailboxAttributes};
use crate::{Format, names};

/// The list of what was left out, in archives.
const LEFT_OUT: &str = "left-out.txt";

/// Writes messages one after another: `begin`, `write` as often as there are octets, `end`; and `finish` at last. What is to go out
/// is put behind what `to` has.
pub enum Packing {
    /// One mbox, whichever mailboxes the messages are of.
    Mbox(MboxPacking),
    /// An archive.
    Archive(Box<ArchivePacking>),
}

/// An mbox on its way out.
#[derive(Default)]
pub struct MboxPacking {
    letter: Option<Letter>,
}

struct Letter {
    quoter: Quoter,
    written: Written,
    cr: bool,
    last: Option<u8>,
}

/// An archive on its way out.
pub struct ArchivePacking {
    format: Format,
    archive: Archive,
    places: Places,
    /// Where the messages of each mailbox go.
    folders: HashMap<String, String>,
    beside: BTreeMap<String, Beside>,
}

enum Archive {
    Zip(Box<Zip>),
    Tar(Tar),
}

/// What is written beside the messages of a folder.
#[derive(Default)]
struct Beside {
    keywords: Keywords,
    flags: FlagList,
}

impl Packing {
    /// An mbox; a ZIP archive of EML files; a tar archive of a Maildir++.
    pub fn new(format: Format) -> Packing {
        let archive = match format {
            Format::Mbox => return Packing::Mbox(MboxPacking::default()),
            Format::Eml => Archive::Zip(Box::default()),
            Format::Maildir => Archive::Tar(Tar),
        };
        let (places, folders, beside) = Default::default();
        let packing = ArchivePacking { format, archive, places, folders, beside };
        Packing::Archive(Box::new(packing))
    }

    /// Begins a message, of exactly as many octets as its attributes say.
    pub fn begin(&mut self, message: &Attributes, to: &mut Vec<u8>) {
        match self {
            Packing::Mbox(mbox) => {
                to.extend_from_slice(mark::before(message).as_bytes());
                let written = Written::of(message.line_ends);
                mbox.letter =
                    Some(Letter { quoter: Quoter::new(), written, cr: false, last: None });
            }
            Packing::Archive(archive) => archive.begin(message, to),
        }
    }

    /// Takes octets of the message.
    pub fn write(&mut self, octets: &[u8], to: &mut Vec<u8>) {
        match self {
            Packing::Mbox(mbox) => {
                if let Some(Letter { quoter, written, cr, last }) = &mut mbox.letter {
                    *last = octets.last().copied().or(*last);
                    // Writing into memory does not fail.
                    let _ = written.write(&mut Quoting(quoter, to), octets, cr);
                }
            }
            Packing::Archive(archive) => match &mut archive.archive {
                Archive::Zip(zip) => zip.write(octets, to),
                Archive::Tar(_) => to.extend_from_slice(octets),
            },
        }
    }

    /// Ends the message.
    pub fn end(&mut self, message: &Attributes, to: &mut Vec<u8>) {
        match self {
            Packing::Mbox(mbox) => {
                if let Some(letter) = mbox.letter.take() {
                    letter.end(to);
                }
            }
            Packing::Archive(archive) => archive.archive.end(message.octets, to),
        }
    }

    /// Ends the whole. An archive names what was left out.
    pub fn finish(self, left_out: &[String], to: &mut Vec<u8>) {
        match self {
            Packing::Mbox(_) => {}
            Packing::Archive(archive) => archive.finish(left_out, to),
        }
    }
}

impl Letter {
    fn end(mut self, to: &mut Vec<u8>) {
        if self.cr {
            // Writing into memory does not fail.
            let _ = self.quoter.write(b"\r", to);
        }
        let _ = self.quoter.flush(to);
        if self.last.is_some_and(|last| last != b'\n') {
            to.push(b'\n');
        }
        to.push(b'\n');
    }
}

impl ArchivePacking {
    fn begin(&mut self, message: &Attributes, to: &mut Vec<u8>) {
        let folder = match self.folders.get(&message.mailbox) {
            Some(folder) => folder.clone(),
            None => self.begin_folder(&message.mailbox, to),
        };
        let beside = self.beside.entry(folder.clone()).or_default();
        // In an archive a message is octet for octet what it is.
        let exact = Attributes { line_ends: LineEnds::Mixed, ..message.clone() };
        let path = match self.format {
            Format::Maildir => {
                let unique = names::unique(&exact);
                let (info, without) = maildir::info(&message.flags, &mut beside.keywords);
                beside.flags.set(&unique, without.into_iter());
                format!("{folder}cur/{unique}{info}")
            }
            Format::Mbox | Format::Eml => {
                let name = format!("{}.eml", names::unique(message));
                beside.flags.set(&name, message.flags.iter().map(String::as_str));
                format!("{folder}{name}")
            }
        };
        let unix_s = message.date.map_or(0, |date| date.time.0);
        self.archive.begin(&path, message.octets, unix_s, to);
    }

    /// The folder of a mailbox, with a slash behind it, or nothing for the top.
    fn begin_folder(&mut self, mailbox: &str, to: &mut Vec<u8>) -> String {
        let attributes =
            MailboxAttributes { name: mailbox.to_owned(), ..MailboxAttributes::default() };
        let place = self.places.place(self.format, &attributes);
        let folder = if place.is_empty() { place } else { format!("{place}/") };
        if self.format == Format::Maildir {
            for part in ["cur/", "new/", "tmp/"] {
                self.archive.file(&format!("{folder}{part}"), b"", to);
            }
            if !folder.is_empty() {
                self.archive.file(&format!("{folder}{}", maildir::FOLDER_MARK), b"", to);
            }
        }
        self.folders.insert(mailbox.to_owned(), folder.clone());
        folder
    }

    fn finish(mut self, left_out: &[String], to: &mut Vec<u8>) {
        for (folder, beside) in std::mem::take(&mut self.beside) {
            for (name, text) in
                [(maildir::KEYWORD_LIST, beside.keywords.text()), (FLAG_LIST, beside.flags.text())]
            {
                if !text.is_empty() {
                    self.archive.file(&format!("{folder}{name}"), text.as_bytes(), to);
                }
            }
        }
        let places = self.places.text();
        if !places.is_empty() {
            self.archive.file(MAILBOX_LIST, &places, to);
        }
        if !left_out.is_empty() {
            let text: String = left_out.iter().map(|line| format!("{line}\n")).collect();
            self.archive.file(LEFT_OUT, text.as_bytes(), to);
        }
        match self.archive {
            Archive::Zip(zip) => zip.finish(to),
            Archive::Tar(tar) => tar.finish(to),
        }
    }
}

impl Archive {
    fn begin(&mut self, path: &str, octets: u64, unix_s: i64, to: &mut Vec<u8>) {
        match self {
            Archive::Zip(zip) => zip.begin(path, unix_s, to),
            Archive::Tar(tar) => tar.begin(path, octets, unix_s, to),
        }
    }

    fn end(&mut self, octets: u64, to: &mut Vec<u8>) {
        match self {
            Archive::Zip(zip) => zip.end(to),
            Archive::Tar(tar) => tar.end(octets, to),
        }
    }

    /// A small file, or a folder, whose name ends with a slash.
    fn file(&mut self, path: &str, text: &[u8], to: &mut Vec<u8>) {
        let octets = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.begin(path, octets, 0, to);
        match self {
            Archive::Zip(zip) => zip.write(text, to),
            Archive::Tar(_) => to.extend_from_slice(text),
        }
        self.end(octets, to);
    }
}
