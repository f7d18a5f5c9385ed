//! Two builds of the host against each other: each work on the one, then on the other, within seconds, in pairs. What
//! counts is the ratio within a pair; what the machine does besides changes from pair to pair.

mod interval;

use std::path::Path;

use anyhow::{Context, Result};

use self::interval::Interval;
use crate::columns::{Align, markdown};
use crate::report::{self, Figure};
use crate::server::Kind;
use crate::work::{self, Figures, Work};
use crate::{Scale, end, start_in};

/// A row whose median is slower than this is flagged.
const LOSS_MAX: f64 = 0.05;

/// The two programs.
pub(crate) struct Builds<'a> {
    pub(crate) old: &'a Path,
    pub(crate) new: &'a Path,
}

/// How often the new one did each row, for each time that the old one did it, pair by pair.
#[derive(Default)]
pub(crate) struct Ratios(Vec<(&'static str, f64)>);

/// Measures so many pairs. Both hosts run all the time of a pair, each with mail of its own; who comes first changes
/// from pair to pair.
pub(crate) async fn measure(
    builds: &Builds<'_>,
    pairs: u32,
    wanted: &[&Work],
    scale: &Scale,
    folder: &Path,
) -> Result<Ratios> {
    let mut ratios = Ratios::default();
    for pair in 0..pairs {
        eprintln!("pair {} of {pairs}", pair + 1);
        let mut old =
            start_in(&folder.join("old"), Kind::Correio, builds.old).await.context("old")?;
        let mut new =
            start_in(&folder.join("new"), Kind::Correio, builds.new).await.context("new")?;
        for work in wanted {
            let (old_figures, new_figures) = if pair.is_multiple_of(2) {
                let old = (work.run)(&mut old, scale).await;
                (old, (work.run)(&mut new, scale).await)
            } else {
                let new = (work.run)(&mut new, scale).await;
                ((work.run)(&mut old, scale).await, new)
            };
            match old_figures.context("old").and_then(|old| Ok((old, new_figures.context("new")?)))
            {
                Ok((old, new)) => ratios.add(&old, &new),
                Err(error) => eprintln!("    {} FAILED: {error:#}", work.name),
            }
        }
        end(old).await?;
        end(new).await?;
    }
    Ok(ratios)
}

/// All works that have such a word in their name; all of them for none.
pub(crate) fn wanted(only: &[String]) -> Vec<&'static Work> {
    let named = |work: &&Work| only.is_empty() || only.iter().any(|word| work.name.contains(word));
    work::ALL.iter().filter(named).collect()
}

impl Ratios {
    fn add(&mut self, old: &Figures, new: &Figures) {
        for (row, before) in old {
            let after = new.iter().find(|(name, _)| name == row).map(|(_, figure)| *figure);
            if let Some(after) = after {
                let ratio = after.times_better_than(*before);
                eprintln!("    {row}: {} -> {}, {ratio:.2}", before.shown(), Figure::shown(after));
                self.0.push((row, ratio));
            }
        }
    }

    /// As a table: above 1 the new one is the better one.
    pub(crate) fn shown(&self) -> String {
        let columns = [
            ("work", Align::Left),
            ("pairs", Align::Right),
            ("new / old, median", Align::Right),
            ("95 % of it", Align::Right),
            ("min .. max", Align::Right),
            ("verdict", Align::Left),
        ];
        let rows: Vec<_> = report::rows().filter_map(|(row, _)| self.row(row)).collect();
        format!(
            "Speed of the new program to the old one's: above 1 it is faster.\n\n{}",
            markdown(&columns, &rows)
        )
    }

    fn row(&self, row: &str) -> Option<Vec<String>> {
        let ratios: Vec<f64> =
            self.0.iter().filter(|(name, _)| *name == row).map(|(_, ratio)| *ratio).collect();
        let pairs = ratios.len();
        let interval = Interval::of(ratios)?;
        let confident = interval.confident.map(|(from, to)| format!("{from:.2} .. {to:.2}"));
        Some(vec![
            row.to_owned(),
            pairs.to_string(),
            format!("{:.2}", interval.median),
            confident.unwrap_or_default(),
            format!("{:.2} .. {:.2}", interval.least, interval.most),
            verdict(&interval),
        ])
    }
}

fn verdict(interval: &Interval) -> String {
    let loss = 1.0 - interval.median;
    if loss <= LOSS_MAX {
        return "no loss".to_owned();
    }
    let certain = interval.confident.is_some_and(|(_, to)| to < 1.0);
    format!("SLOWER by {:.0} %{}", loss * 100.0, if certain { "" } else { ", not certain" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "expunge 10,000 messages";

    fn figures(milliseconds: f64) -> Figures {
        vec![(ROW, Figure::Milliseconds(milliseconds))]
    }

    #[test]
    fn a_row_that_takes_longer_is_flagged() {
        let mut ratios = Ratios::default();
        for pair in 0..10 {
            ratios.add(&figures(90.0 + f64::from(pair)), &figures(110.0));
        }
        let row = ratios.row(ROW).unwrap();
        assert_eq!(row.last().unwrap(), "SLOWER by 14 %");
    }

    #[test]
    fn a_row_within_the_noise_is_not() {
        let mut ratios = Ratios::default();
        for (old, new) in [(100.0, 104.0), (100.0, 96.0), (100.0, 103.0)] {
            ratios.add(&figures(old), &figures(new));
        }
        assert_eq!(ratios.row(ROW).unwrap().last().unwrap(), "no loss");
    }

    #[test]
    fn rates_and_times_are_turned_the_same_way() {
        let mut ratios = Ratios::default();
        let name = "LMTP 8 KB, 1 connection";
        ratios.add(&vec![(name, Figure::PerSecond(100.0))], &vec![(name, Figure::PerSecond(80.0))]);
        assert_eq!(ratios.row(name).unwrap().last().unwrap(), "SLOWER by 20 %, not certain");
    }
}
