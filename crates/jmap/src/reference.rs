//! Arguments that are results of earlier calls (RFC 8620, 3.7).

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::answers::Answers;
use crate::error::MethodError;
use crate::limits::REFERRED_OCTETS_MAX;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResultReference {
    result_of: String,
    name: String,
    path: String,
}

/// How much a request has referred to so far.
#[derive(Debug, Default)]
pub(crate) struct Referred {
    octets: usize,
}

impl Referred {
    /// Puts the results in place of the references to them.
    pub(crate) fn resolve(
        &mut self,
        arguments: Map<String, Value>,
        answers: &Answers,
    ) -> Result<Map<String, Value>, MethodError> {
        let mut resolved = Map::new();
        for (name, value) in arguments {
            let Some(real) = name.strip_prefix('#') else {
                put(&mut resolved, name, value)?;
                continue;
            };
            let invalid = |why: &str| MethodError::InvalidResultReference {
                description: format!("{name}: {why}"),
            };
            let reference: ResultReference = serde_json::from_value(value)
                .map_err(|_| invalid("it is not an object with resultOf, name and path"))?;
            let found = look_up(&reference, answers).map_err(invalid)?;
            let mut octets = 0_usize;
            for value in found.values() {
                octets = octets.saturating_add(octets_of(value));
            }
            self.octets = self.octets.saturating_add(octets);
            if self.octets > REFERRED_OCTETS_MAX {
                let description = format!(
                    "{name}: the results referred to have more than {REFERRED_OCTETS_MAX} octets"
                );
                return Err(MethodError::RequestTooLarge { description });
            }
            put(&mut resolved, real.to_owned(), found.into_value())?;
        }
        Ok(resolved)
    }
}

fn put(into: &mut Map<String, Value>, name: String, value: Value) -> Result<(), MethodError> {
    if into.contains_key(&name) {
        let description = format!("{name} is given both as it is and by reference");
        return Err(MethodError::InvalidArguments { description });
    }
    into.insert(name, value);
    Ok(())
}

/// What a path leads to: copied only when it is known how much it is.
enum Found<'v> {
    One(&'v Value),
    /// What `*` led to.
    Many(Vec<&'v Value>),
}

impl<'v> Found<'v> {
    fn values(&self) -> &[&'v Value] {
        match self {
            Found::One(value) => std::slice::from_ref(value),
            Found::Many(values) => values,
        }
    }

    fn into_value(self) -> Value {
        match self {
            Found::One(value) => value.clone(),
            Found::Many(values) => values.into_iter().cloned().collect(),
        }
    }
}

fn look_up<'v>(
    reference: &ResultReference,
    answers: &'v Answers,
) -> Result<Found<'v>, &'static str> {
    let first = answers.first(&reference.result_of).ok_or("no earlier call has that id")?;
    if first.name != reference.name {
        return Err("the call has no result of that name");
    }
    let mut tokens = reference.path.split('/');
    if tokens.next() != Some("") {
        return Err("the path does not begin with /");
    }
    let tokens: Vec<String> =
        tokens.map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    let Some((first_token, rest)) = tokens.split_first() else {
        return Err("the path leads to all arguments");
    };
    let value = first.arguments.get(first_token).ok_or("the path leads nowhere")?;
    follow(value, rest)
}

/// Follows a path. As deep as a request may be, since each token goes one deeper.
fn follow<'v>(value: &'v Value, tokens: &[String]) -> Result<Found<'v>, &'static str> {
    const NOWHERE: &str = "the path leads nowhere";
    let Some((token, rest)) = tokens.split_first() else { return Ok(Found::One(value)) };
    match value {
        Value::Object(object) => follow(object.get(token).ok_or(NOWHERE)?, rest),
        Value::Array(items) if token == "*" => {
            let mut all = Vec::new();
            for item in items {
                match follow(item, rest)? {
                    Found::One(Value::Array(several)) => all.extend(several),
                    Found::One(one) => all.push(one),
                    Found::Many(several) => all.extend(several),
                }
            }
            Ok(Found::Many(all))
        }
        Value::Array(items) => {
            // RFC 6901, 4: no sign, and no zeros before it.
            let is_index = token == "0"
                || (!token.starts_with('0') && token.bytes().all(|octet| octet.is_ascii_digit()));
            let index = token.parse::<usize>().ok().filter(|_| is_index).ok_or(NOWHERE)?;
            follow(items.get(index).ok_or(NOWHERE)?, rest)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(NOWHERE),
    }
}

/// About how long a value is as JSON.
pub(crate) fn octets_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len().saturating_add(2),
        Value::Array(items) => items
            .iter()
            .map(octets_of)
            .fold(2_usize.saturating_add(items.len()), usize::saturating_add),
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| name.len().saturating_add(4).saturating_add(octets_of(value)))
            .fold(2, usize::saturating_add),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::Referred;
    use crate::answers::Answers;
    use crate::error::MethodError;
    use crate::request::Invocation;

    fn object(value: Value) -> Map<String, Value> {
        if let Value::Object(object) = value { object } else { Map::new() }
    }

    fn answers() -> Answers {
        let answer = |name: &str, arguments: Value, id: &str| Invocation {
            name: name.to_owned(),
            arguments: object(arguments),
            id: id.to_owned(),
        };
        Answers::held(vec![
            answer("Foo/changes", json!({"created": ["f1", "f4"], "a/b": {"~": 7}}), "t0"),
            answer("Foo/later", json!({"created": []}), "t0"),
            answer(
                "Thread/get",
                json!({"list": [{"emailIds": ["m1", "m2"]}, {"emailIds": ["m3"]}, {"emailIds": []}],
                       "deep": [{"a": [{"b": [1, 2]}, {"b": 3}]}, {"a": [{"b": []}]}]}),
                "t1",
            ),
        ])
    }

    fn resolve(of: &str, name: &str, path: &str) -> Result<Value, MethodError> {
        let arguments = json!({"x": 1, "#ids": {"resultOf": of, "name": name, "path": path}});
        let resolved = Referred::default().resolve(object(arguments), &answers())?;
        assert_eq!(resolved["x"], 1);
        Ok(resolved["ids"].clone())
    }

    #[test]
    fn references_lead_where_the_standard_says() {
        for (of, name, path, want) in [
            ("t0", "Foo/changes", "/created", json!(["f1", "f4"])),
            ("t0", "Foo/changes", "/created/1", json!("f4")),
            ("t0", "Foo/changes", "/a~1b/~0", json!(7)),
            ("t1", "Thread/get", "/list/*/emailIds", json!(["m1", "m2", "m3"])),
            ("t1", "Thread/get", "/list/0/emailIds/*", json!(["m1", "m2"])),
            ("t1", "Thread/get", "/deep/*/a/*/b", json!([1, 2, 3])),
        ] {
            assert_eq!(resolve(of, name, path).unwrap(), want, "{path}");
        }
    }

    #[test]
    fn references_that_lead_nowhere_fail_the_call() {
        for (of, name, path) in [
            ("t9", "Foo/changes", "/created"),
            // The first answer of that call counts.
            ("t0", "Foo/later", "/created"),
            ("t0", "Foo/changes", "/created/2"),
            ("t0", "Foo/changes", "/created/01"),
            ("t0", "Foo/changes", "/created/-"),
            ("t0", "Foo/changes", "/created/+1"),
            ("t0", "Foo/changes", "/*"),
            ("t0", "Foo/changes", "created"),
            ("t0", "Foo/changes", ""),
            ("t1", "Thread/get", "/list/*/subject"),
        ] {
            let error = resolve(of, name, path).unwrap_err();
            assert!(matches!(error, MethodError::InvalidResultReference { .. }), "{path}");
        }
        let twice = json!({"ids": [], "#ids": {"resultOf": "t0", "name": "Foo/changes", "path": "/created"}});
        let error = Referred::default().resolve(object(twice), &answers()).unwrap_err();
        assert!(matches!(error, MethodError::InvalidArguments { .. }), "{error:?}");
        let wrong = json!({"#ids": {"resultOf": 1}});
        let error = Referred::default().resolve(object(wrong), &answers()).unwrap_err();
        assert!(matches!(error, MethodError::InvalidResultReference { .. }), "{error:?}");
    }

    #[test]
    fn what_a_request_refers_to_is_bounded() {
        let large = Answers::held(vec![Invocation {
            name: "Email/get".to_owned(),
            arguments: object(json!({"list": vec!["x".repeat(1 << 20); 3]})),
            id: "t0".to_owned(),
        }]);
        let mut referred = Referred::default();
        let mut resolve = || {
            let reference = json!({"#a": {"resultOf": "t0", "name": "Email/get", "path": "/list"}});
            referred.resolve(object(reference), &large)
        };
        assert!(resolve().is_ok());
        assert!(resolve().is_ok());
        assert!(matches!(resolve(), Err(MethodError::RequestTooLarge { .. })));
    }

    proptest! {
        #[test]
        fn any_path_leads_somewhere_or_nowhere(path in "(/([a-z*0-9~]{0,3}|list|deep|emailIds|\\*|b|a)){0,6}") {
            let _ = resolve("t1", "Thread/get", &path);
        }
    }
}
