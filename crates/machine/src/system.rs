//! The machine's own clock and randomness, behind the ports.

use mailbox::{Clock, Fault, Timestamp};

/// The time of day as the machine knows it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_second())
    }
}

/// Random octets that nobody can guess.
pub fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets)
        .map_err(|error| Fault::new(format!("the system gave no random octets: {error}")))?;
    Ok(octets)
}

/// A time as people and programs read it: RFC 3339, UTC.
pub fn time_text(time: Timestamp) -> String {
    jiff::Timestamp::from_second(time.0).map_or_else(|_| time.to_string(), |time| time.to_string())
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

/// Octets as text that can be read out and typed: base 32 without letters that look alike, in groups of four.
pub fn readable(octets: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bits: Vec<u8> = octets
        .iter()
        .flat_map(|octet| (0u32..8).rev().map(move |bit| octet.wrapping_shr(bit) & 1))
        .collect();
    let mut text = String::new();
    for (index, five) in bits.chunks(5).enumerate() {
        if index > 0 && index.is_multiple_of(4) {
            text.push('-');
        }
        let value = five.iter().fold(0u8, |value, bit| value.wrapping_shl(1) | bit);
        let letter = ALPHABET.get(usize::from(value)).copied().unwrap_or(b'0');
        text.push(char::from(letter));
    }
    text
}

#[cfg(test)]
mod tests {
    use mailbox::Timestamp;

    use super::{random, readable, spoken_time, time_text};

    #[test]
    fn a_time_is_said_as_people_say_it() {
        let said = spoken_time(&time_text(Timestamp(1_794_906_720)));
        assert_eq!(said, "Tuesday 17 November 2026 at 09:12 UTC");
        assert_eq!(spoken_time("whenever"), "whenever");
    }

    #[test]
    fn readable_octets_lose_nothing() {
        assert_eq!(readable(&[0; 10]), "0000-0000-0000-0000");
        assert_eq!(readable(&[0xff; 5]), "zzzz-zzzz");
        let once = readable(&random::<16>().unwrap());
        assert_ne!(once, readable(&random::<16>().unwrap()));
        assert_eq!(once.len(), 32);
    }
}
