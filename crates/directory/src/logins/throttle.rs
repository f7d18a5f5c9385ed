//! Counts failed logins by origin and by name, and says how long an answer is held back. Nobody is locked out of an
//! account by the failures of others: a name only slows guesses down, an origin only stops itself.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Mutex;
use std::time::Duration;

use mailbox::Timestamp;

use crate::limits::{
    FAILURE_COUNTERS_MAX, FAILURE_DELAY_MS_MAX, FAILURES_HALVED_S, FAILURES_PER_ADDRESS_MAX,
    FAILURES_PER_MIDDLE_PREFIX_MAX, FAILURES_PER_NAME_FREE, FAILURES_PER_WIDE_PREFIX_MAX,
};

/// What failures are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Counted {
    Prefix(Prefix),
    Name(Box<str>),
}

/// The first bits of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    network: IpAddr,
    bits: u8,
}

impl Prefix {
    /// One customer, as a rule: an IPv4 address or an IPv6 /64.
    pub fn narrow(address: IpAddr) -> Prefix {
        Prefix::of(address, 32, 64)
    }

    fn of(address: IpAddr, v4_bits: u8, v6_bits: u8) -> Prefix {
        // An IPv4 address may come in through an IPv6 socket.
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.unbounded_shl(32u32.saturating_sub(v4_bits.into()));
                let network = Ipv4Addr::from_bits(v4.to_bits() & mask).into();
                Prefix { network, bits: v4_bits }
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.unbounded_shl(128u32.saturating_sub(v6_bits.into()));
                let network = Ipv6Addr::from_bits(v6.to_bits() & mask).into();
                Prefix { network, bits: v6_bits }
            }
        }
    }

    /// The three prefixes that are watched, with the failures that each may have.
    fn watched(address: IpAddr) -> [(Prefix, u32); 3] {
        [
            (Prefix::narrow(address), FAILURES_PER_ADDRESS_MAX),
            (Prefix::of(address, 26, 48), FAILURES_PER_MIDDLE_PREFIX_MAX),
            (Prefix::of(address, 21, 32), FAILURES_PER_WIDE_PREFIX_MAX),
        ]
    }
}

#[derive(Clone, Copy)]
struct Count {
    failures: u32,
    since_s: i64,
}

impl Count {
    /// Forgives half for each time that has passed.
    fn aged(self, now_s: i64) -> Count {
        let passed = now_s.saturating_sub(self.since_s).max(0);
        let halvings = passed.checked_div(FAILURES_HALVED_S).unwrap_or(0);
        if halvings == 0 {
            return self;
        }
        let failures = u32::try_from(halvings).map_or(0, |n| self.failures.unbounded_shr(n));
        Count { failures, since_s: now_s }
    }
}

/// The counters.
#[derive(Default)]
pub(super) struct Throttle {
    counts: Mutex<HashMap<Counted, Count>>,
}

/// What is to be done with an attempt before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Look at it.
    Go,
    /// Wait, then look at it: many are guessing at this name.
    Wait(Duration),
    /// Refuse it: too many failures from there.
    Refuse {
        /// After this time there is another try.
        wait_s: u32,
    },
}

impl Throttle {
    /// What to do with an attempt. A token may come without a name.
    pub(super) fn before(
        &self,
        from: Option<IpAddr>,
        name: Option<&str>,
        now: Timestamp,
    ) -> Before {
        let Ok(counts) = self.counts.lock() else { return Before::Go };
        let failures =
            |counted: &Counted| counts.get(counted).map_or(0, |count| count.aged(now.0).failures);
        for (prefix, max) in from.filter(counted).into_iter().flat_map(Prefix::watched) {
            if failures(&Counted::Prefix(prefix)) >= max {
                return Before::Refuse { wait_s: u32::try_from(FAILURES_HALVED_S).unwrap_or(60) };
            }
        }
        let for_name = name.map_or(0, |name| failures(&Counted::Name(name.into())));
        match for_name.checked_sub(FAILURES_PER_NAME_FREE) {
            None | Some(0) => Before::Go,
            Some(over) => {
                let wait_ms = u64::from(over).saturating_mul(100).min(5_000);
                Before::Wait(Duration::from_millis(wait_ms))
            }
        }
    }

    /// Counts a failure, and says how long its answer is held back.
    pub(super) fn failed(
        &self,
        from: Option<IpAddr>,
        name: Option<&str>,
        now: Timestamp,
    ) -> Duration {
        let Ok(mut counts) = self.counts.lock() else { return Duration::ZERO };
        if counts.len() >= FAILURE_COUNTERS_MAX {
            counts.retain(|_, count| count.aged(now.0).failures > 0);
        }
        if counts.len() >= FAILURE_COUNTERS_MAX {
            counts.retain(|_, count| count.failures > 3);
        }
        if counts.len() >= FAILURE_COUNTERS_MAX {
            counts.clear();
        }
        let mut count = |counted: Counted| {
            let count = counts.entry(counted).or_insert(Count { failures: 0, since_s: now.0 });
            *count = count.aged(now.0);
            count.failures = count.failures.saturating_add(1);
            count.failures
        };
        let mut worst = name.map_or(1, |name| count(Counted::Name(name.into())).min(5));
        for (index, (prefix, _)) in
            from.filter(counted).into_iter().flat_map(Prefix::watched).enumerate()
        {
            let failures = count(Counted::Prefix(prefix));
            if index == 0 {
                worst = worst.max(failures);
            }
        }
        delay(worst)
    }
}

/// Loopback is not counted as an origin: proxies, webmails and tests come from there, all with one address.
fn counted(address: &IpAddr) -> bool {
    !address.to_canonical().is_loopback()
}

/// 0.5 s at first, doubled from the third failure on.
fn delay(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(2).min(10);
    let delay_ms = 500u64.saturating_mul(1u64.unbounded_shl(doublings));
    Duration::from_millis(delay_ms.min(FAILURE_DELAY_MS_MAX))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use mailbox::Timestamp;

    use super::{Before, Throttle};
    use crate::limits::FAILURE_COUNTERS_MAX;

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn delays_grow_and_are_forgiven() {
        let throttle = Throttle::default();
        let from = ip("192.0.2.1");
        let delays: Vec<u128> =
            (0..8).map(|_| throttle.failed(from, Some("ana"), Timestamp(0)).as_millis()).collect();
        assert_eq!(delays, [500, 500, 1000, 2000, 4000, 8000, 15000, 15000]);
        let later = throttle.failed(from, Some("ana"), Timestamp(100_000));
        assert_eq!(later, Duration::from_millis(500));
    }

    #[test]
    fn an_origin_stops_itself_and_nobody_else() {
        let throttle = Throttle::default();
        for number in 0..1000 {
            throttle.failed(ip("192.0.2.1"), Some(&format!("guess{number}")), Timestamp(0));
        }
        let refused = Before::Refuse { wait_s: 300 };
        assert_eq!(throttle.before(ip("192.0.2.1"), Some("ana"), Timestamp(0)), refused);
        assert_eq!(throttle.before(ip("::ffff:192.0.2.1"), Some("ana"), Timestamp(0)), refused);
        assert_eq!(throttle.before(ip("198.51.100.7"), Some("ana"), Timestamp(0)), Before::Go);
        assert_eq!(throttle.before(ip("192.0.2.1"), Some("ana"), Timestamp(10_000)), Before::Go);
    }

    #[test]
    fn a_crowd_guessing_at_one_name_is_slowed_but_locks_nobody_out() {
        let throttle = Throttle::default();
        for host in 0..1000u32 {
            let from = IpAddr::from((host * 4099 + 7).to_be_bytes());
            throttle.failed(Some(from), Some("ana"), Timestamp(0));
        }
        let ana = throttle.before(ip("203.0.113.9"), Some("ana"), Timestamp(0));
        assert_eq!(ana, Before::Wait(Duration::from_secs(5)));
        assert_eq!(throttle.before(ip("203.0.113.9"), Some("bob"), Timestamp(0)), Before::Go);
    }

    #[test]
    fn one_customer_with_many_ipv6_addresses_is_one() {
        let throttle = Throttle::default();
        for host in 0..40 {
            throttle.failed(ip(&format!("2001:db8::{host:x}")), Some("x"), Timestamp(0));
        }
        let other = throttle.before(ip("2001:db8::ffff:1"), Some("ana"), Timestamp(0));
        assert!(matches!(other, Before::Refuse { .. }));
        let far = throttle.before(ip("2001:db9::1"), Some("ana"), Timestamp(0));
        assert_eq!(far, Before::Go);
    }

    #[test]
    fn the_counters_do_not_grow_without_end() {
        let throttle = Throttle::default();
        for number in 0..FAILURE_COUNTERS_MAX + 100 {
            throttle.failed(None, Some(&number.to_string()), Timestamp(0));
        }
        assert!(throttle.counts.lock().unwrap().len() <= FAILURE_COUNTERS_MAX);
    }
}
