//! What mail from strangers may take in memory while it is coming in, all of it together. When that is used up, those who
//! want more wait a while for others to end, then their message is put off (451). One source has only a part of it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use directory::Prefix;
use smtp::delivery::Refused;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// How long a message waits for room: as long as its sender surely does (RFC 5321, 4.5.3.2.5).
const WAIT: Duration = Duration::from_secs(20);
/// The part of the budget that one source may have: an eighth.
const PARTS: usize = 8;
/// What a message takes however short it is.
const LEAST_OCTETS: usize = 16 << 10;

/// The budget.
pub(super) struct Budget {
    octets_max: usize,
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Default)]
struct Taken {
    octets: usize,
    by_source: HashMap<Prefix, usize>,
}

/// What one message has of it; given back when dropped.
pub(super) struct Share {
    budget: Arc<Budget>,
    source: Prefix,
    octets: usize,
}

impl Budget {
    pub(super) fn new(octets_max: usize) -> Arc<Budget> {
        Arc::new(Budget { octets_max, taken: Mutex::default(), freed: Notify::new() })
    }

    /// A share that holds nothing yet.
    pub(super) fn share(self: &Arc<Budget>, from: Option<IpAddr>) -> Share {
        let from = from.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        Share { budget: Arc::clone(self), source: Prefix::narrow(from), octets: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much is taken.
    #[cfg(test)]
    pub(super) fn taken_octets(&self) -> usize {
        self.lock().octets
    }

    fn take(&self, source: Prefix, more: usize) -> bool {
        let mut taken = self.lock();
        let in_all = taken.octets.saturating_add(more);
        let of_source = taken.by_source.get(&source).copied().unwrap_or(0).saturating_add(more);
        let part = self.octets_max.checked_div(PARTS).unwrap_or(self.octets_max);
        if in_all > self.octets_max || of_source > part {
            return false;
        }
        taken.octets = in_all;
        taken.by_source.insert(source, of_source);
        true
    }

    fn give_back(&self, source: Prefix, octets: usize) {
        if octets == 0 {
            return;
        }
        let mut taken = self.lock();
        taken.octets = taken.octets.saturating_sub(octets);
        if let Some(of_source) = taken.by_source.get_mut(&source) {
            *of_source = of_source.saturating_sub(octets);
            if *of_source == 0 {
                taken.by_source.remove(&source);
            }
        }
        drop(taken);
        self.freed.notify_waiters();
    }
}

impl Share {
    /// Says how much the message takes now. More than before may have to wait.
    pub(super) async fn hold(&mut self, octets: usize) -> Result<(), Refused> {
        let octets = octets.max(LEAST_OCTETS);
        if octets <= self.octets {
            self.budget.give_back(self.source, self.octets.saturating_sub(octets));
            self.octets = octets;
            return Ok(());
        }
        let more = octets.saturating_sub(self.octets);
        let now = Instant::now();
        let until = now.checked_add(WAIT).unwrap_or(now);
        loop {
            // Before the look, so that what is freed in between is not missed.
            let freed = self.budget.freed.notified();
            if self.budget.take(self.source, more) {
                self.octets = octets;
                return Ok(());
            }
            if timeout_at(until, freed).await.is_err() {
                tracing::warn!("a message is put off: much mail comes in at once");
                return Err(Refused::Busy);
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.give_back(self.source, self.octets);
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use smtp::delivery::Refused;
    use tokio::time::{Duration, Instant, sleep};

    use super::{Budget, LEAST_OCTETS, WAIT};

    fn ip(number: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, number]))
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_so_much_for_all_and_a_part_for_each() {
        let budget = Budget::new(80 * LEAST_OCTETS);
        let mut shares = Vec::new();
        for number in 0..8 {
            let mut share = budget.share(ip(number));
            share.hold(10 * LEAST_OCTETS).await.unwrap();
            assert_eq!(budget.share(ip(number)).hold(1).await, Err(Refused::Busy));
            shares.push(share);
        }
        let began = Instant::now();
        assert_eq!(budget.share(ip(9)).hold(1).await, Err(Refused::Busy));
        assert_eq!((began.elapsed(), budget.taken_octets()), (WAIT, 80 * LEAST_OCTETS));
        // One that shrinks or ends makes room for another.
        shares[0].hold(1).await.unwrap();
        let mut other = budget.share(ip(9));
        other.hold(9 * LEAST_OCTETS).await.unwrap();
        drop((shares, other));
        let taken = budget.lock();
        assert_eq!((taken.octets, taken.by_source.len()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_goes_on_as_soon_as_there_is_room() {
        let budget = Budget::new(8 * LEAST_OCTETS);
        let mut first = budget.share(ip(1));
        first.hold(1).await.unwrap();
        let waiting = Arc::clone(&budget);
        let second = tokio::spawn(async move { waiting.share(ip(1)).hold(1).await });
        sleep(Duration::from_secs(1)).await;
        assert!(!second.is_finished());
        drop(first);
        assert_eq!(second.await.unwrap(), Ok(()));
    }
}
