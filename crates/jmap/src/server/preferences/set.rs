//! How preferences change.

use serde_json::{Map, Value};

use super::super::singleton::{self, Singleton as _};
use super::Preferences;
use crate::error::SetError;
use crate::limits::{PREFERENCE_NAME_OCTETS_MAX, PREFERENCES_MAX, PREFERENCES_OCTETS_MAX};
use crate::standard::Patch;

/// As they are after a change.
pub(super) fn patched(before: &Preferences, patch: &Patch) -> Result<Preferences, SetError> {
    // What is sent back as it is says nothing (RFC 8620, 5.3).
    let is_id = |(path, value): &(&[String], &Value)| {
        matches!(path, [name] if name == "id") && *value == singleton::ID
    };
    let wrong = patch.parts().filter(|part| !is_id(part)).find_map(|(path, _)| match path {
        [name] | [name, _] if name == "values" => None,
        _ => path.first(),
    });
    if let Some(name) = wrong {
        return Err(SetError::properties(&[name], "only values changes, each as a whole"));
    }
    let mut object = patch.apply(&before.object())?;
    let values = match object.remove("values") {
        // Null sets it back to what it was at first.
        None => Map::new(),
        Some(Value::Object(values)) => values,
        Some(_) => return Err(SetError::properties(&["values"], "it is no object")),
    };
    check(&values)?;
    Ok(Preferences { values })
}

fn check(values: &Map<String, Value>) -> Result<(), SetError> {
    let too_large = |description: String| SetError {
        description: Some(description),
        ..SetError::of("tooLarge")
    };
    if values.len() > PREFERENCES_MAX {
        return Err(too_large(format!("there are more than {PREFERENCES_MAX} values")));
    }
    let is_name = |name: &String| !name.is_empty() && name.len() <= PREFERENCE_NAME_OCTETS_MAX;
    if !values.keys().all(is_name) {
        let why = format!("a name has 1 to {PREFERENCE_NAME_OCTETS_MAX} octets");
        return Err(SetError::properties(&["values"], why));
    }
    let octets = serde_json::to_vec(values).map_or(usize::MAX, |octets| octets.len());
    if octets > PREFERENCES_OCTETS_MAX {
        let description = format!("they have more than {PREFERENCES_OCTETS_MAX} octets together");
        return Err(too_large(description));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::check;
    use crate::limits::{PREFERENCE_NAME_OCTETS_MAX, PREFERENCES_MAX, PREFERENCES_OCTETS_MAX};

    fn kind(values: Map<String, Value>) -> Option<&'static str> {
        check(&values).err().map(|error| error.kind)
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let many = |count: usize| (0..count).map(|n| (n.to_string(), json!(1))).collect();
        assert_eq!(kind(many(PREFERENCES_MAX)), None);
        assert_eq!(kind(many(PREFERENCES_MAX + 1)), Some("tooLarge"));
        let named = |octets| Map::from_iter([("n".repeat(octets), json!(1))]);
        assert_eq!(kind(named(PREFERENCE_NAME_OCTETS_MAX)), None);
        assert_eq!(kind(named(PREFERENCE_NAME_OCTETS_MAX + 1)), Some("invalidProperties"));
        let large = |octets| Map::from_iter([("n".to_owned(), json!("x".repeat(octets)))]);
        // With braces, quotes and the name.
        assert_eq!(kind(large(PREFERENCES_OCTETS_MAX - 8)), None);
        assert_eq!(kind(large(PREFERENCES_OCTETS_MAX - 7)), Some("tooLarge"));
    }
}
