//! The limits of administration, each with its unit.

/// So many unique ids that were not taken are named for each mailbox.
pub const UIDLS_REFUSED_NAMED_MAX: usize = 5;
