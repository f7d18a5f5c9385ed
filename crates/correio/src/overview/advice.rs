//! What a person should do next, from what is known.

use mailbox::Timestamp;
use serde::Serialize;

use super::{AccountRow, FailedRow, Overview, ProviderRow, VerbRow};
use crate::companion::{Text, language};

/// Something that a person should do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Advice {
    /// How urgent it is.
    pub(crate) urgency: Urgency,
    /// Why, for programs.
    pub(crate) reason: &'static str,
    /// Which account it is about.
    pub(crate) account: Option<String>,
    /// Why, for people, in their language.
    pub(crate) text: String,
    /// What to say.
    pub(crate) command: String,
}

/// How urgent something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Urgency {
    /// Mail is in danger, or does not come.
    Now,
    /// It will be.
    Soon,
    /// It would be better.
    Consider,
}

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;
/// Mail that was not brought here for so long is told.
const BROUGHT_MAX_S: i64 = 7 * DAY_S;
/// A backup that is older than this is told, and one that is the only other copy.
const BACKUP_MAX_S: i64 = 7 * DAY_S;
const ONLY_COPY_MAX_S: i64 = 30 * DAY_S;
/// A drill that is older than this is told.
const DRILL_MAX_S: i64 = 90 * DAY_S;
/// A network that was away for less is not told.
const NETWORK_AWAY_S: i64 = DAY_S;
/// A provider that is this full is told, and one that will be full within this time.
const FULL_PERCENT: u64 = 90;
const FULL_WITHIN_S: i64 = 30 * DAY_S;
/// A disk with less room than this is told.
const FREE_FEW_OCTETS: u64 = 2 << 30;
const FREE_NONE_OCTETS: u64 = 500 << 20;

/// All that should be done, the most urgent first.
pub(super) fn of(overview: &Overview, now: Timestamp) -> Vec<Advice> {
    let mut giving = Giving { text: language(), now, all: Vec::new() };
    giving.here(overview);
    for account in &overview.accounts {
        giving.account(account);
    }
    giving.all.sort_by_key(|it| it.urgency);
    giving.all
}

/// After how long a verb is late, in seconds: where a timer does it, when it was missed three times, but not within a day.
fn late(account: &AccountRow, verb: &str, otherwise_s: i64) -> i64 {
    let row = account.scheduled.iter().find(|row| row.verb == verb);
    row.map_or(otherwise_s, |row| row.every.seconds().saturating_mul(3).max(DAY_S))
}

struct Giving {
    text: Text,
    now: Timestamp,
    all: Vec<Advice>,
}

impl Giving {
    fn give(
        &mut self,
        urgency: Urgency,
        (reason, account): (&'static str, Option<&AccountRow>),
        text: String,
        command: String,
    ) {
        let account = account.map(|account| account.name.clone());
        self.all.push(Advice { urgency, reason, account, text, command });
    }

    fn here(&mut self, overview: &Overview) {
        for trouble in &overview.here.trouble {
            let (what, command) = (("trouble", None), "correio check".to_owned());
            self.give(Urgency::Now, what, trouble.clone(), command);
        }
        match overview.here.free_octets {
            Some(free) if free < FREE_FEW_OCTETS => {
                let urgency = if free < FREE_NONE_OCTETS { Urgency::Now } else { Urgency::Soon };
                let text = self.text.disk_is_short(free);
                self.give(urgency, ("disk_is_short", None), text, String::new());
            }
            _ => {}
        }
    }

    fn account(&mut self, account: &AccountRow) {
        self.brought(account);
        self.sent(account);
        self.kept(account);
        self.scheduled(account);
        if let Some(provider) = &account.provider {
            self.provider(account, provider);
        }
    }

    /// Whether what was sent goes out.
    fn sent(&mut self, account: &AccountRow) {
        let Some(outbox) = account.outbox else { return };
        if outbox.needs_person > 0 {
            let (text, command) =
                (self.text.outbox_needs_person(outbox.needs_person), "correio outbox");
            let about = ("outbox_needs_person", Some(account));
            self.give(Urgency::Now, about, text, command.to_owned());
        }
        if outbox.waiting > 0 && !account.scheduled.iter().any(|row| row.verb == "outbox send") {
            let command = format!("correio schedule {} --send 10m", account.name);
            let text = self.text.outbox_waits(outbox.waiting);
            self.give(Urgency::Soon, ("outbox_waits", Some(account)), text, command);
        }
    }

    /// Whether mail comes here.
    fn brought(&mut self, account: &AccountRow) {
        let used = [("mirror", &account.mirror), ("pull", &account.pull)];
        let mut last: Option<i64> = None;
        for (verb, row) in used {
            if let Some(failed) = &row.failed {
                self.failed(account, verb, (row, failed));
            }
            let age = row.age_s(self.now);
            last = match (last, age) {
                (Some(last), Some(age)) => Some(last.min(age)),
                (last, age) => last.or(age),
            };
        }
        let has_failed = used.iter().any(|(_, row)| row.failed.is_some());
        let verb = if account.is_mirrored { "mirror" } else { "pull" };
        let command = format!("correio {verb} {}", account.name);
        match last {
            None if !has_failed => {
                let text = self.text.never_brought();
                self.give(Urgency::Now, ("never_brought", Some(account)), text, command);
            }
            Some(age_s) if age_s > late(account, verb, BROUGHT_MAX_S) => {
                let text = self.text.not_brought_since(age_s);
                self.give(Urgency::Now, ("not_brought", Some(account)), text, command);
            }
            _ => {}
        }
    }

    /// Whether anything brings mail here by itself.
    fn scheduled(&mut self, account: &AccountRow) {
        let brings = |row: &crate::schedule::ScheduledRow| matches!(&*row.verb, "mirror" | "pull");
        if !account.scheduled.iter().any(brings) {
            let verb = if account.is_mirrored { "mirror" } else { "pull" };
            let command = format!("correio schedule {} --{verb} 15m", account.name);
            let text = self.text.not_scheduled();
            self.give(Urgency::Consider, ("not_scheduled", Some(account)), text, command);
        }
    }

    /// Something failed, and has not gone well since.
    fn failed(&mut self, account: &AccountRow, verb: &str, (row, failed): (&VerbRow, &FailedRow)) {
        let is_network = matches!(failed.exit, Some(4) | None);
        let is_recent = row.age_s(self.now).is_some_and(|age| age < NETWORK_AWAY_S);
        let urgency = if is_network && is_recent { Urgency::Soon } else { Urgency::Now };
        let name = &account.name;
        let command = match (failed.exit, verb) {
            (Some(5 | 7), _) => "correio check".to_owned(),
            (Some(6), "mirror") => format!("correio mirror {name} --dry-run"),
            (None, _) => format!("correio {verb} {name}"),
            (Some(_), "mirror" | "pull") => format!("correio doctor {name}"),
            (Some(_), _) => format!("correio log {name} --failed"),
        };
        let text = self.text.has_failed(verb, failed);
        self.give(urgency, ("failed", Some(account)), text, command);
    }

    /// Whether there is another copy.
    fn kept(&mut self, account: &AccountRow) {
        let name = &account.name;
        for (verb, row) in [("backup", &account.backup), ("drill", &account.drill)] {
            if let Some(failed) = &row.failed {
                self.failed(account, verb, (row, failed));
            }
        }
        let Some(here) = account.here.filter(|here| here.messages > 0) else { return };
        let only = account.only_here.filter(|only| only.messages > 0);
        let run = format!("correio backup run --to FOLDER --of {name}");
        let Some(age_s) = account.backup.age_s(self.now) else {
            let (urgency, text) = match only {
                Some(only) => (Urgency::Now, self.text.only_copy(only)),
                None => (Urgency::Soon, self.text.no_backup(here)),
            };
            self.give(urgency, ("no_backup", Some(account)), text, run);
            return;
        };
        if age_s > late(account, "backup run", BACKUP_MAX_S) {
            let is_only_copy = only.is_some() && age_s > ONLY_COPY_MAX_S;
            let urgency = if is_only_copy { Urgency::Now } else { Urgency::Soon };
            let text = self.text.backup_is_old(age_s);
            self.give(urgency, ("backup_is_old", Some(account)), text, run);
        }
        let repository = account.backup.repository.as_deref().unwrap_or("FOLDER");
        let to = crate::output::shell_word(repository);
        let drill = format!("correio backup drill --to {to} --of {name}");
        match account.drill.age_s(self.now) {
            // A copy of the whole folder was read to its end while it was made.
            None if account.backup.good.is_some() && account.drill.failed.is_none() => {
                let text = self.text.never_tried();
                self.give(Urgency::Consider, ("no_drill", Some(account)), text, drill);
            }
            Some(age_s) if age_s > late(account, "backup drill", DRILL_MAX_S) => {
                let text = self.text.drill_is_old(age_s);
                self.give(Urgency::Consider, ("drill_is_old", Some(account)), text, drill);
            }
            _ => {}
        }
    }

    fn provider(&mut self, account: &AccountRow, provider: &ProviderRow) {
        let full_at = provider.full_at.as_deref().and_then(machine::time_of);
        let ahead_s = full_at.map(|at| at.0.saturating_sub(self.now.0));
        let is_soon = ahead_s.is_some_and(|ahead| ahead < FULL_WITHIN_S);
        if provider.percent < FULL_PERCENT && !is_soon {
            return;
        }
        let urgency = if provider.full == "now" { Urgency::Now } else { Urgency::Soon };
        let text = self.text.provider_is_full(provider, ahead_s);
        let name = &account.name;
        let command =
            format!("correio archive {name} --until-quota 70% --to maildir:FOLDER --dry-run");
        self.give(urgency, ("provider_is_full", Some(account)), text, command);
    }
}

#[cfg(test)]
pub(super) mod tests;
