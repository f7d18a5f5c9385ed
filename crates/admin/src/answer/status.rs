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
    /// Mail on its way out.
    #[serde(default)]
    pub queue: QueueStatus,
    /// The last backup; none: there was none.
    #[serde(default)]
    pub backup: Option<BackupRow>,
    /// How many bodies are known to be damaged.
    pub damaged: u64,
    /// The last check.
    pub check: Option<Round>,
    /// The last whole round of the scrub.
    pub scrub: Option<Round>,
    /// The round under way.
    pub scrub_now: Option<Round>,
    /// What somebody should look after, in words.
    #[serde(default)]
    pub trouble: Vec<String>,
}

/// Mail on its way out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct QueueStatus {
    /// How many messages wait.
    pub waiting: u64,
    /// When the oldest of them came (RFC 3339).
    pub oldest: Option<String>,
    /// What was said last when one could not be sent yet.
    pub trouble: Option<QueueTrouble>,
}

/// Why mail waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueueTrouble {
    /// When that was said (RFC 3339).
    pub time: String,
    /// For whom the mail is.
    pub to: String,
    /// What was said.
    pub said: String,
}

/// A backup.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BackupRow {
    /// When it was done, in Unix seconds.
    pub ended_s: i64,
    /// The folder, where the host wrote it; none: it was given to the client, who wrote it.
    pub folder: Option<String>,
}

/// A protocol and who is connected over it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorRow {
    /// The protocol.
    pub door: String,
    /// Connections open now.
    pub connections: u64,
    /// Those of them in which somebody is logged in.
    pub sessions: u64,
    /// How many users that are.
    pub users: u64,
}

/// A certificate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CertificateRow {
    /// The file.
    pub file: String,
    /// When it ends (RFC 3339); none: that cannot be read.
    pub until: Option<String>,
    /// How many days that are; negative: it has ended.
    pub days: Option<i64>,
    /// How it is fetched and renewed; none: the host does not do that.
    #[serde(default)]
    pub acme: Option<AcmeRow>,
}

/// How a certificate is fetched and renewed (RFC 8555).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcmeRow {
    /// The authority's directory.
    pub directory: String,
    /// The names in the certificate.
    pub names: Vec<String>,
    /// When the next order is due (RFC 3339); none: one is under way.
    pub next: Option<String>,
    /// How many orders in a row came to nothing.
    pub failures: u32,
    /// Why the last of them did.
    pub why: Option<String>,
}

/// Sessions in which somebody is logged in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sessions {
    /// They, by user, the oldest first.
    pub sessions: Vec<SessionRow>,
    /// How many more there are.
    pub more: u64,
}

/// A session in which somebody is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// The user's address.
    pub user: String,
    /// The device: that of the app password, or of the login name.
    pub device: Option<String>,
    /// The protocol.
    pub door: String,
    /// The address it comes from; none: a Unix socket.
    pub address: Option<String>,
    /// What the program calls itself (IMAP ID).
    pub program: Option<String>,
    /// Since when somebody is logged in (RFC 3339).
    pub since: String,
    /// Whether it is encrypted.
    pub tls: bool,
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
    /// The same by protocol.
    #[serde(default)]
    pub doors: Vec<DoorRow>,
    /// The certificate in use.
    #[serde(default)]
    pub certificate: Option<CertificateRow>,
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
    /// Octets set aside for deletions on a full disk.
    #[serde(default)]
    pub reserve_octets: u64,
    /// Whether they still are.
    #[serde(default)]
    pub reserve_held: bool,
}
