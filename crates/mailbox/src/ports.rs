//! What all accounts of one engine share: the ports to the world, the policy, and what is counted over all accounts.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use lane::Threads;

use crate::damaged::DamagedBodies;
use crate::engine::Engine;
use crate::policy::Policy;
use crate::pop3::{AllTerms, ImportedCache};
use crate::sharing::Owners;
use crate::{AccountId, Clock};

/// Says what people call an account; none when nobody has it.
pub(crate) type Names = Box<dyn Fn(AccountId) -> Option<String> + Send + Sync>;

/// Says which account people call so; none when there is no such user.
pub(crate) type Numbers = Box<dyn Fn(&str) -> Option<AccountId> + Send + Sync>;

/// Hears that the bell of an account rang.
pub(crate) type Ears = Box<dyn Fn(AccountId) + Send + Sync>;

/// What all accounts share.
pub(crate) struct Ports {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where long work is done.
    pub(crate) threads: Arc<dyn Threads>,
    pub(crate) policy: Policy,
    /// The memory that entries take in all accounts, in hot states and in sessions.
    pub(crate) hot_octets: Arc<AtomicUsize>,
    /// Counts uses, so that the least lately used can be told.
    pub(crate) uses: AtomicU64,
    /// What CAPA says before a login.
    pub(crate) terms: AllTerms,
    /// Unique ids from elsewhere, kept for the next session.
    pub(crate) imported: ImportedCache,
    /// What was found damaged.
    pub(crate) damaged: DamagedBodies,
    /// Whose an account is.
    pub(crate) names: OnceLock<Names>,
    /// Which account somebody has.
    pub(crate) numbers: OnceLock<Numbers>,
    /// Which accounts share something with whom.
    pub(crate) owners: Owners,
    /// Who hears the bells of all accounts.
    pub(crate) ears: OnceLock<Ears>,
}

impl Ports {
    /// What the log calls an account.
    pub(crate) fn name(&self, id: AccountId) -> String {
        let name = self.names.get().and_then(|names| names(id));
        name.unwrap_or_else(|| format!("account {}", id.0))
    }

    /// Tells that the bell of an account rang.
    pub(crate) fn rang(&self, id: AccountId) {
        if let Some(ears) = self.ears.get() {
            ears(id);
        }
    }

    pub(crate) fn held_octets(&self) -> usize {
        self.hot_octets.load(Ordering::Relaxed)
    }

    pub(crate) fn next_use(&self) -> u64 {
        self.uses.fetch_add(1, Ordering::Relaxed)
    }
}
