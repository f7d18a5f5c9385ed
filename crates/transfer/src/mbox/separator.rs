//! The line that begins a message in an mbox (RFC 4155, Appendix A): `From `, the sender, and a date as C's asctime
//! writes it.

use mailbox::ZonedTime;
use message::SentDate;

use crate::date;

/// The sender in the lines that our own export writes. Mail from elsewhere never has it there: the sender of mail that
/// came over SMTP has a domain.
pub(crate) const OWN_SENDER: &str = "correio-export";

/// A line that can begin a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Separator {
    /// With a date.
    Dated {
        /// The date; where it names no zone, it is taken for UTC.
        date: ZonedTime,
        /// Who wrote the line, as far as that matters.
        by: Writer,
    },
    /// `From ` or `From - ` with nothing behind it, as Thunderbird writes it.
    Bare,
}

/// Who wrote a line that begins a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// Our own export.
    Own,
    /// Eudora, which puts no empty line before it.
    Eudora,
    /// Thunderbird and its forebears, which quote all such lines in texts.
    Mozilla,
    /// Google Takeout.
    Takeout,
    /// Some program.
    Other,
}

impl Separator {
    /// Reads a line without its line end. A line whose date is none begins no message: `From 09:00 to 17:00` is text.
    pub(crate) fn of(line: &[u8]) -> Option<Separator> {
        let rest = line.strip_prefix(b"From ")?.trim_ascii_end();
        if rest.is_empty() || rest == b"-" {
            return Some(Separator::Bare);
        }
        if rest.len() > LINE_OCTETS_MAX {
            return None;
        }
        let (sender, date) = at_weekday(rest)?;
        let date = asctime(date)?;
        let by = match sender {
            _ if sender == OWN_SENDER.as_bytes() => Writer::Own,
            b"???@???" => Writer::Eudora,
            b"-" => Writer::Mozilla,
            _ if sender.ends_with(b"@xxx") => Writer::Takeout,
            _ => Writer::Other,
        };
        Some(Separator::Dated { date, by })
    }

    /// Its date.
    pub(crate) fn date(self) -> Option<ZonedTime> {
        match self {
            Separator::Dated { date, .. } => Some(date),
            Separator::Bare => None,
        }
    }
}

/// A sender has at most 254 octets, and a date some forty.
const LINE_OCTETS_MAX: usize = 400;

const WEEKDAYS: [&[u8]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];

const MONTHS: [&[u8]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

/// Splits a line before the last word that is a weekday. The sender is one word, or quoted; of bounces some programs
/// leave it out, and keep the space.
fn at_weekday(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = text.len();
    for word in text.rsplit(|octet| *octet == b' ') {
        at = at.saturating_sub(word.len());
        let bare = word.strip_suffix(b",").unwrap_or(word);
        if WEEKDAYS.iter().any(|day| bare.eq_ignore_ascii_case(day)) {
            let (sender, date) = text.split_at_checked(at)?;
            let sender_is_one = {
                let sender = sender.trim_ascii();
                !sender.contains(&b' ') || (sender.contains(&b'"') && sender.contains(&b'@'))
            };
            return (sender_is_one && !sender.is_empty()).then_some((sender.trim_ascii(), date));
        }
        at = at.saturating_sub(1);
    }
    None
}

/// Reads a date: a weekday, and in any order a month, a day, a time of day and a year; beside them only zones. (Behind it
/// UUCP wrote `remote from`.)
fn asctime(text: &[u8]) -> Option<ZonedTime> {
    let mut words: Vec<&[u8]> =
        text.split(|octet| *octet == b' ').filter(|word| !word.is_empty()).collect();
    if let Some(remote) = words.iter().position(|word| *word == b"remote") {
        words.truncate(remote);
    }
    let (mut month, mut day, mut time, mut year) = (0u8, 0u8, 0u8, 0u8);
    for word in words.get(1..)? {
        let number = word.iter().all(u8::is_ascii_digit);
        let value = str::from_utf8(word).ok().and_then(|word| word.parse::<u32>().ok());
        let count = if MONTHS.iter().any(|name| word.eq_ignore_ascii_case(name)) {
            &mut month
        } else if number && word.len() <= 2 && value.is_some_and(|day| (1..=31).contains(&day)) {
            &mut day
        } else if number && word.len() == 4 && value.is_some_and(|y| (1900..=2199).contains(&y)) {
            &mut year
        } else if is_time(word) {
            &mut time
        } else if is_zone(word) {
            continue;
        } else {
            return None;
        };
        *count = count.saturating_add(1);
    }
    if (month, day, time, year) != (1, 1, 1, 1) {
        return None;
    }
    SentDate::parse(&words.join(&b' ')).map(date::told)
}

/// `10:23` or `10:23:41`.
fn is_time(word: &[u8]) -> bool {
    let parts: Vec<&[u8]> = word.split(|octet| *octet == b':').collect();
    let in_range = |part: &&[u8], most: u8| {
        let value = str::from_utf8(part).ok().and_then(|part| part.parse::<u8>().ok());
        matches!(part.len(), 1 | 2) && value.is_some_and(|value| value <= most)
    };
    match parts.as_slice() {
        [hour, minute] => in_range(hour, 23) && in_range(minute, 59),
        [hour, minute, second] => {
            in_range(hour, 23) && in_range(minute, 59) && in_range(second, 60)
        }
        _ => false,
    }
}

/// `+0200`, `-03:00`, `EST`, `CEST`, `(CEST)`, `GMT+2`.
fn is_zone(word: &[u8]) -> bool {
    let word = word.strip_prefix(b"(").and_then(|word| word.strip_suffix(b")")).unwrap_or(word);
    let letters = word.iter().take_while(|octet| octet.is_ascii_uppercase()).count();
    let rest = word.get(letters..).unwrap_or_default();
    match rest.split_first() {
        None => letters > 0 && letters <= 5,
        Some((b'+' | b'-', digits)) => {
            letters <= 4
                && !digits.is_empty()
                && digits.len() <= 5
                && digits.iter().all(|octet| octet.is_ascii_digit() || *octet == b':')
        }
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Separator, Writer};

    fn dated(line: &str) -> Option<(i64, Writer)> {
        match Separator::of(line.as_bytes()) {
            Some(Separator::Dated { date, by }) => Some((date.time.0, by)),
            Some(Separator::Bare) | None => None,
        }
    }

    #[test]
    fn lines_that_begin_a_message_are_told_from_text() {
        let day = 1_028_629_421;
        for (line, date_s, by) in [
            ("From ana@example.org Tue Aug  6 10:23:41 2002", day, Writer::Other),
            ("From ana@example.org Tue Aug 06 10:23:41 2002", day, Writer::Other),
            ("From - Tue Aug 06 10:23:41 2002", day, Writer::Mozilla),
            ("From ???@??? Tue Aug 06 10:23:41 2002", day, Writer::Eudora),
            ("From 1640@xxx Tue Aug 06 10:23:41 +0000 2002", day, Writer::Takeout),
            ("From correio-export Tue Aug  6 10:23:41 2002", day, Writer::Own),
            ("From correio-export@example.org Tue Aug  6 10:23:41 2002", day, Writer::Other),
            ("From MAILER-DAEMON Tue Aug  6 12:23:41 2002 +0200", day, Writer::Other),
            ("From a@b Tue, 6 Aug 2002 10:23:41 GMT", day, Writer::Other),
            ("From a@b Tue Aug  6 10:23 2002", day - 41, Writer::Other),
            ("From a@b Tue Aug  6 10:23:41 MET DST 2002", day, Writer::Other),
            ("From \"ana maria\"@example.org Tue Aug  6 10:23:41 2002", day, Writer::Other),
            ("From a!b Tue Aug  6 10:23:41 2002 remote from c", day, Writer::Other),
            ("From  Tue Aug  6 10:23:41 2002", day, Writer::Other),
        ] {
            assert_eq!(dated(line), Some((date_s, by)), "{line}");
        }
        for text in [
            "From here on it was better",
            "From 09:00 to 17:00 we are open",
            "From then 10:30 on",
            "From a@b Tue Aug  6 10:23:41",
            "From a@b Tue Aug 36 10:23:41 2002",
            "From a@b Tue Aug  6 25:23:41 2002",
            "From Paul on Tue Aug  6 10:23:41 2002",
            "From a@b Tue Aug  6 10:23:41 2002 we went on",
            "From a@b 6 Aug 2002 10:23:41",
            "from a@b Tue Aug  6 10:23:41 2002",
            "From: a@b Tue Aug  6 10:23:41 2002",
            ">From a@b Tue Aug  6 10:23:41 2002",
            "From",
        ] {
            assert_eq!(Separator::of(text.as_bytes()), None, "{text}");
        }
        for bare in ["From ", "From - ", "From -"] {
            assert_eq!(Separator::of(bare.as_bytes()), Some(Separator::Bare), "{bare}");
        }
    }
}
