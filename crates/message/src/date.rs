//! The Date field (RFC 5322, 3.3 and 4.3) as mail programs have really written it over forty years.

use crate::lexer::Lexer;

/// When a message says it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentDate {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_s: i64,
    /// Seconds by which the sender's clock was ahead of UTC.
    pub zone_s: i32,
    /// The date as written, whatever the time and the zone: days since 1970-01-01, which is what SENTON and the like
    /// compare (RFC 9051, 6.4.4).
    pub day: i32,
}

const TOKENS_MAX: usize = 32;
const DAY_S: i64 = 86_400;
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Zones with a name and their offsets in hours (RFC 5322, 4.3). All others mean nothing certain and count as UTC.
const ZONES: [(&str, i32); 8] = [
    ("est", -5),
    ("edt", -4),
    ("cst", -6),
    ("cdt", -5),
    ("mst", -7),
    ("mdt", -6),
    ("pst", -8),
    ("pdt", -7),
];

impl SentDate {
    /// Reads the value of a Date field. `None` when there is no date in it; a broken time counts as midnight and a
    /// broken zone as UTC (RFC 5256, 2.2).
    pub fn parse(value: &[u8]) -> Option<SentDate> {
        let mut found = Found::default();
        let mut lexer = Lexer::new(value);
        for _ in 0..TOKENS_MAX {
            lexer.skip_space_and_comments();
            let Some(octet) = lexer.peek() else { break };
            if octet.is_ascii_digit() {
                found.number(&mut lexer)?;
            } else if octet.is_ascii_alphabetic() {
                found.word(lexer.until(|octet| !octet.is_ascii_alphabetic()));
            } else {
                lexer.bump();
                found.sign(octet, &mut lexer);
            }
        }
        found.date()
    }

    /// Reads the Date field of a header.
    pub fn of_header(header: &[u8]) -> Option<SentDate> {
        SentDate::parse(crate::header::find(header, "Date")?.value)
    }
}

#[derive(Default)]
struct Found {
    /// Day and year in the order written, with the number of digits; for `2002-01-31` the month as well.
    numbers: Vec<(u32, usize)>,
    month: Option<u32>,
    time_s: Option<u32>,
    zone_s: Option<i32>,
}

impl Found {
    fn number(&mut self, lexer: &mut Lexer<'_>) -> Option<()> {
        let (value, digits) = digits(lexer)?;
        lexer.skip_space();
        if lexer.peek() == Some(b':') && self.time_s.is_none() {
            self.time_s = Some(time(value, lexer).unwrap_or(0));
        } else if self.numbers.len() < 3 {
            self.numbers.push((value, digits));
        }
        Some(())
    }

    fn word(&mut self, word: &[u8]) {
        let lower = word.to_ascii_lowercase();
        let starts = |name: &str| lower.starts_with(name.as_bytes());
        if let (None, Some((_, number))) =
            (self.month, MONTHS.iter().zip(1_u32..).find(|(name, _)| starts(name)))
        {
            self.month = Some(number);
        } else if let (Some(time_s), None) = (self.time_s, self.zone_s) {
            match lower.as_slice() {
                b"am" => self.time_s = Some(time_s.checked_rem(43_200).unwrap_or(0)),
                b"pm" => {
                    self.time_s = time_s.checked_rem(43_200).and_then(|s| s.checked_add(43_200));
                }
                // The `T` of ISO 8601 stands before the time, the name of a zone after it.
                name => {
                    let zone = ZONES.iter().find(|(known, _)| known.as_bytes() == name);
                    self.zone_s = Some(zone.map_or(0, |(_, hours)| hours.saturating_mul(3600)));
                }
            }
        }
    }

    fn sign(&mut self, sign: u8, lexer: &mut Lexer<'_>) {
        // A hyphen before the time is that of `31-Jan-2002`.
        if !matches!(sign, b'+' | b'-') || self.time_s.is_none() {
            return;
        }
        let Some((value, count)) = digits(lexer) else { return };
        let (hours, minutes) = if count > 2 {
            (value.checked_div(100).unwrap_or(0), value.checked_rem(100).unwrap_or(0))
        } else if lexer.eat(b':').is_some() {
            (value, digits(lexer).map_or(0, |(minutes, _)| minutes))
        } else {
            (value, 0)
        };
        // `GMT+0200`: the number says more than the name.
        self.zone_s = Some(0);
        if hours < 24 && minutes < 60 {
            let seconds = hours.saturating_mul(60).saturating_add(minutes).saturating_mul(60);
            let seconds = i32::try_from(seconds).unwrap_or(0);
            self.zone_s = Some(if sign == b'-' { seconds.saturating_neg() } else { seconds });
        }
    }

    fn date(&self) -> Option<SentDate> {
        let ((year, digits), month, day) = match (self.month, self.numbers.as_slice()) {
            // `2002 Jan 31` or `Jan 31 2002`: only a year has more than two digits.
            (Some(month), [year @ (_, 3..), (day, _), ..]) => (*year, month, *day),
            (Some(month), [(day, _), year, ..]) => (*year, month, *day),
            (None, [year @ (_, 4), (month, _), (day, _)]) => (*year, *month, *day),
            _ => return None,
        };
        let year = match (digits, year) {
            (..=2, 0..=49) => year.checked_add(2000)?,
            (..=3, _) => year.checked_add(1900)?,
            _ => year,
        };
        // `0102` is what clocks wrote who counted years from 1900 (RFC 5322, 3.3: 1900 or later).
        if year < 1900 {
            return None;
        }
        let day = day_number(year, month, day)?;
        let zone_s = self.zone_s.unwrap_or(0);
        let local_s = day.checked_mul(DAY_S)?.checked_add(i64::from(self.time_s.unwrap_or(0)))?;
        let unix_s = local_s.checked_sub(i64::from(zone_s))?;
        Some(SentDate { unix_s, zone_s, day: i32::try_from(day).ok()? })
    }
}

/// Takes a number of at most nine digits, and says how many they were. `None` for a longer one, and for none.
fn digits(lexer: &mut Lexer<'_>) -> Option<(u32, usize)> {
    let digits = lexer.until(|octet| !octet.is_ascii_digit());
    let value = std::str::from_utf8(digits.get(..digits.len().min(10))?).ok()?.parse().ok()?;
    (digits.len() < 10).then_some((value, digits.len()))
}

/// Takes what follows the hour; seconds of the day.
fn time(hour: u32, lexer: &mut Lexer<'_>) -> Option<u32> {
    let mut field = || {
        lexer.eat(b':')?;
        lexer.skip_space();
        let (value, _) = digits(lexer)?;
        lexer.skip_space();
        Some(value)
    };
    let minute = field()?;
    let second = field().unwrap_or(0);
    if lexer.eat(b'.').is_some() {
        lexer.until(|octet| !octet.is_ascii_digit());
    }
    // A leap second is the last one of its minute; more is no time.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second.min(59))
}

/// The number of a day of the Gregorian calendar, 1970-01-01 being 0. `None` when there is no such day.
fn day_number(year: u32, month: u32, day: u32) -> Option<i64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let month_days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=9999).contains(&year) || !(1..=month_days).contains(&day) {
        return None;
    }
    Some(count_days(i64::from(year), i64::from(month), i64::from(day)))
}

#[expect(clippy::arithmetic_side_effects, reason = "the year is below 10,000")]
fn count_days(year: i64, month: i64, day: i64) -> i64 {
    // With March as the first month, the leap day is the last of the year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before_month = (153 * month + 2) / 5;
    let leap_days = year / 4 - year / 100 + year / 400;
    365 * year + leap_days + before_month + day - 1 - 719_468
}

/// The value of a Date field for this moment, in UTC.
pub fn format_date(unix_s: i64) -> String {
    format_date_in(unix_s, 0)
}

/// The value of a Date field for this moment, by a clock that is so many seconds ahead of UTC. One that is ahead by no whole
/// minutes, or by more than the field can say, is told in UTC.
pub fn format_date_in(unix_s: i64, zone_s: i32) -> String {
    let is_told = zone_s % 60 == 0 && zone_s.unsigned_abs() < 100 * 3600;
    let zone_s = if is_told { zone_s } else { 0 };
    let unix_s = unix_s.saturating_add(zone_s.into());
    let zone_min = zone_s.unsigned_abs() / 60;
    let sign = if zone_s < 0 { '-' } else { '+' };
    let day = unix_s.div_euclid(DAY_S);
    let second = unix_s.rem_euclid(DAY_S);
    let (year, month, month_day) = civil(day);
    const NAMES: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let week_day = usize::try_from(day.rem_euclid(7)).ok().and_then(|index| NAMES.get(index));
    let month = MONTHS.get(month).copied().unwrap_or_default();
    let (first, rest) = month.split_at_checked(1).unwrap_or_default();
    let clock = |unit: i64, span: i64| second.div_euclid(unit).rem_euclid(span);
    format!(
        "{}, {month_day} {}{rest} {year:04} {:02}:{:02}:{:02} {sign}{:02}{:02}",
        week_day.copied().unwrap_or_default(),
        first.to_ascii_uppercase(),
        clock(3600, 24),
        clock(60, 60),
        clock(1, 60),
        zone_min / 60,
        zone_min % 60,
    )
}

/// Year, index of the month, and day of the month.
#[expect(clippy::arithmetic_side_effects, reason = "a day is at most i64::MAX / 86,400")]
fn civil(day: i64) -> (i64, usize, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let month_day = of_year - (153 * month + 2) / 5 + 1;
    let year = year + era * 400 + i64::from(month >= 10);
    (year, usize::try_from((month + 2) % 12).unwrap_or_default(), month_day)
}
