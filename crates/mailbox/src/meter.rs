//! How much memory entries take, wherever they are held: what several hold together counts once, and what a session
//! still shows its client of an earlier state counts beside the present one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts octets of memory: those of an account, and with them those of all accounts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    own: AtomicUsize,
    all: Arc<AtomicUsize>,
}

impl Meter {
    /// A meter that also counts into a sum.
    pub(crate) fn within(all: &Arc<AtomicUsize>) -> Meter {
        Meter { counts: Arc::new(Counts { own: AtomicUsize::new(0), all: Arc::clone(all) }) }
    }

    /// What it counts now, in octets.
    pub(crate) fn octets(&self) -> usize {
        self.counts.own.load(Ordering::Relaxed)
    }

    /// Counts octets until what is given is dropped.
    pub(crate) fn count(&self, octets: usize) -> Counted {
        self.counts.own.fetch_add(octets, Ordering::Relaxed);
        self.counts.all.fetch_add(octets, Ordering::Relaxed);
        Counted { octets, meter: self.clone() }
    }
}

/// Octets that are counted as long as this is there.
#[derive(Debug)]
pub(crate) struct Counted {
    octets: usize,
    meter: Meter,
}

impl Counted {
    /// How many.
    pub(crate) fn octets(&self) -> usize {
        self.octets
    }

    /// Where they are counted.
    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.meter.counts.own.fetch_sub(self.octets, Ordering::Relaxed);
        self.meter.counts.all.fetch_sub(self.octets, Ordering::Relaxed);
    }
}
