//! Which snapshot is meant: `--at`.

use std::str::FromStr;

use backup::At;

/// A moment, or the beginning of a snapshot's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Moment(i64),
    Named(String),
}

impl When {
    pub(crate) fn at(when: Option<&When>) -> At<'_> {
        match when {
            None => At::Newest,
            Some(When::Moment(time_s)) => At::Moment(*time_s),
            Some(When::Named(id)) => At::Named(id),
        }
    }
}

impl FromStr for When {
    type Err = &'static str;

    /// A day means its end: what was there that day.
    fn from_str(text: &str) -> Result<When, Self::Err> {
        let day = format!("{text}T23:59:59Z");
        let minute = format!("{}:59Z", text.replacen(' ', "T", 1));
        let moments = [text, &day, &minute];
        if let Some(time) = moments.iter().find_map(|moment| machine::time_of(moment)) {
            return Ok(When::Moment(time.0));
        }
        let is_name = (4..=64).contains(&text.len())
            && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        match is_name {
            true => Ok(When::Named(text.to_owned())),
            false => Err(
                "expected a day (2026-11-30), a minute in UTC (2026-11-30 09:12) or the name of a snapshot",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::When;

    #[test]
    fn a_day_is_meant_to_its_end() {
        for (text, want) in [
            ("2026-11-17", Some(When::Moment(1_794_959_999))),
            ("2026-11-17 09:12", Some(When::Moment(1_794_906_779))),
            ("2026-11-17T09:12:00Z", Some(When::Moment(1_794_906_720))),
            ("1c453a63", Some(When::Named("1c453a63".to_owned()))),
            ("yesterday", None),
            ("1c4", None),
            ("2026-13-01", None),
        ] {
            assert_eq!(text.parse().ok(), want, "{text}");
        }
    }
}
