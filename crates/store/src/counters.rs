//! What the store counts, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The counts of a store at one moment. All but the last five only grow while the store is open.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64,)*
        }

        #[derive(Debug, Default)]
        pub(crate) struct Counting {
            $(pub(crate) $name: Count,)*
        }

        impl Counting {
            pub(crate) fn read(&self) -> Counters {
                Counters { $($name: self.$name.get(),)* }
            }
        }
    };
}

counters! {
    /// Batches committed.
    commits,
    /// Batches refused because a check did not hold.
    conflicts,
    /// Batches refused because the disk had no room.
    refused_for_room,
    /// Groups written; each has one sync.
    groups,
    /// Syncs of the journal.
    syncs,
    /// How long those syncs took together, in microseconds.
    sync_us,
    /// Syncs that took up to 1 ms.
    syncs_within_1_ms,
    /// Syncs that took up to 10 ms.
    syncs_within_10_ms,
    /// Syncs that took up to 100 ms.
    syncs_within_100_ms,
    /// Octets written to the journal.
    octets_written,
    /// Octets of bodies that were not written since they were there already.
    octets_shared,
    /// Checkpoints of the index.
    checkpoints,
    /// How long those checkpoints took together, in microseconds.
    checkpoint_us,
    /// Octets of bodies read.
    octets_read,
    /// Segments rewritten.
    segments_rewritten,
    /// Records applied when the store was opened.
    records_replayed,
    /// How often writing went on in a fresh segment after a call of the disk had failed.
    recoveries,
    /// Segments there are now.
    segments,
    /// Octets that the segments have now.
    segment_octets,
    /// Octets of them that are current values and bodies, as of the last checkpoint.
    live_octets,
    /// Octets of large values that are in memory until the index has them.
    held_octets,
    /// 1 while nothing can be written because the disk fails.
    failed,
}

/// One count.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, now: u64) {
        self.0.store(now, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counting {
    /// Counts a sync of the journal.
    pub(crate) fn sync_took(&self, time: Duration) {
        self.syncs.add(1);
        self.sync_us.add(microseconds(time));
        if time <= Duration::from_millis(1) {
            self.syncs_within_1_ms.add(1);
        }
        if time <= Duration::from_millis(10) {
            self.syncs_within_10_ms.add(1);
        }
        if time <= Duration::from_millis(100) {
            self.syncs_within_100_ms.add(1);
        }
    }

    /// Counts a checkpoint.
    pub(crate) fn checkpoint_took(&self, time: Duration) {
        self.checkpoints.add(1);
        self.checkpoint_us.add(microseconds(time));
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
