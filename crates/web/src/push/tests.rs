//! Pushes to servers in memory, which verify and decrypt what they get.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jmap::server::ports::{Ports, Pushes as _};
use jmap::server::{self, Context, User, memory, push_subscriptions};
use jmap::{Limits, Request};
use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, Clock as _, Door, FlagNames, MailboxName, Policy, SetClock,
    Timestamp, Who,
};
use sasl::Ready;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::encrypt::tests::{decrypt, keys};
use super::vapid::tests::verified;
use super::{PushSettings, Pusher};
use crate::limits::{PUSH_LONGEST, PUSH_RETRY_MIN, PUSHES_APART, SUBSCRIBED_AT_ONCE};
use crate::outside::{Outside, Stream};

const ANA: AccountId = AccountId(1);
const URL: &str = "https://push.example.net/send/1?device=2";

/// A push, as its server gets it.
#[derive(Debug)]
struct Got {
    head: String,
    body: Vec<u8>,
}

impl Got {
    fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// What it says, once signature and encryption were found right.
    fn said(&self, pusher: &Pusher) -> Value {
        let (claims, key) = verified(self.field("authorization").unwrap()).unwrap();
        assert_eq!(claims["aud"], format!("https://{}", self.field("host").unwrap()));
        assert_eq!(claims["sub"], "mailto:postmaster@example.org");
        assert_eq!(key, pusher.application_server_key());
        assert_eq!(self.field("content-type"), Some("application/json"));
        let plain = match self.field("content-encoding") {
            Some("aes128gcm") => decrypt(&self.body),
            other => {
                assert_eq!(other, None);
                self.body.clone()
            }
        };
        serde_json::from_slice(&plain).unwrap()
    }

    fn types(&self, pusher: &Pusher) -> Vec<String> {
        let said = self.said(pusher);
        assert_eq!(said["@type"], "StateChange");
        said["changed"]["A1"].as_object().unwrap().keys().cloned().collect()
    }
}

/// Servers elsewhere.
struct Internet {
    names: Mutex<HashMap<String, VecDeque<Vec<IpAddr>>>>,
    /// What the servers answer, one after another; in the end that all is well.
    answers: Arc<Mutex<VecDeque<String>>>,
    connected: Mutex<Vec<SocketAddr>>,
    got: mpsc::UnboundedSender<Got>,
    /// Servers wait for this before they answer `wait`.
    go: Arc<Notify>,
}

impl Outside for Internet {
    fn resolve<'a>(&'a self, host: &'a str) -> Ready<'a, io::Result<Vec<IpAddr>>> {
        let mut names = self.names.lock().unwrap();
        let found = names.get_mut(host).map(|times| match times.len() {
            1 => times[0].clone(),
            _ => times.pop_front().unwrap(),
        });
        Box::pin(async move { found.ok_or(io::ErrorKind::NotFound.into()) })
    }

    fn connect(&self, address: SocketAddr) -> Ready<'_, io::Result<Box<dyn Stream>>> {
        self.connected.lock().unwrap().push(address);
        let (near, far) = duplex(64 << 10);
        let (answers, go) = (Arc::clone(&self.answers), Arc::clone(&self.go));
        tokio::spawn(serve(far, answers, self.got.clone(), go));
        let stream: Box<dyn Stream> = Box::new(near);
        Box::pin(async { Ok(stream) })
    }

    fn begin_tls<'a>(
        &'a self,
        stream: Box<dyn Stream>,
        _: &'a str,
    ) -> Ready<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async { Ok(stream) })
    }
}

async fn serve(
    mut stream: DuplexStream,
    answers: Arc<Mutex<VecDeque<String>>>,
    got: mpsc::UnboundedSender<Got>,
    go: Arc<Notify>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(octet) = stream.read_u8().await else { return };
        head.push(octet);
    }
    let mut request = Got { head: String::from_utf8(head).unwrap(), body: Vec::new() };
    request.body.resize(request.field("content-length").unwrap().parse().unwrap(), 0);
    stream.read_exact(&mut request.body).await.unwrap();
    got.send(request).unwrap();
    let answer = answers.lock().unwrap().pop_front().unwrap_or_else(|| "201 Created".to_owned());
    if answer == "wait" {
        go.notified().await;
    }
    let status = if answer == "wait" { "201 Created" } else { &answer };
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    drop(stream.write_all(answer.as_bytes()).await);
}

/// A host, and the servers that it pushes to.
struct World {
    accounts: Accounts,
    ports: Ports,
    clock: Arc<SetClock>,
    internet: Arc<Internet>,
    got: mpsc::UnboundedReceiver<Got>,
    revoked: Arc<Mutex<HashSet<String>>>,
    pusher: Arc<Pusher>,
    running: JoinHandle<()>,
    ana: Account,
}

impl World {
    async fn new() -> World {
        let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
        let engine = Arc::new(MemoryEngine::new());
        let accounts = Accounts::new(engine, Arc::<SetClock>::clone(&clock), Policy::default());
        accounts.create(ANA, &Who::at(Door::Admin)).await.unwrap();
        let (ports, _) = memory::ports(accounts.clone(), &[]);
        let (sender, got) = mpsc::unbounded_channel();
        let names =
            HashMap::from([("push.example.net", "8.8.8.8"), ("other.example.net", "8.8.4.4")]);
        let names = names.into_iter().map(|(name, address)| {
            (name.to_owned(), VecDeque::from([vec![address.parse().unwrap()]]))
        });
        let internet = Arc::new(Internet {
            names: Mutex::new(names.collect()),
            answers: Arc::default(),
            connected: Mutex::default(),
            got: sender,
            go: Arc::default(),
        });
        let revoked = Arc::default();
        let pusher = pusher(&internet, &revoked);
        let heard = Arc::new(Mutex::new(Arc::clone(&pusher)));
        let ears = Arc::clone(&heard);
        accounts.on_bell(move |account| ears.lock().unwrap().rang(account));
        let running =
            tokio::spawn(Arc::clone(&pusher).run(accounts.clone(), Arc::clone(&ports.notes)));
        let ana = accounts.open(ANA, Who::at(Door::Imap)).unwrap();
        let mut world =
            World { accounts, ports, clock, internet, got, revoked, pusher, running, ana };
        world.ports.pushes = Arc::<Pusher>::clone(&world.pusher);
        tokio::task::yield_now().await;
        world
    }

    /// Stops the host and starts it again. The bells of this world stay with the one before, so the new one is told by hand.
    async fn restart(&mut self) {
        self.running.abort();
        self.pusher = pusher(&self.internet, &self.revoked);
        self.ports.pushes = Arc::<Pusher>::clone(&self.pusher);
        let work =
            Arc::clone(&self.pusher).run(self.accounts.clone(), Arc::clone(&self.ports.notes));
        self.running = tokio::spawn(work);
    }

    async fn set(&self, arguments: Value) -> Value {
        let user =
            User { name: "ana".to_owned(), credential: "key:7".to_owned(), ..User::default() };
        let account = self.accounts.open(ANA, Who::at(Door::Jmap)).unwrap();
        let mut context = Context { account, user, ports: self.ports.clone() };
        let request = json!({
            "using": ["urn:ietf:params:jmap:core"],
            "methodCalls": [["PushSubscription/set", arguments, "0"]],
        });
        let api = server::api(Limits::default());
        let request = Request::read(request.to_string().as_bytes(), &api.limits).unwrap();
        let response = api.run(request, &mut context, String::new()).await.unwrap();
        let answer: Value = serde_json::from_str(response.method_responses[0].as_json()).unwrap();
        answer[1].clone()
    }

    async fn create(&self, url: &str, more: Value) -> Value {
        let mut new = json!({"deviceClientId": "d", "url": url});
        for (name, value) in more.as_object().unwrap() {
            new[name] = value.clone();
        }
        self.set(json!({"create": {"k": new}})).await
    }

    /// A subscription whose code was said, and which was told all states.
    async fn subscribed(&mut self, url: &str, more: Value) -> String {
        let made = self.create(url, more).await;
        let id = made["created"]["k"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        let code = self.next().await.said(&self.pusher)["verificationCode"].clone();
        let updated = self.set(json!({"update": {&id: {"verificationCode": code}}})).await;
        assert!(updated["updated"].get(&id).is_some(), "{updated}");
        id
    }

    async fn next(&mut self) -> Got {
        let next = timeout(Duration::from_secs(100_000), self.got.recv()).await;
        next.expect("no push came").unwrap()
    }

    /// Nothing comes, however long one waits.
    async fn nothing(&mut self) {
        sleep(Duration::from_secs(100_000)).await;
        assert!(self.got.try_recv().is_err());
    }

    async fn mail(&self) {
        let mut incoming = self.accounts.receive();
        incoming.write(b"Subject: x\r\n\r\nx\r\n").await.unwrap();
        let received = incoming.finish().await.unwrap();
        let append =
            Append { received, flags: FlagNames::default(), internal_date: None, uidl: None };
        let inbox = self.ana.find(&MailboxName::inbox()).unwrap().unwrap().id;
        self.ana.append(inbox, vec![append]).await.unwrap();
    }

    fn answers(&self, answers: &[&str]) {
        *self.internet.answers.lock().unwrap() =
            answers.iter().map(|answer| (*answer).to_owned()).collect();
    }

    fn kept(&self) -> usize {
        push_subscriptions(&*self.ports.notes, ANA).unwrap().len()
    }
}

fn pusher(internet: &Arc<Internet>, revoked: &Arc<Mutex<HashSet<String>>>) -> Arc<Pusher> {
    let revoked = Arc::clone(revoked);
    let settings = PushSettings {
        secret: [7; 32],
        contact: "mailto:postmaster@example.org".to_owned(),
        outside: Arc::<Internet>::clone(internet),
        random: Box::new(|| Ok([9; 48])),
        is_good: Box::new(move |_, credential| Ok(!revoked.lock().unwrap().contains(credential))),
    };
    Arc::new(Pusher::new(settings).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_subscription_is_verified_and_then_told_what_changed() {
    let mut world = World::new().await;
    let more = json!({"keys": keys(), "types": ["Email", "EmailDelivery"]});
    let made = world.create(URL, more).await;
    let id = made["created"]["k"]["id"].as_str().unwrap();
    let push = world.next().await;
    assert!(push.head.starts_with("POST /send/1?device=2 HTTP/1.1\r\n"), "{}", push.head);
    assert_eq!(push.field("host"), Some("push.example.net"));
    assert_eq!(push.field("content-encoding"), Some("aes128gcm"));
    assert_eq!((push.field("ttl"), push.field("urgency")), (Some("86400"), Some("normal")));
    let said = push.said(&world.pusher);
    assert_eq!(
        (&said["@type"], &said["pushSubscriptionId"]),
        (&"PushVerification".into(), &id.into())
    );
    // Whatever happens, it is told nothing before the code was said.
    world.mail().await;
    world.nothing().await;
    let wrong = world.set(json!({"update": {id: {"verificationCode": "x"}}})).await;
    assert_eq!(wrong["notUpdated"][id]["type"], "invalidProperties");
    world.nothing().await;
    let code = &said["verificationCode"];
    world.set(json!({"update": {id: {"verificationCode": code}}})).await;
    let push = world.next().await;
    assert_eq!(push.types(&world.pusher), ["Email", "EmailDelivery"]);
    assert_eq!(push.field("ttl"), Some("604800"));
    world.nothing().await;
    world.mail().await;
    let push = world.next().await;
    assert_eq!(push.types(&world.pusher), ["Email", "EmailDelivery"]);
    assert_eq!(push.field("urgency"), Some("normal"));
    let topic = push.field("topic").unwrap().to_owned();
    assert!(topic.len() <= 32 && topic.bytes().all(|octet| octet.is_ascii_alphanumeric()));
    // What it did not ask for.
    world.ana.create_mailbox(&MailboxName::new("New").unwrap(), None).await.unwrap();
    world.nothing().await;
    world.set(json!({"update": {id: {"types": ["Mailbox"]}}})).await;
    world.ana.create_mailbox(&MailboxName::new("Other").unwrap(), None).await.unwrap();
    let push = world.next().await;
    assert_eq!(push.types(&world.pusher), ["Mailbox"]);
    assert_eq!(push.field("urgency"), Some("low"));
    assert_ne!(push.field("topic"), Some(&*topic), "it must not replace what tells of other types");
    world.set(json!({"destroy": [id]})).await;
    world.mail().await;
    world.nothing().await;
}

#[tokio::test(start_paused = true)]
async fn it_is_told_again_after_a_start_and_codes_are_not_sent_again() {
    let mut world = World::new().await;
    world.subscribed(URL, json!({"types": ["Email"]})).await;
    assert_eq!(world.next().await.types(&world.pusher), ["Email"]);
    world.create("https://other.example.net/", json!({})).await;
    world.next().await;
    world.running.abort();
    sleep(Duration::from_secs(60)).await;
    world.mail().await;
    world.restart().await;
    let push = world.next().await;
    assert_eq!(push.field("host"), Some("push.example.net"));
    assert_eq!(push.types(&world.pusher), ["Email"]);
    world.nothing().await;
}

#[tokio::test(start_paused = true)]
async fn however_slow_a_server_is_it_gets_one_state_and_holds_up_nobody() {
    let mut world = World::new().await;
    world.subscribed(URL, json!({"types": ["Email"]})).await;
    world.answers(&["wait"]);
    world.next().await;
    for _ in 0..50 {
        world.mail().await;
    }
    world.subscribed("https://other.example.net/", json!({"types": ["Thread"]})).await;
    assert_eq!(world.next().await.types(&world.pusher), ["Thread"], "while the other waits");
    world.internet.go.notify_one();
    let push = world.next().await;
    let now = world.ana.emails().await.unwrap().states().email.0.to_string();
    assert_eq!(push.said(&world.pusher)["changed"], json!({"A1": {"Email": now}}));
    world.nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up_and_asked_again_later() {
    let mut world = World::new().await;
    world.subscribed(URL, json!({"types": ["Email"]})).await;
    world.answers(&[
        "wait",
        "500 Oh",
        "302 Found\r\nLocation: https://other.example.net/",
        "429 Too Many",
    ]);
    world.next().await;
    let began = tokio::time::Instant::now();
    let mut after = Vec::new();
    for _ in 0..4 {
        world.next().await;
        after.push(began.elapsed());
    }
    let first = PUSH_LONGEST + PUSH_RETRY_MIN;
    let close = |one: Duration, other: Duration| one.abs_diff(other) < Duration::from_secs(1);
    assert!(close(after[0], first), "{after:?}");
    assert!(close(after[1] - after[0], PUSH_RETRY_MIN * 2), "{after:?}");
    assert!(close(after[2] - after[1], PUSH_RETRY_MIN * 4), "{after:?}");
    let connected = world.internet.connected.lock().unwrap().clone();
    let all_to_it = |it: &SocketAddr| *it == "8.8.8.8:443".parse().unwrap();
    assert!(connected.iter().all(all_to_it), "a redirect was followed: {connected:?}");
    world.nothing().await;
    assert_eq!(world.kept(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_is_no_more_is_removed() {
    for status in ["404 Not Found", "410 Gone"] {
        let mut world = World::new().await;
        world.subscribed(URL, json!({})).await;
        world.next().await;
        sleep(PUSHES_APART).await;
        world.answers(&[status]);
        world.mail().await;
        world.next().await;
        world.mail().await;
        world.nothing().await;
        assert_eq!(world.kept(), 0, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_not_taken_is_not_sent_again() {
    for status in ["403 Forbidden", "503 Later\r\nRetry-After: 1"] {
        let mut world = World::new().await;
        world.answers(&[status]);
        world.create(URL, json!({})).await;
        world.next().await;
        world.nothing().await;
    }
}

#[tokio::test(start_paused = true)]
async fn it_goes_with_what_let_the_client_in() {
    let mut world = World::new().await;
    world.subscribed(URL, json!({})).await;
    world.next().await;
    world.revoked.lock().unwrap().insert("key:7".to_owned());
    // At once where the host hears of it.
    world.pusher.revoked(ANA);
    world.mail().await;
    world.nothing().await;
    assert_eq!(world.kept(), 0);
    // Before anything is pushed where it does not, as when a token's time is over.
    world.revoked.lock().unwrap().clear();
    world.subscribed(URL, json!({})).await;
    world.next().await;
    world.revoked.lock().unwrap().insert("key:7".to_owned());
    world.mail().await;
    world.nothing().await;
    assert_eq!(world.kept(), 0);
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_it_is_over() {
    let mut world = World::new().await;
    world.subscribed(URL, json!({"expires": "2023-11-14T22:30:00Z"})).await;
    world.next().await;
    sleep(PUSHES_APART).await;
    world.clock.set(Timestamp(world.clock.now().0 + 1_000));
    world.mail().await;
    world.nothing().await;
    assert_eq!(world.kept(), 0);
}

#[tokio::test(start_paused = true)]
async fn addresses_that_lead_inward_are_not_spoken_to() {
    let mut world = World::new().await;
    for url in [
        "http://push.example.net/",
        "https://push.example.net:8443/",
        "https://ana:secret@push.example.net/",
        "ftp://push.example.net/",
        "push.example.net",
        "https://",
        "",
    ] {
        let made = world.create(url, json!({})).await;
        assert_eq!(made["notCreated"]["k"]["properties"], json!(["url"]), "{url}: {made}");
    }
    let inward = [
        ("inward.example.net", vec!["10.0.0.1"]),
        ("mixed.example.net", vec!["8.8.8.8", "127.0.0.1"]),
        ("mapped.example.net", vec!["::ffff:127.0.0.1"]),
    ];
    for (name, addresses) in &inward {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let found = VecDeque::from([addresses]);
        world.internet.names.lock().unwrap().insert((*name).to_owned(), found);
    }
    let named = inward.iter().map(|(name, _)| format!("https://{name}/"));
    let numbers = ["127.0.0.1", "[::1]", "169.254.169.254", "2130706433", "0x7f.1", "[fe80::1]"];
    let numbers = numbers.iter().map(|address| format!("https://{address}/"));
    for url in named.chain(numbers) {
        let made = world.create(&url, json!({})).await;
        assert!(made["created"]["k"].is_object(), "{url}: {made}");
    }
    world.nothing().await;
    assert_eq!(*world.internet.connected.lock().unwrap(), []);
    // A name is resolved once: where it leads to afterwards does not count.
    let times =
        [["8.8.8.8"], ["127.0.0.1"]].map(|some| some.map(|it| it.parse().unwrap()).to_vec());
    world.internet.names.lock().unwrap().insert("turns.example.net".to_owned(), times.into());
    world.create("https://turns.example.net/", json!({})).await;
    world.next().await;
    let connected = world.internet.connected.lock().unwrap().clone();
    assert_eq!(connected, ["8.8.8.8:443".parse().unwrap()]);
}

#[tokio::test(start_paused = true)]
async fn they_are_made_no_faster_than_so() {
    let world = World::new().await;
    let mut made = 0;
    while world.pusher.may_create(ANA) {
        made += 1;
    }
    assert_eq!(made, SUBSCRIBED_AT_ONCE);
    assert!(world.pusher.may_create(AccountId(2)), "somebody else");
    sleep(Duration::from_secs(61)).await;
    assert!(world.pusher.may_create(ANA));
    assert!(!world.pusher.may_create(ANA));
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_none_are_refused() {
    let world = World::new().await;
    let wrong = json!({"keys": {"p256dh": "BAAA", "auth": "BTBZMqHH6r4Tts7J_aSIgg"}});
    let made = world.create(URL, wrong).await;
    assert_eq!(made["notCreated"]["k"]["properties"], json!(["keys"]));
}
