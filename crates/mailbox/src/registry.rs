//! Which accounts are in memory: each one once, however many sessions use it, and some for a while after the last.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, Weak};

use crate::hot::Hot;
use crate::limits::ACCOUNTS_KEPT_MAX;
use crate::lock::lock;
use crate::ports::Ports;
use crate::shared::AccountShared;
use crate::{AccountId, Fault};

/// So many that sessions of different accounts seldom meet at a lock.
const SHARDS: usize = 16;

/// The accounts in memory.
#[derive(Default)]
pub(crate) struct Registry {
    shards: [Mutex<Shard>; SHARDS],
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

    /// The account, from memory or from the engine. None if there is none.
    pub(crate) fn open(
        self: &Arc<Self>,
        id: AccountId,
        ports: &Arc<Ports>,
    ) -> Result<Option<Arc<AccountShared>>, Fault> {
        let Some(shard) = self.shard(id) else { return Ok(None) };
        // Held while the account is read, so that it is never in memory twice, once with an older view.
        let mut shard = lock(shard);
        let account = match shard.live.get(&id).and_then(Weak::upgrade) {
            Some(account) => account,
            None => {
                let Some(hot) = Hot::load(id, &*ports.engine.snapshot()?)? else { return Ok(None) };
                let (ports, registry) = (Arc::clone(ports), Arc::downgrade(self));
                let account = Arc::new(AccountShared::new(id, ports, registry, hot));
                shard.clean();
                shard.live.insert(id, Arc::downgrade(&account));
                account
            }
        };
        shard.keep(&account, ports.next_use());
        Ok(Some(account))
    }

    /// The account, if it is in memory.
    pub(crate) fn live(&self, id: AccountId) -> Option<Arc<AccountShared>> {
        lock(self.shard(id)?).live.get(&id).and_then(Weak::upgrade)
    }

    /// Forgets an account that was removed.
    pub(crate) fn forget(&self, id: AccountId) {
        if let Some(shard) = self.shard(id) {
            let mut shard = lock(shard);
            shard.live.remove(&id);
            shard.kept.retain(|_, account| account.id != id);
        }
    }

    /// Lets go of the states of mailboxes that were not used for longest, down to nine tenths of what is allowed.
    pub(crate) fn evict(&self, ports: &Ports) {
        let mut slots = Vec::new();
        for shard in &self.shards {
            let live: Vec<_> = lock(shard).live.values().filter_map(Weak::upgrade).collect();
            for account in live {
                let found: Vec<_> = account.hot().slots().collect();
                slots.extend(found.into_iter().map(|slot| (slot, Arc::clone(&account))));
            }
        }
        slots.sort_unstable_by_key(|((used, _, _), _)| *used);
        let octets_max = ports.policy.hot_octets_max;
        let goal = octets_max.saturating_sub(octets_max.checked_div(10).unwrap_or(0));
        for ((used, mailbox, _), account) in slots {
            if ports.hot_octets.load(Ordering::Relaxed) <= goal {
                break;
            }
            let freed = account.hot().evict(mailbox, used);
            ports.hot_octets.fetch_sub(freed, Ordering::Relaxed);
        }
    }
}

impl Shard {
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
