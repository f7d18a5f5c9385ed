//! Counts failed logins by origin and by name, and says how long an answer is held back. Nobody is locked out of an
//! account by the failures of others: a name only slows guesses down, an origin only stops itself, and who logs in
//! rightly from a refused prefix is slowed there.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mailbox::Timestamp;

use super::known::Known;
use super::source::{Prefix, Source, tells_apart};
use crate::hashing::Standing;
use crate::limits::{
    FAILURE_COUNTERS_MAX, FAILURE_DELAY_MS_MAX, FAILURES_HALVED_S, FAILURES_PER_ADDRESS_MAX,
    FAILURES_PER_MIDDLE_PREFIX_MAX, FAILURES_PER_NAME_FREE, FAILURES_PER_WIDE_PREFIX_MAX,
    SUSPECT_PART,
};

/// Failures, forgiven with time.
#[derive(Clone, Copy)]
pub(super) struct Count {
    failures: u32,
    since_s: i64,
}

impl Count {
    pub(super) fn none(now_s: i64) -> Count {
        Count { failures: 0, since_s: now_s }
    }

    pub(super) fn failures(self) -> u32 {
        self.failures
    }

    pub(super) fn one_more(self, now_s: i64) -> Count {
        self.aged(now_s).added()
    }

    /// One more, without forgiving any.
    pub(super) fn added(self) -> Count {
        Count { failures: self.failures.saturating_add(1), ..self }
    }

    /// Forgives half for each time that has passed.
    pub(super) fn aged(self, now_s: i64) -> Count {
        self.aged_by(FAILURES_HALVED_S, now_s)
    }

    /// The same for another time.
    pub(super) fn aged_by(self, halved_s: u32, now_s: i64) -> Count {
        let passed = now_s.saturating_sub(self.since_s).max(0);
        let halvings = passed.checked_div(i64::from(halved_s)).unwrap_or(0);
        if halvings == 0 {
            return self;
        }
        let failures = u32::try_from(halvings).map_or(0, |n| self.failures.unbounded_shr(n));
        Count { failures, since_s: now_s }
    }
}

/// The prefixes of an address that are watched, with the failures that each may have.
fn watched(address: IpAddr) -> [(Prefix, u32); 3] {
    [
        (Prefix::narrow(address), FAILURES_PER_ADDRESS_MAX),
        (Prefix::middle(address), FAILURES_PER_MIDDLE_PREFIX_MAX),
        (Prefix::wide(address), FAILURES_PER_WIDE_PREFIX_MAX),
    ]
}

/// The counters.
#[derive(Default)]
pub(super) struct Throttle {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counts: HashMap<Source, Count>,
    known: Known,
}

/// What is to be done with an attempt before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Look at it, after this time: many guess at the name, or others failed from where it comes.
    Go(Duration, Pass),
    /// Refuse it: too many failures from there.
    Refuse {
        /// After this time there is another try.
        wait_s: u32,
    },
}

/// How an attempt came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// There were few failures from there. When there are many by the time of its turn, it is refused after all.
    Free,
    /// From a refused prefix, in which the name is known: one at a time.
    Paced,
}

const REFUSE: Before = Before::Refuse { wait_s: FAILURES_HALVED_S };

impl State {
    fn failures(&self, source: &Source, now_s: i64) -> u32 {
        self.counts.get(source).map_or(0, |count| count.aged(now_s).failures)
    }

    /// Whether a prefix has a certain part of the failures that it may have.
    fn over(&self, from: Option<IpAddr>, part: u32, now_s: i64) -> bool {
        let mut watched = from.filter(tells_apart).into_iter().flat_map(watched);
        watched.any(|(prefix, max)| {
            self.failures(&Source::Prefix(prefix), now_s) >= max.checked_div(part).unwrap_or(max)
        })
    }
}

impl Throttle {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to do with an attempt. A token may come without a name.
    pub(super) fn before(
        &self,
        from: Option<IpAddr>,
        name: Option<&str>,
        now: Timestamp,
    ) -> Before {
        let mut state = self.state();
        let Some(name) = name else {
            return if state.over(from, 1, now.0) {
                REFUSE
            } else {
                Before::Go(Duration::ZERO, Pass::Free)
            };
        };
        if state.over(from, 1, now.0) {
            let pause_s = |failures| i64::try_from(delay(failures).as_secs().max(1)).unwrap_or(1);
            return match state.known.pace(from, name, now.0, pause_s) {
                Some(wait_s) => Before::Go(Duration::from_secs(wait_s.unsigned_abs()), Pass::Paced),
                None => REFUSE,
            };
        }
        let for_name = state.failures(&Source::Name(name.into()), now.0);
        let over = for_name.saturating_sub(FAILURES_PER_NAME_FREE);
        if over == 0 || state.known.knows(from, name, now.0) {
            return Before::Go(Duration::ZERO, Pass::Free);
        }
        let wait_ms = u64::from(over).saturating_mul(100).min(5_000);
        Before::Go(Duration::from_millis(wait_ms), Pass::Free)
    }

    /// Whether an attempt may still be looked at, now that it is its turn: others of its source may have failed since.
    pub(super) fn may_still(&self, from: Option<IpAddr>, pass: Pass, now: Timestamp) -> bool {
        pass == Pass::Paced || !self.state().over(from, 1, now.0)
    }

    /// What is known of who tries a name from there.
    pub(super) fn standing(
        &self,
        from: Option<IpAddr>,
        name: Option<&str>,
        now: Timestamp,
    ) -> Standing {
        let mut state = self.state();
        if name.is_some_and(|name| state.known.knows(from, name, now.0)) {
            Standing::Known
        } else if state.over(from, SUSPECT_PART, now.0) {
            Standing::Suspect
        } else if from.filter(tells_apart).is_some_and(|from| state.known.knows_place(from, now.0))
        {
            Standing::Known
        } else if from
            .filter(tells_apart)
            .is_some_and(|from| state.failures(&Source::Prefix(Prefix::narrow(from)), now.0) > 0)
        {
            // Nobody of theirs was right yet, and one was wrong.
            Standing::Suspect
        } else {
            Standing::New
        }
    }

    /// Takes note of a right login.
    pub(super) fn right(&self, from: Option<IpAddr>, name: &str, now: Timestamp) {
        self.state().known.note(from, name, now.0);
    }

    /// Counts a failure, and says how long its answer is held back.
    pub(super) fn failed(
        &self,
        from: Option<IpAddr>,
        name: Option<&str>,
        now: Timestamp,
    ) -> Duration {
        let mut state = self.state();
        if let Some(name) = name {
            state.known.failed(from, name, now.0);
        }
        let counts = &mut state.counts;
        if counts.len() >= FAILURE_COUNTERS_MAX {
            counts.retain(|_, count| count.aged(now.0).failures > 0);
        }
        if counts.len() >= FAILURE_COUNTERS_MAX {
            counts.retain(|_, count| count.failures > 3);
        }
        if counts.len() >= FAILURE_COUNTERS_MAX {
            counts.clear();
        }
        let mut count = |source: Source| {
            let count = counts.entry(source).or_insert(Count::none(now.0));
            *count = count.one_more(now.0);
            count.failures
        };
        let mut worst = name.map_or(1, |name| count(Source::Name(name.into())).min(5));
        for (index, (prefix, _)) in
            from.filter(tells_apart).into_iter().flat_map(watched).enumerate()
        {
            let failures = count(Source::Prefix(prefix));
            if index == 0 {
                worst = worst.max(failures);
            }
        }
        delay(worst)
    }
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

    use super::{Before, Pass, Throttle};
    use crate::limits::FAILURE_COUNTERS_MAX;

    const GO: Before = Before::Go(Duration::ZERO, Pass::Free);

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
        assert_eq!(throttle.before(ip("198.51.100.7"), Some("ana"), Timestamp(0)), GO);
        assert_eq!(throttle.before(ip("192.0.2.1"), Some("ana"), Timestamp(10_000)), GO);
    }

    #[test]
    fn a_crowd_guessing_at_one_name_is_slowed_but_locks_nobody_out() {
        let throttle = Throttle::default();
        for host in 0..1000u32 {
            let from = IpAddr::from((host * 4099 + 7).to_be_bytes());
            throttle.failed(Some(from), Some("ana"), Timestamp(0));
        }
        let ana = throttle.before(ip("203.0.113.9"), Some("ana"), Timestamp(0));
        assert_eq!(ana, Before::Go(Duration::from_secs(5), Pass::Free));
        assert_eq!(throttle.before(ip("203.0.113.9"), Some("bob"), Timestamp(0)), GO);
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
        assert_eq!(far, GO);
    }

    #[test]
    fn the_counters_do_not_grow_without_end() {
        let throttle = Throttle::default();
        for number in 0..FAILURE_COUNTERS_MAX + 100 {
            throttle.failed(None, Some(&number.to_string()), Timestamp(0));
        }
        assert!(throttle.state().counts.len() <= FAILURE_COUNTERS_MAX);
    }
}
