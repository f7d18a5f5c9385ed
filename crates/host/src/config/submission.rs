//! `[submission]`: what people may send, and how they log in to do it.

use serde::{Deserialize, Serialize};

/// Submission.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct SubmissionSection {
    /// From which addresses people may send.
    pub from: Senders,
    /// Whether SCRAM-SHA-256-PLUS is offered there. Off, since mutt and neomutt with Cyrus SASL choose it and fail.
    pub scram_plus: bool,
}

/// From which addresses people may send: in MAIL, From and Sender. One of this host must be theirs in any case.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Senders {
    /// From their own, and those that they were given (`correio user identity`).
    #[default]
    Own,
    /// Also from any of another host.
    Any,
}
