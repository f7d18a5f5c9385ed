//! What the host does for the methods.

use mailbox::Accounts;

/// What the host does for the methods.
#[derive(Clone)]
pub struct Ports {
    /// Takes messages in, and knows what is decided for all accounts.
    pub accounts: Accounts,
}
