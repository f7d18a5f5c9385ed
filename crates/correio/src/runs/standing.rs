//! What is known since the last runs: when each verb last did its work and last failed, what is only here and only there, and how
//! full providers were. It is kept beside the log, whose old lines go.

mod forecast;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::forecast::{Forecast, Full};
use super::row::RunRow;
use super::{About, Names};

/// The version that is written, and the last that is read.
const VERSION: u32 = 1;
/// How many verbs of how many accounts are remembered; those that were run longest ago go first.
const LAST_MAX: usize = 4_000;
/// How many samples of the room of a provider are kept.
const SAMPLES_MAX: usize = 400;
/// A sample takes the place of the one before it that is less than so many seconds older.
const SAMPLE_EVERY_S: i64 = 12 * 3600;
/// Stands for all accounts, where a backup failed before it was known whose it was.
pub(crate) const EVERYBODY: &str = "*";

/// All that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Standing {
    version: u32,
    /// The last runs.
    pub(crate) last: Vec<Last>,
    /// What each account has here and there, by its name.
    pub(crate) figures: BTreeMap<String, Figures>,
    /// What was used at the providers, by the names of the accounts, oldest first.
    pub(crate) room: BTreeMap<String, Vec<RoomSample>>,
}

/// When a verb last did its work for somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Last {
    /// The verb.
    pub(crate) verb: String,
    /// For whom: the name of an account; of backups and drills the address of the user here; of checks and prunes the repository.
    pub(crate) about: String,
    /// The repository of the last one that went well.
    pub(crate) repository: Option<String>,
    /// When it last went well.
    pub(crate) good: Option<Mark>,
    /// When it last failed, or did not end; none: it went well since.
    pub(crate) failed: Option<Mark>,
}

/// A moment of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The run.
    pub(crate) run: String,
    /// When it ended; of one that did not end, when it began (RFC 3339).
    pub(crate) at: String,
    /// The exit status; none: it did not end.
    pub(crate) exit: Option<u8>,
    /// Why it failed.
    pub(crate) error: Option<String>,
    /// How often it failed, without going well in between.
    #[serde(default)]
    pub(crate) times: u32,
}

/// What an account has here and there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Figures {
    /// When they were counted (RFC 3339).
    pub(crate) at: String,
    /// Messages here.
    pub(crate) here_messages: u64,
    /// Their octets.
    pub(crate) here_octets: u64,
    /// Messages that are here and not at the provider.
    pub(crate) only_here_messages: u64,
    /// Their octets, as far as they are known.
    pub(crate) only_here_octets: u64,
    /// Messages that are at the provider and not here; none: not known, for not all of it could be looked at.
    pub(crate) only_there_messages: Option<u64>,
    /// Their octets; none: not known.
    pub(crate) only_there_octets: Option<u64>,
}

/// What was used at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoomSample {
    /// When, in seconds since 1970.
    pub(crate) at_s: i64,
    /// Octets that were used.
    pub(crate) used_octets: u64,
    /// Octets that may be.
    pub(crate) quota_octets: u64,
}

impl Standing {
    pub(super) fn is_readable(&self) -> bool {
        self.version <= VERSION
    }

    /// Takes what a run came to.
    pub(super) fn take(&mut self, row: &RunRow, about: &About, names: &Names) {
        self.version = VERSION;
        if row.dry_run {
            return;
        }
        let mark = Mark {
            run: row.run.clone(),
            at: row.ended.clone().unwrap_or_else(|| row.begun.clone()),
            exit: row.exit,
            error: row.error.clone(),
            times: 1,
        };
        for (subject, good) in subjects(row, about, names) {
            match good {
                Some(true) => {
                    let good = Mark { error: None, exit: Some(0), ..mark.clone() };
                    self.change(&row.verb, &subject, |last| {
                        (last.good, last.failed) = (Some(good), None);
                        last.repository = row.repository.clone().or(last.repository.take());
                    });
                }
                Some(false) => self.failed(&row.verb, &subject, mark.clone()),
                None => {}
            }
        }
        if let (Some(account), Some(summary)) = (&row.account, &row.summary) {
            self.take_figures(account, &mark.at, summary);
        }
    }

    /// Takes what is said of an account: its figures, and the room at the provider.
    fn take_figures(&mut self, account: &str, at: &str, summary: &Value) {
        let part = |name: &str| summary.get(name).cloned().unwrap_or_default();
        if let Ok(figures) = serde_json::from_value::<Figures>(part("standing")) {
            self.figures.insert(account.to_owned(), figures);
        }
        let room = part("room");
        let number = |name: &str| room.get(name).and_then(Value::as_u64);
        let (used, quota) = (number("used_octets"), number("quota_octets"));
        if let (Some(used_octets), Some(quota_octets), Some(at)) =
            (used, quota, machine::time_of(at))
        {
            self.sample(account, RoomSample { at_s: at.0, used_octets, quota_octets });
        }
    }

    /// Takes a pass of a run that goes on.
    pub(crate) fn take_pass(&mut self, verb: &str, account: &str, at: &str, summary: &Value) {
        self.version = VERSION;
        let good = Mark { at: at.to_owned(), exit: Some(0), ..Mark::default() };
        self.change(verb, account, |last| (last.good, last.failed) = (Some(good), None));
        self.take_figures(account, at, summary);
    }

    /// Takes a run that was killed.
    pub(super) fn take_unended(&mut self, row: &RunRow) {
        self.version = VERSION;
        let about = row.account.clone().or_else(|| row.repository.clone());
        if let Some(about) = about.filter(|_| !row.dry_run) {
            let (run, at) = (row.run.clone(), row.begun.clone());
            // What watches is killed when the computer stops; that is no failure.
            let is_later = |last: &Last| last.good.as_ref().is_some_and(|good| good.at > at);
            if !self.last.iter().any(|it| it.verb == row.verb && it.about == about && is_later(it))
            {
                self.failed(&row.verb, &about, Mark { run, at, times: 1, ..Mark::default() });
            }
        }
    }

    /// Takes a sample of the room at a provider.
    pub(crate) fn sample(&mut self, account: &str, sample: RoomSample) {
        let samples = self.room.entry(account.to_owned()).or_default();
        if let [.., before, last] = samples.as_slice()
            && last.at_s.saturating_sub(before.at_s) < SAMPLE_EVERY_S
        {
            samples.pop();
        }
        samples.push(sample);
        let over = samples.len().saturating_sub(SAMPLES_MAX);
        samples.drain(..over);
    }

    /// What an account has here was changed: the next run counts anew.
    pub(crate) fn count_anew(&mut self, account: &str) {
        if let Some(figures) = self.figures.get_mut(account) {
            figures.at.clear();
        }
    }

    /// What is known of a verb and somebody.
    pub(crate) fn of(&self, verb: &str, about: &str) -> Option<&Last> {
        self.last.iter().find(|it| it.verb == verb && it.about == about)
    }

    /// When the provider of an account will be full.
    pub(crate) fn forecast(&self, account: &str) -> Option<Forecast> {
        Forecast::of(self.room.get(account)?)
    }

    fn failed(&mut self, verb: &str, about: &str, mark: Mark) {
        self.change(verb, about, |last| {
            let times = last.failed.as_ref().map_or(0, |failed| failed.times);
            last.failed = Some(Mark { times: times.saturating_add(1), ..mark });
        });
    }

    /// Changes what is known of a verb and somebody.
    fn change(&mut self, verb: &str, about: &str, change: impl FnOnce(&mut Last)) {
        let found = self.last.iter().position(|it| it.verb == verb && it.about == about);
        let mut last = match found {
            Some(index) => self.last.remove(index),
            None => Last { verb: verb.to_owned(), about: about.to_owned(), ..Last::default() },
        };
        change(&mut last);
        // The last that was run stands at the end.
        self.last.push(last);
        let over = self.last.len().saturating_sub(LAST_MAX);
        self.last.drain(..over);
    }
}

/// For whom a run worked, and whether it went well for them; none: it was stopped.
fn subjects(row: &RunRow, about: &About, names: &Names) -> Vec<(String, Option<bool>)> {
    let is_done = row.exit == Some(0);
    let has = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_array).is_some_and(|list| !list.is_empty())
    };
    match row.verb.as_str() {
        "backup run" | "backup drill" => {
            let rows = row.summary.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
            let subject = |one: &Value| {
                let address = one.get("address")?.as_str()?.to_owned();
                Some((address, Some(!has(one, "wrong") && !has(one, "left_out"))))
            };
            let mut all: Vec<_> = rows.iter().filter_map(subject).collect();
            let failed = !is_done && all.iter().all(|(_, good)| *good == Some(true));
            if failed && about.whose.is_empty() {
                all.push((EVERYBODY.to_owned(), Some(false)));
            } else if failed {
                let missing = about.whose.iter().map(|named| names.local(named));
                let known: Vec<String> = all.iter().map(|(address, _)| address.clone()).collect();
                let missing = missing.filter(|address| !known.contains(address));
                all.extend(missing.map(|address| (address, Some(false))));
            } else if is_done && about.whose.is_empty() {
                all.push((EVERYBODY.to_owned(), Some(true)));
            }
            all
        }
        "backup check" | "backup prune" => {
            row.repository.iter().map(|it| (it.clone(), Some(is_done))).collect()
        }
        _ => {
            let is_whole = row.summary.as_ref().and_then(|it| it.get("complete"));
            let was_stopped = is_done && is_whole.and_then(Value::as_bool) == Some(false);
            let good = (!was_stopped).then_some(is_done);
            row.account.iter().map(|it| (it.clone(), good)).collect()
        }
    }
}

#[cfg(test)]
mod tests;
