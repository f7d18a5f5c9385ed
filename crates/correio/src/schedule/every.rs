//! How often something is done, in steps that every system knows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Every {
    /// So many minutes, which an hour has without a rest.
    Minutes(u8),
    /// So many hours, which a day has without a rest.
    Hours(u8),
    /// So many days, counted from the first of each month.
    Days(u8),
    /// On Sundays.
    Week,
    /// On the first of each month.
    Month,
    /// On the first of January, April, July and October.
    Quarter,
}

/// When within a day or an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Clock {
    /// The hour.
    pub(crate) hour: u8,
    /// The minute.
    pub(crate) minute: u8,
}

impl Every {
    /// How long it is, about, in seconds.
    pub(crate) fn seconds(self) -> i64 {
        let (count, unit_s) = match self {
            Every::Minutes(count) => (i64::from(count), 60),
            Every::Hours(count) => (i64::from(count), 3_600),
            Every::Days(count) => (i64::from(count), 86_400),
            Every::Week => (7, 86_400),
            Every::Month => (30, 86_400),
            Every::Quarter => (91, 86_400),
        };
        count.saturating_mul(unit_s)
    }

    /// By how much its beginning may be put off at random, so that not all come at once, in seconds.
    pub(super) fn delay_s(self) -> u32 {
        match self {
            Every::Minutes(count) => u32::from(count).saturating_mul(6),
            Every::Hours(_) => 600,
            Every::Days(_) | Every::Week | Every::Month | Every::Quarter => 3_600,
        }
    }

    /// The place of a clock within it: within the hour or the day that is divided.
    pub(super) fn within(self, clock: Clock) -> Clock {
        let Clock { hour, minute } = clock;
        match self {
            Every::Minutes(count) => {
                Clock { hour: 0, minute: minute.checked_rem(count).unwrap_or(0) }
            }
            Every::Hours(count) => Clock { hour: hour.checked_rem(count).unwrap_or(0), minute },
            Every::Days(_) | Every::Week | Every::Month | Every::Quarter => clock,
        }
    }
}

/// What can be said.
const EXPECTED: &str = "expected 5m, 10m, 12m, 15m, 20m or 30m; 1h, 2h, 3h, 4h, 6h, 8h or 12h; 1d to 6d; 7d, 30d or 90d";

impl FromStr for Every {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Every, &'static str> {
        let unit = text.chars().next_back().ok_or(EXPECTED)?;
        let count: u8 = text.strip_suffix(unit).and_then(|it| it.parse().ok()).ok_or(EXPECTED)?;
        match (unit, count) {
            ('m', 5 | 10 | 12 | 15 | 20 | 30) => Ok(Every::Minutes(count)),
            ('m', 60) => Ok(Every::Hours(1)),
            ('h', 1 | 2 | 3 | 4 | 6 | 8 | 12) => Ok(Every::Hours(count)),
            ('h', 24) => Ok(Every::Days(1)),
            ('d', 1..=6) => Ok(Every::Days(count)),
            ('d', 7) | ('w', 1) => Ok(Every::Week),
            ('d', 30) | ('w', 4) => Ok(Every::Month),
            ('d', 90) => Ok(Every::Quarter),
            _ => Err(EXPECTED),
        }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Every::Minutes(count) => write!(f, "{count}m"),
            Every::Hours(count) => write!(f, "{count}h"),
            Every::Days(count) => write!(f, "{count}d"),
            Every::Week => f.write_str("7d"),
            Every::Month => f.write_str("30d"),
            Every::Quarter => f.write_str("90d"),
        }
    }
}

impl Serialize for Every {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Every {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Every, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for Clock {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Clock, &'static str> {
        let wrong = "expected a time of day such as 03:30";
        let (hour, minute) = text.split_once(':').ok_or(wrong)?;
        let number = |text: &str, max: u8| {
            let is_plain = text.len() <= 2 && text.bytes().all(|c| c.is_ascii_digit());
            text.parse().ok().filter(|number: &u8| is_plain && *number <= max)
        };
        let clock = number(hour, 23).zip(number(minute, 59));
        clock.map(|(hour, minute)| Clock { hour, minute }).ok_or(wrong)
    }
}
