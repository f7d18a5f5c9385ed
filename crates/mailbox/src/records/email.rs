//! The record of an email: what is known of its content without reading its body.

use bytes::Bytes;

use crate::codec::{Input, Output};
use crate::operations::Email;
use crate::{BodyHash, EmailId, Flags, ThreadId, Timestamp, ZonedTime};

/// What is written of an email.
#[derive(Clone, Copy)]
pub(crate) struct EmailValue<'a> {
    pub(crate) thread: ThreadId,
    pub(crate) hash: &'a BodyHash,
    pub(crate) octets: u64,
    pub(crate) line_ends_missing: u64,
    /// Whether `Flags::UTF8_HEADER` is among these; the other is told by the number above.
    pub(crate) marks: Flags,
    pub(crate) internal_date: ZonedTime,
    /// What its Date field says, in UTC, and the day as written.
    pub(crate) sent: Option<(Timestamp, i32)>,
    pub(crate) outline: &'a [u8],
}

/// The layouts: 1 and 2 were written by earlier programs, which kept no zone and had the day of the internal date where
/// there is none of a Date field. The even ones say that the header has text in UTF-8; in all else two are the same.
const UTC: u8 = 1;
const UTC_UTF8_HEADER: u8 = 2;
const ZONED: u8 = 3;
const ZONED_UTF8_HEADER: u8 = 4;

pub(crate) fn write_email(email: EmailValue<'_>) -> Bytes {
    let utf8 = email.marks.contains(Flags::UTF8_HEADER);
    let mut output = Output::version(if utf8 { ZONED_UTF8_HEADER } else { ZONED });
    let arrived = email.internal_date;
    output
        .plain(&email.hash.0)
        .number(email.thread.0)
        .number(email.octets)
        .number(email.line_ends_missing)
        .signed(arrived.time.0)
        .signed(arrived.zone_minutes.into());
    match email.sent {
        Some((date, day)) => output.octet(1).signed(date.0).signed(day.into()),
        None => output.octet(0),
    };
    output.plain(email.outline);
    output.done()
}

/// Reads an email; its outline stays a part of the value.
pub(crate) fn read_email(id: EmailId, value: &Bytes) -> Option<Email> {
    let layout = *value.first()?;
    let mut input = Input::version(value, layout)?;
    let mut marks = match layout {
        UTC | ZONED => Flags::NONE,
        UTC_UTF8_HEADER | ZONED_UTF8_HEADER => Flags::UTF8_HEADER,
        _ => return None,
    };
    let hash = BodyHash(*input.plain::<32>()?);
    let (thread, octets) = (ThreadId(input.number()?), input.number()?);
    let octets_in_lines = octets.checked_add(input.number()?)?;
    if octets_in_lines > octets {
        marks = marks.with(Flags::UNEVEN);
    }
    let time = Timestamp(input.signed()?);
    let zoned = matches!(layout, ZONED | ZONED_UTF8_HEADER);
    let zone_minutes = if zoned { i16::try_from(input.signed()?).ok()? } else { 0 };
    let internal_date = ZonedTime { time, zone_minutes };
    let has_sent = if zoned { input.octet()? } else { 1 };
    let mut sent = match has_sent {
        0 => None,
        1 => Some((Timestamp(input.signed()?), i32::try_from(input.signed()?).ok()?)),
        _ => return None,
    };
    let outline = value.slice_ref(input.rest());
    if !zoned && sent.is_some_and(|(date, _)| date == time) && !has_date(&outline) {
        sent = None;
    }
    Some(Email {
        id,
        thread,
        hash,
        octets,
        octets_in_lines,
        marks,
        internal_date,
        sent_date: sent.map_or(time, |(date, _)| date),
        sent_day: sent.map(|(_, day)| day),
        outline,
    })
}

fn has_date(outline: &[u8]) -> bool {
    let date = message::decode_envelope(outline).and_then(|envelope| envelope.date);
    date.is_some_and(|date| message::SentDate::parse(date).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(sent: Option<(Timestamp, i32)>, marks: Flags) -> Bytes {
        write_email(EmailValue {
            thread: ThreadId(4),
            hash: &BodyHash([7; 32]),
            octets: 900,
            line_ends_missing: 3,
            marks,
            internal_date: ZonedTime { time: Timestamp(-5), zone_minutes: -90 },
            sent,
            outline: b"outline",
        })
    }

    #[test]
    fn an_email_is_read_as_written() {
        for marks in [Flags::UTF8_HEADER, Flags::NONE] {
            let value = value(Some((Timestamp(1 << 40), -800_000)), marks);
            let email = read_email(EmailId(3), &value).unwrap();
            assert_eq!((email.id, email.thread, email.octets), (EmailId(3), ThreadId(4), 900));
            assert_eq!((email.octets_in_lines, email.marks), (903, marks.with(Flags::UNEVEN)));
            let zone_minutes = -90;
            assert_eq!(email.internal_date, ZonedTime { time: Timestamp(-5), zone_minutes });
            assert_eq!(email.sent_date, Timestamp(1 << 40));
            assert_eq!((email.sent_day, &email.outline[..]), (Some(-800_000), &b"outline"[..]));
            assert!(read_email(EmailId(3), &value.slice(..30)).is_none());
        }
    }

    #[test]
    fn without_a_date_field_an_email_was_sent_when_it_came_and_on_no_day() {
        let email = read_email(EmailId(3), &value(None, Flags::NONE)).unwrap();
        assert_eq!((email.sent_date, email.sent_day), (Timestamp(-5), None));
    }

    #[test]
    fn an_email_of_an_earlier_layout_is_read() {
        for (header, sent, want) in [
            ("Date: Tue, 1 Jul 2025 10:00:00 +0000", 1_751_364_000, Some(20_270)),
            ("Subject: x", 1_751_364_000, None),
            ("Date: soon", 1_751_364_000, None),
            ("Date: Tue, 1 Jul 2025 10:00:00 +0000", 1_751_364_001, Some(20_270)),
        ] {
            let outline = message::Outline::of(format!("{header}\r\n\r\n").as_bytes());
            let mut output = Output::version(1);
            output.plain(&[7; 32]).number(4_u64).number(900_u64).number(0_u64);
            output.signed(1_751_364_000).signed(sent).signed(20_270).plain(&outline.encode());
            let email = read_email(EmailId(3), &output.done()).unwrap();
            assert_eq!(email.internal_date, ZonedTime::utc(Timestamp(1_751_364_000)));
            assert_eq!((email.sent_date, email.sent_day), (Timestamp(sent), want), "{header}");
        }
    }
}
