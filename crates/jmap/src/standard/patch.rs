//! Changes to parts of an object (RFC 8620, 5.3, PatchObject).

use serde_json::{Map, Value};

use crate::error::SetError;

/// Values by where they go; null takes away, or sets back to what is usual.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch(Vec<(Vec<String>, Value)>);

fn invalid(path: &str, why: &str) -> SetError {
    SetError { description: Some(format!("{path}: {why}")), ..SetError::of("invalidPatch") }
}

impl Patch {
    /// Reads a patch. No path may be the beginning of another.
    pub fn read(object: Map<String, Value>) -> Result<Patch, SetError> {
        let mut parts: Vec<(Vec<String>, Value)> = Vec::with_capacity(object.len());
        for (path, value) in object {
            // RFC 6901 with the slash at the beginning left out.
            let tokens = path.split('/').map(|token| token.replace("~1", "/").replace("~0", "~"));
            parts.push((tokens.collect(), value));
        }
        parts.sort_by(|one, other| one.0.cmp(&other.0));
        // What begins with a path stands right behind it.
        for pair in parts.windows(2) {
            if let [(one, _), (other, _)] = pair
                && other.starts_with(one)
            {
                return Err(invalid(&one.join("/"), "another path begins with it"));
            }
        }
        Ok(Patch(parts))
    }

    /// The parts: where each goes, and what.
    pub fn parts(&self) -> impl Iterator<Item = (&[String], &Value)> {
        self.0.iter().map(|(path, value)| (path.as_slice(), value))
    }

    /// The properties that it is about.
    pub fn properties(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|(path, _)| path.first()).map(String::as_str)
    }

    /// Changes an object, wholly or not at all. What is set to null is taken away.
    pub fn apply(&self, object: &Map<String, Value>) -> Result<Map<String, Value>, SetError> {
        let mut changed = object.clone();
        for (path, value) in self.parts() {
            let mut inner = &mut changed;
            let Some((last, before)) = path.split_last() else { continue };
            for token in before {
                let Some(Value::Object(next)) = inner.get_mut(token) else {
                    return Err(invalid(&path.join("/"), "there is no object that it leads into"));
                };
                inner = next;
            }
            if value.is_null() {
                inner.remove(last);
            } else {
                inner.insert(last.clone(), value.clone());
            }
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::Patch;

    fn object(value: Value) -> Map<String, Value> {
        if let Value::Object(object) = value { object } else { Map::new() }
    }

    #[test]
    fn a_patch_changes_just_what_it_names() {
        let email = object(json!({
            "keywords": {"$seen": true, "a/b": true}, "mailboxIds": {"F1": true}, "subject": "x",
        }));
        let patch = Patch::read(object(json!({
            "keywords/$seen": null, "keywords/$flagged": true, "keywords/a~1b": null,
            "mailboxIds": {"F2": true}, "subject": null,
        })));
        let changed = patch.unwrap().apply(&email).unwrap();
        let want = json!({"keywords": {"$flagged": true}, "mailboxIds": {"F2": true}});
        assert_eq!(Value::Object(changed), want);
    }

    #[test]
    fn a_patch_that_makes_no_sense_is_refused_whole() {
        for wrong in [
            json!({"keywords": {}, "keywords/$seen": true}),
            json!({"a/b": 1, "a/b/c/d": 1, "a/a": 1}),
        ] {
            assert_eq!(Patch::read(object(wrong)).unwrap_err().kind, "invalidPatch");
        }
        // Next to each other, and neither the beginning of the other.
        assert!(Patch::read(object(json!({"a": 1, "a-b": 1, "ab": 1}))).is_ok());
        let object_of = object(json!({"list": [{"a": 1}], "text": "x"}));
        for path in ["list/0", "text/a", "none/a"] {
            let patch =
                Patch::read(object(json!({ path: 2, "text": "y" }))).map(|it| it.apply(&object_of));
            assert!(!matches!(patch, Ok(Ok(_))), "{path}");
        }
    }
}
