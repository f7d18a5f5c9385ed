//! What the loop found, as a table.

use std::fmt;
use std::time::Duration;

use super::Counts;

/// The result of a run.
pub struct Report {
    seed: u64,
    rounds: u32,
    kills: u32,
    kills_while_opening: u32,
    counts: Counts,
    opened_in: Vec<Duration>,
    /// What was wrong; empty when nothing was.
    pub violations: Vec<String>,
}

impl Report {
    pub(super) fn new(seed: u64) -> Report {
        Report {
            seed,
            rounds: 0,
            kills: 0,
            kills_while_opening: 0,
            counts: Counts::new(),
            opened_in: Vec::new(),
            violations: Vec::new(),
        }
    }

    pub(super) fn count(&mut self, counts: Counts) {
        for (kind, count) in counts {
            *self.counts.entry(kind).or_default() += count;
        }
    }

    pub(super) fn killed(&mut self) {
        self.kills += 1;
    }

    pub(super) fn killed_while_opening(&mut self) {
        self.kills_while_opening += 1;
    }

    pub(super) fn round(&mut self, round: u32, opened_in: Duration, complaints: Vec<String>) {
        self.rounds = round;
        self.opened_in.push(opened_in);
        self.violations.extend(complaints.into_iter().map(|c| format!("round {round}: {c}")));
    }

    /// How many operations were acknowledged.
    pub fn acknowledged(&self) -> u64 {
        self.counts.values().sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut opened = self.opened_in.clone();
        opened.sort();
        let middle = opened.get(opened.len() / 2).copied().unwrap_or_default();
        let longest = opened.last().copied().unwrap_or_default();
        writeln!(f, "seed                        {}", self.seed)?;
        writeln!(f, "kills under load            {}", self.kills)?;
        writeln!(f, "kills while opening         {}", self.kills_while_opening)?;
        writeln!(f, "acknowledged operations     {}", self.acknowledged())?;
        for (kind, count) in &self.counts {
            writeln!(f, "  {kind:<25} {count}")?;
        }
        writeln!(
            f,
            "opened in, median/longest   {:.2}/{:.2} s",
            middle.as_secs_f64(),
            longest.as_secs_f64()
        )?;
        writeln!(f, "violations                  {}", self.violations.len())?;
        self.violations.iter().try_for_each(|violation| writeln!(f, "  {violation}"))
    }
}
