//! How a store is set up. The defaults suit a host; tests make everything small.

use std::time::Duration;

/// The sizes and times of a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// A segment is closed when the next group would make it longer than this.
    pub segment_octets: u64,
    /// Room for the journal is taken in steps of this size: a sync on room that is there already is cheaper.
    pub allocation_step_octets: u64,
    /// The index is made durable after so many octets of journal.
    pub checkpoint_octets: u64,
    /// And after so many octets of large values, such as blocks of the index for searches: bodies are the journal's alone, but
    /// these stay in memory until then.
    pub checkpoint_held_octets: u64,
    /// The index is made durable after so many puts and deletes, which bounds the time that opening takes.
    pub checkpoint_changes: u64,
    /// The index is made durable after so long, when there is anything new; never for this reason when none.
    pub checkpoint_interval: Option<Duration>,
    /// Whether the index is made durable while batches go on.
    pub checkpoints: Checkpoints,
    /// A group takes no further batch once it has so many octets.
    pub group_octets_max: u64,
    /// A group takes at most so many batches.
    pub group_batches_max: usize,
    /// A group takes no further batch once it has so many puts and deletes.
    pub group_changes_max: usize,
    /// A batch with more puts and deletes than this goes to the journal in parts, and is made ready in memory on a
    /// thread of its own, so that others need not wait for it.
    pub large_batch_changes: usize,
    /// So does a batch that takes more octets of the journal than this.
    pub large_batch_octets: u64,
    /// A part of a large batch has about so many octets.
    pub part_octets: usize,
    /// Pieces of large bodies are made durable before so many octets of them have come together, since whoever
    /// commits next would wait for all of them.
    pub unsynced_octets_max: u64,
    /// Batches that wait may hold so many octets; who comes after waits without being queued.
    pub queue_octets_max: u64,
    /// How much of the index is kept in memory.
    pub index_cache_octets: usize,
    /// An index of up to so many octets is compared with its checksums each time it is opened, which takes about a
    /// second for each gigabyte. Of a larger one, damage is found when it is read.
    pub index_proof_octets_max: u64,
    /// Batches with bodies are refused when the disk has less room than this.
    pub free_octets_floor: u64,
    /// Room set aside so that mail can be deleted on a full disk.
    pub reserve_octets: u64,
    /// Large bodies go to the journal in pieces of this size.
    pub chunk_octets: usize,
    /// Segments that have less than so many percent of living octets are rewritten.
    pub rewrite_below_percent: u64,
    /// The same when the disk has too little room for new mail.
    pub rewrite_below_percent_when_full: u64,
    /// The segment that is written to is closed to be rewritten when at least so many octets of it are dead.
    pub rewrite_open_octets: u64,
    /// An index is not made anew unless its file is so much longer than it need be.
    pub index_slack_octets: u64,
    /// Opening applies so many records at once.
    pub replay_records_at_once: usize,
    /// So many segments are kept open for reading; others are opened when they are read.
    pub open_segments_max: usize,
    /// A disk that fails is tried again after so long, then after twice as long each time.
    pub retry_first: Duration,
    /// But never later than after so long.
    pub retry_last: Duration,
}

/// When the index is made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkpoints {
    /// On a thread of its own; batches go on meanwhile.
    Beside,
    /// Between two groups of batches, so that the disk sees the same calls in the same order each time.
    Between,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            segment_octets: 256 << 20,
            allocation_step_octets: 16 << 20,
            checkpoint_octets: 64 << 20,
            checkpoint_held_octets: 8 << 20,
            checkpoint_changes: 100_000,
            checkpoint_interval: Some(Duration::from_secs(5)),
            checkpoints: Checkpoints::Beside,
            group_octets_max: 4 << 20,
            group_batches_max: 256,
            group_changes_max: 4_000,
            large_batch_changes: 2_000,
            large_batch_octets: 16 << 20,
            part_octets: 256 << 10,
            unsynced_octets_max: 4 << 20,
            queue_octets_max: 64 << 20,
            index_cache_octets: 64 << 20,
            index_proof_octets_max: 256 << 20,
            free_octets_floor: 64 << 20,
            reserve_octets: 32 << 20,
            chunk_octets: 1 << 20,
            rewrite_below_percent: 50,
            rewrite_below_percent_when_full: 90,
            rewrite_open_octets: 1 << 20,
            index_slack_octets: 8 << 20,
            replay_records_at_once: 1_000,
            open_segments_max: 128,
            retry_first: Duration::from_millis(100),
            retry_last: Duration::from_secs(30),
        }
    }
}

impl Options {
    /// Keeps no more free on a small disk than what suits it: new mail is refused below 2 % of its room, and 1 % is set
    /// aside for deletions.
    #[must_use]
    pub fn fitted_to(self, disk_octets: u64) -> Options {
        Options {
            free_octets_floor: self.free_octets_floor.min(disk_octets / 50),
            reserve_octets: self.reserve_octets.min(disk_octets / 100),
            ..self
        }
    }

    /// Sizes so small that a short life of a store sees many segments and checkpoints. For tests and the simulator.
    pub fn tiny() -> Options {
        Options {
            segment_octets: 16 << 10,
            allocation_step_octets: 4 << 10,
            checkpoint_octets: 8 << 10,
            checkpoint_held_octets: 8 << 10,
            checkpoint_changes: 50,
            checkpoint_interval: None,
            checkpoints: Checkpoints::Between,
            group_octets_max: 8 << 10,
            group_batches_max: 8,
            group_changes_max: 30,
            large_batch_changes: 20,
            large_batch_octets: 6 << 10,
            part_octets: 500,
            unsynced_octets_max: 3 << 10,
            queue_octets_max: 1 << 20,
            index_cache_octets: 1 << 20,
            index_proof_octets_max: 256 << 20,
            free_octets_floor: 0,
            reserve_octets: 64 << 10,
            chunk_octets: 1 << 10,
            rewrite_below_percent: 50,
            rewrite_below_percent_when_full: 90,
            rewrite_open_octets: 4 << 10,
            index_slack_octets: 64 << 10,
            replay_records_at_once: 5,
            open_segments_max: 3,
            retry_first: Duration::from_millis(1),
            retry_last: Duration::from_millis(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_kept_free_on_a_small_disk() {
        let kept = |disk_octets: u64| {
            let options = Options::default().fitted_to(disk_octets);
            (options.free_octets_floor >> 20, options.reserve_octets >> 20)
        };
        assert_eq!(kept(100 << 20), (2, 1));
        assert_eq!(kept(1 << 30), (20, 10));
        assert_eq!(kept(100 << 30), (64, 32));
    }
}
