//! Whatever a client says, it is answered.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::world::World;

/// What arguments, properties and conditions are called.
const NAMES: &[&str] = &[
    "ids",
    "properties",
    "sinceState",
    "maxChanges",
    "filter",
    "sort",
    "position",
    "anchor",
    "anchorOffset",
    "limit",
    "calculateTotal",
    "collapseThreads",
    "sinceQueryState",
    "upToId",
    "create",
    "update",
    "destroy",
    "ifInState",
    "bodyProperties",
    "fetchAllBodyValues",
    "maxBodyValueBytes",
    "sortAsTree",
    "filterAsTree",
    "emailIds",
    "onDestroyRemoveEmails",
    "operator",
    "conditions",
    "property",
    "isAscending",
    "keyword",
    "collation",
    "inMailbox",
    "inMailboxOtherThan",
    "text",
    "header",
    "hasKeyword",
    "someInThreadHaveKeyword",
    "hasAttachment",
    "minSize",
    "before",
    "mailboxIds",
    "keywords",
    "blobId",
    "blobIds",
    "emails",
    "emailId",
    "identityId",
    "envelope",
    "mailFrom",
    "rcptTo",
    "data",
    "data:asText",
    "typeNames",
    "fromAccountId",
    "textBody",
    "bodyValues",
    "bodyStructure",
    "partId",
    "type",
    "isEnabled",
    "email",
    "onSuccessUpdateEmail",
    "singleton",
    "name",
    "parentId",
    "role",
    "isSubscribed",
    "sortOrder",
    "F1",
    "F2",
    "k1",
    "#k1",
    "name/x",
    "",
];

const TEXTS: &[&str] = &[
    "",
    "A1",
    "B1",
    "B1-1",
    "U1",
    "M1",
    "M2",
    "F1",
    "F2",
    "T1",
    "#k1",
    "0",
    "7",
    "99999999999999999999",
    "AND",
    "OR",
    "NOT",
    "subject",
    "id",
    "receivedAt",
    "hasKeyword",
    "$seen",
    "2023-11-14T22:13:20Z",
    "bodyValues",
    "bodyStructure",
    "header:X:asText:all",
    "\"a b\" c'",
    "trash",
    "i;octet",
    "a/b",
    "inbox",
    "\u{0}",
    "\u{1f4a9}",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        select(TEXTS).prop_map(Value::from),
        select(TEXTS).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        prop_oneof![Just(0_i64), Just(1), Just(-1), Just(i64::MAX), Just(i64::MIN), any::<i64>()]
            .prop_map(Value::from),
        Just(json!(u64::MAX)),
        Just(json!(1.5)),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(select(NAMES), inner, 0..4).prop_map(|object| {
                object.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

/// A filter, or something that looks like one.
fn filter() -> impl Strategy<Value = Value> {
    let leaf = btree_map(select(NAMES), value(), 0..3).prop_map(|object| {
        object.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Value>()
    });
    leaf.prop_recursive(3, 12, 4, |inner| {
        (select(&["AND", "OR", "NOT"][..]), vec(inner, 0..4)).prop_map(
            |(operator, conditions)| json!({"operator": operator, "conditions": conditions}),
        )
    })
}

#[test]
fn whatever_is_asked_is_answered_by_the_method_or_by_an_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let world = runtime.block_on(async {
        let world = World::new().await;
        let message = b"Subject: a b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n";
        for _ in 0..3 {
            world.append("INBOX", Default::default(), message).await;
        }
        world
    });
    let methods: Vec<&str> =
        world.api.tables.iter().copied().flatten().map(|row| row.name).collect();
    let using = world.api.capabilities();
    let world = std::sync::Mutex::new(world);
    let call = (select(methods), btree_map(select(NAMES), value(), 0..5), filter());
    let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let answers = runner.run(&call, |(method, arguments, filter)| {
        let mut arguments: serde_json::Map<String, Value> =
            arguments.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        arguments.insert("accountId".to_owned(), "A1".into());
        if arguments.contains_key("filter") {
            arguments.insert("filter".to_owned(), filter);
        }
        let request = json!({
            "using": using,
            "methodCalls": [[method, arguments, "c"]],
        });
        let mut world = world.lock().unwrap();
        let response = runtime.block_on(world.ask(request.to_string().as_bytes()));
        let answer = response.method_responses[0].as_json();
        let answer: Value = serde_json::from_str(answer).unwrap();
        prop_assert!(answer[0] == *method || answer[0] == "error");
        // Nothing of this is our fault.
        let kind = answer[1]["type"].as_str().unwrap_or_default();
        prop_assert!(!kind.starts_with("server") && kind != "unknownMethod", "{kind}");
        Ok(())
    });
    answers.unwrap();
}
