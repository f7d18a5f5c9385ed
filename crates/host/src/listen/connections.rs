//! Counts the connections of addresses and users, and refuses the ones too many before they cost anything. Some places are
//! kept for the networks from which people log in, so that strangers, however many, do not shut out those who live here.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use directory::Prefix;
use mailbox::AccountId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Duration, Instant};

use crate::config::LimitsSection;
use crate::varying::Varying;

/// All connections that are open.
pub struct Connections {
    limits: Varying<LimitsSection>,
    open: Mutex<Open>,
    /// Those who are being told that they are refused hold descriptors as well.
    refusals: Arc<Semaphore>,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_address: HashMap<Prefix, usize>,
    by_user: HashMap<AccountId, usize>,
    by_user_and_address: HashMap<(AccountId, Option<Prefix>), usize>,
    arrivals: HashMap<Prefix, Arrivals>,
    /// The networks from which somebody logged in, and when that was last.
    known: HashMap<Prefix, Instant>,
}

/// How many came in the present minute.
struct Arrivals {
    since: Instant,
    count: usize,
}

/// Why a connection is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooMany {
    /// In all.
    #[error("too many connections; try again later")]
    InAll,
    /// From there.
    #[error("too many connections from your address")]
    FromAddress,
    /// From there, in this minute.
    #[error("too many new connections from your address; try again in a minute")]
    NewFromAddress,
    /// Of the user.
    #[error("too many connections of this user")]
    OfUser,
}

/// A site of IPv6 (a /48) has so many times what one of its networks may have.
const SITE_TIMES: usize = 8;
const MINUTE: Duration = Duration::from_secs(60);
/// How many are told at once that they are refused; the others are just closed.
const REFUSALS_MAX: usize = 4;
/// How many addresses are remembered for their arrivals before the old ones are forgotten.
const ARRIVALS_MAX: usize = 50_000;
/// Of all places, the part that is kept for the networks from which people log in: an eighth.
const PARTS_OF_KNOWN: usize = 8;
/// For how long such a network is remembered.
const KNOWN: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many are remembered; the oldest go first.
const KNOWN_MAX: usize = 50_000;

impl Connections {
    /// None are open yet.
    pub fn new(limits: LimitsSection) -> Arc<Connections> {
        let refusals = Arc::new(Semaphore::new(REFUSALS_MAX));
        let limits = Varying::new(limits);
        Arc::new(Connections { limits, open: Mutex::default(), refusals })
    }

    /// Takes other limits for those who come from now on.
    pub fn set(&self, limits: LimitsSection) {
        self.limits.set(limits);
    }

    /// Takes the time to tell somebody why they are refused, until the permit is dropped; none while many are told.
    pub fn refuse(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.refusals).try_acquire_owned().ok()
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open.lock().map_or(0, |open| open.total)
    }

    /// Takes a connection in. It counts until the seat is dropped.
    pub fn arrive(self: &Arc<Self>, from: Option<IpAddr>) -> Result<Seat, TooMany> {
        let from = from.map(|ip| ip.to_canonical());
        let limits = self.limits.get();
        let limited = from.filter(|ip| limits.loopback || !ip.is_loopback());
        let prefix = limited.map(Prefix::narrow);
        let mut open = self.open.lock().map_err(|_| TooMany::InAll)?;
        let kept = match limited {
            Some(ip) if !open.is_known(ip) => limits.connections_max / PARTS_OF_KNOWN,
            Some(_) | None => 0,
        };
        if open.total >= limits.connections_max.saturating_sub(kept) {
            return Err(TooMany::InAll);
        }
        let site = limited.and_then(Prefix::site);
        let watched = [(prefix, 1), (site, SITE_TIMES)];
        let watched = watched.into_iter().filter_map(|(prefix, times)| Some((prefix?, times)));
        for (prefix, times) in watched.clone() {
            open.greet(prefix, limits.new_connections_per_minute_max.saturating_mul(times))?;
            let most = limits.connections_per_address_max.saturating_mul(times);
            if open.by_address.get(&prefix).is_some_and(|count| *count >= most) {
                return Err(TooMany::FromAddress);
            }
        }
        for (prefix, _) in watched {
            enter(&mut open.by_address, prefix, usize::MAX);
        }
        open.total = open.total.saturating_add(1);
        Ok(Seat { connections: Arc::clone(self), prefixes: [prefix, site] })
    }

    /// Counts a connection as a user's, once somebody has logged in on it.
    pub fn log_in(
        self: &Arc<Self>,
        account: AccountId,
        from: Option<IpAddr>,
    ) -> Result<UserSeat, TooMany> {
        let from = from.map(|ip| ip.to_canonical());
        // A webmail or a proxy brings all connections of a user from one loopback address.
        let limits = self.limits.get();
        let loopback = from.is_none_or(|ip| ip.is_loopback()) && !limits.loopback;
        let place = (account, from.map(Prefix::narrow));
        let mut open = self.open.lock().map_err(|_| TooMany::InAll)?;
        let (per_user, per_place) = if loopback {
            (usize::MAX, usize::MAX)
        } else {
            (limits.connections_per_user_max, limits.connections_per_user_and_address_max)
        };
        enter(&mut open.by_user, account, per_user).ok_or(TooMany::OfUser)?;
        if enter(&mut open.by_user_and_address, place, per_place).is_none() {
            leave(&mut open.by_user, &account);
            return Err(TooMany::OfUser);
        }
        if let Some(ip) = from {
            open.know(ip);
        }
        Ok(UserSeat { connections: Arc::clone(self), place })
    }
}

impl Open {
    fn is_known(&self, from: IpAddr) -> bool {
        let last = self.known.get(&Prefix::wide(from));
        last.is_some_and(|last| last.elapsed() < KNOWN)
    }

    fn know(&mut self, from: IpAddr) {
        if self.known.len() >= KNOWN_MAX {
            let mut times: Vec<Instant> = self.known.values().copied().collect();
            let (_, middle, _) = times.select_nth_unstable(KNOWN_MAX / 2);
            let middle = *middle;
            self.known.retain(|_, last| *last > middle);
        }
        self.known.insert(Prefix::wide(from), Instant::now());
    }

    fn greet(&mut self, prefix: Prefix, per_minute: usize) -> Result<(), TooMany> {
        let now = Instant::now();
        if self.arrivals.len() >= ARRIVALS_MAX {
            self.arrivals.retain(|_, arrivals| now.duration_since(arrivals.since) < MINUTE);
        }
        if self.arrivals.len() >= ARRIVALS_MAX {
            self.arrivals.clear();
        }
        let arrivals = self.arrivals.entry(prefix).or_insert(Arrivals { since: now, count: 0 });
        if now.duration_since(arrivals.since) >= MINUTE {
            *arrivals = Arrivals { since: now, count: 0 };
        }
        if arrivals.count >= per_minute {
            return Err(TooMany::NewFromAddress);
        }
        arrivals.count = arrivals.count.saturating_add(1);
        Ok(())
    }
}

fn enter<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: K, max: usize) -> Option<()> {
    if counts.get(&key).copied().unwrap_or(0) >= max {
        return None;
    }
    let count = counts.entry(key).or_insert(0);
    *count = count.saturating_add(1);
    Some(())
}

fn leave<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// The place of one connection; free again when dropped.
pub struct Seat {
    connections: Arc<Connections>,
    prefixes: [Option<Prefix>; 2],
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Ok(mut open) = self.connections.open.lock() {
            open.total = open.total.saturating_sub(1);
            for prefix in self.prefixes.iter().flatten() {
                leave(&mut open.by_address, prefix);
            }
        }
    }
}

/// The place of one connection among those of its user; free again when dropped.
pub struct UserSeat {
    connections: Arc<Connections>,
    place: (AccountId, Option<Prefix>),
}

impl Drop for UserSeat {
    fn drop(&mut self) {
        if let Ok(mut open) = self.connections.open.lock() {
            leave(&mut open.by_user, &self.place.0);
            leave(&mut open.by_user_and_address, &self.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use mailbox::AccountId;
    use tokio::time::{Duration, advance};

    use super::{Connections, TooMany};
    use crate::config::LimitsSection;

    fn limits() -> LimitsSection {
        LimitsSection {
            connections_per_address_max: 3,
            connections_per_user_max: 4,
            connections_per_user_and_address_max: 2,
            new_connections_per_minute_max: 5,
            connections_max: 6,
            ..LimitsSection::default()
        }
    }

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_so_many_connections_and_no_more() {
        let connections = Connections::new(limits());
        let first: Vec<_> = (0..3).map(|_| connections.arrive(ip("192.0.2.1")).unwrap()).collect();
        assert_eq!(connections.arrive(ip("192.0.2.1")).err(), Some(TooMany::FromAddress));
        let other = connections.arrive(ip("192.0.2.2")).unwrap();
        drop(first);
        assert_eq!(connections.count(), 1);
        // The fifth and last of this minute.
        drop(connections.arrive(ip("::ffff:192.0.2.1")).unwrap());
        assert_eq!(connections.arrive(ip("192.0.2.1")).err(), Some(TooMany::NewFromAddress));
        advance(Duration::from_secs(60)).await;
        connections.arrive(ip("192.0.2.1")).unwrap();
        drop(other);
        assert_eq!(connections.count(), 0);
        assert!(connections.open.lock().unwrap().by_address.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_with_many_networks_does_not_take_all_places() {
        let limits =
            LimitsSection { connections_per_address_max: 1, connections_max: 100, ..limits() };
        let connections = Connections::new(limits);
        let from = |number: usize| ip(&format!("2001:db8:0:{number:x}::1"));
        let seats: Vec<_> =
            (0..8).map(|number| connections.arrive(from(number)).unwrap()).collect();
        assert_eq!(connections.arrive(from(9)).err(), Some(TooMany::FromAddress));
        drop(connections.arrive(ip("2001:db8:1::1")).unwrap());
        drop(seats);
        assert!(connections.open.lock().unwrap().by_address.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn loopback_is_limited_only_in_all() {
        let connections = Connections::new(limits());
        let seats: Vec<_> = (0..6).map(|_| connections.arrive(ip("127.0.0.1")).unwrap()).collect();
        assert_eq!(connections.arrive(ip("127.0.0.1")).err(), Some(TooMany::InAll));
        drop(seats);
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_leave_some_places_to_those_who_live_here() {
        let limits = LimitsSection { connections_max: 16, ..limits() };
        let connections = Connections::new(limits);
        drop(connections.log_in(AccountId(1), ip("198.51.100.7")).unwrap());
        let from = |number: u8| Some(IpAddr::from([203, number, 113, 1]));
        let seats: Vec<_> =
            (0..14).map(|number| connections.arrive(from(number)).unwrap()).collect();
        assert_eq!(connections.arrive(from(14)).err(), Some(TooMany::InAll));
        // The user's phone is in the same network, with another address.
        let user = connections.arrive(ip("198.51.100.200")).unwrap();
        let proxy = connections.arrive(ip("127.0.0.1")).unwrap();
        assert_eq!(connections.arrive(ip("198.51.100.201")).err(), Some(TooMany::InAll));
        drop((seats, user, proxy));
        advance(super::KNOWN).await;
        assert!(!connections.open.lock().unwrap().is_known(ip("198.51.100.7").unwrap()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_known_is_bounded() {
        let connections = Connections::new(limits());
        let network = |number: usize| IpAddr::from((number as u32).rotate_right(21).to_be_bytes());
        for number in 0..=super::KNOWN_MAX {
            connections.open.lock().unwrap().know(network(number));
            advance(Duration::from_millis(1)).await;
        }
        let open = connections.open.lock().unwrap();
        assert!(open.known.len() <= super::KNOWN_MAX / 2 + 1);
        assert!(open.is_known(network(super::KNOWN_MAX)) && !open.is_known(network(0)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_has_so_many_connections_and_no_more() {
        let connections = Connections::new(limits());
        let log_in = |from| connections.log_in(AccountId(1), ip(from));
        let here = [log_in("192.0.2.1").unwrap(), log_in("192.0.2.1").unwrap()];
        assert_eq!(log_in("192.0.2.1").err(), Some(TooMany::OfUser));
        let there = [log_in("192.0.2.2").unwrap(), log_in("192.0.2.2").unwrap()];
        assert_eq!(log_in("192.0.2.3").err(), Some(TooMany::OfUser));
        assert!(connections.log_in(AccountId(2), ip("192.0.2.1")).is_ok());
        drop((here, there));
        assert!(connections.open.lock().unwrap().by_user_and_address.is_empty());
    }
}
