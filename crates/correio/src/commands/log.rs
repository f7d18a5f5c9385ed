//! `correio log`: what the companion's verbs did, and when.

use std::str::FromStr;

use anyhow::Result;
use clap::Args;

use crate::companion::{Age, language, now, read};
use crate::context::Context;
use crate::output::{json, line, table};
use crate::runs::{Outcome, RunRow, read_all};

/// Show what the companion did, and when: each run of pull, mirror, archive, backup, restore and migrate
///
/// The last comes first. A run that was killed, or during which the computer stopped, is shown as one that did not end. Some thousand
/// runs are remembered; passwords are not among what is written down. `--json` has all numbers of each run.
#[derive(Args)]
pub(crate) struct Log {
    /// Only runs of this account, as `correio account list` names it, or of this user here
    name: Option<String>,
    /// Only what began since then: 12h, 7d, 8w or 6m ago
    #[arg(long, value_name = "AGE")]
    since: Option<Since>,
    /// Only what failed, or did not end
    #[arg(long)]
    failed: bool,
    /// Show at most so many
    #[arg(long, default_value_t = 50, value_name = "NUMBER")]
    most: usize,
}

/// How long ago, in hours or as an age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Since(i64);

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Since, &'static str> {
        let hours = text.strip_suffix('h').and_then(|it| it.parse::<u16>().ok());
        match hours {
            Some(hours) => Ok(Since(i64::from(hours).saturating_mul(3_600))),
            None => text.parse().map(|Age(seconds)| Since(seconds)).map_err(|_| {
                "expected a number of hours, days, weeks, months or years, such as 12h, 7d, 8w, 6m or 1y"
            }),
        }
    }
}

impl Log {
    pub(super) fn run(self, context: &Context) -> Result<()> {
        let (folder, text) = (context.folder()?, language());
        let (mut rows, _) = read_all(&folder.runs())?;
        let since = self.since.map(|Since(age_s)| now().0.saturating_sub(age_s));
        let whose =
            self.name.as_deref().map(|named| Whose::of(&read(&folder)?, named)).transpose()?;
        rows.retain(|row| {
            let is_late = since.is_none_or(|since| {
                machine::time_of(&row.begun).is_none_or(|begun| begun.0 >= since)
            });
            let is_bad = matches!(row.outcome, Outcome::Failed | Outcome::DidNotEnd);
            is_late && (is_bad || !self.failed) && whose.as_ref().is_none_or(|it| it.has(row))
        });
        rows.truncate(self.most);
        if context.json {
            return json(&rows);
        }
        if rows.is_empty() {
            return line(text.no_runs());
        }
        let [begun, took, verb, of, outcome] = text.log_titles();
        table(
            &rows,
            &[
                (begun, &|row: &RunRow| short(&row.begun)),
                (took, &|row| how_long(row).unwrap_or_default()),
                (verb, &|row| row.verb.clone()),
                (of, &of_whom),
                (outcome, &|row| sync::shown(&text.outcome(row))),
            ],
        )
    }
}

/// Whose runs are meant.
struct Whose {
    name: String,
    local: String,
}

impl Whose {
    /// An account, by its name or address; else a user here.
    fn of(companion: &sync::companion::Companion, named: &str) -> Result<Whose> {
        if named.contains('@') && companion.account(named).is_err() {
            return Ok(Whose { name: named.to_owned(), local: named.to_owned() });
        }
        let account = companion.account(named)?;
        Ok(Whose { name: account.name.to_string(), local: account.local.clone() })
    }

    fn has(&self, row: &RunRow) -> bool {
        let rows = row.summary.as_ref().and_then(|it| it.as_array()).map(Vec::as_slice);
        let is_in = rows.unwrap_or_default().iter().any(|it| it["address"] == self.local.as_str());
        is_in || row.account.as_ref().is_some_and(|it| *it == self.name || *it == self.local)
    }
}

/// Whom a run was for: an account, or those whose mail was backed up.
fn of_whom(row: &RunRow) -> String {
    let rows = row.summary.as_ref().and_then(|it| it.as_array()).map(Vec::as_slice);
    let addresses: Vec<&str> =
        rows.unwrap_or_default().iter().filter_map(|it| it["address"].as_str()).collect();
    match (&row.account, addresses.as_slice()) {
        (Some(account), _) => account.clone(),
        (None, []) => row.repository.clone().unwrap_or_else(|| "-".to_owned()),
        (None, [first]) => (*first).to_owned(),
        (None, [first, rest @ ..]) => format!("{first} +{}", rest.len()),
    }
}

/// A time without its seconds.
fn short(time: &str) -> String {
    time.get(..16).unwrap_or(time).replacen('T', " ", 1)
}

/// How long a run took: `3 s`, `2:05 min`, `1:02 h`.
fn how_long(row: &RunRow) -> Option<String> {
    let (begun, ended) = (machine::time_of(&row.begun)?, machine::time_of(row.ended.as_ref()?)?);
    let seconds = ended.0.saturating_sub(begun.0).max(0);
    let parts = |unit: i64| (seconds.div_euclid(unit), seconds.rem_euclid(unit));
    Some(match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{}:{:02} min", parts(60).0, parts(60).1),
        _ => format!("{}:{:02} h", parts(3_600).0, parts(3_600).1.div_euclid(60)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_understood_since_when() {
        for (text, seconds) in [("12h", 12 * 3_600), ("7d", 7 * 86_400), ("1y", 365 * 86_400)] {
            assert_eq!(text.parse(), Ok(Since(seconds)));
        }
        for wrong in ["", "h", "-1h", "12", "12min"] {
            assert!(wrong.parse::<Since>().is_err(), "{wrong}");
        }
    }
}
