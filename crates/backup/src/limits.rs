//! The limits of this crate, each with its unit.

/// The largest file of a repository that is read whole, in octets. Packs have some dozen megabytes.
pub const FILE_OCTETS_MAX: u64 = 512 << 20;
/// How deep the folders of a snapshot may lie in one another.
pub const DEPTH_MAX: usize = 64;
/// So many files that are hit by damage are named; the rest is counted.
pub const HIT_NAMED_MAX: usize = 1000;
/// Snapshots are made one after another when the one before is at most so many seconds later by its clock.
pub const CLOSE_S: i64 = 60;
