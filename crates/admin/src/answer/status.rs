//! How the host and its store are.

use serde::{Deserialize, Serialize};

use super::Round;

/// How the host and its store are.
#[derive(Debug, Serialize, Deserialize)]
pub struct Status {
    /// The version of the program.
    pub version: String,
    /// The running host; none: none runs.
    pub host: Option<HostStatus>,
    /// How many users there are.
    pub users: u64,
    /// How many domains there are.
    pub domains: u64,
    /// The store.
    pub store: StoreStatus,
    /// How many bodies are known to be damaged.
    pub damaged: u64,
    /// The last check.
    pub check: Option<Round>,
    /// The last whole round of the scrub.
    pub scrub: Option<Round>,
    /// The round under way.
    pub scrub_now: Option<Round>,
}

/// How the running host is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HostStatus {
    /// Since when it runs (RFC 3339).
    pub since: String,
    /// Its listeners: protocol and address.
    pub listeners: Vec<String>,
    /// What is not as it should be in the configuration.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Connections open now.
    pub connections: u64,
    /// As whom it works, and what it cannot do.
    #[serde(default)]
    pub rights: RightsRow,
}

/// As whom a host works, and what it cannot do.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RightsRow {
    /// The user.
    pub user: String,
    /// Whether that is root.
    pub root: bool,
    /// Whether it can reach only the folders that it needs.
    pub landlock: String,
    /// Whether it can make only the system calls that it needs.
    pub seccomp: String,
}

/// How the store is.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoreStatus {
    /// Why it takes no changes; none: it does.
    pub failure: Option<String>,
    /// Segments of the journal.
    pub segments: u64,
    /// Octets of the segments.
    pub octets: u64,
    /// Those of them that are in use.
    pub live_octets: u64,
    /// Octets that new mail can still take on the disk, when that is known.
    pub free_octets: Option<u64>,
}
