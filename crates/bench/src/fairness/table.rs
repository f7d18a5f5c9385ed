//! The table of fairness: for each load and server, p50, p99 and max of each probe, and whether the goals are met.

use super::probe::{ALL, Probe, Spreads};
use super::spread::Spread;
use crate::columns::{Align, markdown};
use crate::server::Kind;

/// What nobody should have to wait for longer than, because of somebody else.
const P99_MS_MAX: f64 = 20.0;
const MAX_MS_MAX: f64 = 100.0;
/// With fewer times than this, a p99 says little, and a note says so.
const TIMES_MIN: usize = 100;

/// One load on one server.
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) title: &'static str,
    pub(crate) spreads: Spreads,
    /// What the load got done.
    pub(crate) done: String,
}

impl Row {
    fn spread(&self, probe: Probe) -> Spread {
        let spreads = ALL.iter().zip(&self.spreads);
        spreads
            .filter(|(each, _)| **each == probe)
            .map(|(_, spread)| *spread)
            .next()
            .unwrap_or_default()
    }

    /// The probes that waited too long. An APPEND may take as much longer as the bare disk took.
    fn too_long(&self) -> Vec<&'static str> {
        let disk = self.spread(Probe::BareWrite);
        let served = [Probe::Noop, Probe::Fetch, Probe::Append, Probe::Pop3];
        let slow = |probe: &Probe| {
            let disk = if *probe == Probe::Append { disk } else { Spread::default() };
            let (p99, max) = (P99_MS_MAX + disk.p99, MAX_MS_MAX + disk.max);
            let spread = self.spread(*probe);
            spread.p99 > p99 || spread.max > max
        };
        served.iter().filter(|probe| slow(probe)).map(|probe| heading(*probe)).collect()
    }

    fn reached(&self) -> String {
        match self.too_long().as_slice() {
            [] => "yes".to_owned(),
            slow => format!("no: {}", slow.join(", ")),
        }
    }

    /// As one line.
    pub(crate) fn shown(&self) -> String {
        let cells = ALL.map(|probe| format!("{} {}", heading(probe), cell(self.spread(probe))));
        format!("{}; {}; load: {}", cells.join(", "), self.reached(), self.done)
    }

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.title.to_owned(), self.kind.name().to_owned()];
        cells.extend(ALL.map(|probe| cell(self.spread(probe))));
        cells.push(self.reached());
        cells
    }

    /// What the load got done, and which figures rest on few times.
    fn note(&self) -> String {
        let few = ALL.map(|probe| (probe, self.spread(probe).count));
        let few: Vec<_> = few
            .iter()
            .filter(|(_, count)| *count < TIMES_MIN)
            .map(|(probe, count)| format!("{} only {count} times", heading(*probe)))
            .collect();
        let few = if few.is_empty() { String::new() } else { format!("; {}", few.join(", ")) };
        format!("{}, {}: {}{few}", self.title, self.kind.name(), self.done)
    }
}

fn heading(probe: Probe) -> &'static str {
    match probe {
        Probe::Noop => "NOOP",
        Probe::Fetch => "FETCH 50",
        Probe::Append => "APPEND 8 KB",
        Probe::BareWrite => "bare write",
        Probe::Pop3 => "POP3 login",
        Probe::WakeUp => "wake-up",
    }
}

fn cell(spread: Spread) -> String {
    let [p50, p99, max] = [spread.p50, spread.p99, spread.max].map(|milliseconds| {
        if milliseconds < 9.95 {
            format!("{milliseconds:.1}")
        } else {
            format!("{milliseconds:.0}")
        }
    });
    format!("{p50} / {p99} / {max}")
}

/// All rows.
pub(crate) struct Table {
    /// The loads, in the order in which they are shown.
    titles: Vec<&'static str>,
    rows: Vec<Row>,
}

impl Table {
    /// One without rows yet.
    pub(crate) fn new(titles: Vec<&'static str>) -> Table {
        Table { titles, rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// As Markdown whose columns line up, with notes below: the rows of one load side by side.
    pub(crate) fn shown(&self) -> String {
        let mut columns = vec![("load", Align::Left), ("server", Align::Left)];
        columns.extend(ALL.map(|probe| (heading(probe), Align::Right)));
        columns.push(("reached", Align::Left));
        let rows: Vec<&Row> = self
            .titles
            .iter()
            .flat_map(|title| self.rows.iter().filter(move |row| row.title == *title))
            .collect();
        let cells: Vec<_> = rows.iter().map(|row| row.cells()).collect();
        let notes: String = rows.iter().map(|row| format!("- {}\n", row.note())).collect();
        format!(
            "Milliseconds: p50 / p99 / max. To reach: p99 at most {P99_MS_MAX}, max at most {MAX_MS_MAX}; APPEND: \
             that, and the p99 and max of the bare write.\n\n{}\nWhat each load got done meanwhile:\n\n{notes}",
            markdown(&columns, &cells),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(append: Spread, noop: Spread) -> Row {
        let bare = Spread { count: 400, p50: 1.0, p99: 5.0, max: 30.0 };
        let spreads = ALL.map(|probe| match probe {
            Probe::Append => append,
            Probe::Noop => noop,
            Probe::BareWrite => bare,
            Probe::Fetch | Probe::Pop3 | Probe::WakeUp => Spread::default(),
        });
        Row { kind: Kind::Correio, title: "idle", spreads, done: "1 done".to_owned() }
    }

    #[test]
    fn an_append_may_wait_for_the_disk_and_a_noop_may_not() {
        let both = Spread { count: 400, p50: 1.0, p99: 24.0, max: 129.0 };
        assert_eq!(row(both, Spread::default()).reached(), "yes");
        assert_eq!(row(both, both).reached(), "no: NOOP");
        let slower = Spread { max: 131.0, ..both };
        assert_eq!(row(slower, Spread::default()).reached(), "no: APPEND 8 KB");
    }

    #[test]
    fn figures_that_rest_on_few_times_are_noted() {
        let times = Spread { count: 400, p50: 1.0, p99: 1.0, max: 1.0 };
        let note = row(times, times).note();
        assert!(note.contains("FETCH 50 only 0 times") && !note.contains("NOOP"), "{note}");
    }
}
