//! Mail goes where its user's rules say, and is kept whatever they say.

use bytes::Bytes;
use directory::NoteWritten;
use mailbox::{Account, MailboxId, MailboxName, Role};
use serde_json::{Value, json};

use super::{Fixture, deliver_this, envelope, fixture};
use crate::config::FullMailbox;
use crate::delivery::WayOut;

const LIST: &str = "From: Bo <bo@list.example>\r\nList-Id: <rust.list.example>\r\nSubject: news\r\n\
     Message-ID: <1@list.example>\r\n\r\nhello\r\n";
const ANSWER: &str = "From: Cy <cy@x.example>\r\nSubject: Re: news\r\nIn-Reply-To: <1@list.example>\r\n\
     Message-ID: <2@x.example>\r\n\r\nanswered\r\n";

struct World {
    fixture: Fixture,
    account: Account,
}

impl World {
    async fn new() -> World {
        let fixture = fixture(FullMailbox::Defer, WayOut::Queue).await;
        let account = fixture.account("ana@example.org").await;
        World { fixture, account }
    }

    async fn mailbox(&self, name: &str) -> MailboxId {
        self.account.create_mailbox(&MailboxName::new(name).unwrap(), None).await.unwrap()
    }

    /// Keeps rules, as `Rule/set` does.
    async fn rules(&self, rules: &[Value]) {
        let usual = json!({"name": "", "isEnabled": true, "sortOrder": 0, "filter": null,
            "mailboxIds": null, "keywords": {}, "isLast": false});
        let mut objects = serde_json::Map::new();
        for (number, rule) in (1..).zip(rules) {
            let mut object = usual.as_object().unwrap().clone();
            object.extend(rule.as_object().unwrap().clone());
            let kept = json!({"created": number, "changed": number, "object": object});
            objects.insert(format!("{number}"), kept);
        }
        let note = json!({"state": 9, "floor": 0, "last": 9, "objects": objects, "gone": []});
        self.note(&note.to_string()).await;
    }

    async fn note(&self, text: &str) {
        let people = &self.fixture.people;
        let before = people.note(self.account.id(), "rules").unwrap();
        let after = Bytes::from(text.to_owned());
        let written = people.write_note(self.account.id(), "rules", before, after).await.unwrap();
        assert!(matches!(written, NoteWritten::Yes));
    }

    async fn deliver(&self, message: &str) {
        let mut mail = envelope(None);
        mail.from = Some("bo@list.example".parse().unwrap());
        self.fixture.ask(&mut mail, "ana@example.org").await.unwrap();
        let answers = deliver_this(&self.fixture, &mail, true, message.as_bytes()).await;
        assert_eq!(answers, [Ok(())]);
    }

    /// Where mail lies: each mailbox that has some, with how much, how much of it is unread, and its keywords.
    fn there(&self) -> Vec<String> {
        let all = self.account.mailboxes().unwrap();
        let some = all.iter().filter(|mailbox| mailbox.messages > 0);
        some.map(|mailbox| {
            let state = self.account.state(mailbox.id).unwrap();
            let names: Vec<String> = state
                .entries
                .iter()
                .flat_map(|entry| state.keywords_of(entry.flags).cloned().collect::<Vec<_>>())
                .map(|keyword| keyword.as_str().to_owned())
                .collect();
            let name = mailbox.name.to_string();
            format!("{name} {} {} {}", mailbox.messages, mailbox.unseen, names.join(","))
        })
        .collect()
    }
}

fn into(mailbox: MailboxId) -> Value {
    json!({format!("F{mailbox}"): true})
}

#[tokio::test]
async fn mail_goes_where_rules_say_and_is_marked_as_they_say() {
    let world = World::new().await;
    let lists = world.mailbox("Lists").await;
    let copies = world.mailbox("Copies").await;
    let list = json!({"header": ["List-Id", "<rust."]});
    world.rules(&[
        json!({"filter": {"subject": "nothing like it"}, "keywords": {"wrong": true}}),
        json!({"filter": list, "mailboxIds": into(lists), "keywords": {"$seen": true}}),
        json!({"filter": list, "mailboxIds": into(copies), "keywords": {"rust": true}, "isLast": true}),
        json!({"filter": null, "keywords": {"behind": true}}),
        json!({"filter": null, "sortOrder": 0, "isEnabled": false, "keywords": {"off": true}}),
    ])
    .await;
    world.deliver(LIST).await;
    assert_eq!(world.there(), ["Copies 1 0 rust", "Lists 1 0 rust"]);
    world.deliver(ANSWER).await;
    assert_eq!(world.there(), ["Copies 1 0 rust", "INBOX 1 1 behind", "Lists 1 0 rust"]);
}

#[tokio::test]
async fn rules_of_a_lower_number_come_first() {
    let world = World::new().await;
    world
        .rules(&[
            json!({"sortOrder": 2, "keywords": {"second": true}, "isLast": true}),
            json!({"sortOrder": 1, "keywords": {"first": true}}),
            json!({"sortOrder": 3, "keywords": {"third": true}}),
        ])
        .await;
    world.deliver(LIST).await;
    assert_eq!(world.there(), ["INBOX 1 1 first,second"]);
}

#[tokio::test]
async fn a_thread_can_be_put_aside() {
    let world = World::new().await;
    let quiet = world.mailbox("Quiet").await;
    world.deliver(LIST).await;
    let inbox = world.account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    let first = world.account.state(inbox).unwrap().entries.get(0).unwrap().email;
    let thread = world.account.reader().unwrap().email(first).unwrap().unwrap().thread;
    world
        .rules(&[json!({"filter": {"inThread": format!("T{thread}")}, "mailboxIds": into(quiet),
            "keywords": {"$seen": true}})])
        .await;
    world.deliver(ANSWER).await;
    world.deliver("Subject: other\r\nMessage-ID: <9@x>\r\n\r\nother\r\n").await;
    assert_eq!(world.there(), ["INBOX 2 2 ", "Quiet 1 0 "]);
}

#[tokio::test]
async fn mail_is_kept_whatever_becomes_of_what_rules_name() {
    let world = World::new().await;
    for rules in [
        json!([{"mailboxIds": {"F99": true}, "keywords": {"kept": true}}]),
        json!([{"mailboxIds": {"X": true}, "keywords": {"kept": true}}]),
        // One that cannot be read any more is left out; the others hold.
        json!([{"filter": {"unknown": 1}, "keywords": {"wrong": true}}, {"keywords": {"kept": true}}]),
    ] {
        world.rules(rules.as_array().unwrap()).await;
        world.deliver(LIST).await;
    }
    world.note("no rules at all").await;
    world.deliver(LIST).await;
    assert_eq!(world.there(), ["INBOX 4 4 kept,kept,kept"]);
}

#[tokio::test]
async fn nobody_hears_that_somebody_is_away_of_mail_that_nobody_wants() {
    let world = World::new().await;
    let all = world.account.mailboxes().unwrap();
    let junk = all.iter().find(|mailbox| mailbox.role == Some(Role::Junk)).unwrap().id;
    let away = json!({"state": 1, "floor": 0, "last": 1, "gone": [], "objects": {"1": {"created": 1,
        "changed": 1, "object": {"isEnabled": true, "textBody": "Away."}}}});
    let people = &world.fixture.people;
    let after = Bytes::from(away.to_string());
    people.write_note(world.account.id(), "vacation", None, after).await.unwrap();
    let to_ana = |number: u32| {
        format!(
            "From: bo@list.example\r\nTo: ana@example.org\r\nSubject: {number}\r\n\r\nhello\r\n"
        )
    };
    world
        .rules(&[json!({"filter": {"from": "<bo@list.example>"}, "mailboxIds": into(junk)})])
        .await;
    world.deliver(&to_ana(1)).await;
    assert!(world.fixture.queue.list(10).unwrap().is_empty());
    world.rules(&[]).await;
    world.deliver(&to_ana(2)).await;
    assert_eq!(world.fixture.queue.list(10).unwrap().len(), 1);
    assert_eq!(world.there(), ["INBOX 1 1 ", "Junk 1 1 "]);
}
