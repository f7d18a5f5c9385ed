//! What the host decides for all accounts.

use crate::Pop3Policy;
use crate::limits::{
    CHANGES_MAX, CHANGES_S, HOT_OCTETS_MAX, INDEXED_EMAILS_LEAST, MESSAGE_OCTETS_MAX,
    MESSAGES_PER_ACCOUNT_MAX, MESSAGES_PER_MAILBOX_MAX, RETAINED_OCTETS_MAX, RETENTION_S,
};

/// What the host decides for all accounts.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The largest message.
    pub message_octets_max: u64,
    /// How long what was expunged can be brought back, in seconds.
    pub retention_s: i64,
    /// How much of what was expunged an account keeps at most, the newest; none: as much as its quota, and
    /// `RETAINED_OCTETS_MAX` where it has none.
    pub retained_octets_max: Option<u64>,
    /// How many messages a mailbox holds at most.
    pub messages_per_mailbox_max: u64,
    /// How many messages an account holds at most, over all mailboxes.
    pub messages_per_account_max: u64,
    /// How long a change of an account is remembered, and with it what vanished, in seconds.
    pub changes_s: i64,
    /// How many of an account's changes are remembered at most.
    pub changes_max: u64,
    /// How much memory the hot state of mailboxes may take.
    pub hot_octets_max: usize,
    /// Accounts with fewer emails have no index for searches: their mail is read instead.
    pub indexed_emails_least: u64,
    /// What is in force over POP3 where nothing was chosen.
    pub pop3: Pop3Policy,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            message_octets_max: MESSAGE_OCTETS_MAX,
            retention_s: RETENTION_S,
            retained_octets_max: None,
            messages_per_mailbox_max: MESSAGES_PER_MAILBOX_MAX,
            messages_per_account_max: MESSAGES_PER_ACCOUNT_MAX,
            changes_s: CHANGES_S,
            changes_max: CHANGES_MAX,
            hot_octets_max: HOT_OCTETS_MAX,
            indexed_emails_least: INDEXED_EMAILS_LEAST,
            pop3: Pop3Policy::default(),
        }
    }
}

impl Policy {
    /// How much of what was expunged an account with this quota keeps.
    pub(crate) fn retained_octets_max(&self, quota_octets_max: Option<u64>) -> u64 {
        self.retained_octets_max.or(quota_octets_max).unwrap_or(RETAINED_OCTETS_MAX)
    }
}
