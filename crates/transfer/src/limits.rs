//! The limits of transfers, each with its unit.

/// The largest file of unique ids that an import reads, in octets: some millions of messages.
pub const UIDL_FILE_OCTETS_MAX: u64 = 256 << 20;
/// So many unique ids that were not taken are named for each mailbox.
pub const UIDLS_REFUSED_NAMED_MAX: usize = 5;
