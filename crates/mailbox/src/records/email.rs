//! The record of an email: what is known of its content without reading its body.

use bytes::Bytes;

use crate::codec::{Input, Output};
use crate::operations::Email;
use crate::{BodyHash, EmailId, Flags, ThreadId, Timestamp};

/// What is written of an email.
#[derive(Clone, Copy)]
pub(crate) struct EmailValue<'a> {
    pub(crate) thread: ThreadId,
    pub(crate) hash: &'a BodyHash,
    pub(crate) octets: u64,
    pub(crate) line_ends_missing: u64,
    /// Whether `Flags::UTF8_HEADER` is among these; the other is told by the number above.
    pub(crate) marks: Flags,
    pub(crate) internal_date: Timestamp,
    pub(crate) sent_date: Timestamp,
    pub(crate) sent_day: i32,
    pub(crate) outline: &'a [u8],
}

pub(crate) fn write_email(email: EmailValue<'_>) -> Bytes {
    let utf8 = email.marks.contains(Flags::UTF8_HEADER);
    let mut output = Output::version(if utf8 { UTF8_HEADER } else { PLAIN });
    output
        .plain(&email.hash.0)
        .number(email.thread.0)
        .number(email.octets)
        .number(email.line_ends_missing)
        .signed(email.internal_date.0)
        .signed(email.sent_date.0)
        .signed(email.sent_day.into())
        .plain(email.outline);
    output.done()
}

/// The layouts: they say where the header has text in UTF-8, and are the same in all else.
const PLAIN: u8 = 1;
const UTF8_HEADER: u8 = 2;

/// Reads an email; its outline stays a part of the value.
pub(crate) fn read_email(id: EmailId, value: &Bytes) -> Option<Email> {
    let (mut input, mut marks) = match Input::version(value, PLAIN) {
        Some(input) => (input, Flags::NONE),
        None => (Input::version(value, UTF8_HEADER)?, Flags::UTF8_HEADER),
    };
    let hash = BodyHash(*input.plain::<32>()?);
    let (thread, octets) = (ThreadId(input.number()?), input.number()?);
    let octets_in_lines = octets.checked_add(input.number()?)?;
    if octets_in_lines > octets {
        marks = marks.with(Flags::UNEVEN);
    }
    let (internal_date, sent_date) = (Timestamp(input.signed()?), Timestamp(input.signed()?));
    let sent_day = i32::try_from(input.signed()?).ok()?;
    let outline = value.slice_ref(input.rest());
    Some(Email {
        id,
        thread,
        hash,
        octets,
        octets_in_lines,
        marks,
        internal_date,
        sent_date,
        sent_day,
        outline,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_read_as_written() {
        let value = write_email(EmailValue {
            thread: ThreadId(4),
            hash: &BodyHash([7; 32]),
            octets: 900,
            line_ends_missing: 3,
            marks: Flags::UTF8_HEADER,
            internal_date: Timestamp(-5),
            sent_date: Timestamp(1 << 40),
            sent_day: -800_000,
            outline: b"outline",
        });
        let email = read_email(EmailId(3), &value).unwrap();
        assert_eq!((email.id, email.thread, email.octets), (EmailId(3), ThreadId(4), 900));
        assert_eq!((email.octets_in_lines, email.marks), (903, Flags::INTERNAL));
        assert_eq!((email.internal_date, email.sent_date), (Timestamp(-5), Timestamp(1 << 40)));
        assert_eq!((email.sent_day, &email.outline[..]), (-800_000, &b"outline"[..]));
        assert!(read_email(EmailId(3), &value.slice(..30)).is_none());
    }
}
