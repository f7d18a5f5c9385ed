//! Goes on after a call of the disk has failed.
//!
//! An answer is never more certain than the fact: what was in flight is taken back, durably, and then written again
//! in a fresh segment; or, where the disk goes on failing, nobody hears whether it took place. Then writes are refused
//! until the disk works again, which is tried with growing pauses. Reading goes on all the time.

use std::time::{Duration, Instant};

use mailbox::Fault;

use crate::backend::Backend;
use crate::backup::copy_octets;
use crate::committer::Committer;
use crate::fault::Doing;
use crate::group::Outcome;
use crate::index::{INDEX, Index, Proof, UNBORN};
use crate::journal::WriteError;
use crate::options::Options;
use crate::queue::Write;

/// Why a group has no good answer.
#[derive(Debug)]
pub(crate) enum NotWritten {
    /// The disk has no room. Nothing has changed.
    Full,
    /// The disk failed. Nothing has changed.
    Refused(Fault),
    /// The disk fails. Whether the group is there shows when it works again.
    Unknown(Fault),
}

/// When a disk that fails is tried again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    at: Instant,
    pause: Duration,
}

impl Retry {
    pub(crate) fn first(options: &Options) -> Retry {
        Retry::after(options.retry_first)
    }

    pub(crate) fn next(self, options: &Options) -> Retry {
        Retry::after(self.pause.saturating_mul(2).min(options.retry_last))
    }

    /// When it is time.
    pub(crate) fn at(self) -> Instant {
        self.at
    }

    fn after(pause: Duration) -> Retry {
        let now = Instant::now();
        Retry { at: now.checked_add(pause).unwrap_or(now), pause }
    }
}

impl Committer {
    /// Writes a group; once more in a fresh segment, if a call of the disk fails.
    pub(crate) fn write_surely(&mut self, group: &[Write]) -> Result<Vec<Outcome>, NotWritten> {
        let first = match self.write(group) {
            Ok(outcomes) => return Ok(outcomes),
            Err(error) => self.recover(error),
        };
        let may_be_written = matches!(first, NotWritten::Refused(_));
        if may_be_written && self.shared.failure().is_none() {
            return self.write(group).map_err(|error| self.recover(error));
        }
        Err(first)
    }

    /// Makes the journal fit to be written to again after something was not written, and says what became of that.
    pub(crate) fn recover(&mut self, error: WriteError) -> NotWritten {
        let (fault, in_doubt) = match error {
            WriteError::Full => return NotWritten::Full,
            WriteError::Failed(fault) => (fault, false),
            WriteError::InDoubt(fault) => (fault, true),
        };
        match self.begin_anew() {
            Ok(()) => {
                let error: &dyn std::error::Error = &fault;
                tracing::warn!(error, "a call of the disk failed; a fresh segment was begun");
                NotWritten::Refused(fault)
            }
            Err(_) if in_doubt => NotWritten::Unknown(self.fail(fault)),
            Err(_) => NotWritten::Refused(self.fail(fault)),
        }
    }

    /// Says why something that can be done again another time was not written.
    pub(crate) fn not_written(&mut self, error: WriteError) -> Fault {
        match self.recover(error) {
            NotWritten::Full => Fault::full("the disk is full"),
            NotWritten::Refused(fault) | NotWritten::Unknown(fault) => fault,
        }
    }

    fn begin_anew(&mut self) -> Result<(), Fault> {
        // Its parts have to lie in one segment.
        self.large = None;
        self.journal.begin_anew()?;
        self.count_segments();
        self.shared.counting.recoveries.add(1);
        Ok(())
    }

    /// Refuses all writing until the disk works again.
    pub(crate) fn fail(&mut self, cause: Fault) -> Fault {
        self.retry.get_or_insert_with(|| Retry::first(&self.shared.options));
        self.shared.fail(cause)
    }

    /// When the disk is tried again, if it fails.
    pub(crate) fn retry_deadline(&self) -> Option<Instant> {
        self.retry.map(|retry| retry.at)
    }

    /// Tries whether the disk works again, if it is time to.
    pub(crate) fn try_again_if_due(&mut self) {
        if let Some(retry) = self.retry
            && retry.at <= Instant::now()
            && let Err(fault) = self.try_again()
        {
            let error: &dyn std::error::Error = &fault;
            let next = retry.next(&self.shared.options);
            tracing::warn!(error, pause_s = next.pause.as_secs_f64(), "the disk still fails");
            self.retry = Some(next);
        }
    }

    /// Tries whether the disk works again. No fault: it does.
    pub(crate) fn try_again(&mut self) -> Result<(), Fault> {
        if self.retry.is_none() {
            return Ok(());
        }
        self.reopen_index_if_failed()?;
        // A new index may have got its name, and not durably.
        self.shared.disk.sync_directory("").doing(REOPENING)?;
        self.begin_anew()?;
        self.catch_up_with_checkpoints()?;
        self.retry = None;
        self.shared.works_again();
        Ok(())
    }
}

const REOPENING: &str = "opening the index again";

impl Committer {
    /// Opens the index again if a call on its file has failed; where that cannot be, the disk fails.
    pub(crate) fn mend_index(&mut self) {
        if let Err(fault) = self.reopen_index_if_failed() {
            self.fail(fault);
        }
    }

    /// Opens the index again if a call on its file has failed, since redb then does nothing more.
    pub(crate) fn reopen_index_if_failed(&mut self) -> Result<(), Fault> {
        // A checkpoint fails with it, and then this is called again.
        if !self.index.calls().failed() || self.checkpoints.is_under_way() {
            return Ok(());
        }
        self.index.calls().end();
        if self.index.calls().sync_failed() {
            self.write_index_anew()?;
        }
        let disk = &self.shared.disk;
        let file = disk.open(INDEX).doing(REOPENING)?;
        let file = file.ok_or_else(|| Fault::new("the index is not there any more"))?;
        let cache = self.shared.options.index_cache_octets;
        let backend = Backend::new(file, self.shared.reserve.clone());
        let calls = backend.calls();
        let index = Index::open(backend, cache, Proof::NotWanted)?;
        let index = index.with_calls(calls).watched_like(&self.index);
        let mark = index.mark()?.ok_or_else(|| Fault::new("the index has no mark"))?;
        let base = index.base()?;
        self.index = std::sync::Arc::new(index);
        // A copy in the making does not know of what this one may have taken in; it begins anew.
        self.flushed_meanwhile = None;
        self.look_at_mark(mark, base);
        tracing::warn!("the index was opened again after a call of the disk had failed");
        Ok(())
    }

    /// Copies the index to a new file: of the old one it is not known what is on the disk and what only seems to be.
    fn write_index_anew(&self) -> Result<(), Fault> {
        let disk = &self.shared.disk;
        let before = disk.open(INDEX).doing(REOPENING)?;
        let before = before.ok_or_else(|| Fault::new("the index is not there any more"))?;
        if disk.list("").doing(REOPENING)?.iter().any(|file| file == UNBORN) {
            disk.remove(UNBORN).doing(REOPENING)?;
        }
        let copy = disk.create(UNBORN).doing(REOPENING)?;
        copy_octets(&*before, &*copy, before.octets().doing(REOPENING)?)?;
        disk.rename(UNBORN, INDEX).doing(REOPENING)?;
        disk.sync_directory("").doing(REOPENING)
    }
}
