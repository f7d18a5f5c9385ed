//! Mailboxes of Apple Mail: those that it exports (a folder `NAME.mbox` with a file `mbox` in it), and its own folders, with
//! a file `.emlx` for each message somewhere below `NAME.mbox`.

use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use mailbox::ZonedTime;
use memchr::{memchr, memmem};
use message::is_field;

use super::source::Source;
use crate::letters::{Framing, Span};
use crate::mail_file::MailFile;
use crate::packed::Opened;
use crate::{date, names};

/// The file in a mailbox that Apple Mail exported.
pub(super) const MBOX: &str = "mbox";

/// The folder in which it keeps attachments of messages that it has not as a whole.
pub(super) const ATTACHMENTS: &str = "Attachments";

/// The end of the name of a message that it has not as a whole.
pub(crate) const PARTIAL: &str = ".partial.emlx";

/// The name of the mailbox whose file this is, if Apple Mail exported it.
pub(super) fn named_by_package(path: &Path) -> Option<String> {
    let is_there = path.file_name().is_some_and(|name| name == MBOX) && path.is_file();
    package_name(path.parent().filter(|_| is_there)?)
}

/// The name of the mailbox that a folder is.
pub(super) fn package_name(folder: &Path) -> Option<String> {
    let name = names::of_file(folder);
    name.strip_suffix(".mbox").filter(|name| !name.is_empty()).map(str::to_owned)
}

/// Whether a folder lies in a mailbox of Apple Mail.
pub(super) fn is_within_package(folder: &Path) -> bool {
    folder.ancestors().any(|above| package_name(above).is_some())
}

/// Whether a folder within a mailbox is none itself: `4F0E...` (a UUID), `Data`, `Messages`, or a digit.
pub(super) fn is_no_level(name: &str) -> bool {
    let parts: Vec<usize> = name.split('-').map(str::len).collect();
    let hexadecimal = |octet: u8| octet.is_ascii_hexdigit() || octet == b'-';
    let uuid = parts == [8, 4, 4, 4, 12] && name.bytes().all(hexadecimal);
    let digit = name.len() == 1 && name.bytes().all(|octet| octet.is_ascii_digit());
    uuid || digit || matches!(name, "Data" | "Messages")
}

/// Where the message lies in a file that begins so: behind a line that says how many octets it has.
pub(super) fn span(start: &[u8]) -> Option<Span> {
    let at = memchr(b'\n', start)?.checked_add(1)?;
    let (line, rest) = start.split_at_checked(at)?;
    let digits = line.trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) || !is_field(rest) {
        return None;
    }
    let octets = str::from_utf8(digits).ok()?.parse().ok()?;
    Some(Span { at: u64::try_from(at).ok()?, octets })
}

/// So much is read of what stands behind the message.
const PROPERTIES_OCTETS_MAX: u64 = 256 << 10;

/// The bits of the number `flags`.
const FLAGS: [(u32, &str); 8] = [
    (0, "\\Seen"),
    (1, "\\Deleted"),
    (2, "\\Answered"),
    (4, "\\Flagged"),
    (6, "\\Draft"),
    (8, "$Forwarded"),
    (24, "$Junk"),
    (25, "$NotJunk"),
];

/// Reads what stands behind the message of a file: a property list with its flags and when it came.
pub(super) fn take_properties(source: &mut Source) -> io::Result<()> {
    let Framing::Emlx(span) = source.framing else { return Ok(()) };
    let text = behind(&source.file, span)?;
    let flags = integer(&text, "flags").unwrap_or(0);
    let set = FLAGS.iter().filter(|(bit, _)| flags.checked_shr(*bit).is_some_and(|n| n & 1 == 1));
    source.flags.extend(set.map(|(_, name)| (*name).to_owned()));
    if let Some(received) = received(&text) {
        source.changed = Some(received);
        source.dated_by_file = true;
    }
    Ok(())
}

fn behind(file: &MailFile, span: Span) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let end = span.at.saturating_add(span.octets);
    let Opened { mut from, packing } = file.open()?;
    if packing.is_none() {
        let mut file = file.origin().open()?;
        file.seek(SeekFrom::Start(end))?;
        file.take(PROPERTIES_OCTETS_MAX).read_to_end(&mut text)?;
    } else {
        io::copy(&mut from.by_ref().take(end), &mut io::sink())?;
        from.take(PROPERTIES_OCTETS_MAX).read_to_end(&mut text)?;
    }
    Ok(text)
}

fn received(text: &[u8]) -> Option<ZonedTime> {
    let unix_s = i64::try_from(integer(text, "date-received")?).ok()?;
    (unix_s > 0).then(|| date::in_utc(unix_s))
}

/// A number of a property list. Texts in it have `&lt;` for `<`, so that none of them looks like a key.
fn integer(text: &[u8], key: &str) -> Option<u64> {
    let key = format!("<key>{key}</key>");
    let at = memmem::find(text, key.as_bytes())?.checked_add(key.len())?;
    let value = text.get(at..)?.trim_ascii_start().strip_prefix(b"<integer>")?;
    let digits = value.get(..memchr(b'<', value)?)?;
    str::from_utf8(digits).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{integer, is_no_level, span};
    use crate::letters::Span;

    #[test]
    fn the_first_line_says_where_the_message_ends() {
        assert_eq!(span(b"12         \nSubject: x\n"), Some(Span { at: 12, octets: 12 }));
        for other in
            [&b"12"[..], b"12\n", b"Subject: 12\nFrom: x\n", b"\nSubject: x\n", b"-1\na: b\n"]
        {
            assert_eq!(span(other), None);
        }
    }

    #[test]
    fn numbers_of_a_property_list_are_found() {
        let text = b"<dict>\n\t<key>subject</key>\n\t<string>&lt;key>flags&lt;/key></string>\n\t<key>flags</key>\n\t<integer>8590195713</integer>\n</dict>";
        assert_eq!(integer(text, "flags"), Some(8_590_195_713));
        assert_eq!(integer(text, "subject"), None);
        assert_eq!(integer(b"<key>flags</key><integer>", "flags"), None);
    }

    #[test]
    fn folders_of_its_own_are_no_mailboxes() {
        for own in ["0F8B1C5E-0A5C-4E6B-9D53-6C4B2C3E7F11", "Data", "Messages", "3"] {
            assert!(is_no_level(own), "{own}");
        }
        for level in ["2024", "Work", "0F8B1C5E-0A5C-4E6B-9D53", "12"] {
            assert!(!is_no_level(level), "{level}");
        }
    }
}
