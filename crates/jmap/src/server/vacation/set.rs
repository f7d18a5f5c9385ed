//! How a vacation response changes (RFC 8621, 8.2).

use serde_json::{Map, Value};

use super::super::singleton::Singleton as _;
use super::Vacation;
use crate::error::SetError;
use crate::limits::VACATION_OCTETS_MAX;
use crate::standard::Patch;

/// As it is after a change.
pub(super) fn patched(before: &Vacation, patch: &Patch) -> Result<Vacation, SetError> {
    if let Some(other) =
        patch.properties().find(|name| !Vacation::PROPERTIES.contains(name) || *name == "id")
    {
        return Err(SetError::properties(&[other], "there is no such property to change"));
    }
    let mut object = patch.apply(&before.object())?;
    object.remove("id");
    for (name, value) in &object {
        let alone = Map::from_iter([(name.clone(), value.clone())]);
        let read: Option<Vacation> = serde_json::from_value(alone.into()).ok();
        if read.and_then(Vacation::with_dates).is_none() {
            return Err(SetError::properties(&[name], "it is of another type"));
        }
    }
    let texts = ["subject", "textBody", "htmlBody"].map(|name| object.get(name));
    let octets = texts.into_iter().flatten().filter_map(Value::as_str).map(str::len);
    if octets.fold(0, usize::saturating_add) > VACATION_OCTETS_MAX {
        let description = format!("it has more than {VACATION_OCTETS_MAX} octets");
        return Err(SetError { description: Some(description), ..SetError::of("tooLarge") });
    }
    let read: Option<Vacation> = serde_json::from_value(object.into()).ok();
    read.and_then(Vacation::with_dates).ok_or_else(|| SetError::of("invalidPatch"))
}
