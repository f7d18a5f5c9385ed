//! Dates of SEARCH (`1-Feb-1994`) and of INTERNALDATE (`"17-Jul-1996 02:44:25 -0700"`; RFC 9051, 9: date, date-time).

use jiff::civil;
use jiff::tz::Offset;
use mailbox::Timestamp;

use super::{Args, print};
use crate::Syntax;

const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// A day of the calendar, years 0 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(civil::Date);

impl Date {
    /// Takes year, month (from 1) and day (from 1); none if there is no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Date> {
        let date = civil::Date::new(year, month, day).ok()?;
        (year >= 0).then_some(Date(date))
    }

    /// The day in UTC that holds this instant.
    pub fn of(timestamp: Timestamp) -> Date {
        Date(in_zone(timestamp, Offset::UTC).date())
    }

    /// Midnight UTC at its beginning.
    pub fn begins(self) -> Timestamp {
        let instant = Offset::UTC.to_timestamp(self.0.to_datetime(civil::Time::midnight()));
        Timestamp(instant.map_or(0, jiff::Timestamp::as_second))
    }

    /// Days since 1970-01-01; negative before.
    pub fn days(self) -> i64 {
        self.begins().0.div_euclid(86_400)
    }

    /// Takes a date, in quotes or not.
    pub fn parse(args: &mut Args<'_>) -> Result<Date, Syntax> {
        let error = args.expected("a date like 1-Feb-1994");
        let quoted = args.eat(b'"');
        // Some write a space before a day of one digit, as INTERNALDATE has it.
        args.eat(b' ');
        let date = day_month_year(args).ok_or(error)?;
        if quoted {
            args.take(b'"', "\" after the date")?;
        }
        Ok(Date(date))
    }

    /// Appends the date as written on the wire.
    pub fn print(self, out: &mut Vec<u8>) {
        print::number(out, u64::try_from(self.0.day()).unwrap_or(0));
        print_month_year(out, self.0);
    }
}

fn day_month_year(args: &mut Args<'_>) -> Option<civil::Date> {
    let day = digits(args, 1, 2)?;
    args.take(b'-', "-").ok()?;
    let name = args.octets(3)?;
    let month = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))?;
    args.take(b'-', "-").ok()?;
    let year = digits(args, 4, 4)?;
    let month = i8::try_from(month.checked_add(1)?).ok()?;
    civil::Date::new(year, month, i8::try_from(day).ok()?).ok()
}

fn digits(args: &mut Args<'_>, min: usize, max: usize) -> Option<i16> {
    let digits = args.run(|octet| octet.is_ascii_digit());
    if !(min..=max).contains(&digits.len()) {
        return None;
    }
    digits.iter().try_fold(0i16, |number, digit| {
        number.checked_mul(10)?.checked_add(i16::from(digit.wrapping_sub(b'0')))
    })
}

fn print_month_year(out: &mut Vec<u8>, date: civil::Date) {
    let month = usize::try_from(date.month()).unwrap_or(1).saturating_sub(1);
    out.push(b'-');
    out.extend_from_slice(*MONTHS.get(month).unwrap_or(&MONTHS[0]));
    out.push(b'-');
    let year = u8::try_from(date.year() / 100).unwrap_or(0);
    print::two_digits(out, year);
    print::two_digits(out, u8::try_from(date.year().rem_euclid(100)).unwrap_or(0));
}

fn in_zone(timestamp: Timestamp, zone: Offset) -> civil::DateTime {
    // What lies outside the years that can be written is shown as the nearest that can.
    let seconds = timestamp.0.clamp(-62_167_219_200, 253_402_207_200);
    let instant = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    zone.to_datetime(instant)
}

/// An instant, and the zone it was or shall be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// The instant.
    pub timestamp: Timestamp,
    /// Minutes east of Greenwich.
    pub zone_minutes: i16,
}

impl DateTime {
    /// An instant, to be written in UTC.
    pub fn utc(timestamp: Timestamp) -> DateTime {
        DateTime { timestamp, zone_minutes: 0 }
    }

    /// Takes a date-time with its quotes.
    pub fn parse(args: &mut Args<'_>) -> Result<DateTime, Syntax> {
        let error = args.expected("a date and time like \"17-Jul-1996 02:44:25 -0700\"");
        args.take(b'"', error.expected)?;
        let date_time = Self::parse_inner(args).ok_or(error)?;
        args.take(b'"', "\" after the date and time")?;
        Ok(date_time)
    }

    fn parse_inner(args: &mut Args<'_>) -> Option<DateTime> {
        args.eat(b' ');
        let date = day_month_year(args)?;
        args.space().ok()?;
        let hour = i8::try_from(digits(args, 2, 2)?).ok()?;
        args.take(b':', ":").ok()?;
        let minute = i8::try_from(digits(args, 2, 2)?).ok()?;
        args.take(b':', ":").ok()?;
        // A leap second is taken for the one before it.
        let second = i8::try_from(digits(args, 2, 2)?.min(60)).ok()?;
        let time = civil::Time::new(hour, minute, second.min(59), 0).ok()?;
        args.space().ok()?;
        let sign: i16 = match args.octets(1)? {
            b"+" => 1,
            b"-" => -1,
            _ => return None,
        };
        let zone = digits(args, 4, 4)?;
        let minutes = (zone / 100).checked_mul(60)?.checked_add(zone % 100)?;
        if zone % 100 > 59 || minutes > 24 * 60 {
            return None;
        }
        let zone_minutes = minutes.checked_mul(sign)?;
        let offset = Offset::from_seconds(i32::from(zone_minutes).checked_mul(60)?).ok()?;
        let instant = offset.to_timestamp(date.to_datetime(time)).ok()?;
        Some(DateTime { timestamp: Timestamp(instant.as_second()), zone_minutes })
    }

    /// Appends the date-time with its quotes: always 28 octets.
    pub fn print(self, out: &mut Vec<u8>) {
        let seconds = i32::from(self.zone_minutes).saturating_mul(60);
        let zone = Offset::from_seconds(seconds).unwrap_or(Offset::UTC);
        let local = in_zone(self.timestamp, zone);
        let two = |number: i16| {
            let number = u8::try_from(number.rem_euclid(100)).unwrap_or(0);
            [b'0' | (number / 10), b'0' | (number % 10)]
        };
        let [day_ten, day_one] = two(local.day().into());
        let day_ten = if day_ten == b'0' { b' ' } else { day_ten };
        let month = usize::try_from(local.month()).unwrap_or(1).saturating_sub(1);
        let [m, o, n] = **MONTHS.get(month).unwrap_or(&MONTHS[0]);
        let ([y, e], [a, r]) = (two(local.year() / 100), two(local.year()));
        let ([h, i], [j, k]) = (two(local.hour().into()), two(local.minute().into()));
        let [s, t] = two(local.second().into());
        let sign = if self.zone_minutes < 0 { b'-' } else { b'+' };
        let minutes = self.zone_minutes.saturating_abs();
        let ([u, v], [w, x]) = (two(minutes / 60), two(minutes % 60));
        // In one piece, since there may be a million of them.
        out.extend_from_slice(&[
            b'"', day_ten, day_one, b'-', m, o, n, b'-', y, e, a, r, b' ', h, i, b':', j, k, b':',
            s, t, b' ', sign, u, v, w, x, b'"',
        ]);
    }
}

#[cfg(test)]
mod tests {
    use mailbox::Timestamp;
    use proptest::prelude::*;

    use super::{Date, DateTime};
    use crate::{Args, Dialect};

    #[test]
    fn date_times_are_read() {
        for (text, want) in [
            ("\"17-Jul-1996 02:44:25 -0700\"", Some(837_596_665)),
            ("\" 1-Jan-1970 00:00:00 +0000\"", Some(0)),
            ("\"01-Jan-1970 01:00:00 +0100\"", Some(0)),
            ("\"1-jan-1970 00:00:01 +0000\"", Some(1)),
            ("\"31-Dec-2016 23:59:60 +0000\"", Some(1_483_228_799)),
            ("\"31-Feb-2016 23:59:59 +0000\"", None),
            ("\"1-Jan-1970 24:00:00 +0000\"", None),
            ("\"1-Jan-1970 00:00:00 +9900\"", None),
            ("\"1-Jan-1970 00:00:00\"", None),
            ("\"1-Jan-70 00:00:00 +0000\"", None),
            ("1-Jan-1970 00:00:00 +0000", None),
        ] {
            let got = DateTime::parse(&mut Args::new(text.as_bytes(), Dialect::REV1));
            assert_eq!(got.ok().map(|date_time| date_time.timestamp.0), want, "{text}");
        }
    }

    #[test]
    fn dates_are_read() {
        for (text, want) in [
            ("1-Feb-1994", Date::new(1994, 2, 1)),
            ("\"01-FEB-1994\"", Date::new(1994, 2, 1)),
            ("29-Feb-2023", None),
            ("1-Foo-2023", None),
            ("1-Jan-99999", None),
            ("0-Jan-1999", None),
        ] {
            let got = Date::parse(&mut Args::new(text.as_bytes(), Dialect::REV1));
            assert_eq!(got.ok(), want, "{text}");
        }
        assert_eq!(Date::new(1970, 1, 2).map(Date::days), Some(1));
        assert_eq!(Date::new(1969, 12, 31).map(Date::days), Some(-1));
    }

    proptest! {
        #[test]
        fn a_date_time_comes_back(seconds in -60_000_000_000i64..253_000_000_000, zone in -1439i16..1440) {
            let want = DateTime { timestamp: Timestamp(seconds), zone_minutes: zone };
            let mut out = Vec::new();
            want.print(&mut out);
            prop_assert_eq!(DateTime::parse(&mut Args::new(&out, Dialect::REV1)), Ok(want));
        }

        #[test]
        fn any_instant_can_be_printed(seconds: i64, zone: i16) {
            DateTime { timestamp: Timestamp(seconds), zone_minutes: zone }.print(&mut Vec::new());
        }
    }
}
