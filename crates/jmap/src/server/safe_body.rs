//! Bodies that can be shown: made safe, behind addresses that are good for ten minutes (`docs/jmap/body.md`).
//!
//! A body is shown in a frame of an origin of its own, to which no cookies are sent: so its address says, signed, whose and which it
//! is. What is signed is not secret: whoever may ask for it knows it.

mod get;
mod made;
mod page;
mod signed;

pub use page::{Page, page};
pub use signed::{Pictures, Scheme, Signed};

use std::sync::{Arc, Mutex};

use mailbox::Clock;
use safe::Cache;
use serde_json::json;

use self::signed::Keys;
use super::capabilities::Capability;
use super::{Context, own};
use crate::limits::{SAFE_BODIES_EMAILS_MAX, SAFE_BODIES_OCTETS_MAX};
use crate::run::Row;

pub(super) const DESCRIBED: Capability = Capability {
    name: own::BODY,
    of_session: || json!({}),
    of_account: |context| {
        json!({
            "maxEmails": SAFE_BODIES_EMAILS_MAX,
            "remotePictures": match context.ports.bodies.settings.remote {
                RemotePictures::ByBrowser => "browser",
                RemotePictures::ByHost => "host",
            },
        })
    },
};

pub(super) const ROWS: &[Row<Context>] = &[get::ROW];

/// Signs the addresses of bodies, and keeps those that were made safe, for all users.
pub struct Bodies {
    settings: BodySettings,
    clock: Arc<dyn Clock>,
    keys: Mutex<Keys>,
    cache: Cache,
}

/// What the host decides of bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodySettings {
    /// What stands before all paths.
    pub base_path: String,
    /// Who fetches pictures from elsewhere when somebody wants to see them.
    pub remote: RemotePictures,
}

/// Who fetches pictures from elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RemotePictures {
    /// The browser: who sent the mail sees its address.
    #[default]
    ByBrowser,
    /// The host.
    ByHost,
}

impl Bodies {
    /// With a random key.
    pub fn new(settings: BodySettings, key: [u8; 32], clock: Arc<dyn Clock>) -> Bodies {
        let keys = Mutex::new(Keys::new(key, clock.now()));
        Bodies { settings, clock, keys, cache: Cache::new(SAFE_BODIES_OCTETS_MAX) }
    }
}
