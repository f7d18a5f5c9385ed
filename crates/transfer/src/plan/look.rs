//! What a file holds, by its first octets: an mbox, one message, or no mail, and then why it is passed over.

use std::io::{self, Read as _};
use std::path::Path;

use message::{is_field, is_known_field};

use super::{Wanted, apple};
use crate::Format;
use crate::letters::{Dialect, Framing, Head, Letters};
use crate::lines::BYTE_ORDER_MARK;
use crate::mail_file::MailFile;
use crate::mbox::separator::Separator;
use crate::names;
use crate::packed::{self, Opened};
use crate::{tar, zip};

/// So much of a file is looked at.
const LOOKED_AT_OCTETS: u64 = 64 << 10;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Mail(Framing),
    /// Files.
    Archive,
    /// No mail, and why not.
    Nothing(&'static str),
}

/// How a file of another kind begins, where, and what to say of it.
const OTHERS: [(&[u8], usize, &str); 4] = [
    (tar::SIGNATURE, tar::SIGNATURE_AT, "a tar archive that is packed; unpack it first"),
    (b"!BDN", 0, "an Outlook data file (PST); convert it to mbox first, as readpst does"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "an Outlook message (MSG); convert it to EML first"),
    (b"7z\xbc\xaf\x27\x1c", 0, "a 7z archive; unpack it first"),
];

const NESTED: Found = Found::Nothing("an archive within another; unpack it first");

/// Looks at the first octets of a file.
pub(super) fn look(file: &MailFile, format: Option<Format>, dialect: Dialect) -> io::Result<Found> {
    let path = file.path();
    if let Some(own) = names::own_file(&names::of_file(path)) {
        return Ok(Found::Mail(Framing::Own(own.line_ends)));
    }
    if names::is_partial(&names::of_file(path)) {
        return Ok(Found::Nothing("left by an export that was broken off"));
    }
    let mut start = Vec::new();
    let Opened { from, packing } = file.open()?;
    from.take(LOOKED_AT_OCTETS).read_to_end(&mut start)?;
    let is_tar = start.get(tar::SIGNATURE_AT..).is_some_and(|it| it.starts_with(tar::SIGNATURE));
    if start.starts_with(zip::SIGNATURE) || (is_tar && packing.is_none()) {
        let found = if file.is_within_archive() { NESTED } else { Found::Archive };
        return Ok(found);
    }
    if extension(path).is_some_and(|extension| extension == "emlx")
        && format != Some(Format::Mbox)
        && let Some(span) = apple::span(&start)
    {
        return Ok(Found::Mail(Framing::Emlx(span)));
    }
    let found = of_start(&start, path, format, dialect);
    let may_hold_several = format.is_none() && begins_mbox(&start) && !is_named_eml(path);
    if found == Found::Mail(Framing::Whole) && may_hold_several && holds_several(file, dialect) {
        return Ok(Found::Mail(Framing::Mbox(dialect)));
    }
    Ok(found)
}

/// Whether a file that begins like an mbox, and has the name of none, is one all the same: `archive.2019`.
fn holds_several(file: &MailFile, dialect: Dialect) -> bool {
    let Ok(opened) = file.open() else { return false };
    let mut letters = Letters::new(opened.from, Framing::Mbox(dialect));
    let first = letters.next();
    let second = letters.next();
    let is_letter = |head: io::Result<Option<Head>>| {
        head.is_ok_and(|head| head.is_some_and(|head| is_field(&head.header)))
    };
    is_letter(first) && is_letter(second)
}

fn of_start(start: &[u8], path: &Path, format: Option<Format>, dialect: Dialect) -> Found {
    if start.is_empty() {
        return Found::Nothing("empty");
    }
    for (signature, at, what) in OTHERS {
        if start.get(at..).is_some_and(|rest| rest.starts_with(signature)) {
            return Found::Nothing(what);
        }
    }
    let begins_mbox = begins_mbox(start);
    let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
    let first = lines(start).next().unwrap_or_default();
    let whole = begins_mbox || is_field(first) || has_mail_fields(start) || is_named_eml(path);
    match format {
        Some(Format::Mbox) if begins_mbox || whole => Found::Mail(Framing::Mbox(dialect)),
        None if begins_mbox && is_named_like_mbox(path) => Found::Mail(Framing::Mbox(dialect)),
        Some(Format::Eml | Format::Maildir) | None if whole => Found::Mail(Framing::Whole),
        Some(_) | None => Found::Nothing("no message: it has no fields such as From or Subject"),
    }
}

/// The lines of a file, without empty ones before the first.
fn lines(start: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = start.split(|octet| matches!(octet, b'\r' | b'\n'));
    lines.skip_while(|line| line.trim_ascii().is_empty())
}

/// Whether the first line begins a message of an mbox.
fn begins_mbox(start: &[u8]) -> bool {
    let mut lines = lines(start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start));
    match Separator::of(lines.next().unwrap_or_default()) {
        Some(Separator::Dated { .. }) => true,
        Some(Separator::Bare) => is_field(lines.find(|line| !line.is_empty()).unwrap_or_default()),
        None => false,
    }
}

/// Whether a file is an mbox.
pub(super) fn holds_mbox(file: &MailFile, wanted: &Wanted<'_>) -> bool {
    let found = look(file, wanted.format, wanted.dialect);
    matches!(found, Ok(Found::Mail(Framing::Mbox(_))))
}

/// Whether some line before the first empty one is a field of mail.
fn has_mail_fields(start: &[u8]) -> bool {
    let lines = start.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii_end);
    let header = lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    header.take(100).any(is_known_field)
}

/// The name of a file without what a packing program added.
fn unpacked_name(path: &Path) -> String {
    let name = names::of_file(path);
    match name.rsplit_once('.') {
        Some((rest, extension)) if packed::EXTENSIONS.contains(&extension) => rest.to_owned(),
        Some(_) | None => name,
    }
}

/// The name of a file without what follows its last dot.
pub(super) fn stem(path: &Path) -> Option<String> {
    let name = unpacked_name(path);
    Path::new(&name).file_stem().map(|stem| stem.to_string_lossy().into_owned())
}

fn extension(path: &Path) -> Option<String> {
    let name = unpacked_name(path);
    Path::new(&name).extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase())
}

fn is_named_eml(path: &Path) -> bool {
    extension(path).is_some_and(|extension| extension == "eml")
}

/// Whether a file has the name of a mailbox and not of one message: Thunderbird's `Inbox`, or `archive.mbox`.
fn is_named_like_mbox(path: &Path) -> bool {
    extension(path).is_none_or(|extension| extension.starts_with("mb"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Found, of_start, stem};
    use crate::Format;
    use crate::letters::{Dialect, Framing};

    #[test]
    fn files_are_known_by_what_they_hold() {
        let dialect = Dialect::Auto;
        let look = |start: &str, name: &str, format| match of_start(
            start.as_bytes(),
            Path::new(name),
            format,
            dialect,
        ) {
            Found::Mail(Framing::Mbox(_)) => "mbox",
            Found::Mail(_) => "whole",
            Found::Archive => "archive",
            Found::Nothing(why) => why.split([':', ';']).next().unwrap(),
        };
        let from = "From a@b Tue Aug  6 10:23:41 2002\nSubject: x\n\n";
        for (start, name, want) in [
            (from, "Inbox", "mbox"),
            (from, "Inbox.mbox.gz", "mbox"),
            (from, "00002.3fa9", "whole"),
            (from, "letter.eml", "whole"),
            (&from.replace('\n', "\r"), "Inbox", "mbox"),
            (&format!("\u{feff}\n{from}"), "Inbox", "mbox"),
            ("From \r\nX-Mozilla-Status: 0001\r\n", "Inbox", "mbox"),
            ("From \r\nme to you\r\n", "note", "no message"),
            ("\u{feff}From: a\r\n", "x", "whole"),
            ("\r\nSubject: x\r\n", "x", "whole"),
            (" stray\r\nSubject: x\r\n", "x", "whole"),
            (".dotheader\r\nSubject: x\r\n", "x", "whole"),
            ("# Nothing\n", "README.md", "no message"),
            ("# Nothing\n", "x.eml", "whole"),
            ("", "x.eml", "empty"),
            ("7z\u{bc}", "x.7z", "no message"),
        ] {
            assert_eq!(look(start, name, None), want, "{name} {start:?}");
        }
        assert_eq!(look(from, "x.eml", Some(Format::Mbox)), "mbox");
        assert_eq!(look(from, "Inbox", Some(Format::Eml)), "whole");
        assert_eq!(look("# Nothing\n", "Inbox", Some(Format::Mbox)), "no message");
        assert_eq!(stem(Path::new("a/Old mail.mbox.gz")).as_deref(), Some("Old mail"));
    }
}
