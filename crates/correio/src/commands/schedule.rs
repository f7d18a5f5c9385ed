//! `correio schedule`: has the system start verbs again and again.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{ArgGroup, Args, Subcommand};
use serde::Serialize;
use sync::companion::ProviderAccount;
use sync::{Exit, Words};

use crate::companion::{Text, failed, language, read, verbs};
use crate::context::Context;
use crate::output::{json, line, rows, warning};
use crate::schedule::{Clock, Every, Job, Schedule, Starter, install, unit_name, units};

/// Have the system start verbs for an account again and again
///
/// Writes what systemd, launchd or cron needs to start them for you, with low priority and not all at once, and has it taken up. What the
/// computer slept through is made up for (not by cron). `correio log` shows what came of each run, `correio status` what is
/// safe since when. Said again for an account, it replaces what it says and leaves the rest.
///
/// How often: 5m, 10m, 12m, 15m, 20m or 30m; 1h, 2h, 3h, 4h, 6h, 8h or 12h; 1d to 6d; 7d, 30d or 90d. No password is written
/// anywhere: those of accounts are where they were, that of a repository comes from a file or a command.
///
/// Exit status: 0 done, 1 wrong usage, 2 a person has to do something, 6 refused for safety.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    group = ArgGroup::new("what").required(true).multiple(true).args(WHAT)
)]
pub(crate) struct Scheduling {
    #[command(subcommand)]
    list: Option<List>,
    /// The account, as `correio account list` names it
    #[arg(required = true)]
    name: Option<String>,
    #[command(flatten)]
    what: What,
    /// At this time of day, where it is once a day or less often [default: a random minute after three]
    #[arg(long, value_name = "HH:MM")]
    at: Option<Clock>,
    /// What starts them [default: what fits this system]
    #[arg(long = "as", value_name = "WHAT", value_enum)]
    starter: Option<Starter>,
    /// Print what would be written, and do nothing
    #[arg(long, visible_alias = "print")]
    dry_run: bool,
    /// Have none of the account's started any more
    #[arg(long, conflicts_with_all = ["pull", "mirror", "send", "backup", "check", "drill", "prune", "at", "starter"])]
    remove: bool,
}

/// Of these something has to be said.
const WHAT: [&str; 8] = ["pull", "mirror", "send", "backup", "check", "drill", "prune", "remove"];

#[derive(Subcommand)]
enum List {
    /// List what is scheduled
    List,
}

/// What is started, and how often.
#[derive(Args)]
#[group(skip)]
struct What {
    /// Pull so often
    #[arg(long, value_name = "EVERY")]
    pull: Option<Every>,
    /// Mirror so often, from the provider to here
    #[arg(long, value_name = "EVERY")]
    mirror: Option<Every>,
    /// Mirror both ways
    #[arg(long, requires = "mirror")]
    both: bool,
    /// Send so often what waits in the outbox
    #[arg(long, value_name = "EVERY")]
    send: Option<Every>,
    /// Back up so often, into the repository of --to
    #[arg(long, value_name = "EVERY", requires = "to")]
    backup: Option<Every>,
    /// Check the repository so often
    #[arg(long, value_name = "EVERY", requires = "to")]
    check: Option<Every>,
    /// Try the backup out so often
    #[arg(long, value_name = "EVERY", requires = "to")]
    drill: Option<Every>,
    /// Forget old snapshots so often, by the usual rules
    #[arg(long, value_name = "EVERY", requires = "to")]
    prune: Option<Every>,
    /// The repository of the backup
    #[arg(long, value_name = "REPOSITORY")]
    to: Option<PathBuf>,
    /// The file with the password of the repository
    #[arg(long, value_name = "FILE", group = "password_from")]
    password_file: Option<PathBuf>,
    /// A command that prints the password of the repository. It can be read in what is written: no password should be in it
    #[arg(long, value_name = "COMMAND", group = "password_from")]
    password_command: Option<String>,
}

impl Scheduling {
    pub(super) fn run(self, context: &Context) -> Result<()> {
        let folder = context.folder()?;
        let mut schedule = Schedule::read(&folder)?;
        let data = plain(&folder.0)?;
        let Some(name) = self.name.as_deref().filter(|_| self.list.is_none()) else {
            return list(context, &schedule, &data);
        };
        let companion = read(&folder)?;
        let is_anothers = context.is_anothers(&folder)?;
        if is_anothers && !self.dry_run {
            return Err(failed(Exit::NeedsPerson, language().not_as_root()));
        }
        if self.remove {
            // Of an account that is gone, too.
            let name = companion.account(name).map_or(name, |account| account.name.as_str());
            return self.forget(context, &mut schedule, name, &data);
        }
        let account = companion.account(name)?;
        let starter = self.starter.unwrap_or_else(install::fitting);
        let jobs = self.jobs(context, account, starter, &data)?;
        if self.dry_run {
            return print(context, starter, &jobs, &data);
        }
        self.take_up(context, &mut schedule, (starter, jobs), &data)
    }

    /// The jobs that were said.
    fn jobs(
        &self,
        context: &Context,
        account: &ProviderAccount,
        starter: Starter,
        data: &str,
    ) -> Result<Vec<Job>> {
        let what = &self.what;
        let asked = [
            ("pull", what.pull),
            ("mirror", what.mirror),
            ("outbox send", what.send),
            ("backup run", what.backup),
            ("backup check", what.check),
            ("backup drill", what.drill),
            ("backup prune", what.prune),
        ];
        let apart = apart(context, data)?;
        let mut jobs = Vec::new();
        for (verb, every) in asked {
            let Some(every) = every else { continue };
            let words = self.words(context, (verb, account), data)?;
            jobs.push(Job {
                account: account.name.to_string(),
                verb: verb.to_owned(),
                every,
                clock: self.clock()?,
                words,
                starter,
                unit: unit_name(account.name.as_str(), verb, apart.as_deref()),
                files: Vec::new(),
            });
        }
        Ok(jobs)
    }

    /// When: each of several at another minute.
    fn clock(&self) -> Result<Clock> {
        if let Some(at) = self.at {
            return Ok(at);
        }
        let [random]: [u8; 1] = machine::random()?;
        Ok(Clock { hour: 3, minute: random.checked_rem(60).unwrap_or(0) })
    }

    /// The command line of a job.
    fn words(
        &self,
        context: &Context,
        (verb, account): (&str, &ProviderAccount),
        data: &str,
    ) -> Result<Vec<String>> {
        let what = &self.what;
        let mut words = vec![plain(&std::env::current_exe()?)?, "--scheduled".to_owned()];
        words.extend(["--data".to_owned(), data.to_owned()]);
        if let Some(config) = context.named_config() {
            words.extend(["--config".to_owned(), plain(&std::path::absolute(config)?)?]);
        }
        words.extend(said(verb));
        let name = account.name.to_string();
        let Some(of_backup) = verb.strip_prefix("backup ") else {
            words.push(name);
            if verb == "mirror" && what.both {
                words.push("--both".to_owned());
            }
            return Ok(words);
        };
        if let Some(to) = &what.to {
            words.extend(["--to".to_owned(), plain(&std::path::absolute(to)?)?]);
        }
        match (&what.password_file, &what.password_command) {
            (Some(file), _) => {
                words.extend(["--password-file".to_owned(), plain(&std::path::absolute(file)?)?]);
            }
            (None, Some(command)) => {
                words.extend(["--password-command".to_owned(), plain(Path::new(command))?]);
            }
            (None, None) => {
                return Err(failed(Exit::NeedsPerson, language().needs_password_file()));
            }
        }
        if matches!(of_backup, "run" | "drill") {
            words.extend(["--of".to_owned(), name]);
        }
        Ok(words)
    }

    fn take_up(
        &self,
        context: &Context,
        schedule: &mut Schedule,
        (starter, mut jobs): (Starter, Vec<Job>),
        data: &str,
    ) -> Result<()> {
        let text = language();
        if starter == Starter::TaskScheduler
            || (starter == Starter::Launchd && !cfg!(target_os = "macos"))
        {
            return Err(failed(Exit::NeedsPerson, text.cannot_be_here(starter)));
        }
        let is_new = |old: &Job| {
            jobs.iter().any(|new| (&new.account, &new.verb) == (&old.account, &old.verb))
        };
        let (old, kept): (Vec<Job>, Vec<Job>) =
            std::mem::take(&mut schedule.jobs).into_iter().partition(is_new);
        // What another starter did before must not be done by both.
        let others: Vec<Job> = old.into_iter().filter(|job| job.starter != starter).collect();
        let mut left = install::remove(&others)?;
        if starter != Starter::Cron {
            left.extend(install::install(&mut jobs, data)?);
        }
        schedule.jobs = kept;
        schedule.jobs.extend(jobs.iter().cloned());
        crontab(schedule, &others, starter, data)?;
        schedule.keep(&context.folder()?)?;
        if context.json {
            json(&jobs)?;
        } else {
            jobs.iter().try_for_each(|job| line(&text.scheduled(job)))?;
            match starter {
                Starter::Systemd if !rustix::process::geteuid().is_root() => {
                    line(text.only_while_logged_in())?;
                }
                Starter::Cron => line(text.cron_makes_up_for_nothing())?,
                Starter::Systemd | Starter::Launchd | Starter::TaskScheduler => {}
            }
        }
        ended(&left, text)
    }

    fn forget(
        &self,
        context: &Context,
        schedule: &mut Schedule,
        name: &str,
        data: &str,
    ) -> Result<()> {
        let text = language();
        let (gone, kept): (Vec<Job>, Vec<Job>) =
            std::mem::take(&mut schedule.jobs).into_iter().partition(|job| job.account == name);
        if gone.is_empty() {
            return Err(failed(Exit::NeedsPerson, text.nothing_scheduled(Some(name))));
        }
        schedule.jobs = kept;
        if self.dry_run {
            gone.iter().try_for_each(|job| line(&text.unscheduled(job)))?;
            return line(text.printed_only());
        }
        let left = install::remove(&gone)?;
        crontab(schedule, &gone, Starter::Systemd, data)?;
        schedule.keep(&context.folder()?)?;
        if context.json {
            json(&gone)?;
        } else {
            gone.iter().try_for_each(|job| line(&text.unscheduled(job)))?;
        }
        ended(&left, text)
    }
}

/// Writes the crontab anew where it has to do with that.
fn crontab(schedule: &Schedule, gone: &[Job], new: Starter, data: &str) -> Result<()> {
    let is_cron = |job: &Job| job.starter == Starter::Cron;
    if new != Starter::Cron && !gone.iter().any(is_cron) {
        return Ok(());
    }
    let jobs: Vec<Job> = schedule.jobs.iter().filter(|job| is_cron(job)).cloned().collect();
    install::replace_crontab(&jobs, data)
        .map_err(|error| failed(Exit::NeedsPerson, format!("{error:#}")))
}

fn ended(left: &[String], text: Text) -> Result<()> {
    left.iter().try_for_each(|it| warning(it))?;
    match left.is_empty() {
        true => Ok(()),
        false => Err(failed(Exit::NeedsPerson, text.some_left_to_do())),
    }
}

/// A verb in the language of the person, so that what it says at night is.
fn said(verb: &str) -> Vec<String> {
    let is_portuguese = language().0 == Words::Portuguese;
    let portuguese = |name: &str| match name {
        "pull" => verbs::PULL.portuguese.to_owned(),
        "mirror" => verbs::MIRROR.portuguese.to_owned(),
        "outbox" => verbs::OUTBOX_PLAIN.to_owned(),
        "backup" => verbs::BACKUP_PLAIN.to_owned(),
        other => other.to_owned(),
    };
    verb.split(' ').map(|it| if is_portuguese { portuguese(it) } else { it.to_owned() }).collect()
}

/// Tells units of several data folders apart; none: it is the usual one.
fn apart(context: &Context, data: &str) -> Result<Option<String>> {
    if context.is_usual_folder()? {
        return Ok(None);
    }
    Ok(Some(sync::sha256(data.as_bytes()).chars().take(8).collect()))
}

/// A path as a timer can carry it.
fn plain(path: &Path) -> Result<String> {
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control));
    text.map(str::to_owned).ok_or_else(|| failed(Exit::NeedsPerson, language().odd_characters()))
}

#[derive(Serialize)]
struct UnitRow {
    file: String,
    text: String,
}

fn print(context: &Context, starter: Starter, jobs: &[Job], data: &str) -> Result<()> {
    let units = units(starter, jobs, data);
    if context.json {
        let rows = units.into_iter().map(|it| UnitRow { file: it.name, text: it.text });
        return json(&rows.collect::<Vec<_>>());
    }
    for unit in units {
        line(&format!("==> {} <==\n{}", unit.name, unit.text))?;
    }
    line(language().printed_only())
}

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    job: Job,
    taken_up: Option<bool>,
}

fn list(context: &Context, schedule: &Schedule, data: &str) -> Result<()> {
    let text = language();
    let row = |job: &Job| Row { job: job.clone(), taken_up: install::is_enabled(job, data) };
    let all: Vec<Row> = schedule.jobs.iter().map(row).collect();
    if all.is_empty() && !context.json {
        return line(&text.nothing_scheduled(None));
    }
    let [account, verb, often, by, taken_up] = text.schedule_titles();
    rows(
        context.json,
        &all,
        &[
            (account, &|row| row.job.account.clone()),
            (verb, &|row| row.job.verb.clone()),
            (often, &|row| text.every(row.job.every)),
            (by, &|row| text.starter(row.job.starter).to_owned()),
            (taken_up, &|row| text.yes_no(row.taken_up).to_owned()),
        ],
    )
}
