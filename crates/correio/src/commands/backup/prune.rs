//! `correio backup prune`: forgets snapshots by rules, and gives their room back.

use anyhow::Result;
use backup::{Keep, Pruned, Pruning, Snapshot, Watch, Writing};
use clap::Args;
use machine::seconds_text;
use mailbox::Clock as _;
use serde::Serialize;

use crate::companion::language;
use crate::context::Context;
use crate::output::{json, line};
use crate::repository::{Absent, To, address_in, open, waiting};
use crate::runs::noted;

/// Forget old snapshots by rules, and give the room back that only they needed
///
/// Without a rule the newest snapshot of each of the last 7 days, 5 weeks, 12 months and 10 years is kept. Rules hold for
/// each address by itself, and the newest of each always stays.
#[derive(Args)]
pub(super) struct Prune {
    #[command(flatten)]
    to: To,
    #[command(flatten)]
    rules: Rules,
    /// Give all room back at once, and not only with the next prune a day later
    ///
    /// Only when no other computer backs up into this repository now: it may count on what is removed.
    #[arg(long)]
    at_once: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// Which snapshots stay.
#[derive(Args)]
struct Rules {
    /// Keep so many of the newest
    #[arg(long, value_name = "N")]
    keep_last: Option<u32>,
    /// Keep the newest of each of so many hours
    #[arg(long, value_name = "N")]
    keep_hourly: Option<u32>,
    /// Keep the newest of each of so many days
    #[arg(long, value_name = "N")]
    keep_daily: Option<u32>,
    /// Keep the newest of each of so many weeks
    #[arg(long, value_name = "N")]
    keep_weekly: Option<u32>,
    /// Keep the newest of each of so many months
    #[arg(long, value_name = "N")]
    keep_monthly: Option<u32>,
    /// Keep the newest of each of so many years
    #[arg(long, value_name = "N")]
    keep_yearly: Option<u32>,
}

impl Rules {
    fn keep(&self) -> Keep {
        let said = [
            self.keep_last,
            self.keep_hourly,
            self.keep_daily,
            self.keep_weekly,
            self.keep_monthly,
            self.keep_yearly,
        ];
        if said.iter().all(Option::is_none) {
            return Keep { daily: 7, weekly: 5, monthly: 12, yearly: 10, ..Keep::default() };
        }
        let [last, hourly, daily, weekly, monthly, yearly] =
            said.map(|number| number.unwrap_or_default());
        Keep { last, hourly, daily, weekly, monthly, yearly }
    }
}

#[derive(Serialize)]
struct Row {
    kept: Vec<SnapshotRow>,
    forgotten: Vec<SnapshotRow>,
    freed_octets: u64,
    later_octets: u64,
}

#[derive(Serialize)]
struct SnapshotRow {
    snapshot: String,
    time: String,
    address: String,
}

impl SnapshotRow {
    fn of(snapshot: &Snapshot) -> SnapshotRow {
        SnapshotRow {
            snapshot: snapshot.short_id().to_owned(),
            time: seconds_text(snapshot.time_s),
            address: address_in(&snapshot.path).to_owned(),
        }
    }
}

impl Prune {
    pub(super) fn to(&self) -> &To {
        &self.to
    }

    pub(super) fn is_dry(&self) -> bool {
        self.dry_run
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let to = &self.to;
        let repository = open(&to.to, &to.password, Absent::Refuse, Watch::nobody()).await?;
        let writing = if self.dry_run { Writing::Pretend } else { Writing::Write };
        let now_s = machine::SystemClock.now().0;
        let pruning = Pruning { keep: self.rules.keep(), at_once: self.at_once, writing, now_s };
        let pruned: Pruned = waiting(move || repository.prune(pruning)).await?;
        let row = Row {
            kept: pruned.kept.iter().map(|(one, _)| SnapshotRow::of(one)).collect(),
            forgotten: pruned.forgotten.iter().map(SnapshotRow::of).collect(),
            freed_octets: pruned.freed_octets,
            later_octets: pruned.later_octets,
        };
        noted(context, &row);
        if context.json {
            return json(&row);
        }
        let text = language();
        for snapshot in &pruned.forgotten {
            let SnapshotRow { snapshot, time, address } = SnapshotRow::of(snapshot);
            line(&text.forgotten(&snapshot, &time, &address, self.dry_run))?;
        }
        text.pruned(&pruned, self.dry_run).iter().try_for_each(|text| line(text))
    }
}
