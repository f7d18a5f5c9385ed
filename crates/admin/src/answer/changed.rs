//! What a change came to: the values that hold from now on, for people and programs alike.

use serde::{Deserialize, Serialize};

use super::{Pop3Settings, QueuedRow, ShareRow, UserRow};

/// What changed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// A domain was added.
    DomainAdded {
        /// Its name.
        domain: String,
    },
    /// A domain was removed.
    DomainRemoved {
        /// Its name.
        domain: String,
    },
    /// A user was added.
    UserAdded(UserRow),
    /// A user was removed, who had this.
    UserRemoved(UserRow),
    /// A user has another address.
    UserRenamed {
        /// The address until now.
        from: String,
        /// The address from now on.
        to: String,
        /// Whether the old one leads to the user still.
        old_is_alias: bool,
        /// The aliases that lead to the new address now.
        aliases: Vec<String>,
        /// How many identities of others are the new address now.
        identities: u64,
    },
    /// Nobody can log in as a user.
    UserDisabled {
        /// The address.
        address: String,
    },
    /// A user can log in again.
    UserEnabled {
        /// The address.
        address: String,
    },
    /// A user has no second factors any more.
    FactorsReset {
        /// The address.
        address: String,
    },
    /// A user has a new password.
    PasswordSet {
        /// The address.
        address: String,
    },
    /// A user has another quota.
    QuotaSet(UserRow),
    /// An app password was revoked.
    AppPasswordRemoved {
        /// The user.
        address: String,
        /// Its device.
        device: String,
    },
    /// An access token was revoked.
    TokenRemoved {
        /// The user.
        address: String,
        /// Its device.
        device: String,
    },
    /// A mailbox is shared with others, or in another way.
    Shared {
        /// Its owner.
        address: String,
        /// The mailbox.
        mailbox: String,
        /// Whether each user has its own marks of what is read.
        seen_by_each: bool,
        /// With whom it is shared now.
        shares: Vec<ShareRow>,
    },
    /// A user may send from one more address.
    IdentityAdded {
        /// The user.
        address: String,
        /// The address to send from.
        identity: String,
    },
    /// A user may no longer send from an address.
    IdentityRemoved {
        /// The user.
        address: String,
        /// The address.
        identity: String,
    },
    /// An alias leads somewhere.
    AliasSet {
        /// The address; `@domain` for the catch-all.
        address: String,
        /// Where it leads.
        targets: Vec<String>,
        /// Where it led before; none: it is new.
        before: Option<Vec<String>>,
        /// What looks like a mistake.
        warnings: Vec<String>,
    },
    /// An alias was removed.
    AliasRemoved {
        /// The address.
        address: String,
        /// Where it led.
        targets: Vec<String>,
    },
    /// A message was taken out of the queue.
    QueueRemoved(QueuedRow),
    /// A message of the queue is tried at once.
    QueueRetried(QueuedRow),
    /// POP3 was chosen, or is as the level above says again.
    Pop3 {
        /// The user.
        address: String,
        /// The device; none: the account.
        device: Option<String>,
        /// What is in force there now.
        settings: Box<Pop3Settings>,
        /// What looks like a mistake.
        warnings: Vec<String>,
    },
}
