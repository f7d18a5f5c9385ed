//! How long ago, as people write it.

use std::str::FromStr;

/// How long ago, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Age(pub(crate) i64);

impl FromStr for Age {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Age, &'static str> {
        let wrong = "expected a number of days, weeks, months or years, such as 30d, 8w, 6m or 1y";
        let unit = text.chars().next_back().ok_or(wrong)?;
        let days: i64 = match unit {
            'd' => 1,
            'w' => 7,
            'm' => 30,
            'y' => 365,
            _ => return Err(wrong),
        };
        let number: u16 = text.strip_suffix(unit).and_then(|it| it.parse().ok()).ok_or(wrong)?;
        Ok(Age(i64::from(number).saturating_mul(days).saturating_mul(24 * 3600)))
    }
}

#[cfg(test)]
mod tests {
    use super::Age;

    #[test]
    fn ages_are_read() {
        let day = 24 * 3600;
        for (text, days) in [("30d", 30), ("8w", 56), ("6m", 180), ("1y", 365), ("0d", 0)] {
            assert_eq!(text.parse(), Ok(Age(days * day)));
        }
        for wrong in ["", "1", "d", "1x", "-1d", "1 y", "70000y", "é"] {
            assert!(wrong.parse::<Age>().is_err(), "{wrong}");
        }
    }
}
