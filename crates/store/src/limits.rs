//! What the store holds at most, and the sizes that its format fixes.

/// A record of the journal has at most so many octets after its header. A batch that is longer goes in parts.
pub const RECORD_OCTETS_MAX: u64 = 128 << 20;

/// One change of a batch, such as a body that comes in memory, has at most so many octets: it lies in one record.
pub const CHANGE_OCTETS_MAX: u64 = 64 << 20;

/// Bodies are checked in blocks of this size, so that a part can be read and still be proven right. Part of the
/// format: it cannot be changed for a store that exists.
pub const BODY_BLOCK_OCTETS: u64 = 64 << 10;

/// A body has at most so many octets.
pub const BODY_OCTETS_MAX: u64 = 1 << 32;

/// One read of a body gives back at most so many octets; a longer range is cut.
pub const BODY_READ_OCTETS_MAX: u64 = 256 << 20;

/// So many body locations are remembered.
pub const LOCATIONS_REMEMBERED: usize = 1_024;

/// Whether a store was changed since a moment is told from so many octets of what came after it.
pub const SINCE_OCTETS_MAX: u64 = 4 << 20;

/// A key has at most so many octets.
pub const KEY_OCTETS_MAX: usize = 4_096;

/// A body lies in at most so many pieces.
pub const EXTENTS_MAX: usize = 1 << 20;
/// How many bodies are remembered as just written.
pub(crate) const RECENT_BODIES_MAX: usize = 64;
/// How many octets these may have together.
pub(crate) const RECENT_BODIES_OCTETS_MAX: usize = 4 << 20;
