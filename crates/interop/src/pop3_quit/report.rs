//! What the rounds found, as a table.

use std::collections::BTreeMap;
use std::fmt;

use super::{Event, Outcome};

/// The result of a run.
pub struct Report {
    seed: u64,
    rows: BTreeMap<Event, Row>,
    /// What was wrong; empty when nothing was.
    pub violations: Vec<String>,
}

#[derive(Default)]
struct Row {
    rounds: u64,
    marked: usize,
    answered: u64,
    outcomes: BTreeMap<Outcome, u64>,
}

impl Report {
    pub(super) fn new(seed: u64) -> Report {
        Report { seed, rows: BTreeMap::new(), violations: Vec::new() }
    }

    pub(super) fn count(
        &mut self,
        event: Event,
        outcome: Outcome,
        is_answered: bool,
        marked: usize,
    ) {
        let row = self.rows.entry(event).or_default();
        row.rounds += 1;
        row.marked += marked;
        row.answered += u64::from(is_answered);
        *row.outcomes.entry(outcome).or_default() += 1;
    }

    /// How often the host was killed with all deletions there, and with none.
    pub fn killed(&self) -> (u64, u64) {
        let of = |outcome| {
            self.rows
                .get(&Event::Kill)
                .and_then(|row| row.outcomes.get(&outcome))
                .copied()
                .unwrap_or_default()
        };
        (of(Outcome::All), of(Outcome::None))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}", self.seed)?;
        writeln!(
            f,
            "| around QUIT | rounds | DELEs | answered +OK | all removed | none removed | something else |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        for (event, row) in &self.rows {
            let of = |outcome| row.outcomes.get(&outcome).copied().unwrap_or_default();
            let event = match event {
                Event::Nothing => "undisturbed",
                Event::Kill => "host killed at a random moment after QUIT",
                Event::HangUp => "client hangs up right after QUIT",
                Event::HangUpAndKill => "client hangs up, host killed",
                Event::KillBeforeQuit => "host killed before QUIT",
                Event::HangUpBeforeQuit => "client hangs up before QUIT",
            };
            writeln!(
                f,
                "| {event} | {} | {} | {} | {} | {} | {} |",
                row.rounds,
                row.marked,
                row.answered,
                of(Outcome::All),
                of(Outcome::None),
                of(Outcome::Wrong),
            )?;
        }
        writeln!(f, "violations: {}", self.violations.len())?;
        self.violations.iter().try_for_each(|violation| writeln!(f, "  {violation}"))
    }
}
