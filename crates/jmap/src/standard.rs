//! The standard methods, in what they have in common whatever they are about (RFC 8620, 5).

mod changes;
mod copy;
mod get;
mod patch;
mod query;
mod query_changes;
mod set;

pub use changes::{Changes, ChangesAnswer};
pub use copy::Copy;
pub use get::{Get, GetAnswer};
pub use patch::Patch;
pub(crate) use query::filter_date;
pub(crate) use query::take_filter;
pub use query::{Comparator, Filter, Operator, Query, QueryAnswer, Total, Window};
pub use query_changes::{AddedItem, QueryChanges, QueryChangesAnswer};
pub use set::{Set, SetAnswer};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::MethodError;

/// An answer as its arguments.
pub(crate) fn as_arguments(answer: &impl Serialize) -> Result<Map<String, Value>, MethodError> {
    match serde_json::to_value(answer) {
        Ok(Value::Object(arguments)) => Ok(arguments),
        Ok(_) | Err(_) => {
            Err(MethodError::ServerFail { description: "an answer is not an object".to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Map, Value, json};

    use super::{Changes, Get, GetAnswer, Set, SetAnswer};
    use crate::arguments::Arguments;
    use crate::call::Created;
    use crate::error::MethodError;
    use crate::id::Id;
    use crate::limits::Limits;

    const LIMITS: Limits = Limits {
        upload_octets_max: 0,
        uploads_max: 0,
        request_octets_max: 0,
        requests_max: 0,
        calls_max: 0,
        objects_in_get_max: 2,
        objects_in_set_max: 3,
    };

    fn arguments(value: Value) -> Arguments {
        Arguments::of(if let Value::Object(object) = value { object } else { Map::new() })
    }

    fn id(text: &str) -> Id {
        Id::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn each_object_is_got_once_and_not_too_many() {
        let get = |ids: Value| {
            let asked = json!({"accountId": "A1", "ids": ids, "properties": ["id", "size"]});
            Get::take(&mut arguments(asked), &LIMITS)
        };
        let got = get(json!(["M1", "M2", "M1"])).unwrap();
        assert_eq!(got.ids.as_deref(), Some(&[id("M1"), id("M2")][..]));
        assert!(got.wants("size") && !got.wants("subject"));
        assert_eq!(get(Value::Null).unwrap().ids, None);
        let many = get(json!(["M1", "M2", "M3"])).unwrap_err();
        assert!(matches!(many, MethodError::RequestTooLarge { .. }));
        let answer = GetAnswer {
            account_id: id("A1"),
            state: "7".to_owned(),
            list: vec![],
            not_found: vec![id("M1")],
        };
        let want = json!({"accountId": "A1", "state": "7", "list": [], "notFound": ["M1"]});
        assert_eq!(Value::Object(answer.arguments().unwrap()), want);
    }

    #[test]
    fn a_client_takes_at_least_one_change() {
        let changes = |most: Value| {
            let asked = json!({"accountId": "A1", "sinceState": "7", "maxChanges": most});
            Changes::take(&mut arguments(asked))
        };
        assert_eq!(changes(json!(1)).unwrap().most.unwrap().get(), 1);
        assert_eq!(changes(Value::Null).unwrap().most, None);
        for wrong in [json!(0), json!(-1), json!("1")] {
            assert!(matches!(changes(wrong), Err(MethodError::InvalidArguments { .. })));
        }
    }

    #[test]
    fn what_is_changed_is_found_by_id_or_as_it_was_created() {
        let asked = json!({
            "accountId": "A1", "ifInState": "7", "update": {"#k1": {"a": 1}, "#k2": {}, "M3": {}},
        });
        let set = Set::take(&mut arguments(asked), &LIMITS).unwrap();
        assert_eq!(set.check_state("7"), Ok(()));
        assert_eq!(set.check_state("8"), Err(MethodError::StateMismatch));
        let created = Created::of(BTreeMap::from([(id("k1"), id("M1"))]));
        let mut answer = SetAnswer::begin(set.account, "7".to_owned());
        let updates = answer.updates(set.update, &["M3".to_owned()], &created);
        assert_eq!(updates.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["M1"]);
        answer.new_state = "8".to_owned();
        answer.updated.insert(id("M1"), None);
        let want = json!({
            "accountId": "A1", "oldState": "7", "newState": "8", "updated": {"M1": null},
            "created": null, "destroyed": null, "notCreated": null, "notDestroyed": null,
            "notUpdated": {"#k2": {"type": "notFound"}, "M3": {"type": "willDestroy"}},
        });
        assert_eq!(Value::Object(answer.arguments().unwrap()), want);
        let many = json!({"accountId": "A1", "create": {"a": {}, "b": {}}, "destroy": ["c", "d"]});
        let many = Set::take(&mut arguments(many), &LIMITS).unwrap_err();
        assert!(matches!(many, MethodError::RequestTooLarge { .. }));
    }
}
