//! Times as people and programs read them.

use mailbox::Timestamp;

/// Reads a moment as RFC 3339 writes it: `2046-01-01T00:00:00Z`.
pub fn time_of(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(|time| Timestamp(time.as_second()))
}

/// A time as people and programs read it: RFC 3339, UTC.
pub fn time_text(time: Timestamp) -> String {
    jiff::Timestamp::from_second(time.0).map_or_else(|_| time.to_string(), |time| time.to_string())
}

/// The same of seconds since 1970.
pub fn seconds_text(seconds: i64) -> String {
    time_text(Timestamp(seconds))
}

/// A time as it is said: `Tuesday 17 November 2026 at 09:12 UTC`. Takes what `time_text` gives; other text stays.
pub fn spoken_time(text: &str) -> String {
    const DAYS: [&str; 7] =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let Ok(time) = text.parse::<jiff::Timestamp>() else { return text.to_owned() };
    let time = time.to_zoned(jiff::tz::TimeZone::UTC);
    let name = |names: &[&'static str], number: i8| {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        names.get(index).copied()
    };
    let day = name(&DAYS, time.weekday().to_monday_one_offset()).unwrap_or_default();
    let month = name(&MONTHS, time.month()).unwrap_or_default();
    let (number, year) = (time.day(), time.year());
    format!("{day} {number} {month} {year} at {:02}:{:02} UTC", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use mailbox::Timestamp;

    use super::{spoken_time, time_text};

    #[test]
    fn a_time_is_said_as_people_say_it() {
        let said = spoken_time(&time_text(Timestamp(1_794_906_720)));
        assert_eq!(said, "Tuesday 17 November 2026 at 09:12 UTC");
        assert_eq!(spoken_time("whenever"), "whenever");
    }
}
