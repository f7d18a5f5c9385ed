//! What the configuration says about a data folder and the people in it.

use std::path::PathBuf;

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
    pub quota: UserQuota,
    /// The folders into which backups may be written by whoever has the store open; none: into all.
    pub backup_folders: Option<Vec<PathBuf>>,
    /// What the system calls one of its users, for the log.
    pub user_name: fn(u32) -> Option<String>,
}
