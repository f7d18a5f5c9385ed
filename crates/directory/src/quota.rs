//! `[quota]`: what a new user may fill.

use machine::Size;
use serde::{Deserialize, Serialize};

use crate::users::UserQuota;

/// What a new user may fill.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuotaSection {
    /// Octets.
    pub size: Option<Size>,
    /// Messages.
    pub messages: Option<u64>,
}

impl From<QuotaSection> for UserQuota {
    fn from(section: QuotaSection) -> UserQuota {
        UserQuota { octets_max: section.size.map(|size| size.0), messages_max: section.messages }
    }
}
