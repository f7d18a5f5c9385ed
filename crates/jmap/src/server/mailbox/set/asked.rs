//! The properties of a mailbox that a client may set (RFC 8621, 2).

use mailbox::Role;
use mailbox::operations::Subscription;
use serde_json::{Map, Value};

use super::super::listing::{PROPERTIES, role_named};
use crate::error::SetError;
use crate::standard::Patch;

/// Those that clients set.
const SETTABLE: [&str; 5] = ["name", "parentId", "role", "sortOrder", "isSubscribed"];

/// RFC 8621, 2: below 2^31.
const SORT_ORDER_MAX: u32 = (1 << 31) - 1;

/// What a mailbox shall be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The last level of its name.
    pub(super) name: String,
    /// An id, or `#` and a creation id.
    pub(super) parent: Option<String>,
    pub(super) role: Option<Role>,
    /// None: it is not said.
    pub(super) sort_order: Option<u32>,
    pub(super) subscription: Subscription,
}

impl Asked {
    /// Of a new one.
    pub(super) fn of_new(object: &Map<String, Value>) -> Result<Asked, SetError> {
        if let Some(name) = object.keys().find(|name| !SETTABLE.contains(&name.as_str())) {
            return Err(SetError::properties(&[name], "that cannot be set"));
        }
        let role = match object.get("role") {
            None | Some(Value::Null) => None,
            Some(Value::String(role)) => Some(role_named(role).ok_or_else(|| no_role(role))?),
            Some(_) => return Err(SetError::properties(&["role"], "it is no text")),
        };
        Asked::read(object, role)
    }

    fn read(object: &Map<String, Value>, role: Option<Role>) -> Result<Asked, SetError> {
        let mut wrong = Vec::new();
        let name = match object.get("name") {
            Some(Value::String(name)) => name.clone(),
            Some(_) | None => {
                wrong.push("name");
                String::new()
            }
        };
        let parent = match object.get("parentId") {
            None | Some(Value::Null) => None,
            Some(Value::String(parent)) => Some(parent.clone()),
            Some(_) => {
                wrong.push("parentId");
                None
            }
        };
        let subscription = match object.get("isSubscribed") {
            None | Some(Value::Bool(true)) => Subscription::Yes,
            Some(Value::Bool(false)) => Subscription::No,
            Some(_) => {
                wrong.push("isSubscribed");
                Subscription::No
            }
        };
        let order = object.get("sortOrder").filter(|order| !order.is_null());
        let read = |order: &Value| u32::try_from(order.as_u64()?).ok();
        let sort_order = order.and_then(read).filter(|order| *order <= SORT_ORDER_MAX);
        if order.is_some() && sort_order.is_none() {
            wrong.push("sortOrder");
        }
        if wrong.is_empty() {
            Ok(Asked { name, parent, role, sort_order, subscription })
        } else {
            Err(SetError::properties(&wrong, "missing, or of another type"))
        }
    }
}

/// What a mailbox that is there shall be, and what of it is new.
pub(super) struct Wanted {
    pub(super) asked: Asked,
    pub(super) role_changes: bool,
    pub(super) order_changes: bool,
    pub(super) subscription_changes: bool,
    /// Whether its name or its parent changes.
    pub(super) is_moved: bool,
}

impl Wanted {
    /// Of a patch, of the mailbox before it and behind it.
    pub(super) fn of(
        patch: &Patch,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
    ) -> Result<Wanted, SetError> {
        let changes = |name: &str| before.get(name) != after.get(name);
        // RFC 8620, 5.3: whole objects may come back, with what only the server sets as it is.
        let is_wrong =
            |name: &&str| !PROPERTIES.contains(name) || (!SETTABLE.contains(name) && changes(name));
        let mut wrong: Vec<&str> = patch.properties().filter(is_wrong).collect();
        wrong.dedup();
        if !wrong.is_empty() {
            return Err(SetError::properties(&wrong, "that cannot be set"));
        }
        let is_null = |value: Option<&Value>| value.is_none_or(Value::is_null);
        let role_changes =
            changes("role") && !(is_null(before.get("role")) && is_null(after.get("role")));
        if role_changes && before.get("role").is_some_and(|role| role == "inbox") {
            return Err(SetError::properties(&["role"], "the Inbox stays the Inbox"));
        }
        let role = match after.get("role") {
            Some(Value::String(role)) if role_changes => {
                Some(role_named(role).ok_or_else(|| no_role(role))?)
            }
            Some(Value::String(_) | Value::Null) | None => None,
            Some(_) => return Err(SetError::properties(&["role"], "it is no text")),
        };
        let parent_changes = changes("parentId")
            && !(is_null(before.get("parentId")) && is_null(after.get("parentId")));
        Ok(Wanted {
            asked: Asked::read(after, role)?,
            role_changes,
            order_changes: changes("sortOrder"),
            subscription_changes: changes("isSubscribed"),
            is_moved: parent_changes || changes("name"),
        })
    }
}

fn no_role(role: &str) -> SetError {
    SetError::properties(&["role"], format!("{role} cannot be given"))
}
