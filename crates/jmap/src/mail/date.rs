//! Dates as JMAP writes them (RFC 8620, 1.4).

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};

/// An instant, in seconds since 1970-01-01T00:00:00Z, as a `UTCDate`. None beyond the years -9999 to 9999.
pub fn utc_date(unix_s: i64) -> Option<String> {
    let time = Timestamp::from_second(unix_s).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// An instant and the seconds by which a clock was ahead of UTC, as a `Date`. One that is ahead by no whole minutes is told in UTC.
pub fn local_date(unix_s: i64, zone_s: i32) -> Option<String> {
    let time = Timestamp::from_second(unix_s).ok()?;
    let offset = Offset::from_seconds(zone_s).ok().filter(|_| zone_s % 60 == 0 && zone_s != 0);
    match offset {
        None => utc_date(unix_s),
        Some(offset) => {
            let zoned = time.to_zoned(TimeZone::fixed(offset));
            Some(zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
        }
    }
}

/// Reads a `Date` (RFC 8620, 1.4): the instant, and the seconds by which its clock was ahead of UTC. Fractions of a second are
/// left out.
pub fn read_date(text: &str) -> Option<(i64, i32)> {
    // RFC 8620, 1.4: upper case, and all of date, time and offset, which is less than the parser would take.
    let is_digit_or = |c: char| c.is_ascii_digit() || "-:.TZ+".contains(c);
    let has_seconds = text.len() >= "2014-10-30T06:12:00Z".len()
        && text.chars().all(is_digit_or)
        && text.get(10..11) == Some("T")
        && text.get(16..17) == Some(":");
    if !has_seconds {
        return None;
    }
    let pieces = Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset()?;
    let time: Timestamp = text.parse().ok()?;
    Some((time.as_second(), offset.seconds()))
}

/// Reads a `UTCDate` (RFC 8620, 1.4), to the second.
pub fn read_utc_date(text: &str) -> Option<i64> {
    if text.ends_with('Z') { read_date(text).map(|(unix_s, _)| unix_s) } else { None }
}

#[cfg(test)]
mod tests {
    use super::{local_date, read_date, read_utc_date, utc_date};

    #[test]
    fn dates_are_read_as_they_are_written() {
        assert_eq!(read_date("2014-10-30T14:12:00+08:00"), Some((1_414_649_520, 8 * 3600)));
        assert_eq!(read_date("2014-10-30T06:12:00.123Z"), Some((1_414_649_520, 0)));
        assert_eq!(read_utc_date("2014-10-30T06:12:00Z"), Some(1_414_649_520));
        for wrong in [
            "",
            "2014-10-30",
            "2014-10-30T06:12:00",
            "2014-10-30t06:12:00z",
            "2014-10-30 06:12:00Z",
            "2014-10-30T06:12Z",
            "2014-10-30T06:12:00Z[UTC]",
            "2014-13-30T06:12:00Z",
            "x",
        ] {
            assert_eq!(read_date(wrong), None, "{wrong}");
        }
        assert_eq!(read_utc_date("2014-10-30T14:12:00+08:00"), None);
    }

    #[test]
    fn dates_are_written_as_the_standard_shows_them() {
        assert_eq!(utc_date(1_414_649_520).unwrap(), "2014-10-30T06:12:00Z");
        assert_eq!(local_date(1_414_649_520, 8 * 3600).unwrap(), "2014-10-30T14:12:00+08:00");
        assert_eq!(local_date(0, -(3 * 3600 + 1800)).unwrap(), "1969-12-31T20:30:00-03:30");
        assert_eq!(local_date(0, 0).unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(local_date(0, 7).unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(local_date(0, i32::MAX).unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(utc_date(i64::MAX), None);
    }
}
