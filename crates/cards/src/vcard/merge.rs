//! What is kept of a card when a vCard takes its place.

use serde_json::{Map, Value};

/// A card whose vCard was changed from `shown` to `new`, each said as JSContact. What a vCard cannot say, and all that is the same in both,
/// stays as it is in `old`: who changes a telephone number in an address book on a telephone does not take away what a JMAP program
/// put beside it.
pub fn merged(
    old: &Map<String, Value>,
    shown: &Map<String, Value>,
    new: Map<String, Value>,
) -> Map<String, Value> {
    let mut merged = old.clone();
    merged.retain(|name, _| !shown.contains_key(name) || new.get(name) == shown.get(name));
    for (name, value) in new {
        if shown.get(&name) != Some(&value) || !merged.contains_key(&name) {
            merged.insert(name, value);
        }
    }
    merged
}
