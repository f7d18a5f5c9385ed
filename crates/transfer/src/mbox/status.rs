//! The fields in which mail programs keep what a mailbox knows of a message. They count only where the program that
//! wrote the file puts them: Thunderbird before the header, Pine, mutt and Dovecot behind it. What stands elsewhere was
//! written by the sender, and is left where it is.

use message::{Field, fields, find};

/// The field in which an export keeps the POP3 unique id. It has a name of its own, for X-UIDL may be part of a message
/// that a mail program once collected elsewhere.
const UIDL_FIELD: &str = "X-Correio-UIDL";

/// Fields that stand before the header.
const BEFORE: [&str; 3] = ["X-Mozilla-Status", "X-Mozilla-Status2", "X-Mozilla-Keys"];

/// Fields that stand behind the header.
const BEHIND: [&str; 6] = ["Status", "X-Status", "X-Keywords", "X-UID", "X-IMAP", "X-IMAPbase"];

/// Fields that the same programs write there, and that stay in the message.
const AMONG_THEM: [&str; 2] = ["Content-Length", "Lines"];

/// Thunderbird's flags of a message, and of the other field.
const MOZILLA_FLAGS: [(u32, &str); 4] =
    [(0x1, "\\Seen"), (0x2, "\\Answered"), (0x4, "\\Flagged"), (0x1000, "$Forwarded")];
/// Expunged, and the file not compacted yet.
const MOZILLA_EXPUNGED: u32 = 0x8;

/// What the fields of a mailbox say about a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// Flags as IMAP writes them.
    pub(crate) flags: Vec<String>,
    /// Why it is no message any more.
    pub(crate) gone: Option<Gone>,
    /// The POP3 unique id that an export wrote.
    pub(crate) uidl: Option<String>,
}

/// Why something in an mbox is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// It was expunged, and the file not compacted yet.
    Expunged,
    /// It is a note of the mail program to itself.
    Internal,
}

/// The POP3 unique id in the field in which other hosts keep it.
pub(crate) fn x_uidl(header: &[u8]) -> Option<String> {
    let value = find(header, "X-UIDL")?.unfolded();
    let value = value.trim_ascii();
    (!value.is_empty()).then(|| String::from_utf8_lossy(value).into_owned())
}

/// Takes the status out of a header (with CRLF), and gives the header without it. `number` is that of the message in its
/// file, from 1.
pub(crate) fn take_status(header: &[u8], number: u64) -> (Vec<u8>, Status) {
    let all: Vec<Field<'_>> = fields(header).collect();
    let among = |names: &[&str], field: &Field<'_>| names.iter().any(|name| field.is(name));
    let before = all.iter().take_while(|field| among(&BEFORE, field)).count();
    let behind = if before > 0 {
        0
    } else {
        let last = all.iter().rev();
        last.take_while(|field| among(&BEHIND, field) || among(&AMONG_THEM, field)).count()
    };
    let behind = all.len().saturating_sub(behind);
    let mut rest = Vec::with_capacity(header.len());
    let mut status = Status::default();
    let mut has_base = false;
    for (index, field) in all.iter().enumerate() {
        if index < before || (index >= behind && among(&BEHIND, field)) {
            has_base |= field.is("X-IMAP") || field.is("X-IMAPbase");
            status.read(field);
        } else {
            rest.extend_from_slice(field.raw);
        }
    }
    if number == 1 && has_base && find(header, "Subject").is_some_and(|field| is_internal(&field)) {
        status.gone = Some(Gone::Internal);
    }
    let length = all.iter().map(|field| field.raw.len()).sum();
    rest.extend_from_slice(header.get(length..).unwrap_or_default());
    status.tidy();
    (rest, status)
}

/// The first message of a file, in which c-client and Dovecot keep their notes.
fn is_internal(subject: &Field<'_>) -> bool {
    let text = b"DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA";
    subject.unfolded().trim_ascii() == text
}

impl Status {
    /// Reads the fields of our own export.
    pub(crate) fn of_own(fields_text: &[u8]) -> Status {
        let mut status = Status::default();
        fields(fields_text).for_each(|field| status.read(&field));
        status.tidy();
        status
    }

    /// Whether our own export writes a field.
    pub(crate) fn is_written(name: &[u8]) -> bool {
        let written = ["Status", "X-Status", "X-Keywords", UIDL_FIELD];
        written.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
    }

    fn tidy(&mut self) {
        self.flags.sort();
        self.flags.dedup();
    }

    fn read(&mut self, field: &Field<'_>) {
        let value = field.unfolded();
        let value = value.trim_ascii();
        let mut flag = |name: &str| self.flags.push(name.to_owned());
        if field.is(UIDL_FIELD) {
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
            let bits = hexadecimal(value);
            for (bit, name) in MOZILLA_FLAGS {
                if bits & bit != 0 {
                    flag(name);
                }
            }
            if bits & MOZILLA_EXPUNGED != 0 {
                self.gone = Some(Gone::Expunged);
            }
        } else if field.is("X-Mozilla-Status2") {
            // The labels of Thunderbird's first years; the names are those that it has kept for them.
            let label = (hexadecimal(value) >> 25) & 0x7;
            if (1..=5).contains(&label) {
                flag(&format!("$label{label}"));
            }
        }
    }
}

fn hexadecimal(value: &[u8]) -> u32 {
    str::from_utf8(value).ok().and_then(|text| u32::from_str_radix(text, 16).ok()).unwrap_or(0)
}

/// The fields that keep flags and the unique id in an mbox, as other programs read them.
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
    use super::{Gone, Status, status_fields, take_status, x_uidl};

    #[test]
    fn flags_survive_the_fields_that_keep_them() {
        let flags = ["$Forwarded", "\\Answered", "\\Flagged", "\\Seen"].map(str::to_owned);
        let status = Status::of_own(status_fields(&flags, Some("a.1")).as_bytes());
        assert_eq!(status.flags, flags);
        assert_eq!(status.uidl.as_deref(), Some("a.1"));
    }

    #[test]
    fn fields_count_only_where_programs_put_them() {
        let behind = b"Subject: x\r\nContent-Length: 3\r\nStatus: RO\r\nX-Status: F\r\nLines: 1\r\nX-UID: 7\r\n\r\n";
        let (rest, status) = take_status(behind, 1);
        assert_eq!(rest, b"Subject: x\r\nContent-Length: 3\r\nLines: 1\r\n\r\n");
        assert_eq!(status.flags, ["\\Flagged", "\\Seen"]);

        let before = b"X-Mozilla-Status: 1003\r\nX-Mozilla-Status2: 04000000\r\nX-Mozilla-Keys: $label1 work   \r\nSubject: x\r\nStatus: D\r\n\r\n";
        let (rest, status) = take_status(before, 1);
        assert_eq!(rest, b"Subject: x\r\nStatus: D\r\n\r\n");
        let want = ["$Forwarded", "$label1", "$label2", "\\Answered", "\\Seen", "work"];
        assert_eq!(status.flags, want);

        let theirs =
            b"Status: D\r\nSubject: x\r\nX-Mozilla-Status: 0009\r\nX-Correio-UIDL: a\r\n\r\n";
        assert_eq!(take_status(theirs, 1), (theirs.to_vec(), Status::default()));
    }

    #[test]
    fn other_hosts_ids_are_left_in_the_message() {
        let header = b"Subject: x\r\nX-UIDL: +p1\"!ld$\r\n\r\n";
        assert_eq!(x_uidl(header).as_deref(), Some("+p1\"!ld$"));
        assert_eq!(take_status(header, 1).0, header);
        assert_eq!(x_uidl(b"X-UIDL: \r\n\r\n"), None);
    }

    #[test]
    fn what_thunderbird_and_pine_deleted_is_gone() {
        let gone = |header: &[u8], number| take_status(header, number).1.gone;
        let expunged = b"X-Mozilla-Status: 0009\r\nSubject: x\r\n\r\n";
        assert_eq!(gone(expunged, 5), Some(Gone::Expunged));
        assert_eq!(gone(b"X-Mozilla-Status: 0001\r\n\r\n", 1), None);
        let subject = "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\r\n";
        let note = format!("{subject}X-IMAP: 1 2\r\nStatus: RO\r\n\r\n");
        assert_eq!(gone(note.as_bytes(), 1), Some(Gone::Internal));
        assert_eq!(gone(note.as_bytes(), 2), None, "only the first message of a file is one");
        assert_eq!(gone(format!("{subject}\r\n").as_bytes(), 1), None, "somebody wrote it");
    }
}
