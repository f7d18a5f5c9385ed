//! Internal dates (RFC 9051, 2.3.3) outside an account: in the attributes of a message, in marks and in names of files.
//! The moment is in Unix seconds; the zone in which it was told stands beside it, as `+0200`.

use mailbox::{Timestamp, ZonedTime};
use message::SentDate;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The farthest zones that APPEND takes, in minutes east or west of Greenwich.
const ZONE_MINUTES_MAX: i16 = 24 * 60;

/// A moment that was told in no zone.
pub(crate) fn in_utc(unix_s: i64) -> ZonedTime {
    Timestamp(unix_s).into()
}

/// A date as a field or a line tells it. A zone that cannot be is UTC; the moment stays.
pub(crate) fn told(date: SentDate) -> ZonedTime {
    let zone = date.zone_s.checked_div(60).and_then(|minutes| i16::try_from(minutes).ok());
    let zone_minutes = zone.filter(|minutes| is_zone(*minutes)).unwrap_or(0);
    ZonedTime { time: Timestamp(date.unix_s), zone_minutes }
}

fn is_zone(minutes: i16) -> bool {
    (-ZONE_MINUTES_MAX..=ZONE_MINUTES_MAX).contains(&minutes)
}

/// The zone of a date as mail writes it; nothing for UTC.
pub(crate) fn zone_text(date: ZonedTime) -> String {
    if date.zone_minutes == 0 {
        return String::new();
    }
    let sign = if date.zone_minutes < 0 { '-' } else { '+' };
    let minutes = date.zone_minutes.unsigned_abs();
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

/// Reads a zone in minutes; nothing is UTC.
pub(crate) fn zone_minutes(text: &str) -> Option<i16> {
    let (sign, digits) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        (None, None) => return text.is_empty().then_some(0),
    };
    if digits.len() != 4 || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let number: i16 = digits.parse().ok()?;
    let minutes = (number / 100).checked_mul(60)?.checked_add(number % 100)?;
    let zone = minutes.checked_mul(sign)?;
    (number % 100 < 60 && is_zone(zone)).then_some(zone)
}

/// A date among the attributes of a message.
#[derive(Serialize, Deserialize)]
struct Written {
    date_s: Option<i64>,
    #[serde(default, skip_serializing_if = "is_utc")]
    zone_minutes: i16,
}

fn is_utc(zone_minutes: &i16) -> bool {
    *zone_minutes == 0
}

/// Writes a date among other attributes.
pub(crate) fn serialize<S: Serializer>(
    date: &Option<ZonedTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let date_s = date.map(|date| date.time.0);
    Written { date_s, zone_minutes: date.map_or(0, |date| date.zone_minutes) }.serialize(serializer)
}

/// Reads a date among other attributes. What was written without a zone is in UTC.
pub(crate) fn deserialize<'d, D: Deserializer<'d>>(
    deserializer: D,
) -> Result<Option<ZonedTime>, D::Error> {
    let Written { date_s, zone_minutes } = Written::deserialize(deserializer)?;
    let zone_minutes = if is_zone(zone_minutes) { zone_minutes } else { 0 };
    Ok(date_s.map(|date_s| ZonedTime { time: Timestamp(date_s), zone_minutes }))
}

#[cfg(test)]
mod tests {
    use mailbox::{Timestamp, ZonedTime};
    use message::SentDate;

    use super::{told, zone_minutes, zone_text};
    use crate::port::Attributes;

    #[test]
    fn zones_come_back() {
        for (minutes, text) in
            [(0, ""), (120, "+0200"), (-210, "-0330"), (845, "+1405"), (1440, "+2400")]
        {
            let date = ZonedTime { time: Timestamp(5), zone_minutes: minutes };
            assert_eq!(zone_text(date), text);
            assert_eq!(zone_minutes(text), Some(minutes));
        }
        for wrong in ["+02", "0200", "+0260", "+2401", "+02000", "+-200", "\u{e4}0200"] {
            assert_eq!(zone_minutes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn fields_tell_the_zone() {
        let date = |text: &str| SentDate::parse(text.as_bytes()).map(told).unwrap();
        let east = date("Tue, 6 Aug 2002 12:23:41 +0200");
        assert_eq!((east.time, east.zone_minutes), (Timestamp(1_028_629_421), 120));
        assert_eq!(date("Tue, 6 Aug 2002 12:23:41 +9900").zone_minutes, 0);
    }

    #[test]
    fn attributes_carry_the_zone_and_those_without_one_are_in_utc() {
        let date = Some(ZonedTime { time: Timestamp(7), zone_minutes: -90 });
        let text = serde_json::to_string(&Attributes { date, ..Attributes::default() }).unwrap();
        assert!(text.contains("\"date_s\":7,\"zone_minutes\":-90"), "{text}");
        let read = |text: &str| serde_json::from_str::<Attributes>(text).unwrap().date;
        assert_eq!(read(&text), date);
        let old = r#"{"mailbox":"INBOX","flags":[],"date_s":7,"octets":1}"#;
        assert_eq!(read(old), Some(Timestamp(7).into()));
        assert_eq!(read(r#"{"mailbox":"INBOX","flags":[],"date_s":null,"octets":1}"#), None);
    }
}
