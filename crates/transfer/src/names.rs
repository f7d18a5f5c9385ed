//! Names of mailboxes from names of files and folders, and back.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use mailbox::{MailboxName, Timestamp, ZonedTime};

use crate::Format;
use crate::date;
use crate::port::{Attributes, LineEnds};
use crate::uidl::lasting;

/// The mailbox name for a path of folder names: always one that a mailbox can have. What it cannot have is replaced, what is
/// too long is shortened, and levels that are too many become one.
pub(crate) fn mailbox_of(levels: &[String]) -> String {
    let barred = |c: char| {
        let space = matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
        c.is_control() || space || matches!(c, '%' | '*' | '/')
    };
    let clean = |level: &String| -> String {
        shortened(level.chars().map(|c| if barred(c) { '_' } else { c }).collect())
    };
    let levels: Vec<String> =
        levels.iter().map(clean).filter(|level| !level.trim().is_empty()).collect();
    if levels.is_empty() {
        return MailboxName::inbox().to_string();
    }
    let name = levels.join("/");
    if MailboxName::new(&name).is_ok() {
        return name;
    }
    let kept = (0..levels.len()).rev().find_map(|count| {
        let (above, below) = levels.split_at_checked(count)?;
        let last = shortened_to(below.join("_"), SHORT_NAME_OCTETS_MAX);
        let name = above.iter().cloned().chain([last]).collect::<Vec<_>>().join("/");
        MailboxName::new(&name).is_ok().then_some(name)
    });
    kept.unwrap_or_else(|| MailboxName::inbox().to_string())
}

/// The name of a file or folder as text. What is not in UTF-8 is read as ISO 8859-1, so that no two names become one.
pub(crate) fn text(name: &OsStr) -> Cow<'_, str> {
    match name.to_str() {
        Some(name) => name.into(),
        None => of_octets(name.as_bytes()).into(),
    }
}

/// The same for a name that is not one of this system.
pub(crate) fn of_octets(name: &[u8]) -> String {
    match str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) => name.iter().copied().map(char::from).collect(),
    }
}

/// The name of the file or folder at the end of a path.
pub(crate) fn of_file(path: &Path) -> String {
    path.file_name().map(text).unwrap_or_default().into_owned()
}

/// The levels in the name of a Maildir++ folder: `.Work.2020` (in modified UTF-7, as Dovecot and Courier write it).
pub(crate) fn of_maildir_folder(name: &str) -> Vec<String> {
    let decode = |level: &str| imap::wire::utf7::decode(level).unwrap_or_else(|| level.to_owned());
    name.split('.').filter(|level| !level.is_empty()).map(decode).collect()
}

/// The level that a Maildir within another stands for, as Dovecot writes it with `LAYOUT=fs`.
pub(crate) fn of_fs_folder(name: &str) -> String {
    imap::wire::utf7::decode(name).unwrap_or_else(|| name.to_owned())
}

/// The level that a folder of Cyrus stands for, which is modified UTF-7 too and has `^` for a dot.
pub(crate) fn of_cyrus_folder(name: &str) -> String {
    let name = imap::wire::utf7::decode(name).unwrap_or_else(|| name.to_owned());
    name.replace('^', ".")
}

/// The file or folder for a mailbox in an export, seen from the folder that is exported into. `number` is 1, and more when
/// other mailboxes have that place. None leads elsewhere, and none has a name that means something else to an import.
pub(crate) fn place(format: Format, mailbox: &str, number: u32) -> String {
    let more = if number > 1 { format!("~{number}") } else { String::new() };
    match format {
        Format::Mbox => format!("{}{more}.mbox", folders(mailbox)),
        Format::Eml => folders(mailbox) + &more,
        Format::Maildir if mailbox == "INBOX" => String::new(),
        Format::Maildir => maildir_folder(mailbox) + &more,
    }
}

/// The name of the Maildir++ folder for a mailbox. A dot within a level becomes `_`, for Maildir++ has no other way to write
/// it.
fn maildir_folder(mailbox: &str) -> String {
    let mut folder = String::new();
    for level in mailbox.split('/') {
        folder.push('.');
        folder.push_str(&imap::wire::utf7::encode(&level.replace('.', "_")));
    }
    shortened(folder)
}

fn folders(mailbox: &str) -> String {
    let levels: Vec<String> = mailbox.split('/').map(folder).collect();
    levels.join("/")
}

fn folder(level: &str) -> String {
    let mut level = level.replace('\\', "_");
    let is_ours = level.starts_with("correio-");
    if level.starts_with('.') || is_ours || matches!(&*level, "cur" | "new" | "tmp") {
        level.insert(0, '_');
    }
    if [".mbox", ".sbd", PARTIAL].iter().any(|end| level.ends_with(end)) {
        level.push('_');
    }
    shortened(level)
}

/// File systems take names of 255 octets, and something may come behind this one.
fn shortened(name: String) -> String {
    shortened_to(name, NAME_OCTETS_MAX)
}

/// A name that is longer than so many octets gets its beginning and a hash.
fn shortened_to(name: String, octets_max: usize) -> String {
    if name.len() <= octets_max {
        return name;
    }
    let hash = blake3::hash(name.as_bytes()).to_hex();
    let mut short: String = String::new();
    for letter in name.chars() {
        if short.len().saturating_add(letter.len_utf8()) > SHORT_NAME_OCTETS_MAX {
            break;
        }
        short.push(letter);
    }
    format!("{short}~{}", hash.get(..16).unwrap_or_default())
}

const NAME_OCTETS_MAX: usize = 200;
const SHORT_NAME_OCTETS_MAX: usize = 120;

/// The name of a file for a message of our own export, which no other message of its mailbox has. Behind it come flags or
/// an extension.
pub(crate) fn unique(message: &Attributes) -> String {
    let date = message.date.unwrap_or(date::in_utc(0));
    let (uid_validity, uid) = message.uid.unwrap_or((0, 0));
    let exact = match message.line_ends {
        LineEnds::Crlf => "",
        LineEnds::Mixed => EXACT,
    };
    // The zone stands where others write the name of a host, which is any text to all programs.
    let (unix_s, zone) = (date.time.0, date::zone_text(date));
    format!("{unix_s}.V{uid_validity}U{uid}.{OWN}{zone}{exact}")
}

const OWN: &str = "correio";
const EXACT: &str = "-exact";

/// The end of the name of a file that is not whole yet.
pub(crate) const PARTIAL: &str = ".part";

/// Whether an export was broken off before the file was whole.
pub(crate) fn is_partial(name: &str) -> bool {
    let whole = name.strip_suffix(PARTIAL);
    let own = |name: &str| name.strip_prefix('.').is_some_and(|name| own_file(name).is_some());
    whole.is_some_and(|name| name.ends_with(".mbox") || own(name))
}

/// What the name of a file of our own export says of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnFile {
    /// Its internal date.
    pub(crate) date: ZonedTime,
    /// UIDVALIDITY and UID that it had in its mailbox.
    pub(crate) uid: (u32, u32),
    /// How its lines end.
    pub(crate) line_ends: LineEnds,
}

/// Reads the name of a file; none: the file came from elsewhere.
pub(crate) fn own_file(name: &str) -> Option<OwnFile> {
    let name = lasting(name);
    // Dovecot puts sizes behind the names of files that it moves.
    let name = name.split_once(',').map_or(name, |(name, _)| name);
    let mut parts = name.strip_suffix(".eml").unwrap_or(name).split('.');
    let time = Timestamp(parts.next()?.parse().ok()?);
    let (uid_validity, uid) = parts.next()?.strip_prefix('V')?.split_once('U')?;
    let uid = (uid_validity.parse().ok()?, uid.parse().ok()?);
    let zone = parts.next()?.strip_prefix(OWN)?;
    let (zone, line_ends) = match zone.strip_suffix(EXACT) {
        Some(zone) => (zone, LineEnds::Mixed),
        None => (zone, LineEnds::Crlf),
    };
    let date = ZonedTime { time, zone_minutes: date::zone_minutes(zone)? };
    parts.next().is_none().then_some(OwnFile { date, uid, line_ends })
}

/// A file name that sorts by the number it begins with: the UID in MH and Cyrus, the time in a Maildir. Others follow.
#[derive(PartialEq, Eq)]
pub(crate) struct NaturalName<'n>(pub(crate) Cow<'n, str>);

impl NaturalName<'_> {
    fn parts(&self) -> (u128, &str) {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at_checked(end).unwrap_or(("", self.0.as_ref()));
        (digits.parse().unwrap_or(u128::MAX), rest)
    }
}

impl Ord for NaturalName<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for NaturalName<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

    use mailbox::{Timestamp, ZonedTime};

    use super::{NaturalName, OwnFile, mailbox_of, of_maildir_folder, own_file, place, unique};
    use crate::Format;
    use crate::port::{Attributes, LineEnds};

    #[test]
    fn files_of_our_own_export_are_known_by_their_names() {
        let uid = (7, 9);
        for (line_ends, zone_minutes, name) in [
            (LineEnds::Crlf, 0, "-5.V7U9.correio"),
            (LineEnds::Mixed, 0, "-5.V7U9.correio-exact"),
            (LineEnds::Crlf, 120, "-5.V7U9.correio+0200"),
            (LineEnds::Mixed, -210, "-5.V7U9.correio-0330-exact"),
        ] {
            let date = ZonedTime { time: Timestamp(-5), zone_minutes };
            let (uid_, date_) = (Some(uid), Some(date));
            let message = Attributes { date: date_, uid: uid_, line_ends, ..Attributes::default() };
            assert_eq!(unique(&message), name);
            for more in ["", ":2,S", ",S=5:2,", ".eml"] {
                let found = own_file(&format!("{name}{more}"));
                assert_eq!(found, Some(OwnFile { date, uid, line_ends }), "{name}{more}");
            }
        }
        for other in [
            "1.M2P3.host:2,S",
            "1.V1U1.correiox",
            "1.V1U1.correio+9999",
            "1.V1U1.correio.txt",
            "x.V1U1.correio",
        ] {
            assert_eq!(own_file(other), None, "{other}");
        }
    }

    #[test]
    fn names_become_mailboxes_and_back() {
        assert_eq!(mailbox_of(&[]), "INBOX");
        assert_eq!(mailbox_of(&["Work".into(), "a*b\n".into()]), "Work/a_b_");
        assert_eq!(of_maildir_folder(".Work.Entw&APw-rfe"), ["Work", "Entw\u{fc}rfe"]);
        assert_eq!(place(Format::Maildir, "Work/Entw\u{fc}rfe", 1), ".Work.Entw&APw-rfe");
        assert_eq!(place(Format::Maildir, "INBOX", 1), "");
        assert_eq!(place(Format::Mbox, "../x.mbox", 2), "_../x.mbox_~2.mbox");
        assert_eq!(place(Format::Eml, "cur/a\\b", 1), "_cur/a_b");
        assert!(place(Format::Mbox, &"\u{e4}".repeat(127), 1).len() < 200);
    }

    #[test]
    fn each_path_gives_a_name_that_a_mailbox_can_have() {
        let deep = |count, level: &str| vec![level.to_owned(); count];
        for levels in [
            deep(1, &"\u{1f600}".repeat(200)),
            deep(40, &"x".repeat(200)),
            deep(40, "\u{e4}"),
            deep(400, "ab"),
            deep(2, "\u{2028}\u{feff}\n"),
            deep(3, "e\u{301}"),
        ] {
            let name = mailbox_of(&levels);
            assert!(mailbox::MailboxName::new(&name).is_ok(), "{name}");
            let mut other = levels.clone();
            other.last_mut().unwrap().push('y');
            assert_ne!(mailbox_of(&other), name, "two folders are two mailboxes");
        }
    }

    #[test]
    fn names_of_other_charsets_stay_apart() {
        let text = |name: &[u8]| super::text(std::ffi::OsStr::from_bytes(name)).into_owned();
        assert_eq!(text(b"Entw\xfcrfe"), "Entw\u{fc}rfe");
        assert_ne!(text(b"a\xe4"), text(b"a\xe5"));
        assert_eq!(text("\u{e4}".as_bytes()), "\u{e4}");
    }

    #[test]
    fn names_sort_by_the_number_they_begin_with() {
        let mut names = ["10.", "2.", "1655390399.b", "1655390399.a", "x", "1."].map(str::to_owned);
        names.sort_by(|a, b| NaturalName(a.into()).cmp(&NaturalName(b.into())));
        assert_eq!(names, ["1.", "2.", "10.", "1655390399.a", "1655390399.b", "x"]);
    }
}
