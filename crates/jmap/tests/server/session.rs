//! What a client is told first.

use jmap::{Addresses, Limits};
use serde_json::json;

use crate::world::{World, arguments_of};

#[tokio::test]
async fn the_session_object_tells_what_an_account_can_do() {
    let world = World::new().await;
    let addresses = Addresses {
        api_url: "/jmap/api".to_owned(),
        download_url: "/jmap/download/{accountId}/{blobId}/{name}?type={type}".to_owned(),
        upload_url: "/jmap/upload/{accountId}".to_owned(),
        event_source_url: "/jmap/events".to_owned(),
    };
    let session = world.context.session(&Limits::default(), addresses.clone());
    let told = serde_json::to_value(&session).unwrap();
    let mail = "urn:ietf:params:jmap:mail";
    assert_eq!(told["primaryAccounts"][mail], "A1");
    assert_eq!(told["accounts"]["A1"]["name"], "ana@example.org");
    let said = &told["accounts"]["A1"]["accountCapabilities"][mail];
    assert_eq!(said["maxMailboxesPerEmail"], json!(null));
    assert_eq!(said["maxMailboxDepth"], 32);
    // RFC 8621, 1.3.1: at least 100.
    assert_eq!(said["maxSizeMailboxName"], 255);
    assert!(said["maxSizeAttachmentsPerEmail"].as_u64().unwrap() < 1 << 20);
    assert_eq!(said["mayCreateTopLevelMailbox"], true);
    let contacts = "urn:ietf:params:jmap:contacts";
    assert_eq!(told["primaryAccounts"][contacts], "A1");
    let said = &told["accounts"]["A1"]["accountCapabilities"][contacts];
    assert_eq!(*said, json!({"maxAddressBooksPerCard": null, "mayCreateAddressBook": true}));
    // What is told is what requests may use.
    for name in told["accounts"]["A1"]["accountCapabilities"].as_object().unwrap().keys() {
        assert!(world.api.capabilities().contains(&name.as_str()), "{name}");
        assert_eq!(told["capabilities"][name], json!({}), "{name}");
    }
    let again = world.context.session(&Limits::default(), addresses.clone());
    assert_eq!(session.state, again.state);
    let other = Limits { calls_max: 17, ..Limits::default() };
    assert_ne!(session.state, world.context.session(&other, addresses).state);
}

#[tokio::test]
async fn a_user_has_so_many_subscriptions_and_makes_them_no_faster_than_that() {
    let mut world = World::new().await;
    let one = |number: usize| {
        let new = json!({"deviceClientId": "d", "url": "https://push.example/"});
        (number.to_string(), new)
    };
    let create: serde_json::Map<_, _> = (0..65).map(one).collect();
    let call = |create| {
        let calls = json!([["PushSubscription/set", {"create": create}, "0"]]);
        json!({"using": ["urn:ietf:params:jmap:core"], "methodCalls": calls}).to_string()
    };
    let answer = arguments_of(&world.ask(call(create.clone()).as_bytes()).await);
    assert_eq!(answer["created"].as_object().unwrap().len(), jmap::PUSH_SUBSCRIPTIONS_MAX);
    let refused: Vec<_> = answer["notCreated"].as_object().unwrap().values().collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["type"], "overQuota");
    // The tests' host lets 70 be made.
    let answer = arguments_of(&world.ask(call(create).as_bytes()).await);
    let kinds = answer["notCreated"].as_object().unwrap().values().map(|it| it["type"].clone());
    let kinds: Vec<_> = kinds.collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "overQuota").count(), 5);
    assert_eq!(kinds.iter().filter(|kind| *kind == "rateLimit").count(), 60);
}
