//! `correio user identity`: addresses that somebody may send from although they do not lead to them.

use admin::request::{IdentityTask, UserTask};
use clap::Subcommand;
use directory::Address;

/// Identities: addresses that a user may send from although they do not lead to the user
///
/// Mail can always be sent from the user's own address, from aliases that lead there, and from their sub-addresses.
#[derive(Subcommand)]
pub(crate) enum Identity {
    /// Let the user send from an address, of this host or of another
    Add {
        /// The user's address
        address: Address,
        /// The address to send from
        identity: Address,
    },
    /// List the identities
    List {
        /// The user's address
        address: Address,
    },
    /// Take one back
    Remove {
        /// The user's address
        address: Address,
        /// The address
        identity: Address,
    },
}

impl Identity {
    pub(super) fn task(self) -> (Address, UserTask, &'static str) {
        match self {
            Identity::Add { address, identity } => {
                let task = IdentityTask::Add(identity.to_string());
                (address, UserTask::Identity(task), "identity added for")
            }
            Identity::List { address } => (address, UserTask::Identity(IdentityTask::List), ""),
            Identity::Remove { address, identity } => {
                let task = IdentityTask::Remove(identity.to_string());
                (address, UserTask::Identity(task), "identity removed from")
            }
        }
    }
}
