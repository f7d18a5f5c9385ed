//! Certificate and settings are read again while the host runs: what can change is taken, what cannot is named.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use admin::QuotaOfNew;
use admin::answer::{Reloaded, SettingRow};
use admin::keep::Folder;

use super::doors::{DoorSettings, Doors};
use super::http::Pages;
use super::within_descriptors;
use crate::acme::Acme;
use crate::config::{Config, ConfigFault, LimitsSection, ScrubSection};
use crate::varying::Varying;

/// The settings that are taken without a restart. All others are those of the start, as something was made by them then: a
/// listener, the way out, the policy of every account that is open, what the program may reach.
const TAKEN: [&str; 20] = [
    "full_mailbox",
    "http.metrics_for_all",
    "limits.connections_max",
    "limits.connections_per_address_max",
    "limits.connections_per_user_and_address_max",
    "limits.connections_per_user_max",
    "limits.new_connections_per_minute_max",
    "limits.recipients_per_day_max",
    "lmtp.allow",
    "local_sender",
    "log.level",
    "imap.administrator",
    "imap.comment",
    "pop3.language",
    "quota.messages",
    "quota.size",
    "scrub.every_days",
    "scrub.speed",
    "submission.from",
    "submission.scram_plus",
];

/// What reads them, and what it sets.
pub(super) struct Reloader {
    /// The file that was named at the start; none: the one in the data folder, if there is one.
    file: Option<PathBuf>,
    folder: Folder,
    read: Mutex<Read>,
    doors: Arc<Doors>,
    pages: Arc<Pages>,
    scrub: Arc<Varying<ScrubSection>>,
    acme: Option<Arc<Acme>>,
    quota: QuotaOfNew,
}

/// What was read, when.
struct Read {
    /// At the start.
    first: Config,
    /// The last time.
    last: Config,
}

impl Reloader {
    /// For a host that was started with this configuration.
    pub(super) fn new(
        (file, config): (Option<PathBuf>, Config),
        folder: Folder,
        (doors, pages): (&Arc<Doors>, &Arc<Pages>),
        (scrub, acme): (&Arc<Varying<ScrubSection>>, &Option<Arc<Acme>>),
        quota: QuotaOfNew,
    ) -> Reloader {
        let read = Mutex::new(Read { first: config.clone(), last: config });
        let (doors, pages, scrub) = (Arc::clone(doors), Arc::clone(pages), Arc::clone(scrub));
        Reloader { file, folder, read, doors, pages, scrub, acme: acme.clone(), quota }
    }

    /// Reads all again. What is wrong with the one leaves the other in peace, and what was before in force.
    pub(super) fn reload(&self) -> Reloaded {
        let mut reloaded = Reloaded::default();
        match self.doors.tls.reload() {
            Ok(()) => reloaded.certificate = Some(self.doors.tls.file().display().to_string()),
            Err(fault) => {
                reloaded.faults.push(format!("the old certificate stays in use: {fault}"))
            }
        }
        if let Some(acme) = &self.acme {
            acme.try_now();
        }
        let usual = self.folder.configuration();
        let file = self.file.clone().or_else(|| usual.exists().then_some(usual));
        reloaded.file = file.as_ref().map(|file| file.display().to_string());
        match file.map_or_else(|| Ok(Config::default()), |file| Config::read(&file)) {
            Ok(config) => self.take(config, &mut reloaded),
            Err(fault) => {
                let stay = |line| format!("the old settings stay in force: {line}");
                reloaded.faults.extend(fault.lines().into_iter().map(stay));
                if let ConfigFault::Unreadable { .. } = fault {
                    let user = privileges::User::current().name;
                    reloaded
                        .faults
                        .push(format!("{user}, as whom the host works, must be able to read it"));
                }
            }
        }
        log(&reloaded);
        reloaded
    }

    fn take(&self, config: Config, reloaded: &mut Reloaded) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let is_taken = |row: &SettingRow| TAKEN.contains(&row.setting.as_str());
        reloaded.taken = differences(&read.last, &config);
        reloaded.taken.retain(is_taken);
        reloaded.restart = differences(&read.first, &config);
        reloaded.restart.retain(|row| !is_taken(row));
        let doors = &self.doors;
        doors.settings.set(DoorSettings::of(&config));
        doors.deliveries.set(&config);
        // Who comes from this machine was decided at the start, for memory too.
        let loopback = read.first.limits.loopback;
        let limits = LimitsSection { loopback, ..config.limits };
        doors.connections.set(within_descriptors(limits));
        self.pages.set_metrics_for_all(config.http.metrics_for_all);
        self.scrub.set(config.scrub);
        self.quota.set(config.quota.into());
        crate::log::set_level(&config.log.level);
        read.last = config;
    }
}

/// The settings that differ, by name.
fn differences(before: &Config, now: &Config) -> Vec<SettingRow> {
    let values = |config: &Config| -> BTreeMap<&str, String> {
        let set = config.in_force().into_iter();
        set.filter_map(|row| Some((row.setting, row.value?.to_string()))).collect()
    };
    let (before, now) = (values(before), values(now));
    let names: std::collections::BTreeSet<&str> =
        before.keys().chain(now.keys()).copied().collect();
    let row = |name: &str| SettingRow {
        setting: name.to_owned(),
        before: before.get(name).cloned(),
        now: now.get(name).cloned(),
    };
    names.into_iter().map(row).filter(|row| row.before != row.now).collect()
}

fn log(reloaded: &Reloaded) {
    let names = |rows: &[SettingRow]| {
        let names: Vec<&str> = rows.iter().map(|row| row.setting.as_str()).collect();
        (!names.is_empty()).then(|| names.join(" "))
    };
    let (taken, restart) = (names(&reloaded.taken), names(&reloaded.restart));
    let (file, certificate) = (reloaded.file.as_deref(), reloaded.certificate.as_deref());
    if reloaded.faults.is_empty() {
        tracing::info!(outcome = "ok", file, certificate, taken, needs_restart = restart, "reload");
    } else {
        let reason = reloaded.faults.join("; ");
        tracing::error!(outcome = "failed", reason, file, taken, needs_restart = restart, "reload");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{TAKEN, differences};
    use crate::config::Config;
    use crate::config::SETTINGS;

    #[test]
    fn what_is_taken_are_settings() {
        for name in TAKEN {
            assert!(SETTINGS.iter().any(|setting| setting.name == name), "{name}");
        }
    }

    #[test]
    fn settings_that_differ_are_named_with_both_values() {
        let config = |text| Config::parse(text, Path::new("c.toml")).unwrap();
        let before =
            config("full_mailbox = \"reject\"\nretention_days = 7\n[quota]\nsize = \"1G\"\n");
        let now = config("retention_days = 14\n[quota]\nsize = \"2G\"\n");
        let rows = differences(&before, &now);
        let told: Vec<String> = rows
            .iter()
            .map(|row| format!("{} {:?} {:?}", row.setting, row.before, row.now))
            .collect();
        assert_eq!(
            told,
            [
                "full_mailbox Some(\"\\\"reject\\\"\") Some(\"\\\"defer\\\"\")",
                "quota.size Some(\"\\\"1G\\\"\") Some(\"\\\"2G\\\"\")",
                "retention_days Some(\"7\") Some(\"14\")",
            ]
        );
        assert!(differences(&now, &now).is_empty());
    }
}
