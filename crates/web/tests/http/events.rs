//! Pushed changes (RFC 8620, 7.3).

use mailbox::operations::Append;
use mailbox::{AccountId, Door, FlagNames, MailboxName, Who};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::{Duration, Instant, timeout};

use crate::world::{ANA, World, secured};

const HOUR: Duration = Duration::from_secs(3_600);

/// A stream of events that is listened to.
struct Events {
    stream: DuplexStream,
    heard: String,
}

impl Events {
    async fn listen(world: &World, query: &str, fields: &str) -> Events {
        let (mut stream, _serving) = world.connect(secured());
        let head =
            format!("GET /jmap/eventsource?{query} HTTP/1.1\r\nHost: h\r\n{ANA}{fields}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut events = Events { stream, heard: String::new() };
        events.until("\r\n\r\n").await;
        assert!(events.heard.starts_with("HTTP/1.1 200"), "{}", events.heard);
        assert!(events.heard.contains("content-type: text/event-stream"));
        let head = events.heard.find("\r\n\r\n").unwrap();
        events.heard.drain(..head + 4);
        events
    }

    /// Reads until something is said; false when the stream ended, or nothing came for an hour.
    async fn until(&mut self, said: &str) -> bool {
        while !self.heard.contains(said) {
            let mut octets = [0; 1_024];
            match timeout(HOUR, self.stream.read(&mut octets)).await {
                Ok(Ok(count @ 1..)) => {
                    self.heard.push_str(str::from_utf8(&octets[..count]).unwrap())
                }
                Ok(Ok(_) | Err(_)) | Err(_) => return false,
            }
        }
        true
    }

    /// The next event, as its lines.
    async fn next(&mut self) -> Option<String> {
        // The frames of chunks stand between the lines.
        loop {
            if let Some(begin) = self.heard.find("event: ")
                && let Some(end) = self.heard[begin..].find("\n\n")
            {
                let event = self.heard[begin..begin + end].to_owned();
                self.heard.drain(..begin + end + 2);
                return Some(event);
            }
            let before = self.heard.len();
            let mut octets = [0; 1_024];
            match timeout(HOUR, self.stream.read(&mut octets)).await {
                Ok(Ok(count @ 1..)) => {
                    self.heard.push_str(str::from_utf8(&octets[..count]).unwrap())
                }
                Ok(Ok(_) | Err(_)) | Err(_) => return None,
            }
            assert!(self.heard.len() > before);
        }
    }
}

pub(crate) async fn deliver(world: &World, count: usize) {
    for _ in 0..count {
        deliver_message(world, b"Subject: new\r\n\r\nHello.\r\n").await;
    }
}

pub(crate) async fn deliver_message(world: &World, message: &[u8]) {
    let account = world.accounts.open(AccountId(1), Who::at(Door::Delivery)).unwrap();
    let inbox = account.find(&MailboxName::new("INBOX").unwrap()).unwrap().unwrap().id;
    let mut incoming = world.accounts.receive();
    incoming.write(message).await.unwrap();
    let received = incoming.finish().await.unwrap();
    let append = Append { received, flags: FlagNames::default(), internal_date: None, uidl: None };
    account.append(inbox, vec![append]).await.unwrap();
}

fn id_of(event: &str) -> &str {
    event.lines().find_map(|line| line.strip_prefix("id: ")).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_changes_is_pushed_and_much_at_once_as_one() {
    let world = World::new().await;
    let mut events = Events::listen(&world, "types=*&closeafter=no&ping=0", "").await;
    deliver(&world, 1).await;
    let first = events.next().await.unwrap();
    assert!(first.contains("\"@type\":\"StateChange\"") && first.contains("\"A1\":{"), "{first}");
    assert!(first.contains("\"Email\":\"") && first.contains("\"Mailbox\":\""), "{first}");
    deliver(&world, 20).await;
    let second = events.next().await.unwrap();
    assert_ne!(id_of(&first), id_of(&second));
    assert!(!events.until("event: ").await, "one event tells of all: {}", events.heard);
}

#[tokio::test(start_paused = true)]
async fn who_was_away_hears_what_was_missed_and_nothing_else() {
    let world = World::new().await;
    let mut events = Events::listen(&world, "types=*&closeafter=no&ping=0", "").await;
    deliver(&world, 1).await;
    let id = id_of(&events.next().await.unwrap()).to_owned();
    drop(events);
    let known = format!("Last-Event-ID: {id}\r\n");
    let mut again = Events::listen(&world, "types=*&closeafter=no&ping=10", &known).await;
    for _ in 0..2 {
        assert!(again.next().await.unwrap().starts_with("event: ping"));
    }
    drop(again);
    deliver(&world, 1).await;
    let mut again = Events::listen(&world, "types=Email&closeafter=state&ping=0", &known).await;
    let missed = again.next().await.unwrap();
    assert!(missed.contains("\"Email\"") && !missed.contains("\"Mailbox\""), "{missed}");
    assert_eq!(again.next().await, None, "it ends after one state");
}

#[tokio::test(start_paused = true)]
async fn pings_come_as_often_as_is_good() {
    let world = World::new().await;
    for (asked, want) in [(300, 300), (1, 10), (100_000, 900)] {
        let query = format!("types=*&closeafter=no&ping={asked}");
        let mut events = Events::listen(&world, &query, "").await;
        let began = Instant::now();
        // The first comes at once, with the id that the others go on from.
        let first = events.next().await.unwrap();
        let ping = events.next().await.unwrap();
        assert_eq!(ping, format!("event: ping\ndata: {{\"interval\":{want}}}"));
        assert!(first.starts_with(&format!("{ping}\nid: ")), "{first}");
        assert_eq!(began.elapsed().as_secs(), want);
    }
}

#[tokio::test(start_paused = true)]
async fn types_that_nobody_wants_are_not_told() {
    let world = World::new().await;
    let mut events =
        Events::listen(&world, "types=CalendarEvent,Identity&closeafter=no&ping=0", "").await;
    deliver(&world, 1).await;
    assert_eq!(events.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_the_login_is_taken_back_or_the_host_stops() {
    let world = World::new().await;
    let query = "types=*&closeafter=no&ping=0";
    let mut events = Events::listen(&world, query, "").await;
    let began = Instant::now();
    world.people.revoked.send_replace(true);
    assert_eq!(events.next().await, None);
    assert!(began.elapsed() < HOUR);
    world.people.revoked.send_replace(false);
    let mut events = Events::listen(&world, query, "").await;
    world.stop();
    assert_eq!(events.next().await, None);
    assert!(began.elapsed() < HOUR);
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused() {
    let world = World::new().await;
    for query in [
        "",
        "types=*",
        "types=*&closeafter=no",
        "types=*&closeafter=maybe&ping=0",
        "types=*&closeafter=no&ping=x",
    ] {
        let answer = world.ask(&format!("GET /jmap/eventsource?{query}"), ANA, b"").await;
        assert_eq!(answer.status, 400, "{query}");
    }
    assert_eq!(
        world.ask("GET /jmap/eventsource?types=*&closeafter=no&ping=0", "", b"").await.status,
        401
    );
}

#[tokio::test(start_paused = true)]
async fn many_may_listen() {
    let world = World::new().await;
    let mut listeners = Vec::new();
    for _ in 0..web::limits::LISTENERS_PER_USER_MAX {
        listeners.push(Events::listen(&world, "types=*&closeafter=no&ping=0", "").await);
    }
    let one_more = world.ask("GET /jmap/eventsource?types=*&closeafter=no&ping=0", ANA, b"").await;
    assert_eq!(one_more.status, 429);
    deliver(&world, 1).await;
    for listener in &mut listeners {
        assert!(listener.next().await.unwrap().contains("StateChange"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_beside_mail_is_pushed_with_the_state_that_get_tells() {
    for (kind, capability, change) in [
        (
            "Preferences",
            "https://correio.example/jmap/preferences",
            r#""update": {"singleton": {"values/theme": "dark"}}"#,
        ),
        ("Identity", "urn:ietf:params:jmap:submission", r#""update": {"I1": {"name": "Ana"}}"#),
        (
            "VacationResponse",
            "urn:ietf:params:jmap:vacationresponse",
            r#""update": {"singleton": {"isEnabled": true, "textBody": "Away."}}"#,
        ),
        ("Rule", "https://correio.example/jmap/rules", r#""create": {"k": {"name": "all"}}"#),
        (
            "ContactCard",
            "urn:ietf:params:jmap:contacts",
            r#""create": {"k": {"addressBookIds": {"D1": true}}}"#,
        ),
    ] {
        let world = World::new().await;
        let query = format!("types={kind}&closeafter=no&ping=0");
        let mut events = Events::listen(&world, &query, "").await;
        let set = format!(
            r#"{{"using": ["urn:ietf:params:jmap:core", "{capability}"], "methodCalls":
            [["{kind}/set", {{"accountId": "A1", {change}}}, "0"], ["{kind}/get", {{"accountId": "A1", "ids": null}}, "1"]]}}"#
        );
        let fields = format!("{ANA}Content-Type: application/json\r\n");
        let answer = world.ask("POST /jmap/api", &fields, set.as_bytes()).await.json();
        let state = answer["methodResponses"][1][1]["state"].as_str().unwrap().to_owned();
        assert_eq!(answer["methodResponses"][0][1]["newState"], *state, "{answer}");
        let event = events.next().await;
        let event = event.unwrap_or_else(|| panic!("{kind}: {answer}"));
        assert!(event.contains(&format!(r#"{{"A1":{{"{kind}":"{state}"}}}}"#)), "{event}");
        deliver(&world, 1).await;
        assert_eq!(events.next().await, None, "mail is none of it");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_used_and_what_may_be_is_pushed_with_the_state_that_get_tells() {
    let world = World::new().await;
    let ana = world.accounts.open(AccountId(1), Who::at(Door::Admin)).unwrap();
    ana.set_quota(Some(1_000_000), Some(100)).await.unwrap();
    let mut events = Events::listen(&world, "types=Quota&closeafter=no&ping=0", "").await;
    let fields = format!("{ANA}Content-Type: application/json\r\n");
    let get = r#"{"using": ["urn:ietf:params:jmap:quota", "urn:ietf:params:jmap:mail"],
        "methodCalls": [["Quota/get", {"accountId": "A1"}, "0"]]}"#;
    let mut told = Vec::new();
    for change in ["mail", "limit", "keyword"] {
        match change {
            "mail" => deliver(&world, 1).await,
            "limit" => ana.set_quota(Some(2_000_000), None).await.unwrap(),
            _ => {
                let inbox = ana.find(&MailboxName::inbox()).unwrap().unwrap().id;
                let store = mailbox::operations::Store {
                    uids: [mailbox::Uid::new(1).unwrap()].into_iter().collect(),
                    mode: mailbox::FlagMode::Add,
                    flags: FlagNames { system: mailbox::Flags::SEEN, ..FlagNames::default() },
                    unchanged_since: None,
                };
                ana.store(inbox, store).await.unwrap();
            }
        }
        let event = events.next().await;
        let answer = world.ask("POST /jmap/api", &fields, get.as_bytes()).await.json();
        let state = answer["methodResponses"][0][1]["state"].as_str().unwrap().to_owned();
        match event {
            Some(event) => {
                assert!(event.contains(&format!(r#"{{"A1":{{"Quota":"{state}"}}}}"#)), "{event}");
                told.push(state);
            }
            None => assert_eq!(told.last(), Some(&state), "{change}"),
        }
    }
    assert_eq!(told.len(), 2, "flags take no room: {told:?}");
}
