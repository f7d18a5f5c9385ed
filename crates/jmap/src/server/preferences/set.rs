//! Preferences/set. There is one object, and so none is made or destroyed (RFC 8620, 5.3).

use serde_json::{Map, Value};

use super::{CAPABILITY, Preferences, SINGLETON};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::{MethodError, SetError};
use crate::limits::{PREFERENCE_NAME_OCTETS_MAX, PREFERENCES_MAX, PREFERENCES_OCTETS_MAX};
use crate::run::Row;
use crate::server::Context;
use crate::server::drawer::{self, Drawer};
use crate::standard::{Patch, Set, SetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "Preferences/set", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let set = Set::take(&mut arguments, call.limits)?;
    arguments.end()?;
    call.context.check_account(&set.account)?;
    let known = &*call.created;
    let edited = drawer::edit::<Preferences, SetAnswer>(call.context, |drawer| {
        set.check_state(&drawer.state())?;
        let mut answer = SetAnswer::begin(set.account.clone(), drawer.state());
        for creation in set.create.keys() {
            answer.not_created.insert(creation.clone(), SetError::of("singleton"));
        }
        for (id, patch) in answer.updates(set.update.clone(), &[], known) {
            let updated = if id.as_str() == SINGLETON {
                update(drawer, &patch)
            } else {
                Err(SetError::of("notFound"))
            };
            match updated {
                Ok(()) => drop(answer.updated.insert(id, None)),
                Err(error) => drop(answer.not_updated.insert(id.into(), error)),
            }
        }
        for name in &set.destroy {
            let kind = if name == SINGLETON { "singleton" } else { "notFound" };
            answer.not_destroyed.insert(name.clone(), SetError::of(kind));
        }
        answer.new_state = drawer.state();
        Ok(answer)
    });
    edited.await?.0.arguments()
}

fn update(drawer: &mut Drawer<Preferences>, patch: &Patch) -> Result<(), SetError> {
    let Some((number, before)) = drawer.iter().next() else {
        return Err(SetError::of("notFound"));
    };
    let mut object = before.object();
    // What is sent back as it is says nothing (RFC 8620, 5.3).
    let is_id = |(path, value): &(&[String], &Value)| {
        matches!(path, [name] if name == "id") && *value == SINGLETON
    };
    let wrong = patch.parts().filter(|part| !is_id(part)).find_map(|(path, _)| match path {
        [name] | [name, _] if name == "values" => None,
        _ => path.first(),
    });
    if let Some(name) = wrong {
        return Err(SetError::properties(&[name], "only values changes, each as a whole"));
    }
    object = patch.apply(&object)?;
    let values = match object.remove("values") {
        // Null sets it back to what it was at first.
        None => Map::new(),
        Some(Value::Object(values)) => values,
        Some(_) => return Err(SetError::properties(&["values"], "it is no object")),
    };
    check(&values)?;
    let changed = Preferences { values };
    if changed != *before {
        drawer.replace(number, changed);
    }
    Ok(())
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
