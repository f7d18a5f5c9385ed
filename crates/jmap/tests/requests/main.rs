//! Whole requests against a server of two methods.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may be blunt"
)]

mod any_octets;

use jmap::client::{AnswerFault, Asking, Heard};
use jmap::{Answered, Api, Call, Id, Limits, MethodError, Request, RequestError, Row, core};
use serde::Deserialize;
use serde_json::{Map, Value, json};

const THINGS: &str = "https://things.example/jmap";

/// How many things there are.
#[derive(Default)]
struct Things(u32);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Make {
    create: Vec<Id>,
    #[serde(default)]
    like: Option<String>,
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(object) = value { object } else { Map::new() }
}

fn make<'a>(call: &'a mut Call<'_, Things>) -> Answered<'a> {
    Box::pin(async move {
        let Make { create, like } = call.read()?;
        let like = like.map(|text| call.created.find(&text).ok_or(MethodError::Forbidden));
        let like = like.transpose()?;
        let mut made = Vec::new();
        for creation in create {
            call.context.0 = call.context.0.saturating_add(1);
            let id = Id::try_from(format!("T{}", call.context.0)).unwrap();
            made.push(id.clone());
            call.created.note(creation, id);
        }
        if let Some(like) = &like {
            call.imply("Thing/liked", object(json!({"id": like})));
        }
        Ok(object(json!({"made": made})))
    })
}

static CORE: [Row<Things>; 1] = core::rows();
static ROWS: [Row<Things>; 1] = [Row { name: "Thing/make", capability: THINGS, run: make }];
const API: Api<Things> = Api {
    tables: &[&CORE, &ROWS],
    others: &["urn:example:silent"],
    limits: Limits {
        upload_octets_max: 1,
        uploads_max: 1,
        request_octets_max: 10_000,
        requests_max: 1,
        calls_max: 16,
        objects_in_get_max: 1,
        objects_in_set_max: 1,
    },
};

async fn ask(request: Value) -> Result<Value, RequestError> {
    let request = Request::read(request.to_string().as_bytes(), &API.limits)?;
    let response = API.run(request, &mut Things::default(), "s1".to_owned()).await?;
    Ok(serde_json::to_value(response).unwrap())
}

#[tokio::test]
async fn calls_are_done_in_their_order_and_each_fails_alone() {
    let answer = ask(json!({
        "using": [core::CAPABILITY, THINGS, "urn:example:silent"],
        "methodCalls": [
            ["Core/echo", {"hello": true, "high": 5}, "b3ff"],
            ["Thing/nothing", {}, "c1"],
            ["Thing/make", {"create": ["k1", "k2"]}, "c2"],
            ["Thing/make", {"create": 7}, "c3"],
            ["Core/echo", {"#ids": {"resultOf": "c2", "name": "Thing/make", "path": "/made"}}, "c4"],
            ["Core/echo", {"#ids": {"resultOf": "c1", "name": "Thing/nothing", "path": "/made"}}, "c5"],
            ["Thing/make", {"create": [], "like": "#k2"}, "c6"],
        ],
    }));
    let answer = answer.await.unwrap();
    let answers = answer["methodResponses"].as_array().unwrap();
    assert_eq!(answers[0], json!(["Core/echo", {"hello": true, "high": 5}, "b3ff"]));
    assert_eq!(answers[1], json!(["error", {"type": "unknownMethod"}, "c1"]));
    assert_eq!(answers[2], json!(["Thing/make", {"made": ["T1", "T2"]}, "c2"]));
    assert_eq!(answers[3][1]["type"], "invalidArguments");
    assert_eq!(answers[4], json!(["Core/echo", {"ids": ["T1", "T2"]}, "c4"]));
    assert_eq!(answers[5][1]["type"], "invalidResultReference");
    assert_eq!(answers[6], json!(["Thing/make", {"made": []}, "c6"]));
    assert_eq!(answers[7], json!(["Thing/liked", {"id": "T2"}, "c6"]));
    assert_eq!(answer["sessionState"], "s1");
    // Nobody asked for them.
    assert_eq!(answer.get("createdIds"), None);
}

#[tokio::test]
async fn created_ids_go_from_request_to_request() {
    let answer = ask(json!({
        "using": [THINGS],
        "methodCalls": [["Thing/make", {"create": ["k2"], "like": "#k1"}, "c"]],
        "createdIds": {"k1": "T9"},
    }));
    let answer = answer.await.unwrap();
    assert_eq!(answer["createdIds"], json!({"k1": "T9", "k2": "T1"}));
    assert_eq!(answer["methodResponses"][1][1]["id"], "T9");
}

#[tokio::test]
async fn only_what_a_request_uses_is_there_for_it() {
    let call = json!([["Core/echo", {}, "c"]]);
    let answer = ask(json!({"using": [THINGS], "methodCalls": call})).await.unwrap();
    assert_eq!(answer["methodResponses"][0][1]["type"], "unknownMethod");
    let refused = ask(json!({"using": ["urn:example:no"], "methodCalls": call})).await.unwrap_err();
    let problem = refused.problem();
    assert_eq!(problem["type"], "urn:ietf:params:jmap:error:unknownCapability");
    assert_eq!(problem["status"], 400);
    assert_eq!(API.capabilities(), [THINGS, "urn:example:silent", core::CAPABILITY]);
}

#[tokio::test]
async fn a_client_makes_what_the_server_reads_and_reads_what_it_says() {
    let mut asking = Asking::using(&[core::CAPABILITY, THINGS]);
    let made = asking.call("Thing/make", json!({"create": ["k1"]}));
    let echoed = asking.call("Core/echo", json!({"#ids": made.result("/made")}));
    let liked = asking.call("Thing/make", json!({"create": [], "like": "#k1"}));
    let refused = asking.call("Thing/make", json!({"create": 7}));
    let request = Request::read(&asking.octets(), &API.limits).unwrap();
    let response = API.run(request, &mut Things::default(), "s1".to_owned()).await.unwrap();
    let heard = Heard::read(&serde_json::to_vec(&response).unwrap()).unwrap();
    assert_eq!(heard.answer(&echoed).unwrap()["ids"], json!(["T1"]));
    assert_eq!(heard.implied(&liked).next().unwrap().0, "Thing/liked");
    let fault = heard.answer(&refused).unwrap_err().to_string();
    assert!(fault.starts_with("the server refused Thing/make: invalidArguments, "), "{fault}");
    assert_eq!(heard.session_state, "s1");
    for wrong in ["[]", "{}", r#"{"methodResponses":[["a"]],"sessionState":""}"#] {
        assert!(Heard::read(wrong.as_bytes()).is_err(), "{wrong}");
    }
    let other = Heard::read(br#"{"methodResponses":[],"sessionState":""}"#).unwrap();
    assert_eq!(other.answer(&made), Err(AnswerFault::Unfit("Thing/make")));
}

#[test]
fn the_corpus_of_the_fuzzer_is_refused_or_done() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/jmap");
    let mut inputs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        any_octets::check(&std::fs::read(entry.unwrap().path()).unwrap());
        inputs += 1;
    }
    assert!(inputs >= 7);
}

proptest::proptest! {
    #[test]
    fn any_octets_are_refused_or_done(octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        any_octets::check(&octets);
    }
}
