//! `[scrub]`: how often and how fast the host reads through all it keeps, to find damage early.

use machine::Size;
use serde::{Deserialize, Serialize};

/// How often and how fast all that is kept is read through.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScrubSection {
    /// Every so many days; 0: never.
    pub every_days: u32,
    /// So much in a second.
    pub speed: Size,
}

impl Default for ScrubSection {
    fn default() -> ScrubSection {
        ScrubSection { every_days: 30, speed: Size(4 << 20) }
    }
}
