//! Where runs are kept: a folder with the log, which is a line of JSON for each run that ended; a file for each run under way,
//! which that run keeps for itself, so that one that was killed is known by it; and what is known since (`standing`).

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::row::{Outcome, RunRow};
use super::standing::Standing;

/// The longest log; one such log is kept besides.
const LOG_OCTETS_MAX: u64 = 4 << 20;
/// The longest file of what is known.
const STANDING_OCTETS_MAX: u64 = 16 << 20;
/// The end of the names of files of runs under way.
const RUNNING: &str = ".running";

fn log(runs: &Path) -> PathBuf {
    runs.join("log")
}

fn log_before(runs: &Path) -> PathBuf {
    runs.join("log.1")
}

fn standing(runs: &Path) -> PathBuf {
    runs.join("standing.json")
}

/// A run that is under way, as it is kept.
pub(super) struct Running {
    runs: PathBuf,
    /// Its file, kept for this run; none: it could not be written.
    file: Option<(PathBuf, File)>,
}

impl Running {
    /// Notes that a run begins, and those before it that did not end. `turn` waits for others, and says whether to wait on.
    pub(super) async fn begin(
        runs: &Path,
        row: &RunRow,
        turn: impl AsyncFnMut(u32) -> bool,
    ) -> io::Result<Running> {
        machine::files::make_private_folder(runs)?;
        let _turn = alone(runs, turn).await?;
        // What cannot be noted of others must not keep this one from being noted.
        drop(settle(runs));
        let path = runs.join(format!("{}{RUNNING}", row.run));
        let kept = machine::files::write_kept(&path, &line(row)?);
        if kept.is_err() {
            drop(machine::files::remove_if_there(&path));
        }
        Ok(Running { runs: runs.to_owned(), file: Some((path, kept?)) })
    }

    /// A run whose beginning could not be noted.
    pub(super) fn unseen(runs: &Path) -> Running {
        Running { runs: runs.to_owned(), file: None }
    }

    /// Notes how it ended, and what is known since.
    pub(super) async fn end(
        self,
        row: &RunRow,
        turn: impl AsyncFnMut(u32) -> bool,
        change: impl FnOnce(&mut Standing),
    ) -> io::Result<()> {
        machine::files::make_private_folder(&self.runs)?;
        let _turn = alone(&self.runs, turn).await?;
        let appended = append(&self.runs, row);
        let changed = changed(&self.runs, change);
        if let Some((path, _)) = &self.file
            && appended.is_ok()
        {
            machine::files::remove_if_there(path)?;
        }
        appended.and(changed)
    }
}

/// Changes what is known.
pub(super) async fn change_standing(
    runs: &Path,
    turn: impl AsyncFnMut(u32) -> bool,
    change: impl FnOnce(&mut Standing),
) -> io::Result<()> {
    machine::files::make_private_folder(runs)?;
    let _turn = alone(runs, turn).await?;
    changed(runs, change)
}

fn changed(runs: &Path, change: impl FnOnce(&mut Standing)) -> io::Result<()> {
    let before = read_standing(runs);
    let mut known = before.clone();
    change(&mut known);
    if known == before {
        return Ok(());
    }
    machine::files::write_secret(&standing(runs), &serde_json::to_vec_pretty(&known)?)
}

/// What is known. What cannot be read, or is of a later version, is taken for nothing: it is made again by the next runs.
pub(super) fn read_standing(runs: &Path) -> Standing {
    let text = machine::files::read_text_up_to(&standing(runs), STANDING_OCTETS_MAX);
    let read = text.ok().and_then(|text| serde_json::from_str::<Standing>(&text).ok());
    read.filter(Standing::is_readable).unwrap_or_default()
}

/// All runs that are remembered, the last begun first, and what is known.
pub(crate) fn read_all(runs: &Path) -> io::Result<(Vec<RunRow>, Standing)> {
    let mut rows: Vec<RunRow> = Vec::new();
    for file in [log_before(runs), log(runs)] {
        // A line that was cut off, and another version's, is passed over.
        let Some(text) = read_if_there(&file, LOG_OCTETS_MAX.saturating_mul(2))? else { continue };
        rows.extend(text.lines().filter_map(|line| serde_json::from_str::<RunRow>(line).ok()));
    }
    let ended: HashSet<String> = rows.iter().map(|row| row.run.clone()).collect();
    for (path, row) in under_way(runs)? {
        let Some(row) = row.filter(|row| !ended.contains(&row.run)) else { continue };
        let outcome = match machine::files::is_kept(&path) {
            Ok(true) => Outcome::Running,
            Ok(false) => Outcome::DidNotEnd,
            // It ended just now.
            Err(_) => continue,
        };
        rows.push(RunRow { outcome, ..row });
    }
    // Of those that began in the same second, the one that ended last.
    rows.reverse();
    rows.sort_by(|one, other| other.begun.cmp(&one.begun));
    let mut seen = HashSet::new();
    rows.retain(|row| seen.insert(row.run.clone()));
    Ok((rows, read_standing(runs)))
}

/// Takes runs that did not end into the log.
fn settle(runs: &Path) -> io::Result<()> {
    for (path, row) in under_way(runs)? {
        if machine::files::is_kept(&path)? {
            continue;
        }
        if let Some(row) = row {
            let row = RunRow { outcome: Outcome::DidNotEnd, ..row };
            append(runs, &row)?;
            changed(runs, |standing| standing.take_unended(&row))?;
        }
        machine::files::remove_if_there(&path)?;
    }
    Ok(())
}

/// The files of runs under way. One that says nothing was cut off as it was begun.
fn under_way(runs: &Path) -> io::Result<Vec<(PathBuf, Option<RunRow>)>> {
    let mut found = Vec::new();
    for name in machine::files::names_in(runs)? {
        if !name.ends_with(RUNNING) {
            continue;
        }
        let path = runs.join(name);
        let text = machine::files::read_text(&path).unwrap_or_default();
        found.push((path, serde_json::from_str::<RunRow>(&text).ok()));
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

fn append(runs: &Path, row: &RunRow) -> io::Result<()> {
    let log = log(runs);
    let is_long = machine::files::stamp(&log).is_ok_and(|it| it.octets() > LOG_OCTETS_MAX);
    if is_long {
        machine::files::rename(&log, &log_before(runs))?;
    }
    // A line that was cut off by a full disk must not swallow this one.
    let mut octets = vec![b'\n'];
    octets.extend(line(row)?);
    machine::files::append_durable(&log, &octets)
}

fn line(row: &RunRow) -> io::Result<Vec<u8>> {
    let mut octets = serde_json::to_vec(row)?;
    octets.push(b'\n');
    Ok(octets)
}

fn read_if_there(path: &Path, octets_max: u64) -> io::Result<Option<String>> {
    match machine::files::read_text_up_to(path, octets_max) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Keeps the folder for oneself.
async fn alone(runs: &Path, mut turn: impl AsyncFnMut(u32) -> bool) -> io::Result<File> {
    let mut waited = 0_u32;
    loop {
        match machine::files::lock_folder(runs) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && turn(waited).await => {
                waited = waited.saturating_add(1);
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::tests::row;
    use super::*;

    async fn at_once(_: u32) -> bool {
        false
    }

    #[tokio::test]
    async fn what_was_killed_is_known_and_what_ended_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        let begin = async |name: &str| {
            let row = RunRow { outcome: Outcome::Running, ..row(name, "pull", "ana") };
            Running::begin(&runs, &row, at_once).await.unwrap()
        };
        let outcomes = || -> Vec<(String, Outcome)> {
            let (rows, _) = read_all(&runs).unwrap();
            rows.into_iter().map(|row| (row.run, row.outcome)).collect()
        };
        let (one, two) = (begin("1").await, begin("2").await);
        assert_eq!(
            outcomes(),
            [("2".to_owned(), Outcome::Running), ("1".to_owned(), Outcome::Running)]
        );
        one.end(&row("1", "pull", "ana"), at_once, |_| ()).await.unwrap();
        // It is killed: nobody keeps its file any more.
        drop(two);
        let killed = [("2".to_owned(), Outcome::DidNotEnd), ("1".to_owned(), Outcome::Done)];
        assert_eq!(outcomes(), killed);
        let three = begin("3").await;
        three.end(&row("3", "pull", "ana"), at_once, |_| ()).await.unwrap();
        assert_eq!(outcomes()[1..], killed);
        let files = machine::files::names_in(&runs).unwrap();
        assert!(files.iter().all(|name| !name.ends_with(RUNNING)), "{files:?}");
    }

    #[tokio::test]
    async fn the_log_is_bounded_and_a_line_that_was_cut_off_takes_no_other_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        machine::files::make_private_folder(&runs).unwrap();
        let long = usize::try_from(LOG_OCTETS_MAX).unwrap();
        machine::files::append_durable(&log_before(&runs), b"older").unwrap();
        machine::files::append_durable(&log(&runs), &vec![b'x'; long + 1]).unwrap();
        for name in ["1", "2"] {
            append(&runs, &row(name, "pull", "ana")).unwrap();
        }
        machine::files::append_durable(&log(&runs), b"{\"run\":\"cut").unwrap();
        append(&runs, &row("3", "pull", "ana")).unwrap();
        let (rows, _) = read_all(&runs).unwrap();
        let names: Vec<&str> = rows.iter().map(|row| row.run.as_str()).collect();
        assert_eq!(names, ["3", "2", "1"]);
        assert!(machine::files::stamp(&log(&runs)).unwrap().octets() < 10_000);
    }
}
