//! What the configuration says about a data folder and the people in it.

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
}
