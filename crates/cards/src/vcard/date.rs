//! Dates of vCards, of which parts may be left out (RFC 6350, 4.3; RFC 2426, 4), and moments.

use serde_json::{Map, Value, json};

use super::{Property, Version};
use crate::schema::date_s;

/// Apple writes a date without a year with this one, and says so in a parameter.
const OMITTED: &str = "X-APPLE-OMIT-YEAR";

/// A date as JSContact has it (RFC 9553, 2.8.1); none: it is none, or says what a date cannot.
pub(super) fn read(property: &Property) -> Option<Map<String, Value>> {
    let value = property.value.trim();
    if property.param("VALUE").is_some_and(|kind| kind.iter().any(|kind| kind == "text")) {
        return None;
    }
    if let Some(moment) = moment(value) {
        return Some(Map::from_iter([
            ("@type".to_owned(), "Timestamp".into()),
            ("utc".to_owned(), moment.into()),
        ]));
    }
    let day = value.split(['T', 't']).next().unwrap_or(value);
    let omitted = property.param(OMITTED).and_then(<[String]>::first);
    let mut date = Map::new();
    for (name, number) in ["year", "month", "day"].into_iter().zip(parts(day)?) {
        if let Some(number) = number
            && (name != "year" || omitted.is_none_or(|year| *year != format!("{number:04}")))
        {
            date.insert(name.to_owned(), number.into());
        }
    }
    (!date.is_empty()).then_some(date)
}

type Parts = [Option<u16>; 3];

/// Year, month and day.
fn parts(day: &str) -> Option<Parts> {
    let (year, rest) = match day.strip_prefix("--") {
        Some(rest) => (None, rest),
        None => (Some(number(day.get(..4)?, 9_999)?), day.get(4..)?),
    };
    let (month, day) = match rest.strip_prefix('-') {
        Some(rest) if year.is_none() => (None, rest),
        Some(rest) => rest.split_once('-').map_or((Some(rest), ""), |(m, d)| (Some(m), d)),
        None if rest.is_empty() => (None, ""),
        None => {
            let (month, day) = rest.split_at_checked(2)?;
            (Some(month), day.strip_prefix('-').unwrap_or(day))
        }
    };
    let month = month.map_or(Some(None), |month| number(month, 12).map(Some))?;
    let day = if day.is_empty() { None } else { Some(number(day, 31)?) };
    Some([year, month, day])
}

fn number(digits: &str, most: u16) -> Option<u16> {
    let is_number = matches!(digits.len(), 2 | 4) && digits.bytes().all(|it| it.is_ascii_digit());
    digits.parse().ok().filter(|number| is_number && *number <= most)
}

/// A moment as UTCDateTime (RFC 9553, 1.4.5): `20240131T101500Z` or `2024-01-31T10:15:00Z`.
pub(super) fn moment(value: &str) -> Option<String> {
    let (day, time) = value.trim().split_once(['T', 't'])?;
    let time = time.strip_suffix(['Z', 'z'])?;
    let digits = |text: &str, separator: char| text.chars().filter(|c| *c != separator).collect();
    let (day, time): (String, String) = (digits(day, '-'), digits(time, ':'));
    // Fractions of a second are of no use to anybody.
    let time = time.split('.').next().unwrap_or_default();
    let part = |text: &str, range: std::ops::Range<usize>| text.get(range).map(str::to_owned);
    if day.len() != 8 || time.len() != 6 {
        return None;
    }
    let moment = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(&day, 0..4)?,
        part(&day, 4..6)?,
        part(&day, 6..8)?,
        part(time, 0..2)?,
        part(time, 2..4)?,
        part(time, 4..6)?
    );
    date_s(&moment).is_some().then_some(moment)
}

/// A moment as a vCard of this version has it.
pub(super) fn write_moment(moment: &str, version: Version) -> Option<String> {
    date_s(moment)?;
    let whole = format!("{}Z", moment.get(..19)?);
    Some(match version {
        Version::V3 => whole,
        Version::V4 => whole.replace(['-', ':'], ""),
    })
}

/// A date as a property of this name and version; none: it says nothing.
pub(super) fn write(name: &str, date: &Value, version: Version) -> Option<Property> {
    if let Some(utc) = date.get("utc").and_then(Value::as_str) {
        return Some(Property::new(name, write_moment(utc, version)?));
    }
    let part = |part: &str| date.get(part).and_then(Value::as_u64);
    let year = part("year").filter(|year| *year <= 9_999);
    let in_month = |day: &u64| (1..=31).contains(day);
    let (month, day) = (part("month").filter(in_month), part("day").filter(in_month));
    let value = match (version, year, month, day) {
        (Version::V3, Some(year), Some(month), Some(day)) => {
            format!("{year:04}-{month:02}-{day:02}")
        }
        (Version::V3, None, Some(month), Some(day)) => {
            let property = Property::new(name, format!("1604-{month:02}-{day:02}"));
            return Some(property.with(OMITTED, "1604"));
        }
        (_, Some(year), Some(month), Some(day)) => format!("{year:04}{month:02}{day:02}"),
        (_, Some(year), Some(month), None) => format!("{year:04}-{month:02}"),
        (_, Some(year), None, _) => format!("{year:04}"),
        (_, None, Some(month), Some(day)) => format!("--{month:02}{day:02}"),
        (_, None, Some(month), None) => format!("--{month:02}"),
        (_, None, None, Some(day)) => format!("---{day:02}"),
        (_, None, None, None) => return None,
    };
    Some(Property::new(name, value))
}

/// What an anniversary is, by the name of the property.
pub(super) const KINDS: [(&str, &str); 3] =
    [("BDAY", "birth"), ("ANNIVERSARY", "wedding"), ("DEATHDATE", "death")];

/// An anniversary of a property.
pub(super) fn anniversary(property: &Property) -> Option<Map<String, Value>> {
    let (_, kind) = KINDS.into_iter().find(|(name, _)| *name == property.name)?;
    let date = read(property)?;
    Some(Map::from_iter([("kind".to_owned(), json!(kind)), ("date".to_owned(), date.into())]))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Property, Version, moment, read, write};

    #[test]
    fn dates_are_read_whole_and_in_part() {
        for (value, want) in [
            ("19850412", json!({"year": 1985, "month": 4, "day": 12})),
            ("1985-04-12", json!({"year": 1985, "month": 4, "day": 12})),
            ("1985-04", json!({"year": 1985, "month": 4})),
            ("1985", json!({"year": 1985})),
            ("--0412", json!({"month": 4, "day": 12})),
            ("--04-12", json!({"month": 4, "day": 12})),
            ("--04", json!({"month": 4})),
            ("---12", json!({"day": 12})),
            ("19850412T10", json!({"year": 1985, "month": 4, "day": 12})),
            ("1996-10-22T14:00:00Z", json!({"@type": "Timestamp", "utc": "1996-10-22T14:00:00Z"})),
        ] {
            let property = Property::new("BDAY", value.to_owned());
            assert_eq!(read(&property).map(Value::Object), Some(want.clone()), "{value}");
            for version in [Version::V3, Version::V4] {
                let written = write("BDAY", &want, version).unwrap();
                assert_eq!(read(&written).map(Value::Object), Some(want.clone()), "{written:?}");
            }
        }
        for none in ["", "x", "circa 1800", "19851312", "1985041", "--", "-1", "é", "1985é"] {
            assert_eq!(read(&Property::new("BDAY", none.to_owned())), None, "{none}");
        }
        let apple =
            Property::new("BDAY", "1604-05-01".to_owned()).with("X-APPLE-OMIT-YEAR", "1604");
        assert_eq!(read(&apple).map(Value::Object), Some(json!({"month": 5, "day": 1})));
    }

    #[test]
    fn moments_are_read_in_both_ways_of_writing() {
        for (value, want) in [
            ("20240131T101500Z", Some("2024-01-31T10:15:00Z")),
            ("2024-01-31T10:15:00.5Z", Some("2024-01-31T10:15:00Z")),
            ("20240131T101500", None),
            ("20241331T101500Z", None),
            ("2024-01-31", None),
            ("ééééTééééZ", None),
        ] {
            assert_eq!(moment(value).as_deref(), want, "{value}");
        }
    }
}
