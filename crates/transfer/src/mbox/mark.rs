//! The mark of our own export: the line before each message names us, and the first fields behind it are ours. They are
//! counted, so that nothing a sender wrote is taken for them.

use std::fmt::Write as _;

use super::separator::OWN_SENDER;
use super::status::{Status, status_fields};
use crate::port::{Attributes, LineEnds};

/// The field that says what the export added: `fields=3 octets=1520 date=1028629421 lines=crlf`. Who reads it passes over
/// words that it does not know.
const MARK_FIELD: &str = "X-Correio-Export";

/// What the mark of a message says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// How many fields of the export follow.
    pub(crate) fields: usize,
    /// The size of the message.
    pub(crate) octets: u64,
    /// Its internal date, in Unix seconds.
    pub(crate) date_s: Option<i64>,
    /// How its lines end.
    pub(crate) line_ends: LineEnds,
}

/// What stands before a message: the line that begins it, and our fields.
pub(crate) fn before(message: &Attributes) -> String {
    let date = jiff::Timestamp::from_second(message.date_s.unwrap_or(0)).unwrap_or_default();
    let fields = status_fields(&message.flags, message.uidl.as_deref());
    let mut text = format!("From {OWN_SENDER} {}\n", date.strftime("%a %b %e %H:%M:%S %Y"));
    let (count, octets) = (fields.lines().count(), message.octets);
    // Writing into a text does not fail.
    let _ = write!(text, "{MARK_FIELD}: fields={count} octets={octets}");
    if let Some(date_s) = message.date_s {
        let _ = write!(text, " date={date_s}");
    }
    let lines = match message.line_ends {
        LineEnds::Crlf => "crlf",
        LineEnds::Mixed => "mixed",
    };
    let _ = writeln!(text, " lines={lines}");
    text.push_str(&fields);
    text
}

impl Mark {
    /// Reads the line behind a line of our own export.
    pub(crate) fn parse(line: &[u8]) -> Option<Mark> {
        let value = str::from_utf8(line).ok()?.strip_prefix(MARK_FIELD)?.strip_prefix(':')?;
        let mut words = value.split_ascii_whitespace().filter_map(|word| word.split_once('='));
        let (mut fields, mut octets, mut date_s, mut line_ends) = (None, None, None, None);
        words.try_for_each(|(name, value)| {
            match name {
                "fields" => fields = Some(value.parse().ok()?),
                "octets" => octets = Some(value.parse().ok()?),
                "date" => date_s = Some(value.parse().ok()?),
                "lines" if value == "crlf" => line_ends = Some(LineEnds::Crlf),
                "lines" if value == "mixed" => line_ends = Some(LineEnds::Mixed),
                _ => {}
            }
            Some(())
        })?;
        Some(Mark { fields: fields?, octets: octets?, date_s, line_ends: line_ends? })
    }

    /// Whether a line behind the mark is one that an export writes there.
    pub(crate) fn is_own_field(line: &[u8]) -> bool {
        let name = line.iter().position(|octet| *octet == b':').and_then(|at| line.get(..at));
        name.is_some_and(Status::is_written)
    }
}

#[cfg(test)]
mod tests {
    use super::{Mark, before};
    use crate::port::{Attributes, LineEnds};

    #[test]
    fn a_mark_says_what_was_added() {
        let message = Attributes {
            mailbox: "INBOX".to_owned(),
            flags: vec!["\\Seen".to_owned(), "$Junk".to_owned()],
            date_s: Some(-1),
            octets: 12,
            line_ends: LineEnds::Mixed,
            uidl: Some("a.1".to_owned()),
            ..Attributes::default()
        };
        let text = before(&message);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "From correio-export Wed Dec 31 23:59:59 1969");
        let mark = Mark::parse(lines[1].as_bytes()).unwrap();
        let want = Mark { fields: 3, octets: 12, date_s: Some(-1), line_ends: LineEnds::Mixed };
        assert_eq!(mark, want);
        assert_eq!(lines[2..], ["Status: RO", "X-Keywords: $Junk", "X-Correio-UIDL: a.1"]);
        assert!(lines[2..].iter().all(|line| Mark::is_own_field(line.as_bytes())));
        assert!(!Mark::is_own_field(b"Subject: x"));
        let more = b"X-Correio-Export: fields=0 octets=1 zone=+0200 lines=crlf";
        assert!(Mark::parse(more).is_some());
        for wrong in ["X-Correio-Export: fields=0", "X-Correio-Export: fields=x octets=1", "a: b"] {
            assert_eq!(Mark::parse(wrong.as_bytes()), None);
        }
    }
}
