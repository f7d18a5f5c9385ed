//! Which accounts are in memory: each one once, however many sessions use it, and some for a while after the last.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, Weak};

use crate::hot::Hot;
use crate::limits::ACCOUNTS_KEPT_MAX;
use crate::loads::Loads;
use crate::lock::lock;
use crate::ports::Ports;
use crate::shared::{AccountShared, Evict, Evicted};
use crate::{AccountId, Fault};

/// So many that sessions of different accounts seldom meet at a lock.
const SHARDS: usize = 16;

/// The accounts in memory.
#[derive(Default)]
pub(crate) struct Registry {
    shards: [Mutex<Shard>; SHARDS],
    /// The accounts that are being read in.
    loads: Loads<AccountId>,
}

#[derive(Default)]
struct Shard {
    live: HashMap<AccountId, Weak<AccountShared>>,
    /// The ones kept although nobody may be using them, least lately opened first.
    kept: BTreeMap<u64, Arc<AccountShared>>,
}

impl Registry {
    fn shard(&self, id: AccountId) -> Option<&Mutex<Shard>> {
        let index = usize::try_from(id.0).ok()?.checked_rem(SHARDS)?;
        self.shards.get(index)
    }

    /// The account, from memory or from the engine. None if there is none. While it is read from the engine, only those
    /// who want the same account wait, so that it is never in memory twice, once with an older view.
    pub(crate) fn open(
        self: &Arc<Self>,
        id: AccountId,
        ports: &Arc<Ports>,
    ) -> Result<Option<Arc<AccountShared>>, Fault> {
        let Some(shard) = self.shard(id) else { return Ok(None) };
        let known = lock(shard).used(id, ports);
        match known {
            Some(account) => Ok(Some(account)),
            None => self.loads.one_at_a_time(id, || self.load(shard, id, ports)),
        }
    }

    /// Reads an account in, unless it is in memory by now.
    fn load(
        self: &Arc<Self>,
        shard: &Mutex<Shard>,
        id: AccountId,
        ports: &Arc<Ports>,
    ) -> Result<Option<Arc<AccountShared>>, Fault> {
        let known = lock(shard).used(id, ports);
        if known.is_some() {
            return Ok(known);
        }
        let Some(hot) = Hot::load(id, &*ports.engine.snapshot()?)? else { return Ok(None) };
        let registry: Weak<Registry> = Arc::downgrade(self);
        let account = Arc::new(AccountShared::new(id, Arc::clone(ports), registry, hot));
        let mut shard = lock(shard);
        shard.clean();
        shard.live.insert(id, Arc::downgrade(&account));
        shard.keep(&account, ports.next_use());
        Ok(Some(account))
    }

    /// The account, if it is in memory. Waits for whoever is reading it in.
    pub(crate) fn live(&self, id: AccountId) -> Option<Arc<AccountShared>> {
        let shard = self.shard(id)?;
        self.loads.one_at_a_time(id, || lock(shard).live.get(&id).and_then(Weak::upgrade))
    }

    /// Forgets an account that was removed.
    pub(crate) fn forget(&self, id: AccountId) {
        if let Some(shard) = self.shard(id) {
            let mut shard = lock(shard);
            shard.live.remove(&id);
            shard.kept.retain(|_, account| account.id != id);
        }
    }
}

impl Registry {
    fn each_live(&self) -> impl Iterator<Item = Arc<AccountShared>> {
        self.shards.iter().flat_map(|shard| {
            lock(shard).live.values().filter_map(Weak::upgrade).collect::<Vec<_>>()
        })
    }
}

impl Evict for Registry {
    fn evict(&self, ports: &Ports, goal_octets: usize) -> Evicted {
        // Columns are made again of what is small; mailboxes are larger and used more often.
        for account in self.each_live() {
            if ports.held_octets() <= goal_octets {
                return Evicted::Enough;
            }
            account.let_views_go();
            account.let_columns_go();
            account.let_contacts_go();
        }
        // A view of all emails holds the mailboxes that it shows.
        for account in self.each_live() {
            if ports.held_octets() <= goal_octets {
                return Evicted::Enough;
            }
            account.let_emails_go();
        }
        let mut slots = Vec::new();
        for account in self.each_live() {
            let found: Vec<_> = account.hot().unheld().collect();
            slots.extend(found.into_iter().map(|slot| (slot, Arc::clone(&account))));
        }
        slots.sort_unstable_by_key(|((used, _), _)| *used);
        for ((used, mailbox), account) in slots {
            if ports.held_octets() <= goal_octets {
                break;
            }
            account.hot().evict(mailbox, used);
        }
        if ports.held_octets() <= goal_octets { Evicted::Enough } else { Evicted::TooLittle }
    }

    fn press(&self) {
        if let Some(most) = self.each_live().max_by_key(|account| account.meter.octets()) {
            most.press();
        }
    }
}

impl Shard {
    /// An account that is in memory, as the latest one opened.
    fn used(&mut self, id: AccountId, ports: &Ports) -> Option<Arc<AccountShared>> {
        let account = self.live.get(&id).and_then(Weak::upgrade)?;
        self.keep(&account, ports.next_use());
        Some(account)
    }

    /// Keeps an account as the latest one opened.
    fn keep(&mut self, account: &Arc<AccountShared>, now: u64) {
        let before = account.kept_at.swap(now, Ordering::Relaxed);
        self.kept.remove(&before);
        self.kept.insert(now, Arc::clone(account));
        while self.kept.len() > ACCOUNTS_KEPT_MAX.checked_div(SHARDS).unwrap_or(1) {
            self.kept.pop_first();
        }
    }

    /// Drops the notes of accounts that nobody uses any more, each time they may have become many.
    fn clean(&mut self) {
        if self.live.len() == self.live.capacity() {
            self.live.retain(|_, account| account.strong_count() > 0);
        }
    }
}
