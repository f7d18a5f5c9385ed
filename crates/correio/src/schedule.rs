//! Which verbs a timer of the system starts, and how often: what is kept of that, and as what it is written for each system.
//!
//! The writers (`systemd`, `launchd`, `task_scheduler`, `cron`) are pure: jobs in, text out. `install` puts the text where the
//! system looks for it.

mod cron;
mod every;
pub(crate) mod install;
mod launchd;
mod systemd;
mod task_scheduler;
mod words;

use std::path::PathBuf;

use admin::keep::Folder;
use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

pub(crate) use self::every::{Clock, Every};

/// The version that is written, and the last that is read.
const VERSION: u32 = 1;

/// What does the starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Starter {
    /// Timers of the user's systemd.
    Systemd,
    /// Agents of launchd, on macOS.
    Launchd,
    /// The Task Scheduler of Windows.
    TaskScheduler,
    /// Lines for cron.
    Cron,
}

/// Something that is done again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The account.
    pub(crate) account: String,
    /// What: `mirror`, `backup run`.
    pub(crate) verb: String,
    /// How often.
    pub(crate) every: Every,
    /// When, where it is once a day or less often, and how many minutes behind the others.
    pub(crate) clock: Clock,
    /// The command line: the program and its arguments. No password is among them.
    pub(crate) words: Vec<String>,
    /// What starts it.
    pub(crate) starter: Starter,
    /// The name of its unit, agent or task.
    pub(crate) unit: String,
    /// The files that were written for it.
    pub(crate) files: Vec<PathBuf>,
}

/// How often something is done for an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ScheduledRow {
    /// What: `mirror`, `backup run`.
    pub(crate) verb: String,
    /// How often.
    pub(crate) every: Every,
}

/// All jobs of a data folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Schedule {
    version: u32,
    /// By account, then by verb.
    pub(crate) jobs: Vec<Job>,
}

impl Schedule {
    /// What is kept; none yet: none.
    pub(crate) fn read(folder: &Folder) -> Result<Schedule> {
        let path = folder.schedule();
        if !path.exists() {
            return Ok(Schedule::default());
        }
        let shown = path.display();
        let text = machine::files::read_text(&path).with_context(|| format!("{shown}"))?;
        let read: Schedule = serde_json::from_str(&text)
            .with_context(|| format!("{shown} is no schedule; remove it to begin anew"))?;
        if read.version > VERSION {
            bail!("{shown} is of a later version of correio");
        }
        Ok(read)
    }

    /// Keeps it.
    pub(crate) fn keep(&mut self, folder: &Folder) -> Result<()> {
        self.version = VERSION;
        let key = |job: &Job| (job.account.clone(), job.verb.clone());
        self.jobs.sort_by_key(key);
        let path = folder.schedule();
        let text = serde_json::to_vec_pretty(self)?;
        machine::files::write_secret(&path, &text).with_context(|| path.display().to_string())
    }

    /// What is done for an account, and how often.
    pub(crate) fn of(&self, account: &str) -> Vec<ScheduledRow> {
        let own = self.jobs.iter().filter(|job| job.account == account);
        own.map(|job| ScheduledRow { verb: job.verb.clone(), every: job.every }).collect()
    }
}

/// A file for a system, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Its name.
    pub(crate) name: String,
    /// What stands in it.
    pub(crate) text: String,
}

/// The files of a job; of cron, the lines of all jobs are one text.
pub(crate) fn units(starter: Starter, jobs: &[Job], data: &str) -> Vec<Unit> {
    match starter {
        Starter::Systemd => jobs.iter().flat_map(systemd::units).collect(),
        Starter::Launchd => jobs.iter().map(launchd::unit).collect(),
        Starter::TaskScheduler => jobs.iter().map(task_scheduler::unit).collect(),
        Starter::Cron => {
            let name = "crontab".to_owned();
            vec![Unit { name, text: cron::block(jobs, data) }]
        }
    }
}

/// The name of the unit of a job. Those of several data folders are told apart.
pub(crate) fn unit_name(account: &str, verb: &str, apart: Option<&str>) -> String {
    let verb = verb.replace(' ', "-");
    match apart {
        None => format!("correio-{account}-{verb}"),
        Some(apart) => format!("correio-{account}-{verb}-{apart}"),
    }
}

/// A text as XML has it: what is markup there is written otherwise.
fn xml(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\'' => written.push_str("&apos;"),
            c => written.push(c),
        }
    }
    written
}

#[cfg(test)]
mod tests;
