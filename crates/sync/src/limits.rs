//! The limits of the companion, each with its unit.

/// How many accounts at providers a companion has.
pub const ACCOUNTS_MAX: usize = 1_000;
/// The longest name of an account.
pub const ACCOUNT_NAME_CHARACTERS_MAX: usize = 40;
/// The longest answer of a domain that says how its mail is reached.
pub const AUTOCONFIG_OCTETS_MAX: usize = 256 << 10;
/// How many tags and texts of it are looked at.
pub const AUTOCONFIG_PARTS_MAX: usize = 10_000;
/// How deep they lie.
pub const AUTOCONFIG_DEPTH_MAX: usize = 16;
/// How many servers are tried for one account.
pub const CANDIDATES_MAX: usize = 12;
/// How long one of them may take to answer, in seconds.
pub const CANDIDATE_TIMEOUT_S: u64 = 10;
/// How long it may take to connect, in seconds.
pub const CONNECT_TIMEOUT_S: u64 = 30;
/// What is held for longer than this is made durable, in milliseconds.
pub const SETTLE_MS: u64 = 200;
/// For how long it is remembered what was found at a provider and is not there any more, in seconds.
pub const MISSING_S: i64 = 90 * 24 * 3600;
/// How many octets of what a server says are shown to people.
pub const SHOWN_OCTETS_MAX: usize = 300;
