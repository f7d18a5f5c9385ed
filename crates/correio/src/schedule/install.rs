//! Puts what starts jobs where the system looks for it, has it taken up, and takes it away again.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::{Job, Starter, cron, units};
use crate::companion::language;
use crate::output::shell_word;

/// What does the starting on this system.
pub(crate) fn fitting() -> Starter {
    if cfg!(target_os = "macos") {
        Starter::Launchd
    } else if Path::new("/run/systemd/system").exists() || program("crontab").is_none() {
        Starter::Systemd
    } else {
        Starter::Cron
    }
}

/// What is left for a person to do, each in words.
pub(crate) type Left = Vec<String>;

/// Writes the files of jobs, and has the system take them up.
pub(crate) fn install(jobs: &mut [Job], data: &str) -> Result<Left> {
    let mut left = Left::new();
    for job in jobs.iter_mut() {
        let folder = folder_of(job.starter)?;
        machine::files::make_private_folder(&folder)
            .with_context(|| folder.display().to_string())?;
        job.files.clear();
        for unit in units(job.starter, std::slice::from_ref(job), data) {
            let path = folder.join(&unit.name);
            machine::files::write_secret(&path, unit.text.as_bytes())
                .with_context(|| path.display().to_string())?;
            job.files.push(path);
        }
        match job.starter {
            Starter::Systemd => {}
            Starter::Launchd => {
                let plist = job.files.first().cloned().unwrap_or_default();
                // An agent that is loaded already has to be put out first.
                drop(run("launchctl", &["bootout", &format!("{}/{}", domain(), job.unit)]));
                told(&mut left, "launchctl", &["bootstrap", &domain(), &plist.to_string_lossy()]);
            }
            Starter::TaskScheduler | Starter::Cron => {}
        }
    }
    let timers: Vec<String> = jobs.iter().map(|job| format!("{}.timer", job.unit)).collect();
    if jobs.iter().any(|job| job.starter == Starter::Systemd) {
        systemctl(&mut left, &["daemon-reload"]);
        let mut words = vec!["enable", "--now"];
        words.extend(timers.iter().map(String::as_str));
        systemctl(&mut left, &words);
    }
    Ok(left)
}

/// Takes the files of jobs away, and has the system forget them.
pub(crate) fn remove(jobs: &[Job]) -> Result<Left> {
    let mut left = Left::new();
    let of = |starter| jobs.iter().filter(move |job| job.starter == starter);
    let timers: Vec<String> =
        of(Starter::Systemd).map(|job| format!("{}.timer", job.unit)).collect();
    if !timers.is_empty() {
        let mut words = vec!["disable", "--now"];
        words.extend(timers.iter().map(String::as_str));
        systemctl(&mut left, &words);
    }
    for job in of(Starter::Launchd) {
        told(&mut left, "launchctl", &["bootout", &format!("{}/{}", domain(), job.unit)]);
    }
    for file in jobs.iter().flat_map(|job| &job.files) {
        machine::files::remove_if_there(file).with_context(|| file.display().to_string())?;
    }
    if !timers.is_empty() {
        systemctl(&mut left, &["daemon-reload"]);
    }
    Ok(left)
}

/// Replaces the lines of a data folder in the person's crontab.
pub(crate) fn replace_crontab(jobs: &[Job], data: &str) -> Result<()> {
    let listed = Command::new("crontab").arg("-l").stderr(Stdio::null()).output();
    let listed = listed.context("there is no `crontab` here")?;
    // Who has none yet is told so by its exit status.
    let before = String::from_utf8_lossy(&listed.stdout).into_owned();
    let after = cron::replaced(&before, jobs, data);
    if after == before {
        return Ok(());
    }
    let mut writing = Command::new("crontab").arg("-").stdin(Stdio::piped()).spawn()?;
    if let Some(input) = &mut writing.stdin {
        input.write_all(after.as_bytes())?;
    }
    let done = writing.wait_with_output()?;
    if !done.status.success() {
        bail!("`crontab -` failed ({})", done.status);
    }
    Ok(())
}

/// Whether the system starts a job; none: it does not say.
pub(crate) fn is_enabled(job: &Job, data: &str) -> Option<bool> {
    match job.starter {
        Starter::Systemd => {
            let timer = format!("{}.timer", job.unit);
            let words = with_scope(&["is-active", "--quiet", &timer]);
            Command::new("systemctl")
                .args(words)
                .stderr(Stdio::null())
                .status()
                .ok()
                .map(|it| it.success())
        }
        Starter::Launchd => {
            run("launchctl", &["print", &format!("{}/{}", domain(), job.unit)]).ok()
        }
        Starter::Cron => {
            let listed = Command::new("crontab").arg("-l").stderr(Stdio::null()).output().ok()?;
            let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
            let own = cron::block(std::slice::from_ref(job), data);
            own.lines().nth(1).map(|line| listed.lines().any(|it| it == line))
        }
        Starter::TaskScheduler => None,
    }
}

/// Where files belong.
#[expect(clippy::disallowed_methods, reason = "where they belong stands in the environment")]
fn folder_of(starter: Starter) -> Result<PathBuf> {
    let Some(home) = std::env::home_dir().filter(|home| home.is_absolute()) else {
        bail!("there is no home folder");
    };
    // Where systemd is told to look (systemd(1)), it finds them.
    let told = std::env::var_os("SYSTEMD_UNIT_PATH").filter(|_| starter == Starter::Systemd);
    if let Some(first) = told.and_then(|paths| std::env::split_paths(&paths).next()) {
        return Ok(first);
    }
    match starter {
        Starter::Systemd if rustix::process::geteuid().is_root() => {
            Ok(PathBuf::from("/etc/systemd/system"))
        }
        Starter::Systemd => {
            let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
            let config = config.filter(|it| it.is_absolute());
            Ok(config.unwrap_or_else(|| home.join(".config")).join("systemd/user"))
        }
        Starter::Launchd => Ok(home.join("Library/LaunchAgents")),
        Starter::TaskScheduler | Starter::Cron => bail!("it has no files here"),
    }
}

/// What launchctl calls the agents of this person.
fn domain() -> String {
    format!("gui/{}", rustix::process::getuid().as_raw())
}

/// Root's units are the system's, all others' their own.
fn with_scope<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let mut all = Vec::new();
    if !rustix::process::geteuid().is_root() {
        all.push("--user");
    }
    all.extend(words);
    all
}

fn systemctl(left: &mut Left, words: &[&str]) {
    told(left, "systemctl", &with_scope(words));
}

/// Runs a program; where it does not do what it should, that is left to a person.
fn told(left: &mut Left, program: &str, words: &[&str]) {
    if let Err(why) = run(program, words) {
        let said: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
        left.push(language().left_to_do(&format!("{program} {}", said.join(" ")), &why));
    }
}

fn run(program: &str, words: &[&str]) -> Result<bool, String> {
    let done = Command::new(program).args(words).stdin(Stdio::null()).output();
    let done = done.map_err(|error| error.to_string())?;
    match done.status.success() {
        true => Ok(true),
        false => {
            let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
            Err(if said.is_empty() { done.status.to_string() } else { sync::shown(&said) })
        }
    }
}

/// Where a program is, if it is anywhere.
#[expect(clippy::disallowed_methods, reason = "where programs are stands in the environment")]
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|it| it.is_file())
}
