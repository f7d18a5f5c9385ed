//! The mark of our own export: the line before each message names us, and the first fields behind it are ours. They are
//! counted, so that nothing a sender wrote is taken for them.

use std::fmt::Write as _;

use mailbox::{Timestamp, ZonedTime};

use super::separator::OWN_SENDER;
use super::status::{Status, status_fields};
use crate::date;
use crate::port::{Attributes, LineEnds};

/// The field that says what the export added: `fields=3 octets=1520 date=1028629421 zone=+0200 lines=crlf uidvalidity=7
/// uid=9`. Who reads it passes over words that it does not know, and does without those that are not there, but for the first
/// two and `lines`.
const MARK_FIELD: &str = "X-Correio-Export";

/// What the mark of a message says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// How many fields of the export follow.
    pub(crate) fields: usize,
    /// The size of the message.
    pub(crate) octets: u64,
    /// Its internal date.
    pub(crate) date: Option<ZonedTime>,
    /// How its lines end.
    pub(crate) line_ends: LineEnds,
    /// UIDVALIDITY and UID that it had in its mailbox.
    pub(crate) uid: Option<(u32, u32)>,
}

/// What stands before a message: the line that begins it, and our fields.
pub(crate) fn before(message: &Attributes) -> String {
    let unix_s = message.date.map_or(0, |date| date.time.0);
    let utc = jiff::Timestamp::from_second(unix_s).unwrap_or_default();
    let fields = status_fields(&message.flags, message.uidl.as_deref());
    let mut text = format!("From {OWN_SENDER} {}\n", utc.strftime("%a %b %e %H:%M:%S %Y"));
    let (count, octets) = (fields.lines().count(), message.octets);
    // Writing into a text does not fail.
    let _ = write!(text, "{MARK_FIELD}: fields={count} octets={octets}");
    if let Some(date) = message.date {
        let _ = write!(text, " date={}", date.time.0);
        let zone = date::zone_text(date);
        if !zone.is_empty() {
            let _ = write!(text, " zone={zone}");
        }
    }
    let lines = match message.line_ends {
        LineEnds::Crlf => "crlf",
        LineEnds::Mixed => "mixed",
    };
    let _ = write!(text, " lines={lines}");
    if let Some((uid_validity, uid)) = message.uid {
        let _ = write!(text, " uidvalidity={uid_validity} uid={uid}");
    }
    text.push('\n');
    text.push_str(&fields);
    text
}

impl Mark {
    /// Reads the line behind a line of our own export.
    pub(crate) fn parse(line: &[u8]) -> Option<Mark> {
        let value = str::from_utf8(line).ok()?.strip_prefix(MARK_FIELD)?.strip_prefix(':')?;
        let mut words = value.split_ascii_whitespace().filter_map(|word| word.split_once('='));
        let (mut fields, mut octets, mut line_ends) = (None, None, None);
        let (mut date_s, mut zone_minutes) = (None, 0);
        let (mut uid_validity, mut uid) = (None, None);
        words.try_for_each(|(name, value)| {
            match name {
                "fields" => fields = Some(value.parse().ok()?),
                "octets" => octets = Some(value.parse().ok()?),
                "date" => date_s = Some(value.parse().ok()?),
                "zone" => zone_minutes = date::zone_minutes(value)?,
                "uidvalidity" => uid_validity = Some(value.parse().ok()?),
                "uid" => uid = Some(value.parse().ok()?),
                "lines" if value == "crlf" => line_ends = Some(LineEnds::Crlf),
                "lines" if value == "mixed" => line_ends = Some(LineEnds::Mixed),
                _ => {}
            }
            Some(())
        })?;
        let date = date_s.map(|date_s| ZonedTime { time: Timestamp(date_s), zone_minutes });
        let uid = uid_validity.zip(uid);
        Some(Mark { fields: fields?, octets: octets?, date, line_ends: line_ends?, uid })
    }

    /// Whether a line behind the mark is one that an export writes there.
    pub(crate) fn is_own_field(line: &[u8]) -> bool {
        let name = line.iter().position(|octet| *octet == b':').and_then(|at| line.get(..at));
        name.is_some_and(Status::is_written)
    }
}

#[cfg(test)]
mod tests {
    use mailbox::{Timestamp, ZonedTime};

    use super::{Mark, before};
    use crate::port::{Attributes, LineEnds};

    #[test]
    fn a_mark_says_what_was_added() {
        let message = Attributes {
            mailbox: "INBOX".to_owned(),
            flags: vec!["\\Seen".to_owned(), "$Junk".to_owned()],
            date: Some(ZonedTime { time: Timestamp(-1), zone_minutes: -90 }),
            octets: 12,
            line_ends: LineEnds::Mixed,
            uid: Some((7, 9)),
            uidl: Some("a.1".to_owned()),
            ..Attributes::default()
        };
        let text = before(&message);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "From correio-export Wed Dec 31 23:59:59 1969");
        let mark = Mark::parse(lines[1].as_bytes()).unwrap();
        assert_eq!((mark.fields, mark.octets, mark.date), (3, 12, message.date));
        assert_eq!((mark.line_ends, mark.uid), (LineEnds::Mixed, message.uid));
        assert_eq!(lines[2..], ["Status: RO", "X-Keywords: $Junk", "X-Correio-UIDL: a.1"]);
        assert!(lines[2..].iter().all(|line| Mark::is_own_field(line.as_bytes())));
        assert!(!Mark::is_own_field(b"Subject: x"));
        // As exports wrote it before they told the zone, and with a word of later ones.
        let old = b"X-Correio-Export: fields=0 octets=1 date=5 colour=red lines=crlf";
        let old = Mark::parse(old).unwrap();
        assert_eq!((old.date, old.uid), (Some(Timestamp(5).into()), None));
        for wrong in ["X-Correio-Export: fields=0", "X-Correio-Export: fields=x octets=1", "a: b"] {
            assert_eq!(Mark::parse(wrong.as_bytes()), None);
        }
    }
}
