//! What the host decides for all accounts.

use crate::Pop3Policy;

/// What the host decides for all accounts.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The largest message.
    pub message_octets_max: u64,
    /// How long what was expunged can be brought back, in seconds.
    pub retention_s: i64,
    /// How much memory the hot state of mailboxes may take.
    pub hot_octets_max: usize,
    /// What is in force over POP3 where nothing was chosen.
    pub pop3: Pop3Policy,
}
