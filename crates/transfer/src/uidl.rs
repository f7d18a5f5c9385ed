//! POP3 unique ids that another host gave (RFC 1939, 7), from the files in which it keeps them: so that mail programs
//! that leave mail on the host do not download all of it again. One file for each host; parsers are pure.

pub(crate) mod courier;
pub(crate) mod cyrus;
pub(crate) mod dovecot;
pub(crate) mod folder;
pub(crate) mod list;
pub(crate) mod template;

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use self::cyrus::CyrusForm;
pub(crate) use self::list::line;
use self::template::Template;
use crate::limits::UIDL_FILE_OCTETS_MAX;

/// The list that an export writes into each folder.
pub const OWN_LIST: &str = "correio-uidl";

/// Where unique ids are taken from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UidlFrom {
    /// Whatever is there.
    #[default]
    Auto,
    /// Nowhere: messages get new ones.
    Nothing,
    /// `dovecot-uidlist`.
    Dovecot,
    /// `courierpop3dsizelist`, or `courierimapuiddb`.
    Courier,
    /// The names of the files of a Cyrus mailbox, and `cyrus.index`.
    Cyrus,
    /// The field X-UIDL of each message.
    Header,
    /// A list: what the old host answers to UIDL, or names of files and ids.
    List(PathBuf),
}

impl UidlFrom {
    /// Reads the option of the command line: a word, or the name of a file.
    pub fn of(text: &str) -> UidlFrom {
        match text {
            "auto" => UidlFrom::Auto,
            "none" => UidlFrom::Nothing,
            "dovecot" => UidlFrom::Dovecot,
            "courier" => UidlFrom::Courier,
            "cyrus" => UidlFrom::Cyrus,
            "header" => UidlFrom::Header,
            path => UidlFrom::List(path.into()),
        }
    }
}

/// How the old host made ids out of what its files say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UidlFormat {
    /// Dovecot's `pop3_uidl_format`.
    Template(Template),
    /// Cyrus's `uidl_format`.
    Cyrus(CyrusForm),
}

impl FromStr for UidlFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<UidlFormat, String> {
        if text.contains('%') {
            return Template::parse(text).map(UidlFormat::Template);
        }
        CyrusForm::of(text).map(UidlFormat::Cyrus).ok_or_else(|| {
            "expected variables as in Dovecot's pop3_uidl_format (%08Xu%08Xv), or one of Cyrus's: uidonly, cyrus, dovecot, courier".to_owned()
        })
    }
}

/// What the command line says about unique ids.
#[derive(Clone, Debug, Default)]
pub struct UidlChoice {
    /// Where they are taken from.
    pub from: UidlFrom,
    /// How they are made; none: as the old host does unless it was told otherwise.
    pub format: Option<UidlFormat>,
    /// The UIDVALIDITY of a Cyrus mailbox whose index is not there.
    pub uid_validity: Option<u32>,
}

impl UidlChoice {
    /// Dovecot's template, when there is one.
    fn template(&self) -> Option<&Template> {
        match &self.format {
            Some(UidlFormat::Template(template)) => Some(template),
            Some(UidlFormat::Cyrus(_)) | None => None,
        }
    }

    fn cyrus_form(&self) -> Option<CyrusForm> {
        match &self.format {
            Some(UidlFormat::Cyrus(form)) => Some(*form),
            Some(UidlFormat::Template(_)) | None => None,
        }
    }
}

/// Why ids cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub enum UidlFault {
    /// The file cannot be read.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A line of the file is wrong.
    #[error("{path}, line {line}: {what}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// The file as a whole.
    #[error("{path}: {what}")]
    Whole {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// A line that is not what it should be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadLine {
    /// From 1.
    pub(crate) number: u64,
    pub(crate) what: String,
}

impl BadLine {
    pub(crate) fn new(number: u64, what: impl Into<String>) -> BadLine {
        BadLine { number, what: what.into() }
    }

    pub(crate) fn of(self, path: &Path) -> UidlFault {
        UidlFault::Line { path: path.to_owned(), line: self.number, what: self.what }
    }
}

/// Reads a file of ids; none when there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, UidlFault> {
    let failed = |cause| UidlFault::File { path: path.to_owned(), cause };
    let file = match machine::files::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut octets = Vec::new();
    let most = UIDL_FILE_OCTETS_MAX;
    file.take(most.saturating_add(1)).read_to_end(&mut octets).map_err(failed)?;
    if u64::try_from(octets.len()).unwrap_or(u64::MAX) > most {
        let what = format!("it is larger than {} MB", most >> 20);
        return Err(UidlFault::Whole { path: path.to_owned(), what });
    }
    Ok(Some(octets))
}

/// The list that an earlier export left in a folder. Messages that have gone since are still files there.
pub(crate) fn own_list(folder: &Path) -> BTreeMap<String, String> {
    let octets = read(&folder.join(OWN_LIST)).ok().flatten().unwrap_or_default();
    match list::List::parse(&octets) {
        Ok(list::List::Names(names)) => names.into_iter().collect(),
        // One that cannot be read is written anew.
        Ok(list::List::Numbers(_)) | Err(_) => BTreeMap::new(),
    }
}

/// The lines of a file that programs append to, with their numbers. What follows the last line end was cut off while it
/// was written, and is left out.
pub(crate) fn whole_lines(octets: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let lines = octets.split_inclusive(|octet| *octet == b'\n');
    (1..).zip(lines.map_while(|line| line.strip_suffix(b"\n")))
}

/// A number without sign.
pub(crate) fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(text).ok()?.parse().ok()
}

/// The part of a Maildir's file name that stays while flags change.
pub(crate) fn lasting(name: &str) -> &str {
    let at = name.find(':').or_else(|| name.rfind(";2,"));
    at.and_then(|at| name.get(..at)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::{UidlFormat, lasting, number, whole_lines};

    #[test]
    fn flags_do_not_belong_to_the_name() {
        assert_eq!(lasting("1.M2P3.host,S=4:2,RS"), "1.M2P3.host,S=4");
        assert_eq!(lasting("1.host;2,S"), "1.host");
        assert_eq!(lasting("1.host"), "1.host");
    }

    #[test]
    fn a_line_that_was_cut_off_is_left_out() {
        let lines: Vec<_> = whole_lines(b"a\n\nb\nc").collect();
        assert_eq!(lines, [(1, &b"a"[..]), (2, b""), (3, b"b")]);
        assert_eq!(whole_lines(b"").count(), 0);
    }

    #[test]
    fn numbers_have_no_signs() {
        assert_eq!(number(b"007"), Some(7));
        for text in [&b""[..], b"+1", b"-1", b"1 ", b"4294967296"] {
            assert_eq!(number(text), None);
        }
    }

    #[test]
    fn a_format_is_dovecots_or_cyruss() {
        assert!(matches!("%v.%u".parse(), Ok(UidlFormat::Template(_))));
        assert!(matches!("uidonly".parse(), Ok(UidlFormat::Cyrus(_))));
        assert!("nonsense".parse::<UidlFormat>().is_err());
    }
}
