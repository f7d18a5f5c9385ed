//! Mail that is sent over JMAP, over an engine in memory.

use std::sync::Arc;

use directory::{LoginSettings, Logins, NewUser, People, ScramKeys, UserQuota};
use jmap::server::BodySettings;
use jmap::server::ports::{Envelope, NotSent, NoteKind, Outbox as _, Sender, Written};
use mailbox::memory::MemoryEngine;
use mailbox::{AccountId, Accounts, Door, MailboxName, Policy, SetClock, Timestamp, Who};
use queue::{Notification, OutboundQueue, Postmaster, RelayTransport, Transport};
use sasl::{Ready, Secret};
use serde_json::{Map, json};
use tokio::sync::watch;

use super::{Submissions, ports};
use crate::config::{FullMailbox, LocalSender, Senders};
use crate::delivery::held::Ways;
use crate::delivery::{Deliveries, DeliverySettings, WayOut};
use crate::metrics::Metrics;
use crate::serve::Phase;

const NOW: i64 = 1_000_000_000;
const MESSAGE: &[u8] = b"From: Ana <ana@example.org>\r\nTo: bob@example.org\r\n\r\nhello\r\n";

struct World {
    people: Arc<People>,
    queue: Arc<OutboundQueue>,
    deliveries: Arc<Deliveries>,
    outbox: Submissions,
    clock: Arc<SetClock>,
    _phase: watch::Sender<Phase>,
}

struct Silent;

impl Postmaster for Silent {
    fn hostname(&self) -> String {
        "mail.example.org".to_owned()
    }

    fn notify(&self, _: Notification) -> Ready<'_, Result<(), mailbox::Fault>> {
        Box::pin(async { Ok(()) })
    }
}

impl World {
    async fn new() -> World {
        let clock = Arc::new(SetClock::at(Timestamp(NOW)));
        let policy = Policy { message_octets_max: 1 << 20, ..Policy::default() };
        let shared = Arc::<SetClock>::clone(&clock);
        let accounts = Accounts::new(Arc::new(MemoryEngine::new()), shared, policy);
        let people = Arc::new(People::new(accounts.clone()));
        let domain: directory::Domain = "example.org".parse().unwrap();
        people.add_domain(&domain).await.unwrap();
        for name in ["ana", "bob"] {
            let new = NewUser {
                address: format!("{name}@example.org").parse().unwrap(),
                password: Secret::new("long enough"),
                quota: UserQuota::default(),
            };
            people.add_user(new, ScramKeys::Omit).await.unwrap();
        }
        let engine = Arc::clone(accounts.engine());
        let queue = OutboundQueue::open(engine, Arc::clone(accounts.clock())).await.unwrap();
        let queue = Arc::new(queue);
        let settings = DeliverySettings {
            domain: domain.clone(),
            full: FullMailbox::Defer,
            local_sender: LocalSender::Mark,
            hostname: "mail.example.org".to_owned(),
            from: Senders::Own,
            way_out: WayOut::Queue,
            recipients_per_day_max: 2,
            strangers_octets_max: 64 << 20,
            limits_loopback: true,
        };
        let metrics = Arc::new(Metrics::default());
        let deliveries =
            Deliveries::new(Arc::clone(&people), Arc::clone(&queue), metrics, settings).unwrap();
        let deliveries = Arc::new(deliveries);
        let login = LoginSettings { domain, scram: ScramKeys::Omit, oauth: None };
        let (phase, phases) = watch::channel(Phase::Serving);
        let outbox = Submissions {
            people: Arc::clone(&people),
            logins: Arc::new(Logins::new(Arc::clone(&people), login).await.unwrap()),
            deliveries: Arc::clone(&deliveries),
            queue: Arc::clone(&queue),
            hostname: "mail.example.org".to_owned(),
            phase: phases,
        };
        World { people, queue, deliveries, outbox, clock, _phase: phase }
    }

    fn ana(&self) -> AccountId {
        self.people.user(&"ana@example.org".parse().unwrap()).unwrap().account
    }

    /// Gives what the message is called.
    async fn send(&self, envelope: &Envelope, message: &[u8]) -> Result<String, NotSent> {
        let sender =
            Sender { account: self.ana(), address: "ana@example.org", device: None, peer: None };
        let mut sending = self.outbox.begin(sender, envelope).await?;
        sending.write(message).await?;
        let name = sending.name();
        sending.finish().await.map(|()| name)
    }

    /// The messages of somebody's Inbox.
    fn inbox(&self, address: &str) -> Vec<String> {
        let user = self.people.user(&address.parse().unwrap()).unwrap();
        let account = self.people.accounts().open(user.account, Who::at(Door::Imap)).unwrap();
        let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
        let (state, reader) = (account.state(inbox).unwrap(), account.reader().unwrap());
        let email = |entry: &mailbox::Entry| reader.email(entry.email).unwrap().unwrap();
        let bodies = state.entries.iter_from(0).map(|(_, entry)| {
            let email = email(entry);
            account.body(&email, 0..email.octets).unwrap().to_vec()
        });
        bodies.map(|octets| String::from_utf8(octets).unwrap()).collect()
    }

    async fn work(&self) {
        let ways: Ways<RelayTransport> = Ways {
            deliveries: Arc::clone(&self.deliveries),
            clock: Arc::clone(self.people.accounts().clock()),
            elsewhere: None,
        };
        for (id, _) in self.queue.list(10).unwrap() {
            self.queue.attempt(id, &ways as &dyn Transport, &Silent).await.unwrap();
        }
    }
}

fn envelope(from: &str, to: &[&str]) -> Envelope {
    Envelope {
        from: Some(from.to_owned()),
        parameters: Map::new(),
        recipients: to.iter().map(|to| ((*to).to_owned(), Map::new())).collect(),
        hold_until: None,
    }
}

#[tokio::test]
async fn mail_goes_to_people_here_and_to_the_queue_with_the_trace_of_submission() {
    let world = World::new().await;
    let both = envelope("ana@example.org", &["bob@example.org", "x@example.net"]);
    world.send(&both, MESSAGE).await.unwrap();
    let [message] = <[String; 1]>::try_from(world.inbox("bob@example.org")).unwrap();
    assert!(message.starts_with("Return-Path: <ana@example.org>\r\nReceived: from jmap"));
    assert!(message.contains("Message-ID: ") && message.ends_with("\r\n\r\nhello\r\n"));
    let queued = world.queue.list(2).unwrap();
    assert_eq!(queued.len(), 1);
    assert_eq!(queued[0].1.recipients[0].address, "x@example.net");
}

#[tokio::test]
async fn each_check_of_submission_has_its_answer() {
    let world = World::new().await;
    let to_bob = |from| envelope(from, &["bob@example.org"]);
    let sent = world.send(&to_bob("bob@example.org"), MESSAGE).await;
    assert!(matches!(sent, Err(NotSent::MailFrom(_))), "{sent:?}");
    let forged = b"From: bob@example.org\r\n\r\nhello\r\n";
    let sent = world.send(&to_bob("ana@example.org"), forged).await;
    assert!(matches!(sent, Err(NotSent::From(_))), "{sent:?}");
    let nobody =
        envelope("ana@example.org", &["bob@example.org", "none@example.org", "no address"]);
    let sent = world.send(&nobody, MESSAGE).await;
    assert!(
        matches!(&sent, Err(NotSent::Recipients(wrong)) if wrong == &["no address"]),
        "{sent:?}"
    );
    let nobody = envelope("ana@example.org", &["bob@example.org", "none@example.org"]);
    let sent = world.send(&nobody, MESSAGE).await;
    assert!(
        matches!(&sent, Err(NotSent::Recipients(wrong)) if wrong == &["none@example.org"]),
        "{sent:?}"
    );
    let many = envelope("ana@example.org", &["a@example.net", "b@example.net", "c@example.net"]);
    let sent = world.send(&many, MESSAGE).await;
    assert!(matches!(sent, Err(NotSent::Forbidden(_))), "{sent:?}");
    let large = [MESSAGE, &b"x\r\n".repeat(1 << 19)].concat();
    let sent = world.send(&to_bob("ana@example.org"), &large).await;
    assert!(matches!(sent, Err(NotSent::TooLarge(_))), "{sent:?}");
    let sent = world.send(&to_bob("ana@example.org"), b"From: ana@example.org\r\n\r\n\0\r\n").await;
    assert!(matches!(sent, Err(NotSent::Message(_))), "{sent:?}");
    let mut wrong = to_bob("ana@example.org");
    wrong.parameters = Map::from_iter([("RET".to_owned(), json!("ALL"))]);
    let sent = world.send(&wrong, MESSAGE).await;
    assert!(matches!(sent, Err(NotSent::Parameters(_))), "{sent:?}");
    assert!(world.inbox("bob@example.org").is_empty());
    assert!(world.outbox.may_send_as(world.ana(), "ana+x@example.org").unwrap());
    assert!(!world.outbox.may_send_as(world.ana(), "bob@example.org").unwrap());
    assert!(!world.outbox.may_send_as(world.ana(), "*@example.org").unwrap());
}

#[tokio::test]
async fn held_mail_comes_at_its_time_to_people_here_unless_it_is_called_back() {
    let world = World::new().await;
    let mut held = envelope("ana@example.org", &["bob@example.org"]);
    held.hold_until = Some(Timestamp(NOW + 60));
    let first = world.send(&held, MESSAGE).await.unwrap();
    let second = world.send(&held, MESSAGE).await.unwrap();
    world.work().await;
    assert!(world.inbox("bob@example.org").is_empty());
    assert!(world.outbox.is_held(&first).unwrap());
    assert!(world.outbox.call_back(&second).await.unwrap());
    world.clock.set(Timestamp(NOW + 60));
    world.work().await;
    let [message] = <[String; 1]>::try_from(world.inbox("bob@example.org")).unwrap();
    assert!(message.starts_with("Return-Path: <ana@example.org>\r\nReceived: from jmap"));
    assert!(!world.outbox.is_held(&first).unwrap());
    assert!(!world.outbox.call_back(&first).await.unwrap());
    assert!(world.queue.list(1).unwrap().is_empty());
}

#[tokio::test]
async fn notes_are_kept_with_their_user() {
    let world = World::new().await;
    let ana = world.ana();
    let accounts = world.people.accounts().clone();
    let pushes = jmap::server::memory::ports(accounts, &[]).0.pushes;
    let lists = Arc::new(web::OneClick::new(None));
    let ports = ports(&world.people, world.outbox, BodySettings::default(), pushes, lists).unwrap();
    let write = |before, after: &'static str| {
        ports.notes.write(ana, NoteKind::Vacation, before, after.into())
    };
    assert_eq!(ports.notes.read(ana, NoteKind::Vacation).unwrap(), None);
    assert_eq!(write(None, "a").await.unwrap(), Written::Yes);
    assert_eq!(write(None, "b").await.unwrap(), Written::ChangedBefore);
    assert_eq!(ports.notes.read(ana, NoteKind::Vacation).unwrap().unwrap(), "a");
    assert_eq!(ports.notes.read(ana, NoteKind::Identities).unwrap(), None);
    let (one, other) = (ports.fresh.name().unwrap(), ports.fresh.name().unwrap());
    assert!(one != other && one.len() <= 40 && one.bytes().all(|it| it.is_ascii_alphanumeric()));
}

#[tokio::test]
async fn who_is_away_answers_each_sender_once_a_week() {
    let world = World::new().await;
    let bob = world.people.user(&"bob@example.org".parse().unwrap()).unwrap().account;
    let note = json!({
        "state": 2, "floor": 0, "last": 1, "gone": [],
        "objects": {"1": {"created": 1, "changed": 2, "object": {
            "isEnabled": true, "fromDate": "2001-09-09T01:46:40Z", "toDate": null,
            "subject": "Away", "textBody": "Back soon", "htmlBody": null,
        }}},
    });
    let name = super::name_of(NoteKind::Vacation);
    let note = bytes::Bytes::from(note.to_string());
    world.people.write_note(bob, name, None, note).await.unwrap();
    let to_bob = envelope("ana@example.org", &["bob@example.org"]);
    world.send(&to_bob, MESSAGE).await.unwrap();
    world.send(&to_bob, &[MESSAGE, b"again\r\n"].concat()).await.unwrap();
    let automatic = [b"Auto-Submitted: auto-generated\r\n", MESSAGE].concat();
    world.send(&to_bob, &automatic).await.unwrap();
    assert_eq!(world.inbox("bob@example.org").len(), 3);
    world.work().await;
    let [answer] = <[String; 1]>::try_from(world.inbox("ana@example.org")).unwrap();
    assert!(answer.starts_with("Return-Path: <>\r\n"), "{answer}");
    for line in ["From: bob@example.org", "Subject: Away", "Auto-Submitted: auto-replied"] {
        assert!(answer.contains(&format!("\r\n{line}\r\n")), "{answer}");
    }
    assert!(answer.ends_with("\r\n\r\nBack soon"), "{answer}");
    world.clock.set(Timestamp(NOW + 8 * 24 * 3600));
    world.send(&to_bob, MESSAGE).await.unwrap();
    world.work().await;
    assert_eq!(world.inbox("ana@example.org").len(), 2);
}
