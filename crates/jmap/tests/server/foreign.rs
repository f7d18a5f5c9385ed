//! Two accounts: what is another user's answers like what is not there, by every method.

use std::sync::Arc;

use jmap::server::{Context, User};
use mailbox::memory::MemoryEngine;
use mailbox::{AccountId, Door, FlagNames, Who};
use serde_json::{Value, json};

use crate::world::World;

/// What another user has, by the kind of its id, and what nobody has. Uploads are named by chance.
const KINDS: [(&str, &str, &str); 8] = [
    ("$email", "M12", "M999999"),
    ("$thread", "T12", "T999999"),
    ("$mailbox", "F9", "F999999"),
    ("$blob", "B12", "B999999"),
    ("$identity", "I7", "I999999"),
    ("$book", "D3", "D999999"),
    ("$card", "C3", "C999999"),
    ("$photo", "C3-00000000000000000000000000000000", "C999999-00000000000000000000000000000000"),
];

/// They take no account. Whose subscriptions are shown is tested below.
const OF_NO_ACCOUNT: [&str; 3] = ["Core/echo", "PushSubscription/get", "PushSubscription/set"];

/// Each method, with arguments that name something.
fn calls() -> Vec<(&'static str, Value)> {
    let (email, mailbox, blob) = ("$email", "$mailbox", "$blob");
    let filter = json!({"inMailbox": mailbox});
    vec![
        ("Activity/get", json!({"ids": ["C12"]})),
        ("Activity/query", json!({"filter": filter})),
        ("AddressBook/changes", json!({"sinceState": "0"})),
        ("AddressBook/get", json!({"ids": ["$book"]})),
        (
            "AddressBook/set",
            json!({"update": {"$book": {"name": "x"}}, "destroy": ["$book"], "onDestroyRemoveContents": true, "onSuccessSetIsDefault": "$book"}),
        ),
        ("Blob/copy", json!({"fromAccountId": "A1", "blobIds": [blob]})),
        ("Blob/get", json!({"ids": [blob, "$upload"]})),
        ("Blob/lookup", json!({"typeNames": ["Email", "Mailbox"], "ids": [blob, "$upload"]})),
        ("Blob/upload", json!({"create": {"k": {"data": [{"blobId": blob}]}}})),
        ("ContactCard/changes", json!({"sinceState": "0"})),
        (
            "ContactCard/copy",
            json!({"fromAccountId": "A1", "create": {"k": {"id": "$card", "addressBookIds": {"$book": true}}}}),
        ),
        ("ContactCard/get", json!({"ids": ["$card"]})),
        (
            "ContactCard/query",
            json!({"filter": {"operator": "OR", "conditions": [{"inAddressBook": "$book"}, {"text": "secret"}]}}),
        ),
        (
            "ContactCard/queryChanges",
            json!({"sinceQueryState": "1", "filter": {"inAddressBook": "$book"}}),
        ),
        (
            "ContactCard/set",
            json!({"create": {"k": {"addressBookIds": {"$book": true}}, "l": {"addressBookIds": {"D1": true}, "media": {"p": {"kind": "photo", "blobId": "$photo"}}}}, "update": {"$card": {"name": {"full": "x"}}}, "destroy": ["$card"]}),
        ),
        ("Email/changes", json!({"sinceState": "0"})),
        (
            "Email/copy",
            json!({"fromAccountId": "A1", "create": {"k": {"id": email, "mailboxIds": {mailbox: true}}}}),
        ),
        ("Email/get", json!({"ids": [email]})),
        (
            "Email/import",
            json!({"emails": {"k": {"blobId": "$upload", "mailboxIds": {mailbox: true}}}}),
        ),
        ("Email/parse", json!({"blobIds": [blob, "$upload"]})),
        ("Email/query", json!({"filter": filter, "anchor": email})),
        ("Email/queryChanges", json!({"filter": filter, "sinceQueryState": "0", "upToId": email})),
        (
            "Email/set",
            json!({"create": {"k": {"mailboxIds": {mailbox: true}}}, "update": {email: {"keywords/$seen": true}}, "destroy": [email]}),
        ),
        ("Email/setByQuery", json!({"filter": filter, "update": {"mailboxIds": {mailbox: true}}})),
        ("Email/statistics", json!({"filter": filter, "by": ["mailbox"]})),
        ("Email/undo", json!({"undoToken": "1"})),
        ("EmailSubmission/changes", json!({"sinceState": "0"})),
        ("EmailSubmission/get", json!({"ids": ["S1"]})),
        (
            "EmailSubmission/query",
            json!({"filter": {"identityIds": ["$identity"], "emailIds": [email]}}),
        ),
        (
            "EmailSubmission/queryChanges",
            json!({"sinceQueryState": "0", "filter": {"emailIds": [email]}}),
        ),
        (
            "EmailSubmission/set",
            json!({"create": {"k": {"emailId": email, "identityId": "$identity"}}, "destroy": ["S1"]}),
        ),
        ("Identity/changes", json!({"sinceState": "0"})),
        ("Identity/get", json!({"ids": ["$identity"]})),
        (
            "Identity/set",
            json!({"update": {"$identity": {"name": "Eve"}}, "destroy": ["$identity"]}),
        ),
        (
            "MDN/send",
            json!({"identityId": "I1", "send": {"k": {"forEmailId": email, "disposition":
                {"actionMode": "manual-action", "sendingMode": "mdn-sent-manually", "type": "displayed"}}},
                "onSuccessUpdateEmail": {"#k": {"keywords/$mdnsent": true}}}),
        ),
        ("MDN/parse", json!({"blobIds": [blob, "$upload"]})),
        ("Email/unsubscribe", json!({"emailId": email})),
        ("MailFile/import", json!({"blobId": "$upload", "mailboxId": mailbox})),
        ("Mailbox/changes", json!({"sinceState": "0"})),
        ("Mailbox/get", json!({"ids": [mailbox]})),
        ("Mailbox/query", json!({"filter": {"parentId": mailbox}})),
        ("Mailbox/queryChanges", json!({"sinceQueryState": "0", "filter": {"parentId": mailbox}})),
        (
            "Mailbox/set",
            json!({"create": {"k": {"name": "x", "parentId": mailbox}}, "update": {mailbox: {"name": "y"}}, "destroy": [mailbox]}),
        ),
        ("Preferences/get", json!({"ids": [email]})),
        ("Preferences/set", json!({"update": {email: {"values/a": 1}}})),
        ("Rule/get", json!({"ids": [email]})),
        ("Rule/changes", json!({"sinceState": "0"})),
        (
            "Rule/set",
            json!({"create": {"k": {"mailboxIds": {mailbox: true}}}, "update": {email: {"name": "x"}}}),
        ),
        ("Quota/changes", json!({"sinceState": "0"})),
        ("Quota/get", json!({"ids": [email]})),
        ("Quota/query", json!({})),
        ("Quota/queryChanges", json!({"sinceQueryState": "0"})),
        ("RetainedEmail/get", json!({"ids": ["R12-1-12"]})),
        ("RetainedEmail/query", json!({"filter": {"inMailbox": mailbox}})),
        ("RetainedEmail/restore", json!({"ids": ["R12-1-12"], "mailboxId": mailbox})),
        ("SafeBody/get", json!({"emailIds": [email]})),
        ("SearchSnippet/get", json!({"emailIds": [email], "filter": {"text": "secret"}})),
        ("Thread/changes", json!({"sinceState": "0"})),
        ("Thread/get", json!({"ids": ["$thread"]})),
        ("VacationResponse/get", json!({"ids": [email]})),
        ("VacationResponse/set", json!({"update": {email: {"isEnabled": true}}})),
    ]
}

/// Ana, who asks, and Bob, who has more of everything: what his ids name is not there for Ana.
async fn world() -> (World, String) {
    let mut world = World::on(Arc::new(MemoryEngine::new())).await;
    let accounts = world.context.ports.accounts.clone();
    let open = |door| accounts.open(AccountId(2), Who::at(door)).unwrap();
    let ana = std::mem::replace(&mut world.ana, open(Door::Imap));
    for number in 0..20 {
        let message = format!("Subject: {number}\r\n\r\nsecret of Bob\r\n");
        world.append("INBOX", FlagNames::default(), message.as_bytes()).await;
    }
    let of_bob = Context {
        account: open(Door::Jmap),
        user: User {
            name: "bob".to_owned(),
            addresses: vec!["ana@example.org".to_owned()],
            credential: "other".to_owned(),
            ..User::default()
        },
        ports: world.context.ports.clone(),
    };
    let of_ana = std::mem::replace(&mut world.context, of_bob);
    let make = json!({"using": world.api.capabilities(), "methodCalls": [
        ["Mailbox/set", {"accountId": "A2", "create": {"a": {"name": "a"}, "b": {"name": "b"}, "c": {"name": "c"}}}, "0"],
        ["Blob/upload", {"accountId": "A2", "create": {
            "a": {"data": [{"data:asText": "a"}]}, "b": {"data": [{"data:asText": "b"}]}, "c": {"data": [{"data:asText": "Subject: c\r\n\r\nsecret"}]},
        }}, "1"],
        ["AddressBook/set", {"accountId": "A2", "create": {"a": {"name": "a"}, "b": {"name": "b"}}}, "2"],
        ["ContactCard/set", {"accountId": "A2", "create": {
            "a": {"addressBookIds": {"D3": true}}, "b": {"addressBookIds": {"D3": true}}, "c": {"addressBookIds": {"D3": true}, "name": {"full": "secret"}},
        }}, "3"],
    ]});
    let made = world.ask(make.to_string().as_bytes()).await;
    let made = serde_json::to_value(&made).unwrap();
    let upload = made["methodResponses"][1][1]["created"]["c"]["id"].as_str().unwrap().to_owned();
    world.context = of_ana;
    world.ana = ana;
    world.append("INBOX", FlagNames::default(), b"Subject: of Ana\r\n\r\nHello\r\n").await;
    (world, upload)
}

async fn answer(world: &mut World, method: &str, account: &str, arguments: &str) -> String {
    let mut arguments: Value = serde_json::from_str(arguments).unwrap();
    arguments["accountId"] = account.into();
    let request =
        json!({"using": world.api.capabilities(), "methodCalls": [[method, arguments, "0"]]});
    let response = world.ask(request.to_string().as_bytes()).await;
    serde_json::to_string(&response).unwrap()
}

/// Whose things are named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Theirs,
    Nobodys,
}

/// What Ana hears who names them in a call, with the kinds of ids in their place.
async fn heard(method: &str, account: &str, arguments: &Value, whose: Whose) -> String {
    // In a world of its own, for some calls change it.
    let (mut world, upload) = world().await;
    let upload = if whose == Whose::Theirs { upload } else { "U999999".to_owned() };
    let mut kinds: Vec<(&str, &str)> = vec![("$upload", &upload)];
    kinds.extend(KINDS.map(|(kind, theirs, nobodys)| match whose {
        Whose::Theirs => (kind, theirs),
        Whose::Nobodys => (kind, nobodys),
    }));
    let named = kinds.iter().fold(arguments.to_string(), |text, (kind, id)| text.replace(kind, id));
    let heard = answer(&mut world, method, account, &named).await;
    kinds.iter().fold(heard, |text, (kind, id)| text.replace(id, kind))
}

#[tokio::test]
async fn every_method_answers_for_anothers_as_for_what_is_not_there() {
    let told = jmap::server::api(jmap::Limits::default());
    let all: Vec<&str> = told.tables.iter().copied().flatten().map(|row| row.name).collect();
    let calls = calls();
    let left: Vec<_> = all
        .iter()
        .filter(|name| !OF_NO_ACCOUNT.contains(name) && !calls.iter().any(|it| it.0 == **name))
        .collect();
    assert!(left.is_empty(), "no call of {left:?}");
    for (method, arguments) in calls.iter().filter(|(name, _)| all.contains(name)) {
        // By the account of another.
        let foreign = heard(method, "A2", arguments, Whose::Theirs).await;
        assert_eq!(foreign, heard(method, "A99", arguments, Whose::Theirs).await, "{method}");
        assert!(foreign.contains("accountNotFound"), "{method}: {foreign}");
        // By ids of another in one's own account.
        let foreign = heard(method, "A1", arguments, Whose::Theirs).await;
        assert_eq!(foreign, heard(method, "A1", arguments, Whose::Nobodys).await, "{method}");
        assert!(!foreign.contains("secret"), "{method}: {foreign}");
    }
}

#[tokio::test]
async fn what_the_other_has_is_there_for_its_owner() {
    // Else the test above could not fail.
    let (mut world, upload) = world().await;
    let accounts = world.context.ports.accounts.clone();
    world.context.account = accounts.open(AccountId(2), Who::at(Door::Jmap)).unwrap();
    for (method, kind) in [
        ("Email/get", "M12"),
        ("Thread/get", "T12"),
        ("Mailbox/get", "F9"),
        ("Blob/get", "B12"),
        ("Blob/get", &upload),
        ("AddressBook/get", "D3"),
        ("ContactCard/get", "C3"),
    ] {
        let ids = json!({"ids": [kind]}).to_string();
        let answer = answer(&mut world, method, "A2", &ids).await;
        assert!(answer.contains("\"notFound\":[]"), "{method} {kind}: {answer}");
    }
}

#[tokio::test]
async fn a_subscription_is_there_for_what_made_it_alone() {
    let (mut world, _) = world().await;
    let accounts = world.context.ports.accounts.clone();
    let call = |method: &str, arguments: Value| {
        let calls = json!([[method, arguments, "0"]]);
        json!({"using": ["urn:ietf:params:jmap:core"], "methodCalls": calls}).to_string()
    };
    let get = call("PushSubscription/get", json!({}));
    let of_one = call("PushSubscription/get", json!({"ids": ["P1"]}));
    let code = json!({"P1": {"verificationCode": "fresh0"}});
    let change = call("PushSubscription/set", json!({"update": code, "destroy": ["P1"]}));
    let make =
        json!({"create": {"k": {"deviceClientId": "d", "url": "https://push.example/secret"}}});
    let mut heard = Vec::new();
    for (account, credential, make) in [
        (1, "key:7", Some(&make)),
        (1, "key:8", None),
        (1, "password:7", None),
        (2, "key:7", None),
        (1, "key:7", None),
    ] {
        world.context.account = accounts.open(AccountId(account), Who::at(Door::Jmap)).unwrap();
        world.context.user.credential = credential.to_owned();
        if let Some(make) = make {
            let made = world.ask(call("PushSubscription/set", make.clone()).as_bytes()).await;
            let made = serde_json::to_string(&made).unwrap();
            assert!(made.contains("\"id\":\"P1\""), "{made}");
            continue;
        }
        let mut all = String::new();
        for request in [&get, &of_one, &change] {
            let response = world.ask(request.as_bytes()).await;
            all += &serde_json::to_string(&response).unwrap();
        }
        assert!(!all.contains("push.example"), "{all}");
        heard.push(all);
    }
    let (owner, strangers) = heard.split_last().unwrap();
    assert!(owner.contains("\"destroyed\":[\"P1\"]"), "{owner}");
    for stranger in strangers {
        assert_eq!(stranger, &strangers[0]);
        assert!(
            !stranger.contains("deviceClientId") && stranger.contains("notFound"),
            "{stranger}"
        );
    }
}
