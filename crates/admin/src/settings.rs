//! What the configuration says about a data folder and the people in it.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use directory::{ScramKeys, UserQuota};
use mailbox::Policy;

/// The settings that hold whether or not the host is running.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What holds for all accounts.
    pub policy: Policy,
    /// Whether SCRAM keys are stored.
    pub scram: ScramKeys,
    /// What a new user may fill.
    pub quota: QuotaOfNew,
    /// The folders into which backups may be written by whoever has the store open; none: into all.
    pub backup_folders: Option<Vec<PathBuf>>,
    /// Whether mail can leave to other hosts.
    pub has_way_out: bool,
    /// What the system calls one of its users, for the log.
    pub user_name: fn(u32) -> Option<String>,
}

/// What a new user may fill. All that were cloned from one change together.
#[derive(Clone, Debug, Default)]
pub struct QuotaOfNew(Arc<RwLock<UserQuota>>);

impl QuotaOfNew {
    /// What it is now.
    pub fn get(&self) -> UserQuota {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets it for those who are added from now on.
    pub fn set(&self, quota: UserQuota) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = quota;
    }
}

impl From<UserQuota> for QuotaOfNew {
    fn from(quota: UserQuota) -> QuotaOfNew {
        QuotaOfNew(Arc::new(RwLock::new(quota)))
    }
}
