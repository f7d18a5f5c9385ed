//! Which segment is rewritten next.

use mailbox::Fault;

use super::{Job, Work, percent_of};
use crate::committer::Committer;
use crate::fault::Doing;
use crate::journal::WriteError;
use crate::queue::Brings;
use crate::record::HEADER_OCTETS;
use crate::scan::{Scanner, Stand};
use crate::store::Store;

/// When deletes that have to stay make up such a part of the journal, the oldest segment is rewritten whatever lives in it:
/// with it goes what they are kept for.
const DELETES_PART_MAX: u64 = 4;
/// Closing early is put off further each time it was in vain, up to two to the power of this.
const IN_VAIN_MAX: u32 = 8;
/// No segment is too full.
const WHATEVER_LIVES: u64 = u64::MAX;

impl Store {
    /// Chooses the closed segment in which the least lives; closes the one that is written to if that is it.
    pub(super) fn choose(&self, work: &mut Work) -> Result<Option<Job>, Fault> {
        // Of what was written after the last checkpoint it is not known yet what lives.
        self.checkpoint()?;
        let percent = self.rewrite_below_percent();
        let numbers = self.shared().segments.numbers();
        let Some(oldest) = numbers.first().copied() else { return Ok(None) };
        work.begin(oldest);
        if let Some(job) = self.choose_closed(work, &numbers, percent)? {
            return Ok(Some(job));
        }
        if self.close_early(work, percent)? {
            return self.choose_closed(work, &self.shared().segments.numbers(), percent);
        }
        Ok(None)
    }

    fn rewrite_below_percent(&self) -> u64 {
        let options = &self.shared().options;
        if self.shared().lacks_room() {
            options.rewrite_below_percent_when_full.max(options.rewrite_below_percent)
        } else {
            options.rewrite_below_percent
        }
    }

    fn choose_closed(
        &self,
        work: &mut Work,
        numbers: &[u32],
        percent: u64,
    ) -> Result<Option<Job>, Fault> {
        let (live, current) =
            self.errand(|committer| Ok((committer.live.clone(), committer.durable_segment)))?;
        let room = self.room_to_rewrite()?;
        let usual = self.shared().options.rewrite_below_percent;
        let (mut best, mut total): (Option<(u64, u32)>, u64) = (None, 0);
        for segment in numbers.iter().copied().filter(|segment| *segment < current) {
            let Some(octets) = self.length_of(work, segment)? else { continue };
            total = total.saturating_add(octets);
            let deletes = work.deletes.get(&segment).copied().unwrap_or(0);
            let needed = live.of(segment).saturating_add(deletes);
            let share = percent_of(needed, octets);
            let of_full = work.full.get_mut(&segment).map_or(share, |full| {
                *full = needed.max(*full);
                percent_of(needed, *full)
            });
            let is_empty = share < percent && of_full < percent || share < usual;
            let worth = is_empty && needed <= room && !work.failed.contains(&segment);
            let free = !self.shared().segments.is_pinned(segment);
            if worth && free && best.is_none_or(|(least, _)| share < least) {
                best = Some((share, segment));
            }
        }
        let deletes = work.deletes.values().copied().fold(0, u64::saturating_add);
        let chosen = match (best, numbers.first()) {
            (Some((_, segment)), _) => Some((segment, percent)),
            (None, Some(oldest))
                if deletes.saturating_mul(DELETES_PART_MAX) > total
                    && *oldest < current
                    && live.of(*oldest) <= room
                    && !work.failed.contains(oldest)
                    && !self.shared().segments.is_pinned(*oldest) =>
            {
                Some((*oldest, WHATEVER_LIVES))
            }
            (None, _) => None,
        };
        let Some((segment, percent)) = chosen else { return Ok(None) };
        let Some(file) = self.shared().segments.file(segment)? else { return Ok(None) };
        let scanner = Scanner::new(file, Stand::at_start(segment))?;
        let is_oldest = numbers.first() == Some(&segment);
        Ok(Some(Job::new((segment, live.of(segment)), current, is_oldest, percent, scanner)))
    }

    /// How much may be written again for one segment. On a full disk most of what is left is for deletions: rewriting a
    /// segment in which much lives would take it, and nothing could be deleted any more.
    pub(super) fn room_to_rewrite(&self) -> Result<u64, Fault> {
        let free = self.shared().disk.free_octets().doing("asking for the room on the disk")?;
        Ok(free / 2)
    }

    /// How long a closed segment is; none if it is not there any more.
    fn length_of(&self, work: &mut Work, segment: u32) -> Result<Option<u64>, Fault> {
        if let Some(octets) = work.lengths.get(&segment) {
            return Ok(Some(*octets));
        }
        let Some(file) = self.shared().segments.file(segment)? else { return Ok(None) };
        let octets = Scanner::new(file, Stand::at_start(segment))?.file_octets();
        work.lengths.insert(segment, octets);
        Ok(Some(octets))
    }

    /// Closes the segment that is written to when enough of it is dead. Says whether it did.
    fn close_early(&self, work: &mut Work, percent: u64) -> Result<bool, Fault> {
        let options = &self.shared().options;
        let times = 1_u64.checked_shl(work.in_vain.min(IN_VAIN_MAX)).unwrap_or(u64::MAX);
        let dead_min = options.rewrite_open_octets.saturating_mul(times);
        let closed = self.errand(move |committer| committer.close_early(percent, dead_min))?;
        if let Some(segment) = closed {
            work.closed_early = Some(segment);
            // What is known of the segment has to count as that of a closed one.
            self.checkpoint()?;
        }
        Ok(closed.is_some())
    }
}

impl Work {
    /// Forgets what is not so any more.
    fn begin(&mut self, oldest: u32) {
        if self.oldest != oldest {
            // What deletes had to be kept for may be gone now.
            self.failed.clear();
            self.deletes.clear();
            self.oldest = oldest;
        }
    }

    pub(super) fn not_worth_it(&mut self, job: &Job) {
        self.deletes.insert(job.segment, job.needed.saturating_sub(job.live));
        if self.closed_early.take_if(|segment| *segment == job.segment).is_some() {
            self.in_vain = self.in_vain.saturating_add(1);
        }
    }

    pub(super) fn removed(&mut self, segment: u32) {
        self.lengths.remove(&segment);
        self.full.remove(&segment);
        self.deletes.remove(&segment);
        if self.closed_early.take_if(|early| *early == segment).is_some() {
            self.in_vain = 0;
        }
    }
}

impl Committer {
    /// Closes the segment that is written to when at least so many octets of it are dead, and less than so many percent
    /// live. Gives its number if it did.
    fn close_early(&mut self, percent: u64, dead_min: u64) -> Result<Option<u32>, Fault> {
        if let Some(fault) = self.shared.failure() {
            return Err(fault);
        }
        let segment = self.journal.segment();
        let octets = self.journal.end().position.offset;
        let live = self.live.of(segment);
        let known = self.durable_segment == segment && self.large.is_none();
        let worth = octets.saturating_sub(live) >= dead_min && percent_of(live, octets) < percent;
        if !known || !worth || self.shared.segments.is_pinned(segment) {
            return Ok(None);
        }
        match self.with_reserve(Brings::Room, |committer| committer.journal.rotate(0)) {
            Ok(()) => {}
            Err(WriteError::Full) => return Ok(None),
            Err(error) => return Err(self.not_written(error)),
        }
        self.count_segments();
        // So that there is something to make durable.
        self.written(HEADER_OCTETS, 0);
        Ok(Some(segment))
    }
}
