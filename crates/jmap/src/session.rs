//! The session object (RFC 8620, 2).

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::Serialize;
use serde_json::Value;

use crate::id::Id;

/// Where the parts of the API are, as URL templates (RFC 6570, level 1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Addresses {
    /// For requests.
    pub api_url: String,
    /// With `{accountId}`, `{blobId}`, `{type}` and `{name}`.
    pub download_url: String,
    /// With `{accountId}`.
    pub upload_url: String,
    /// With `{types}`, `{closeafter}` and `{ping}`.
    pub event_source_url: String,
}

/// An account that the user may use.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// What people call it.
    pub name: String,
    /// Whether it is the user's own.
    pub is_personal: bool,
    /// Whether all of it can only be read.
    pub is_read_only: bool,
    /// What can be done there, and how.
    pub account_capabilities: BTreeMap<&'static str, Value>,
}

/// What a client is told first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// What the server can do, and how.
    pub capabilities: BTreeMap<&'static str, Value>,
    /// By id.
    pub accounts: BTreeMap<Id, Account>,
    /// The user's own account for each capability.
    pub primary_accounts: BTreeMap<&'static str, Id>,
    /// Who logged in.
    pub username: String,
    /// Where the parts of the API are.
    #[serde(flatten)]
    pub addresses: Addresses,
    /// Another one whenever anything of it is another.
    pub state: String,
}

impl Session {
    /// The same, with a state that follows from all the rest.
    #[must_use]
    pub fn with_state(self) -> Session {
        let blank = Session { state: String::new(), ..self };
        let mut hasher = DefaultHasher::new();
        // What has no JSON differs from nothing else.
        serde_json::to_string(&blank).unwrap_or_default().hash(&mut hasher);
        Session { state: format!("{:016x}", hasher.finish()), ..blank }
    }
}
