//! Makes the index anew where little of its file is used: beside the old one, step by step, while batches and checkpoints go
//! on; then it takes the old one's name.
//!
//! redb gives pages that were freed to what comes later, but not back to the disk, and can make its file smaller only while
//! nobody reads. What a checkpoint makes durable meanwhile is taken over as far as the copy has come.

use std::sync::{Arc, Mutex, PoisonError};

use mailbox::Fault;

use crate::base::Base;
use crate::committer::Committer;
use crate::fault::Doing;
use crate::index::{INDEX, Index, UNBORN};
use crate::layers::Tables;
use crate::mark::Mark;
use crate::place::Place;
use crate::store::Store;

/// One step copies so many entries.
const STEP_ENTRIES: usize = 5_000;
/// What an entry takes in the index besides its octets, about.
const ENTRY_OVERHEAD: u64 = 16;
/// The index is made anew when its file is so many times as long as what it holds; pages are about half full after that.
const TIMES_MAX: u64 = 3;

/// What one step of making the index anew did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compacting {
    /// It is not worth it.
    Nothing,
    /// Some of it was looked at or copied; there is more.
    Working,
    /// The new index is in use.
    Done {
        /// How long the file was.
        before_octets: u64,
        /// How long it is.
        after_octets: u64,
    },
}

/// The making anew of an index.
#[derive(Debug, Default)]
pub(crate) struct Compactor {
    work: Mutex<Work>,
}

impl Compactor {
    /// Lets go of an index in the making.
    pub(crate) fn stop(&self) {
        self.work.lock().unwrap_or_else(PoisonError::into_inner).job = None;
    }
}

#[derive(Debug, Default)]
struct Work {
    job: Option<Job>,
    /// How long the file was when it was last found not worth it, or right after it was worth it.
    seen_octets: u64,
    /// How many entries it had then.
    seen_entries: u64,
}

#[derive(Debug)]
enum Job {
    /// Finding out how much there is.
    Weighing { place: Place, octets: u64 },
    /// Copying what there is.
    Copying { place: Place, index: Box<Index> },
}

/// What was made durable in the index while it is made anew.
pub(crate) struct Flushed {
    base: Arc<Base>,
    /// In the order in which that was done.
    tables: Vec<Tables>,
}

impl Store {
    /// Does a bounded piece of making the index anew. To be called again and again as long as it is not `Nothing`, and then
    /// every few minutes. Waits for the disk.
    pub fn compact_step(&self) -> Result<Compacting, Fault> {
        if let Some(fault) = self.failure() {
            return Err(fault);
        }
        let mut work = self.compactor().work.lock().unwrap_or_else(PoisonError::into_inner);
        let job = work.job.take();
        let done = match job {
            None => self.begin_compacting(&mut work),
            Some(Job::Weighing { place, octets }) => self.weigh_index(&mut work, &place, octets),
            Some(Job::Copying { place, index }) => self.copy_index(&mut work, &place, index),
        };
        if done.is_err() {
            // It takes room on the disk, and nobody needs it.
            work.seen_octets = self.index_octets().unwrap_or(u64::MAX);
            self.give_up_compacting();
        }
        done
    }

    /// How long the file of the index is.
    pub fn index_octets(&self) -> Result<u64, Fault> {
        let doing = "asking for the length of the index";
        let file = self.shared().disk.open(INDEX).doing(doing)?;
        file.map_or(Ok(0), |file| file.octets().doing(doing))
    }

    fn begin_compacting(&self, work: &mut Work) -> Result<Compacting, Fault> {
        let slack = self.shared().options.index_slack_octets;
        let octets = self.index_octets()?;
        let entries = self.shared().visible.base().entries()?;
        // What has not changed by half since it was looked at is not looked at again.
        let changed = octets / 3 > work.seen_octets / 2 || entries < work.seen_entries / 2;
        if octets < slack || !changed || self.shared().lacks_room() {
            return Ok(Compacting::Nothing);
        }
        work.seen_entries = entries;
        work.job = Some(Job::Weighing { place: Place::BEGIN, octets: 0 });
        Ok(Compacting::Working)
    }

    fn weigh_index(
        &self,
        work: &mut Work,
        place: &Place,
        octets: u64,
    ) -> Result<Compacting, Fault> {
        let base = self.shared().visible.base();
        let mut sum = octets;
        let next = base.visit_from(place, STEP_ENTRIES, &mut |key, value| {
            let entry = u64::try_from(key.len().saturating_add(value.len())).unwrap_or(u64::MAX);
            sum = sum.saturating_add(entry).saturating_add(ENTRY_OVERHEAD);
            Ok(())
        })?;
        if next != Place::End {
            work.job = Some(Job::Weighing { place: next, octets: sum });
            return Ok(Compacting::Working);
        }
        let file_octets = self.index_octets()?;
        let slack = self.shared().options.index_slack_octets;
        if file_octets <= sum.saturating_mul(TIMES_MAX).saturating_add(slack) {
            work.seen_octets = file_octets;
            return Ok(Compacting::Nothing);
        }
        let shared = self.shared();
        let cache = shared.options.index_cache_octets / 4;
        let index = Index::make(&*shared.disk, UNBORN, &shared.reserve, cache)?;
        // From now on it is noted what is made durable.
        self.errand(|committer| {
            committer.flushed_meanwhile = Some(Vec::new());
            Ok(())
        })?;
        work.job = Some(Job::Copying { place: Place::BEGIN, index: Box::new(index) });
        Ok(Compacting::Working)
    }

    fn copy_index(
        &self,
        work: &mut Work,
        place: &Place,
        index: Box<Index>,
    ) -> Result<Compacting, Fault> {
        let Flushed { base, tables } = self.flushed()?;
        let next = index.copy_from(&base, place, STEP_ENTRIES, &tables)?;
        if next != Place::End {
            work.job = Some(Job::Copying { place: next, index });
            return Ok(Compacting::Working);
        }
        let before_octets = self.index_octets()?;
        self.errand(move |committer| committer.change_index(*index))?;
        let after_octets = self.index_octets()?;
        work.seen_octets = after_octets;
        Ok(Compacting::Done { before_octets, after_octets })
    }

    fn flushed(&self) -> Result<Flushed, Fault> {
        self.errand(Committer::flushed)
    }

    fn give_up_compacting(&self) {
        let done = self.errand(|committer| {
            committer.flushed_meanwhile = None;
            Ok(())
        });
        let disk = &self.shared().disk;
        let left = disk.list("").is_ok_and(|files| files.iter().any(|file| file == UNBORN));
        if done.is_ok() && left && disk.remove(UNBORN).is_err() {
            tracing::warn!("the file of an index in the making stays until the next one is made");
        }
    }
}

impl Committer {
    /// What was made durable since this was asked last, and what is durable now.
    fn flushed(&mut self) -> Result<Flushed, Fault> {
        let Some(noted) = &mut self.flushed_meanwhile else {
            return Err(Fault::new("the index was opened anew while it was copied"));
        };
        Ok(Flushed { tables: std::mem::take(noted), base: self.shared.visible.base() })
    }

    /// Puts a copy of the index in its place. What came since it was copied is taken over first.
    fn change_index(&mut self, copy: Index) -> Result<(), Fault> {
        // So that there is something to make durable, and the stand of the index is known.
        self.written(1, 0);
        self.checkpoint_now()?;
        let Flushed { base, tables } = self.flushed()?;
        self.flushed_meanwhile = None;
        let copy = copy.watched_like(&self.index);
        copy.copy_from(&base, &Place::End, 0, &tables)?;
        let stand = self.durable_stand.ok_or_else(|| Fault::new("no checkpoint was made"))?;
        let base = copy.mark_as(&Mark { stand, live: self.live.clone() })?;
        let renamed = self.shared.disk.rename(UNBORN, INDEX);
        renamed.doing("giving the new index its name")?;
        self.index = Arc::new(copy);
        self.shared.visible.made_durable(base);
        // Whether the old one would come back after a power cut must not stay open: it would not know of later checkpoints.
        let durable = self.shared.disk.sync_directory("").doing("giving the new index its name");
        durable.map_err(|fault| self.fail(fault))?;
        Ok(())
    }
}
