//! Whether a message begins with a header. A header begins with a field, or with stray lines and a field that is known;
//! a text sent without any header is all body, and nothing of it is taken for fields (RFC 7103, 7.2).

use crate::header::{BYTE_ORDER_MARK, is_blank, split_name};
use crate::limits::{DELIMITER_OCTETS_MAX, STRAY_OCTETS_MAX};
use crate::octets::{find, head};

/// What a line is before which no field came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// It ends a header without fields.
    Blank,
    /// It begins the header, and the stray lines before it belong to that.
    Field,
    /// The next line tells.
    Stray,
    /// There is no header: all is text, with the stray lines before it.
    Text,
}

/// Judges a line, of a long one its beginning without the line end, behind so many octets of stray lines.
pub(crate) fn judge(stray_octets: usize, line: &[u8]) -> Line {
    let bare = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    let first = stray_octets == 0;
    let folded = matches!(line.first(), Some(b' ' | b'\t')) && !line.trim_ascii().is_empty();
    if first && is_blank(bare) {
        Line::Blank
    } else if if first { begins_header(bare) } else { is_known_field(bare) } {
        Line::Field
    } else if (first || folded)
        && line.ends_with(b"\n")
        && stray_octets.saturating_add(line.len()) <= STRAY_OCTETS_MAX
    {
        Line::Stray
    } else {
        Line::Text
    }
}

/// Whether a message that begins with these octets has a header. `None` where more of them are needed, which are never
/// more than `DELIMITER_OCTETS_MAX` and `STRAY_OCTETS_MAX` together. A message without octets has an empty header.
pub fn has_header(octets: &[u8], complete: bool) -> Option<bool> {
    let mut at = 0_usize;
    loop {
        let rest = octets.get(at..).unwrap_or_default();
        let line = match find(b'\n', rest) {
            Some(end) => head(rest, end.saturating_add(1)),
            None if rest.len() > DELIMITER_OCTETS_MAX || complete => rest,
            None => return None,
        };
        if line.is_empty() {
            return Some(at == 0);
        }
        match judge(at, line) {
            Line::Blank | Line::Field => return Some(true),
            Line::Text => return Some(false),
            Line::Stray => at = at.saturating_add(line.len()),
        }
    }
}

/// Whether a header begins with this line: it is a field, or the line that mbox files put before one.
fn begins_header(line: &[u8]) -> bool {
    let line = head(line, DELIMITER_OCTETS_MAX);
    is_field(line) || line.starts_with(b"From ") || line.starts_with(b">From ")
}

/// Names of fields with which headers begin.
const KNOWN: &[&str] = &[
    "Authentication-Results",
    "Bcc",
    "Cc",
    "Content-Disposition",
    "Content-Transfer-Encoding",
    "Content-Type",
    "DKIM-Signature",
    "Date",
    "Delivered-To",
    "Envelope-To",
    "From",
    "MIME-Version",
    "Message-ID",
    "Received",
    "Reply-To",
    "Resent-Date",
    "Resent-From",
    "Resent-To",
    "Return-Path",
    "Sender",
    "Subject",
    "To",
];

/// Whether the line, without its end, is a field (RFC 5322, 2.2): a name, and a colon behind it.
pub fn is_field(line: &[u8]) -> bool {
    split_name(head(line, DELIMITER_OCTETS_MAX)).is_some()
}

/// Whether the line is a field that makes a header of the lines around it, such as From or Subject. `Note: ` behind a first
/// line of text does not.
pub fn is_known_field(line: &[u8]) -> bool {
    split_name(head(line, DELIMITER_OCTETS_MAX)).is_some_and(|(name, _)| {
        let known = |known: &&str| name.eq_ignore_ascii_case(known.as_bytes());
        KNOWN.iter().any(known) || head(name, 2).eq_ignore_ascii_case(b"X-")
    })
}

#[cfg(test)]
mod tests {
    use super::{has_header, is_field};
    use crate::Outline;

    #[test]
    fn a_field_is_a_name_and_a_colon() {
        for field in ["Subject: x", "X-a:", "Subject : x", "a!b:c"] {
            assert!(is_field(field.as_bytes()), "{field}");
        }
        for text in ["", ":", " Subject: x", "From here: on", "caf\u{e9}: x", "Subject"] {
            assert!(!is_field(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn it_is_known_as_soon_as_it_can_be_and_agrees_with_the_scanner() {
        for (mail, want) in [
            ("", true),
            ("\r\ntext", true),
            ("Subject: x\r\n", true),
            ("Subject: x", true),
            ("Hello\r\n", false),
            ("Hello\r\nthere", false),
            ("Hello\r\nNote: x\r\n", false),
            ("Hello\r\nSubject: x\r\n\r\n", true),
            ("\u{feff}Subject: x\r\n\r\n", true),
            (" a\r\n b\r\nX-A: x\r\n\r\n", true),
            (" a\r\n\r\nX-A: x\r\n\r\n", false),
        ] {
            assert_eq!(has_header(mail.as_bytes(), true), Some(want), "{mail:?}");
            let early = (0..=mail.len()).find_map(|end| has_header(&mail.as_bytes()[..end], false));
            assert!(early.is_none_or(|early| early == want), "{mail:?}");
            let header = Outline::of(mail.as_bytes()).header();
            assert_eq!(header.is_empty() && !mail.is_empty(), !want, "{mail:?}");
        }
        assert_eq!(has_header(&[b'x'; 1025], false), Some(false));
        assert_eq!(has_header(&[b'x'; 1024], false), None);
    }
}
