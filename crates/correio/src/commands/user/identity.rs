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
    /// Whose it is, and what the host is asked.
    pub(super) fn task(self) -> (Address, UserTask) {
        let (address, task) = match self {
            Identity::Add { address, identity } => {
                (address, IdentityTask::Add(identity.to_string()))
            }
            Identity::List { address } => (address, IdentityTask::List),
            Identity::Remove { address, identity } => {
                (address, IdentityTask::Remove(identity.to_string()))
            }
        };
        (address, UserTask::Identity(task))
    }
}
