//! What mail from strangers may take in memory while it is coming in, all of it together. When that is used up, those who
//! want more wait a while for others to end, then their message is put off (451). One source has only a part of it, and
//! so has one site of IPv6, which has many sources; not so this machine's own, on which the limits by address do not hold.
//!
//! Nobody holds a part and waits for more of the same: what a message may come to need is taken as a whole, so that those
//! who have it end without waiting and give it back. The large ones leave a part to the small ones.

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
/// The same for one site of IPv6 (a /48): a half.
const PARTS_OF_SITES: usize = 2;
/// What a message takes besides what is held of it: its session, and what was read of it and not yet looked at.
const LEAST_OCTETS: usize = 40 << 10;
/// What each message has from its first octet on: most need no more, as what is in memory of a body can go to the disk.
const SMALL_OCTETS: usize = 192 << 10;
/// What one has whose body is held in memory. Nobody waits for this: such a body can go to the disk.
const BODY_OCTETS: usize = 640 << 10;
/// What one has whose header is large: enough for a header of a megabyte and what is read from it.
const LARGE_OCTETS: usize = 4 << 20;
/// The part of the budget that is left to messages without a large header: a quarter.
const PARTS_OF_SMALL: usize = 4;

/// The budget.
pub(super) struct Budget {
    octets_max: usize,
    /// Whether this machine's own mail has only a part, too.
    loopback: OfLoopback,
    taken: Mutex<Taken>,
    freed: Notify,
}

/// How much of the budget this machine itself may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfLoopback {
    /// A part, as all sources.
    Part,
    /// All of it.
    All,
}

#[derive(Default)]
struct Taken {
    octets: usize,
    /// Those of messages with a large header among them.
    large_octets: usize,
    by_source: HashMap<Prefix, usize>,
}

/// Where a message comes from: up to two prefixes that have only a part.
#[derive(Clone, Copy)]
struct Source([Option<(Prefix, usize)>; 2]);

/// What one message has of it; given back when dropped.
pub(super) struct Share {
    budget: Arc<Budget>,
    source: Source,
    octets: usize,
}

impl Budget {
    pub(super) fn new(octets_max: usize, loopback: OfLoopback) -> Arc<Budget> {
        Arc::new(Budget { octets_max, loopback, taken: Mutex::default(), freed: Notify::new() })
    }

    /// A share that holds nothing yet.
    pub(super) fn share(self: &Arc<Budget>, from: Option<IpAddr>) -> Share {
        let from = from.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)).to_canonical();
        let is_limited = self.loopback == OfLoopback::Part || !from.is_loopback();
        let source = is_limited.then(|| (Prefix::narrow(from), PARTS));
        let site = is_limited.then(|| Prefix::site(from)).flatten();
        let source = Source([source, site.map(|site| (site, PARTS_OF_SITES))]);
        Share { budget: Arc::clone(self), source, octets: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much is taken.
    #[cfg(test)]
    pub(super) fn taken_octets(&self) -> usize {
        self.lock().octets
    }

    /// Takes more for a message that has some, if there is room.
    fn take(&self, source: Source, has: usize, wants: usize) -> bool {
        let mut taken = self.lock();
        let more = wants.saturating_sub(has);
        let of_large = large(wants).saturating_sub(large(has));
        let for_small = self.octets_max.checked_div(PARTS_OF_SMALL).unwrap_or(0);
        let large_octets = taken.large_octets.saturating_add(of_large);
        if of_large > 0 && large_octets > self.octets_max.saturating_sub(for_small) {
            return false;
        }
        let in_all = taken.octets.saturating_add(more);
        let fits = |(prefix, parts): (Prefix, usize)| {
            let of_prefix = taken.by_source.get(&prefix).copied().unwrap_or(0).saturating_add(more);
            of_prefix <= self.octets_max.checked_div(parts).unwrap_or(self.octets_max)
        };
        if in_all > self.octets_max || !source.0.into_iter().flatten().all(fits) {
            return false;
        }
        taken.octets = in_all;
        taken.large_octets = large_octets;
        for (prefix, _) in source.0.into_iter().flatten() {
            let of_prefix = taken.by_source.entry(prefix).or_default();
            *of_prefix = of_prefix.saturating_add(more);
        }
        true
    }

    fn give_back(&self, source: Source, octets: usize) {
        if octets == 0 {
            return;
        }
        let mut taken = self.lock();
        taken.octets = taken.octets.saturating_sub(octets);
        taken.large_octets = taken.large_octets.saturating_sub(large(octets));
        for (prefix, _) in source.0.into_iter().flatten() {
            if let Some(of_prefix) = taken.by_source.get_mut(&prefix) {
                *of_prefix = of_prefix.saturating_sub(octets);
                if *of_prefix == 0 {
                    taken.by_source.remove(&prefix);
                }
            }
        }
        drop(taken);
        self.freed.notify_waiters();
    }
}

/// What counts of a share as that of a message with a large header.
fn large(octets: usize) -> usize {
    if octets >= LARGE_OCTETS { octets } else { 0 }
}

impl Share {
    /// Whether the message may take so much without asking for more.
    fn has(&self, octets: usize) -> bool {
        octets.saturating_add(LEAST_OCTETS) <= self.octets
    }

    /// Says how much the message takes now, and whether it has room for that at once. What it may come to need is taken
    /// with it, up to what a body in memory needs.
    pub(super) fn try_hold(&mut self, octets: usize) -> bool {
        let needs = octets.saturating_add(LEAST_OCTETS);
        let wants = if needs <= SMALL_OCTETS { SMALL_OCTETS } else { BODY_OCTETS };
        self.has(octets) || (needs <= wants && self.take(wants))
    }

    fn take(&mut self, wants: usize) -> bool {
        let takes = self.budget.take(self.source, self.octets, wants);
        if takes {
            self.octets = wants;
        }
        takes
    }

    /// Says how much the message takes now. More than before may have to wait; what it may come to need is taken with it.
    pub(super) async fn hold(&mut self, octets: usize) -> Result<(), Refused> {
        if self.has(octets) {
            return Ok(());
        }
        let needs = octets.saturating_add(LEAST_OCTETS);
        let wants = if needs <= SMALL_OCTETS { SMALL_OCTETS } else { needs.max(LARGE_OCTETS) };
        let now = Instant::now();
        let until = now.checked_add(WAIT).unwrap_or(now);
        let budget = Arc::clone(&self.budget);
        loop {
            // Before the look, so that what is freed in between is not missed.
            let freed = budget.freed.notified();
            if self.take(wants) {
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

    use super::{BODY_OCTETS, Budget, LARGE_OCTETS, OfLoopback, SMALL_OCTETS, WAIT};

    /// More than a message has from the first.
    const LARGE: usize = LARGE_OCTETS / 2;

    fn ip(number: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, number]))
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_so_much_for_all_and_a_part_for_each() {
        let budget = Budget::new(80 * SMALL_OCTETS, OfLoopback::Part);
        let mut shares = Vec::new();
        for number in 0..8 {
            for _ in 0..10 {
                let mut share = budget.share(ip(number));
                share.hold(0).await.unwrap();
                shares.push(share);
            }
            assert!(!budget.share(ip(number)).try_hold(0));
        }
        let began = Instant::now();
        assert_eq!(budget.share(ip(9)).hold(0).await, Err(Refused::Busy));
        assert_eq!((began.elapsed(), budget.taken_octets()), (WAIT, 80 * SMALL_OCTETS));
        // One that ends makes room for another.
        shares.pop();
        let mut other = budget.share(ip(9));
        other.hold(0).await.unwrap();
        drop((shares, other));
        let taken = budget.lock();
        assert_eq!((taken.octets, taken.large_octets, taken.by_source.len()), (0, 0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_goes_on_as_soon_as_there_is_room() {
        let budget = Budget::new(8 * SMALL_OCTETS, OfLoopback::Part);
        let mut first = budget.share(ip(1));
        first.hold(0).await.unwrap();
        let waiting = Arc::clone(&budget);
        let second = tokio::spawn(async move { waiting.share(ip(1)).hold(0).await });
        sleep(Duration::from_secs(1)).await;
        assert!(!second.is_finished());
        drop(first);
        assert_eq!(second.await.unwrap(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_of_many_sources_leaves_the_half_to_others() {
        let budget = Budget::new(80 * SMALL_OCTETS, OfLoopback::All);
        let ip = |text: &str| Some(text.parse().unwrap());
        let mut shares = Vec::new();
        for number in 0..40 {
            let mut share = budget.share(ip(&format!("2001:db8:0:{}::1", number / 10)));
            assert!(share.try_hold(0), "{number}");
            shares.push(share);
        }
        assert!(!budget.share(ip("2001:db8:0:99::1")).try_hold(0));
        let mut other = budget.share(ip("2001:db8:1::1"));
        assert!(other.try_hold(0));
        // This machine's own is no source among others.
        for _ in 0..39 {
            let mut own = budget.share(ip("127.0.0.1"));
            assert!(own.try_hold(0));
            shares.push(own);
        }
        assert!(!budget.share(ip("::1")).try_hold(0));
        drop((shares, other));
        let taken = budget.lock();
        assert_eq!((taken.octets, taken.by_source.len()), (0, 0));
    }

    /// Many messages grow side by side, none of them to its end. Those that have a part of the budget have all they
    /// need, so none of them waits until it is put off, and mail without a large header passes beside them.
    #[tokio::test(start_paused = true)]
    async fn who_has_a_part_does_not_wait_for_more() {
        let budget = Budget::new(64 << 20, OfLoopback::All);
        let mut growing = Vec::new();
        for _ in 0..60 {
            let mut share = budget.share(None);
            share.hold(0).await.unwrap();
            growing.push(tokio::spawn(async move {
                share.hold(LARGE).await?;
                sleep(Duration::from_secs(1)).await;
                let began = Instant::now();
                share.hold(LARGE_OCTETS - (64 << 10)).await?;
                assert_eq!(began.elapsed(), Duration::ZERO);
                Ok::<_, Refused>(())
            }));
        }
        sleep(Duration::from_millis(500)).await;
        assert!(budget.share(None).try_hold(0));
        for one in growing {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
        assert_eq!(budget.taken_octets(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_to_hold_a_body_in_memory() {
        let budget = Budget::new(2 * SMALL_OCTETS + BODY_OCTETS, OfLoopback::All);
        let (mut first, mut second) = (budget.share(None), budget.share(None));
        assert!(first.try_hold(0) && second.try_hold(0));
        assert!(first.try_hold(BODY_OCTETS / 2));
        assert!(!second.try_hold(BODY_OCTETS / 2));
        assert!(!second.try_hold(LARGE));
        drop(first);
        assert!(second.try_hold(BODY_OCTETS / 2));
    }
}
