//! Dates as JMAP writes them (RFC 8620, 1.4).

use jiff::Timestamp;
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

#[cfg(test)]
mod tests {
    use super::{local_date, utc_date};

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
