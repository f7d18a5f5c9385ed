//! From where people log in rightly. It lets them pass by strangers when many guess at once, and it keeps a prefix
//! that is refused because of others open to them, slowly. It never spares anybody the password.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use super::source::Prefix;
use super::throttle::Count;
use crate::limits::{KNOWN_PLACES_MAX, KNOWN_S, PACED_WAIT_S_MAX};

/// What is remembered: names with the region they log in from, and addresses from which somebody did.
#[derive(Default)]
pub(super) struct Known {
    pairs: HashMap<(Prefix, Box<str>), Pair>,
    places: HashMap<Prefix, i64>,
}

struct Pair {
    last_s: i64,
    /// Failures at the name from there.
    count: Count,
    /// When the next attempt from a refused prefix is looked at.
    next_s: i64,
}

impl Known {
    /// Takes note of a right login.
    pub(super) fn note(&mut self, from: Option<IpAddr>, name: &str, now_s: i64) {
        let from = place(from);
        tidy(&mut self.pairs, now_s, |pair| pair.last_s);
        let pair = self.pairs.entry((Prefix::wide(from), name.into())).or_insert(Pair {
            last_s: now_s,
            count: Count::none(now_s),
            next_s: now_s,
        });
        pair.last_s = now_s;
        tidy(&mut self.places, now_s, |last_s| *last_s);
        self.places.insert(Prefix::narrow(from), now_s);
    }

    fn pair(&mut self, from: Option<IpAddr>, name: &str, now_s: i64) -> Option<&mut Pair> {
        let pair = self.pairs.get_mut(&(Prefix::wide(place(from)), name.into()))?;
        (now_s.saturating_sub(pair.last_s) < KNOWN_S).then_some(pair)
    }

    /// Whether this name logs in from there.
    pub(super) fn knows(&mut self, from: Option<IpAddr>, name: &str, now_s: i64) -> bool {
        self.pair(from, name, now_s).is_some()
    }

    /// Whether anybody logs in from this address. Loopback says nothing about who it is.
    pub(super) fn knows_place(&self, from: IpAddr, now_s: i64) -> bool {
        self.places
            .get(&Prefix::narrow(from))
            .is_some_and(|last_s| now_s.saturating_sub(*last_s) < KNOWN_S)
    }

    /// Counts a failure at a name that is known there.
    pub(super) fn failed(&mut self, from: Option<IpAddr>, name: &str, now_s: i64) {
        if let Some(pair) = self.pair(from, name, now_s) {
            pair.count = pair.count.one_more(now_s);
        }
    }

    /// How many seconds an attempt from a refused prefix waits: one after the other, slower with each failure. None
    /// when the name is not known there, or too many wait already.
    pub(super) fn pace(
        &mut self,
        from: Option<IpAddr>,
        name: &str,
        now_s: i64,
        pause_s: impl Fn(u32) -> i64,
    ) -> Option<i64> {
        let pair = self.pair(from, name, now_s)?;
        let slot_s = pair.next_s.max(now_s);
        let wait_s = slot_s.saturating_sub(now_s);
        if wait_s > PACED_WAIT_S_MAX {
            return None;
        }
        pair.next_s = slot_s.saturating_add(pause_s(pair.count.aged(now_s).failures()));
        Some(wait_s)
    }
}

fn place(from: Option<IpAddr>) -> IpAddr {
    from.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// Makes room for one more: what is old goes first.
fn tidy<K: Eq + std::hash::Hash, V>(
    map: &mut HashMap<K, V>,
    now_s: i64,
    last_s: impl Fn(&V) -> i64,
) {
    let mut age_s = KNOWN_S;
    while map.len() >= KNOWN_PLACES_MAX && age_s > 0 {
        map.retain(|_, value| now_s.saturating_sub(last_s(value)) < age_s);
        age_s = age_s.checked_div(4).unwrap_or(0);
    }
    if map.len() >= KNOWN_PLACES_MAX {
        map.clear();
    }
}
