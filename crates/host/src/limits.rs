//! The limits of the host, each with its unit.

/// The largest file of unique ids that an import reads, in octets: some millions of messages.
pub const UIDL_FILE_OCTETS_MAX: u64 = 256 << 20;
