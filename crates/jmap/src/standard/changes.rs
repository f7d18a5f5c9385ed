//! `/changes`: which objects changed since a state (RFC 8620, 5.2).

use std::num::NonZeroU64;

use serde::Serialize;
use serde_json::{Map, Value};

use super::as_arguments;
use crate::arguments::{Arguments, invalid};
use crate::error::MethodError;
use crate::id::Id;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Of which account.
    pub account: Id,
    /// The state that the client knows.
    pub since: String,
    /// How many ids the client takes at most.
    pub most: Option<NonZeroU64>,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangesAnswer {
    /// Of which account.
    pub account_id: Id,
    /// The state that was asked about.
    pub old_state: String,
    /// The state up to which this tells.
    pub new_state: String,
    /// Whether there is more behind it.
    pub has_more_changes: bool,
    /// Objects that are there now, and were not.
    pub created: Vec<Id>,
    /// Objects that were and are there.
    pub updated: Vec<Id>,
    /// Objects that were there, and are not.
    pub destroyed: Vec<Id>,
}

impl Changes {
    /// Takes the arguments that all such methods have.
    pub fn take(arguments: &mut Arguments) -> Result<Changes, MethodError> {
        let account = arguments.required("accountId")?;
        let since = arguments.required("sinceState")?;
        let most: Option<u64> = arguments.optional("maxChanges")?;
        let most = match most {
            None => None,
            Some(most) => Some(
                NonZeroU64::new(most).ok_or_else(|| invalid("maxChanges", "it is not above 0"))?,
            ),
        };
        Ok(Changes { account, since, most })
    }
}

impl ChangesAnswer {
    /// As arguments.
    pub fn arguments(&self) -> Result<Map<String, Value>, MethodError> {
        as_arguments(self)
    }
}
