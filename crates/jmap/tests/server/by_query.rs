//! Many emails are changed in several commits, while others change them too.

use jmap::{BY_QUERY_COMMIT_EMAILS, UNDOS_MAX};
use mailbox::operations::Append;
use mailbox::{FlagMode, FlagNames, Flags, UidSet};
use serde_json::{Value, json};

use crate::world::World;

const USING: [&str; 3] =
    ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", jmap::server::own::BULK];

/// Calls a method, and gives its answer.
async fn call(world: &mut World, name: &str, mut arguments: Value) -> Value {
    arguments["accountId"] = "A1".into();
    let request = json!({"using": USING, "methodCalls": [[name, arguments, "0"]]}).to_string();
    let response = world.ask(request.as_bytes()).await;
    let answer = serde_json::to_value(response.method_responses).unwrap();
    assert_eq!(answer[0][0], name, "{answer}");
    answer[0][1].clone()
}

async fn fill(world: &World, count: usize) {
    let inbox = world.mailbox("INBOX");
    for _ in 0..count.div_ceil(500) {
        let mut appends = Vec::new();
        for _ in 0..500 {
            let mut incoming = world.context.ports.accounts.receive();
            incoming.write(b"Subject: x\r\n\r\n").await.unwrap();
            let received = incoming.finish().await.unwrap();
            let flags = FlagNames::default();
            appends.push(Append { received, flags, internal_date: None, uidl: None });
        }
        world.ana.append(inbox, appends).await.unwrap();
    }
}

async fn count(world: &mut World, filter: Value) -> Value {
    let query = json!({"filter": filter, "calculateTotal": true, "limit": 0});
    call(world, "Email/query", query).await["total"].clone()
}

#[tokio::test]
async fn many_are_changed_and_put_back_while_others_change_some() {
    let mut world = World::new().await;
    let total = BY_QUERY_COMMIT_EMAILS + 1_000;
    fill(&world, total).await;
    let (ana, inbox) = (world.ana.clone(), world.mailbox("INBOX"));
    let meddling = tokio::spawn(async move {
        // The last ones get the keyword from somebody else, one by one, so that each commit finds the account changed.
        let uids: Vec<_> = ana.state(inbox).unwrap().entries.iter().map(|it| it.uid).collect();
        let flags = FlagNames { system: Flags::FLAGGED, keywords: vec![] };
        for uid in uids.into_iter().rev().take(10) {
            let uids = UidSet::from_ranges([(uid, uid)]);
            let (mode, flags) = (FlagMode::Add, flags.clone());
            let store = mailbox::operations::Store { uids, mode, flags, unchanged_since: None };
            ana.store(inbox, store).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    let filter = json!({"notKeyword": "$flagged"});
    let asked = json!({"filter": filter, "update": {"keywords/$flagged": true}});
    let answer = call(&mut world, "Email/setByQuery", asked).await;
    meddling.await.unwrap();
    let number = |name: &str| answer[name].as_u64().unwrap();
    assert_eq!(number("changed") + number("unchanged"), number("total"));
    assert_eq!((number("remaining"), &answer["error"]), (0, &Value::Null));
    assert_eq!(count(&mut world, filter.clone()).await, 0);
    let token = json!({"undoToken": answer["undoToken"]});
    let undone = call(&mut world, "Email/undo", token).await;
    let all = number("changed");
    assert_eq!(undone["restored"].as_u64().unwrap() + undone["notRestored"].as_u64().unwrap(), all);
    assert_eq!(count(&mut world, filter).await, undone["restored"]);
    assert!(undone["notRestored"].as_u64().unwrap() <= 10, "{undone}");
}

#[tokio::test]
async fn what_can_be_undone_is_bounded() {
    let mut world = World::new().await;
    fill(&world, 1).await;
    let mut tokens = Vec::new();
    for index in 0..=UNDOS_MAX {
        let keyword = format!("keywords/k{index}");
        let answer = call(&mut world, "Email/setByQuery", json!({"update": {keyword: true}})).await;
        tokens.push(answer["undoToken"].clone());
    }
    let request = json!({"using": USING, "methodCalls":
        [["Email/undo", {"accountId": "A1", "undoToken": tokens[0]}, "0"],
         ["Email/undo", {"accountId": "A1", "undoToken": tokens[UNDOS_MAX]}, "1"]]});
    let response = world.ask(request.to_string().as_bytes()).await;
    let answer = serde_json::to_value(response.method_responses).unwrap();
    assert_eq!(answer[0][1], json!({"type": "undoNotFound"}));
    assert_eq!(answer[1][1]["restored"], 500);
}
