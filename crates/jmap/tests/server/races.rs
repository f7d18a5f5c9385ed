//! `ifInState` holds also against what others commit while a call is under way (RFC 8620, 5.3).

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use mailbox::engine::{Batch, BodyWriter, CommitError, Engine, Ready, Snapshot};
use mailbox::memory::MemoryEngine;
use mailbox::{AccountId, BodyHash, Door, EmailId, Fault, FlagMode, FlagNames, MailboxName, Who};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::transcripts::uid_set;
use crate::world::{World, flags};

/// An engine that holds commits back as long as it is told to.
#[derive(Default)]
struct Holding {
    inner: MemoryEngine,
    holds: AtomicBool,
    go: Arc<Notify>,
}

impl Engine for Holding {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        self.inner.snapshot()
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        // The account knows of a commit when it is answered.
        let (commit, go) = (self.inner.commit(batch), Arc::clone(&self.go));
        let holds = self.holds.load(Ordering::SeqCst);
        Box::pin(async move {
            if holds {
                go.notified().await;
            }
            commit.await
        })
    }

    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault> {
        self.inner.write_body()
    }

    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        self.inner.body(body, range)
    }

    fn space_left_octets(&self) -> Option<u64> {
        self.inner.space_left_octets()
    }
}

/// What a call for the present state answers, while another commit is on its way whose answer nobody has yet.
async fn raced<F>(method: &str, call: Value, other: impl FnOnce(&World) -> F) -> Value
where
    F: Future<Output = ()> + Send + 'static,
{
    let engine = Arc::new(Holding::default());
    let mut world = World::on(Arc::clone(&engine) as Arc<dyn Engine>).await;
    world.append("INBOX", FlagNames::default(), b"Subject: x\r\n\r\nx\r\n").await;
    world.ana.create_mailbox(&MailboxName::new("There").unwrap(), None).await.unwrap();
    let there = format!("F{}", world.mailbox("There"));
    let states = world.context.account.emails().await.unwrap().states();
    let state = if method == "Mailbox/set" { states.mailbox } else { states.email }.to_string();
    let inbox = format!("F{}", world.mailbox("INBOX"));
    let named = call.to_string().replace("$there", &there).replace("$inbox", &inbox);
    let mut arguments: Value = serde_json::from_str(&named).unwrap();
    arguments["accountId"] = "A1".into();
    arguments["ifInState"] = state.into();
    let request = json!({
        "using": ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"],
        "methodCalls": [[method, arguments, "0"]],
    });
    engine.holds.store(true, Ordering::SeqCst);
    let other = tokio::spawn(other(&world));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let asked = tokio::spawn(async move { world.ask(request.to_string().as_bytes()).await });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    engine.holds.store(false, Ordering::SeqCst);
    assert!(!asked.is_finished() && !other.is_finished());
    engine.go.notify_one();
    other.await.unwrap();
    let response = asked.await.unwrap();
    serde_json::from_str(response.method_responses[0].as_json()).unwrap()
}

fn calls() -> [Value; 4] {
    [
        json!({"create": {"k": {"name": "New"}}}),
        json!({"update": {"$there": {"name": "Elsewhere"}}}),
        json!({"destroy": ["$there"]}),
        json!({"update": {"$there": {"sortOrder": 7, "isSubscribed": true}}}),
    ]
}

#[tokio::test]
async fn a_mailbox_that_another_makes_meanwhile_is_a_state_mismatch() {
    for call in calls() {
        let answer = raced("Mailbox/set", call.clone(), |world| {
            let ana = world.ana.clone();
            async move {
                ana.create_mailbox(&MailboxName::new("Other").unwrap(), None).await.unwrap();
            }
        });
        let answer = answer.await;
        assert_eq!(answer[1]["type"], "stateMismatch", "{call}: {answer}");
    }
}

#[tokio::test]
async fn what_is_no_change_of_mailboxes_is_none() {
    for call in calls() {
        let answer = raced("Mailbox/set", call.clone(), |world| {
            let (ana, inbox) = (world.ana.clone(), world.mailbox("INBOX"));
            let store = mailbox::operations::Store {
                uids: uid_set("1"),
                mode: FlagMode::Add,
                flags: flags(["\\Flagged"].into_iter()),
                unchanged_since: None,
            };
            async move {
                drop(ana.store(inbox, store).await.unwrap());
            }
        });
        let answer = answer.await;
        assert_eq!(answer[0], "Mailbox/set", "{call}: {answer}");
        for failed in ["notCreated", "notUpdated", "notDestroyed"] {
            assert_eq!(answer[1][failed], Value::Null, "{call}: {answer}");
        }
    }
}

#[tokio::test]
async fn of_two_notifications_at_once_one_is_sent() {
    let mut world = World::new().await;
    let message =
        b"From: joe@example.net\r\nDisposition-Notification-To: joe@example.net\r\n\r\nx\r\n";
    world.append("INBOX", FlagNames::default(), message).await;
    let new = json!({"forEmailId": "M1", "disposition": {
        "actionMode": "automatic-action", "sendingMode": "mdn-sent-automatically", "type": "processed",
    }});
    let mark = json!({"keywords/$mdnsent": true});
    let send = |creation: &str| {
        let update = json!({format!("#{creation}"): mark});
        let arguments = json!({
            "accountId": "A1", "identityId": "I1", "send": {creation: new}, "onSuccessUpdateEmail": update,
        });
        let calls = json!([["MDN/send", arguments, "0"]]);
        let using =
            ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:ietf:params:jmap:mdn"];
        json!({"using": using, "methodCalls": calls}).to_string()
    };
    let mut other = World::new().await;
    let accounts = &world.context.ports.accounts;
    other.context.account = accounts.open(AccountId(1), Who::at(Door::Jmap)).unwrap();
    other.context.ports = world.context.ports.clone();
    let (one, two) = (send("a"), send("b"));
    let (one, two) = tokio::join!(world.ask(one.as_bytes()), other.ask(two.as_bytes()));
    let said = [one, two].map(|answer| serde_json::to_string(&answer).unwrap());
    let sent = said.iter().filter(|it| it.contains("\"sent\":{")).count();
    let refused = said.iter().filter(|it| it.contains("mdnAlreadySent")).count();
    assert_eq!((sent, refused, world.sent.messages().len()), (1, 1, 1), "{said:?}");
    let (envelope, octets) = world.sent.messages().pop().unwrap();
    assert_eq!(envelope.from, None);
    let text = String::from_utf8(octets).unwrap();
    assert!(text.contains("Auto-Submitted: auto-replied"), "{text}");
}

/// Calls that make an email, and no other before it.
fn makes() -> [(&'static str, Value); 3] {
    let blob = jmap::server::ids::blob(EmailId(1)).as_str().to_owned();
    let places = json!({"$inbox": true});
    [
        ("Email/set", json!({"create": {"k": {"mailboxIds": places, "subject": "new"}}})),
        (
            "Email/set",
            json!({"create": {"k": {"mailboxIds": {}}, "l": {"mailboxIds": places, "subject": "new"}}}),
        ),
        ("Email/import", json!({"emails": {"k": {"blobId": blob, "mailboxIds": places}}})),
    ]
}

#[tokio::test]
async fn an_email_is_made_for_the_state_that_is_wanted_only() {
    for (method, call) in makes() {
        let answer = raced(method, call.clone(), |world| {
            let (ana, inbox) = (world.ana.clone(), world.mailbox("INBOX"));
            let store = mailbox::operations::Store {
                uids: uid_set("1"),
                mode: FlagMode::Add,
                flags: flags(["\\Flagged"].into_iter()),
                unchanged_since: None,
            };
            async move {
                drop(ana.store(inbox, store).await.unwrap());
            }
        });
        let answer = answer.await;
        assert_eq!(answer[1]["type"], "stateMismatch", "{method} {call}: {answer}");
    }
    for (method, call) in makes() {
        let answer = raced(method, call.clone(), |world| {
            let ana = world.ana.clone();
            async move {
                ana.create_mailbox(&MailboxName::new("Other").unwrap(), None).await.unwrap();
            }
        });
        let answer = answer.await;
        let made = answer[1]["created"].as_object().map(serde_json::Map::len);
        assert_eq!(made, Some(1), "{method} {call}: {answer}");
    }
}
