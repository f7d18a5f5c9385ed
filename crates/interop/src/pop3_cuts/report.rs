//! What the runs found, as a table.

use std::fmt;
use std::time::Duration;

use super::modes::{Mode, Repeats};

/// What one run found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) pulls: u64,
    pub(super) cuts: u64,
    pub(super) messages: u64,
    pub(super) lost: u64,
    /// Messages that came twice without a cut between, or from a program that never fetches twice.
    pub(super) twice: u64,
    /// Messages that came again because the program forgot them at a cut.
    pub(super) again: u64,
    /// Files that broke off in the middle, because the program hands on what it has.
    pub(super) pieces: u64,
    pub(super) lock_wait: Duration,
    pub(super) violations: Vec<String>,
}

/// The result of all runs.
pub struct Report {
    seed: u64,
    rows: Vec<(Mode, u64, Found)>,
    /// What was wrong; empty when nothing was.
    pub violations: Vec<String>,
}

impl Report {
    pub(super) fn new(seed: u64, modes: &[Mode]) -> Report {
        let rows = modes.iter().map(|mode| (mode.clone(), 0, Found::default())).collect();
        Report { seed, rows, violations: Vec::new() }
    }

    pub(super) fn add(&mut self, index: usize, number: usize, found: Found) {
        let (mode, runs, sum) = &mut self.rows[index];
        *runs += 1;
        sum.pulls += found.pulls;
        sum.cuts += found.cuts;
        sum.messages += found.messages;
        sum.lost += found.lost;
        sum.twice += found.twice;
        sum.again += found.again;
        sum.pieces += found.pieces;
        sum.lock_wait = sum.lock_wait.max(found.lock_wait);
        let name = format!("run {number}, {}", mode.name());
        self.violations.extend(found.violations.into_iter().map(|v| format!("{name}: {v}")));
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> u64 {
        self.rows.iter().map(|(_, _, found)| found.cuts).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}", self.seed)?;
        writeln!(
            f,
            "| programs | runs | pulls | cuts | messages | lost | twice | again after a cut | pieces | lock free in |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|---|")?;
        let mut all = (0, Found::default());
        for (mode, runs, found) in self.rows.iter().filter(|(_, runs, _)| *runs > 0) {
            row(f, &mode.name(), *runs, found)?;
            all.0 += runs;
            all.1.pulls += found.pulls;
            all.1.cuts += found.cuts;
            all.1.messages += found.messages;
            all.1.lost += found.lost;
            all.1.twice += found.twice;
            all.1.again += found.again;
            all.1.pieces += found.pieces;
            all.1.lock_wait = all.1.lock_wait.max(found.lock_wait);
        }
        row(f, "all", all.0, &all.1)?;
        writeln!(
            f,
            "\nWhy a message comes again after a cut (the host answered each session the same):"
        )?;
        let ran = self.rows.iter().filter(|(_, runs, _)| *runs > 0);
        let mut whys: Vec<String> = ran
            .flat_map(|(mode, _, _)| &mode.devices)
            .filter_map(|device| match device.repeats {
                Repeats::AfterCut(why) => {
                    Some(format!("* {}, {}: {why}", device.program, device.setting))
                }
                Repeats::Never => None,
            })
            .collect();
        whys.sort();
        whys.dedup();
        whys.iter().try_for_each(|why| writeln!(f, "{why}"))?;
        writeln!(f, "violations: {}", self.violations.len())?;
        self.violations.iter().try_for_each(|violation| writeln!(f, "  {violation}"))
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, runs: u64, found: &Found) -> fmt::Result {
    let Found { pulls, cuts, messages, lost, twice, again, pieces, .. } = found;
    let wait_ms = found.lock_wait.as_millis();
    writeln!(
        f,
        "| {name} | {runs} | {pulls} | {cuts} | {messages} | {lost} | {twice} | {again} | {pieces} | {wait_ms} ms |"
    )
}
