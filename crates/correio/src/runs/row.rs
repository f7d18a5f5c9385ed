//! The record of one run, as it stands in the log and as `correio log --json` prints it.

use machine::time_text;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{About, Names};
use crate::companion::now;
use crate::context::Context;

/// One run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RunRow {
    /// Its name: when it began, and a random number.
    pub(crate) run: String,
    /// The verb, such as `pull` or `backup run`.
    pub(crate) verb: String,
    /// The account.
    pub(crate) account: Option<String>,
    /// The repository of a backup.
    pub(crate) repository: Option<String>,
    /// Who began it.
    pub(crate) by: By,
    /// Whether it only said what would be done.
    #[serde(default)]
    pub(crate) dry_run: bool,
    /// When it began (RFC 3339, UTC).
    pub(crate) begun: String,
    /// When it ended.
    pub(crate) ended: Option<String>,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// The exit status.
    pub(crate) exit: Option<u8>,
    /// What the verb prints with `--json`.
    pub(crate) summary: Option<Value>,
    /// Why it failed, in the words that were printed.
    pub(crate) error: Option<String>,
}

/// Who began a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    /// Somebody, or a program of theirs.
    Person,
    /// A timer that `correio schedule` made.
    Timer,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It is under way.
    Running,
    /// It did what it was asked.
    Done,
    /// It failed, and said why.
    Failed,
    /// It was killed, or the computer stopped.
    DidNotEnd,
}

/// The longest text of a record, in octets.
const TEXT_OCTETS_MAX: usize = 2_000;
/// The longest summary, in octets; of a longer one lists are cut, and then it is left out.
const SUMMARY_OCTETS_MAX: usize = 8_000;
/// How many of a list stay when it is cut.
const LIST_MAX: usize = 20;

impl RunRow {
    pub(super) fn begun(context: &Context, about: &About) -> RunRow {
        let begun = time_text(now());
        let stem: String = begun.chars().filter(char::is_ascii_alphanumeric).collect();
        let random: [u8; 4] = machine::random().unwrap_or_default();
        let number = u32::from_be_bytes(random);
        let names = Names::of(context);
        RunRow {
            run: format!("{stem}-{number:08x}"),
            verb: about.verb.to_owned(),
            account: about.account.as_deref().map(|named| names.name(named)),
            repository: about.repository.clone(),
            by: if context.is_scheduled() { By::Timer } else { By::Person },
            dry_run: about.dry_run,
            begun,
            ended: None,
            outcome: Outcome::Running,
            exit: None,
            summary: None,
            error: None,
        }
    }

    /// Keeps the record small, whatever a verb tells.
    pub(super) fn shorten(&mut self) {
        for text in [&mut self.error, &mut self.account, &mut self.repository].into_iter().flatten()
        {
            cut(text, TEXT_OCTETS_MAX);
        }
        if let Some(summary) = &mut self.summary
            && length(summary) > SUMMARY_OCTETS_MAX
        {
            shorten(summary, 0);
            if length(summary) > SUMMARY_OCTETS_MAX {
                self.summary = None;
            }
        }
    }
}

fn length(value: &Value) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |text| text.len())
}

/// How deep summaries are looked into.
const DEPTH_MAX: u8 = 8;

fn shorten(value: &mut Value, depth: u8) {
    let deeper = depth.saturating_add(1);
    match value {
        _ if depth > DEPTH_MAX => *value = Value::Null,
        Value::Array(list) => {
            list.truncate(LIST_MAX);
            list.iter_mut().for_each(|one| shorten(one, deeper));
        }
        Value::Object(members) => members.values_mut().for_each(|one| shorten(one, deeper)),
        Value::String(text) => cut(text, 200),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn cut(text: &mut String, octets_max: usize) {
    let mut end = octets_max.min(text.len());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.truncate(end);
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A run of an account that began then and is done.
    pub(crate) fn row(run: &str, verb: &str, account: &str) -> RunRow {
        RunRow {
            run: run.to_owned(),
            verb: verb.to_owned(),
            account: Some(account.to_owned()),
            repository: None,
            by: By::Person,
            dry_run: false,
            begun: "2026-12-01T02:00:00Z".to_owned(),
            ended: Some("2026-12-01T02:00:03Z".to_owned()),
            outcome: Outcome::Done,
            exit: Some(0),
            summary: None,
            error: None,
        }
    }

    #[test]
    fn a_record_is_small_whatever_is_told() {
        let long = "é".repeat(5_000);
        let mut row = RunRow {
            error: Some(long.clone()),
            summary: Some(serde_json::json!({ "wrong": vec![long; 1_000], "new": 3 })),
            ..row("a", "pull", "ana")
        };
        row.shorten();
        assert!(serde_json::to_vec(&row).unwrap().len() < 12_000);
        assert_eq!(row.summary.unwrap()["new"], 3);
        assert!(row.error.unwrap().chars().all(|c| c == 'é'));
    }
}
