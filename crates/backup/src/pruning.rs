//! Forgetting snapshots by rules, and giving the room of what no snapshot needs back.

use std::collections::BTreeMap;

use rustic_core::{KeepOptions, PruneOptions};

use crate::fault::Fault;
use crate::place::Sharing;
use crate::repository::Repository;
use crate::snapshots::Snapshot;
use crate::taking::Writing;

/// Which snapshots of each folder are kept: the newest of so many hours, days, weeks, months and years, and the newest at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Keep {
    pub last: u32,
    pub hourly: u32,
    pub daily: u32,
    pub weekly: u32,
    pub monthly: u32,
    pub yearly: u32,
}

/// What is done.
#[derive(Clone, Copy, Debug)]
pub struct Pruning {
    /// What is kept.
    pub keep: Keep,
    /// Whether packs go at once, and not only with the first prune a day later: another computer may be backing up into the
    /// same repository and count on them.
    pub at_once: bool,
    /// Whether it is done, or only said.
    pub writing: Writing,
    /// Now, in Unix seconds.
    pub now_s: i64,
}

/// What was done.
#[derive(Clone, Debug, Default)]
pub struct Pruned {
    /// The snapshots that are kept, and why.
    pub kept: Vec<(Snapshot, Vec<String>)>,
    /// The snapshots that were forgotten.
    pub forgotten: Vec<Snapshot>,
    /// The room that came back at once, in octets.
    pub freed_octets: u64,
    /// The room that a prune in a day or later gives back, in octets.
    pub later_octets: u64,
}

impl Repository {
    /// Forgets snapshots and removes what only they needed. The newest of each folder always stays.
    pub fn prune(&self, pruning: Pruning) -> Result<Pruned, Fault> {
        let _held = self.hold(Sharing::Alone)?;
        let mut pruned = self.choose(&pruning)?;
        let mut options = PruneOptions::default().instant_delete(pruning.at_once);
        let gone: Vec<_> = pruned.forgotten.iter().map(|one| one.file.id).collect();
        options.ignore_snaps = gone.clone();
        let plan = self.trouble.instead(self.library.prune_plan(&options))?;
        let sizes = plan.stats.size_sum();
        let ready = plan.stats.size_to_delete.remove;
        let unused = sizes.remove.saturating_add(sizes.repackrm);
        (pruned.freed_octets, pruned.later_octets) = match pruning.at_once {
            true => (ready.saturating_add(unused), 0),
            false => (ready, unused),
        };
        if pruning.writing == Writing::Pretend {
            return Ok(pruned);
        }
        if !gone.is_empty() {
            self.trouble.instead(self.library.delete_snapshots(&gone))?;
        }
        self.trouble.instead(self.library.prune(&options, plan))?;
        Ok(pruned)
    }

    fn choose(&self, pruning: &Pruning) -> Result<Pruned, Fault> {
        let count = |number: u32| i32::try_from(number).ok().filter(|number| *number > 0);
        let keep = pruning.keep;
        let mut options = KeepOptions::default();
        options.keep_last = count(keep.last.max(1));
        options.keep_hourly = count(keep.hourly);
        options.keep_daily = count(keep.daily);
        options.keep_weekly = count(keep.weekly);
        options.keep_monthly = count(keep.monthly);
        options.keep_yearly = count(keep.yearly);
        let now = jiff::Timestamp::from_second(pruning.now_s).unwrap_or_default();
        let now = now.to_zoned(jiff::tz::TimeZone::UTC);
        let mut groups: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for file in self.snapshot_files()? {
            groups.entry(file.paths.formatln()).or_default().push(file);
        }
        let mut pruned = Pruned::default();
        for files in groups.into_values() {
            for chosen in self.trouble.instead(options.apply(files, &now))? {
                let snapshot = Snapshot::of(chosen.snapshot);
                if chosen.keep {
                    pruned.kept.push((snapshot, chosen.reasons));
                } else {
                    pruned.forgotten.push(snapshot);
                }
            }
        }
        Ok(pruned)
    }
}
