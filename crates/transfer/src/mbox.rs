//! What is particular to mbox: the line that begins a message, quoting, and the fields in which mail programs keep
//! flags.

use message::{Field, SentDate, fields, find};

/// The fields that belong to the mailbox and not to the message. They are read and left out, so that a message whose
/// flags have changed is still the same one.
const STATUS_FIELDS: [&str; 10] = [
    UIDL_FIELD,
    "Status",
    "X-Status",
    "X-Keywords",
    "X-UID",
    "X-IMAP",
    "X-IMAPbase",
    "X-Mozilla-Status",
    "X-Mozilla-Status2",
    "X-Mozilla-Keys",
];

/// The field in which an export keeps the POP3 unique id. It has a name of its own, for X-UIDL may be part of a message
/// that a mail program once collected elsewhere.
const UIDL_FIELD: &str = "X-Correio-UIDL";

/// The POP3 unique id in the field in which other hosts keep it.
pub(crate) fn x_uidl(header: &[u8]) -> Option<String> {
    let value = find(header, "X-UIDL")?.unfolded();
    let value = value.trim_ascii();
    (!value.is_empty()).then(|| String::from_utf8_lossy(value).into_owned())
}

/// The date of a line that begins a message: `From ana@example.org Tue Aug  6 10:23:41 2002`. None: the line does not
/// begin a message, but is text that was not quoted.
pub(crate) fn from_line(line: &[u8]) -> Option<Option<i64>> {
    let rest = line.strip_prefix(b"From ")?;
    // A time of day is what text hardly ever has there.
    let time = rest.windows(5).any(|window| match window {
        [a, b, b':', c, d] => [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()),
        _ => false,
    });
    if !time {
        return None;
    }
    let (_, date) = split_at_space(rest);
    Some(SentDate::parse(date).map(|date| date.unix_s))
}

fn split_at_space(text: &[u8]) -> (&[u8], &[u8]) {
    let at = text.iter().position(|octet| *octet == b' ').unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, b""))
}

/// Whether a line is `From ` behind one or more `>`: one of them is not the message's own (mboxrd; of mboxo's lines
/// only those that had been quoted before differ, and nobody can tell them apart).
pub(crate) fn is_quoted(line: &[u8]) -> bool {
    let after = line.iter().position(|octet| *octet != b'>').unwrap_or(0);
    after > 0 && line.get(after..).is_some_and(|rest| rest.starts_with(b"From "))
}

/// Whether a line must be quoted.
pub(crate) fn needs_quote(line: &[u8]) -> bool {
    let after = line.iter().position(|octet| *octet != b'>').unwrap_or(0);
    line.get(after..).is_some_and(|rest| rest.starts_with(b"From "))
}

/// What the fields of a mailbox say about a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// Flags as IMAP writes them.
    pub(crate) flags: Vec<String>,
    /// It was deleted, or is no message but a note of a mail program.
    pub(crate) is_gone: bool,
    /// The POP3 unique id that an export wrote.
    pub(crate) uidl: Option<String>,
}

/// Takes the status out of a header (with CRLF), and gives the header without it.
pub(crate) fn take_status(header: &[u8]) -> (Vec<u8>, Status) {
    let mut rest = Vec::with_capacity(header.len());
    let mut status = Status::default();
    let mut length = 0usize;
    for field in fields(header) {
        length = length.saturating_add(field.raw.len());
        if STATUS_FIELDS.iter().any(|name| field.is(name)) {
            status.read(&field);
        } else {
            if field.is("Subject") && is_internal(&field) {
                status.is_gone = true;
            }
            rest.extend_from_slice(field.raw);
        }
    }
    rest.extend_from_slice(header.get(length..).unwrap_or_default());
    status.flags.sort();
    status.flags.dedup();
    (rest, status)
}

/// The message in which c-client keeps its notes.
fn is_internal(subject: &Field<'_>) -> bool {
    let text = b"DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA";
    subject.unfolded().trim_ascii() == text
}

impl Status {
    fn read(&mut self, field: &Field<'_>) {
        let value = field.unfolded();
        let value = value.trim_ascii();
        let mut flag = |name: &str| self.flags.push(name.to_owned());
        if field.is(UIDL_FIELD) {
            // The last one counts: an export writes it at the end of the header, whatever a sender wrote before.
            self.uidl = Some(String::from_utf8_lossy(value).into_owned());
        } else if field.is("Status") || field.is("X-Status") {
            for letter in value {
                match letter {
                    b'R' => flag("\\Seen"),
                    b'A' => flag("\\Answered"),
                    b'F' => flag("\\Flagged"),
                    b'D' => flag("\\Deleted"),
                    b'T' => flag("\\Draft"),
                    _ => {}
                }
            }
        } else if field.is("X-Keywords") || field.is("X-Mozilla-Keys") {
            let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            words.for_each(|word| flag(&String::from_utf8_lossy(word)));
        } else if field.is("X-Mozilla-Status") {
            let bits =
                str::from_utf8(value).ok().and_then(|text| u16::from_str_radix(text, 16).ok());
            let bits = bits.unwrap_or(0);
            for (bit, name) in [(0x1, "\\Seen"), (0x2, "\\Answered"), (0x4, "\\Flagged")] {
                if bits & bit != 0 {
                    flag(name);
                }
            }
            // Expunged, and the file not compacted yet.
            self.is_gone |= bits & 0x8 != 0;
        }
    }
}

/// The fields that keep flags and the unique id in an mbox.
pub(crate) fn status_fields(flags: &[String], uidl: Option<&str>) -> String {
    let has = |name: &str| flags.iter().any(|flag| flag == name);
    let mut text = String::new();
    text.push_str(if has("\\Seen") { "Status: RO\n" } else { "Status: O\n" });
    let letters = [("\\Answered", 'A'), ("\\Deleted", 'D'), ("\\Draft", 'T'), ("\\Flagged", 'F')];
    let set: String =
        letters.iter().filter(|(name, _)| has(name)).map(|(_, letter)| *letter).collect();
    if !set.is_empty() {
        text.push_str(&format!("X-Status: {set}\n"));
    }
    let keywords: Vec<&str> =
        flags.iter().map(String::as_str).filter(|flag| !flag.starts_with('\\')).collect();
    if !keywords.is_empty() {
        text.push_str(&format!("X-Keywords: {}\n", keywords.join(" ")));
    }
    if let Some(uidl) = uidl {
        text.push_str(&format!("{UIDL_FIELD}: {uidl}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{from_line, is_quoted, needs_quote, status_fields, take_status, x_uidl};

    #[test]
    fn lines_that_begin_a_message_are_told_from_text() {
        let date = from_line(b"From ana@example.org Tue Aug  6 10:23:41 2002").unwrap();
        assert_eq!(date, Some(1_028_629_421));
        assert!(from_line(b"From - Tue Aug 06 10:23:41 2002").is_some());
        assert!(from_line(b"From MAILER-DAEMON Fri Jul  8 12:08:34 2011 +0200").is_some());
        for text in
            [&b"From here on it was better"[..], b"from x 10:10", b"From: a 10:10", b">From x"]
        {
            assert_eq!(from_line(text), None);
        }
    }

    #[test]
    fn quotes_go_one_by_one() {
        assert!(is_quoted(b">From x") && is_quoted(b">>From x"));
        assert!(!is_quoted(b"From x") && !is_quoted(b"> From x"));
        assert!(needs_quote(b"From x") && needs_quote(b">From x"));
        assert!(!needs_quote(b"Frome") && !needs_quote(b"> From x"));
    }

    #[test]
    fn flags_survive_the_fields_that_keep_them() {
        let flags = ["$Forwarded", "\\Answered", "\\Flagged", "\\Seen"].map(str::to_owned);
        let header = format!(
            "Subject: x\r\n{}\r\n",
            status_fields(&flags, Some("a.1")).replace('\n', "\r\n")
        );
        let (rest, status) = take_status(header.as_bytes());
        assert_eq!(rest, b"Subject: x\r\n\r\n");
        assert_eq!(status.flags, flags);
        assert_eq!(status.uidl.as_deref(), Some("a.1"));
    }

    #[test]
    fn a_unique_id_that_a_sender_wrote_does_not_count() {
        let header = format!("X-Correio-UIDL: theirs\r\n{}", status_fields(&[], Some("ours")));
        let (rest, status) = take_status(header.replace('\n', "\r\n").as_bytes());
        assert_eq!(status.uidl.as_deref(), Some("ours"));
        assert!(rest.is_empty());
    }

    #[test]
    fn other_hosts_ids_are_left_in_the_message() {
        let header = b"Subject: x\r\nX-UIDL: +p1\"!ld$\r\n\r\n";
        assert_eq!(x_uidl(header).as_deref(), Some("+p1\"!ld$"));
        assert_eq!(take_status(header).0, header);
        assert_eq!(x_uidl(b"X-UIDL: \r\n\r\n"), None);
    }

    #[test]
    fn what_thunderbird_and_pine_deleted_is_gone() {
        let (_, status) = take_status(b"X-Mozilla-Status: 0009\r\nSubject: x\r\n\r\n");
        assert!(status.is_gone);
        let internal =
            b"Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\r\nX-IMAP: 1 2\r\n\r\n";
        assert!(take_status(internal).1.is_gone);
        assert!(!take_status(b"X-Mozilla-Status: 0001\r\n\r\n").1.is_gone);
    }
}
