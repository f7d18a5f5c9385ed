//! Our client against our server, over a pipe in memory: a day in the life of a mailbox.

use std::sync::Arc;
use std::time::Duration;

use imap::Feature;
use imap::client::{Client, Fault, FetchEvent, Found};
use imap::commands::{
    Access, AppendForm, AppendMessage, Echo, Form, List, ListReturn, ListSelect, MultiSearch,
    Qresync, Replaces, Resync, SearchReturn, StatusItem, Store,
};
use imap::fetch::items::{self, BodySection};
use imap::fetch::{Answer, Item, Octets, Section, See};
use imap::response::{Code, Response};
use imap::search::Key;
use imap::search::keys::{self, Envelope, Field, Flag as FlagKey};
use imap::server::{First, serve};
use imap::sources::Source;
use imap::wire::{By, Flag, Messages, Name, Pattern, Point, SequenceSet};
use mailbox::{Direction, FlagMode, ModSeq, SortField, SortKey, ThreadAlgorithm};
use sasl::{Binding, Credentials, Nonce, Peer, Secret, Security};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use crate::world::World;

type Session = Client<DuplexStream>;

/// Connects and logs in. A small pipe makes both ends wait for each other in the middle of everything.
async fn connect(world: &World) -> Session {
    let (here, there) = duplex(777);
    let peer = Peer::new(None, Security::Tls);
    tokio::spawn(serve(there, Arc::clone(&world.service), peer, First::Greeting));
    let mut client = Client::begin(here, Security::Tls).await.unwrap();
    let credentials = Credentials::password("ana", Secret::new("secret"));
    client.log_in(credentials, Nonce::from_random([3; 18]), Binding::Unable).await.unwrap();
    client
}

fn uids(first: u32, last: u32) -> SequenceSet {
    let point = |number| Point::new(number).unwrap();
    SequenceSet::from_ranges([(point(first), point(last))]).unwrap()
}

fn peek() -> Item {
    BodySection { see: See::Peek, section: Section::default(), partial: None }.into()
}

#[tokio::test]
async fn mail_goes_in_is_found_and_comes_back_the_same() {
    let world = World::new().await;
    let mut client = connect(&world).await;
    client.create("Café & Bar/2024").await.unwrap();
    let Err(Fault::Refused(status)) = client.create("Café & Bar/2024").await else {
        panic!("made twice")
    };
    assert_eq!(status.code, Some(Code::AlreadyExists));

    let small = b"From: ana@example.org\r\nSubject: caf\xc3\xa9\r\n\r\nOl\xc3\xa1\r\n";
    let seen = [Flag::Seen, Flag::Keyword("later".into())];
    let first = client.append("Café & Bar/2024", &seen, None, small).await.unwrap().unwrap();
    assert_eq!(first.uids, uids(1, 1));
    let large: Vec<u8> = (0..300_000u32).map(|n| b"abcdefgh\r\n"[n as usize % 10]).collect();
    let head = AppendMessage {
        flags: vec![],
        date: None,
        form: AppendForm::Literal,
        octets: large.len() as u64,
    };
    client.append_from("Café & Bar/2024", head, large.as_slice()).await.unwrap();
    let more: Vec<(Vec<Flag>, _, &[u8])> =
        vec![(vec![], None, small), (vec![Flag::Flagged], None, b"x: y\r\n\r\n")];
    let several = client.append_several("Café & Bar/2024", &more).await.unwrap().unwrap();
    assert_eq!(several.uids, uids(3, 4));

    let selected = client.select("Café & Bar/2024").await.unwrap();
    assert_eq!((selected.exists, selected.uid_next), (4, Some(5)));
    assert_eq!(selected.access, Some(Access::ReadWrite));

    let mut fetching =
        client.fetch(uids(1, 4), &[items::Uid.into(), items::Flags.into(), peek()]).await.unwrap();
    let (mut chunks, mut messages) = (Vec::new(), Vec::new());
    while let Some(event) = fetching.next().await.unwrap() {
        match event {
            FetchEvent::Chunk(chunk) => chunks.extend_from_slice(&chunk),
            FetchEvent::Message(fetched) => messages.push(fetched),
            FetchEvent::Section(head, octets) => {
                assert_eq!((head.uid(), octets), (Some(2), 300_000));
            }
            FetchEvent::News(news) => panic!("{news:?}"),
        }
    }
    assert_eq!(chunks, large);
    assert_eq!(messages.len(), 4);
    assert_eq!(messages[0].section(), Some(&small[..]));
    assert_eq!(messages[0].flags().map(Vec::len), Some(2 + 1), "with \\Recent");
    let streamed = Some(Octets::Streamed(300_000));
    assert!(
        messages[1]
            .answers
            .iter()
            .any(|answer| matches!(answer, Answer::Section { octets, .. } if *octets == streamed))
    );

    let subject = Key::from(Envelope { field: Field::Subject, text: "CAFÉ".into() });
    assert_eq!(client.search(subject).await.unwrap().numbers(10), [1, 3]);
    let returns = SearchReturn { min: true, count: true, save: true, ..SearchReturn::default() };
    let unseen = Key::from(FlagKey::Seen).negate();
    let found = client.search_returning(unseen, Some(returns)).await.unwrap();
    let Found::Extended(found) = found else { panic!("the old way") };
    assert_eq!((found.min, found.count), (Some(2), Some(3)));
    let by_subject = SortKey { field: SortField::Subject, direction: Direction::Descending };
    let sorted = client.sort_messages(vec![by_subject], keys::All.into(), None).await.unwrap();
    assert_eq!(sorted.numbers(10), [1, 3, 2, 4]);
    let returns = Some(SearchReturn { all: true, ..SearchReturn::default() });
    let again = client.sort_messages(vec![by_subject], keys::All.into(), returns).await.unwrap();
    assert_eq!(again.numbers(10), sorted.numbers(10));
    let algorithm = ThreadAlgorithm::References;
    let threads = client.thread_messages(algorithm, keys::All.into()).await.unwrap();
    let shown: Vec<_> = threads.0.iter().map(|place| (place.depth, place.number)).collect();
    assert_eq!(shown.len(), 5, "what has the same subject stands below one place: {shown:?}");
    client.log_out().await.unwrap();
}

/// With UIDONLY, so that streamed sections of UIDFETCH are read, too.
#[tokio::test]
async fn messages_are_replaced_and_found_in_several_mailboxes() {
    let world = World::new().await;
    let mut client = connect(&world).await;
    client.create("Letters").await.unwrap();
    client.append("Letters", &[], None, b"Subject: draft\r\n\r\n1\r\n").await.unwrap();
    client.append("INBOX", &[], None, b"Subject: draft\r\n\r\n2\r\n").await.unwrap();
    client.enable(&[Feature::UidOnly]).await.unwrap();
    client.select("Letters").await.unwrap();
    let large = [b"Subject: draft\r\n\r\n".as_slice(), &[b'x'; 100_000], b"\r\n"].concat();
    let replaces = Replaces { by: By::Uid, message: Point::new(1).unwrap() };
    let replaced = client.replace(replaces, "Letters", &[Flag::Draft], &large).await.unwrap();
    assert_eq!(replaced.unwrap().uids, uids(2, 2));

    let key = Key::from(Envelope { field: Field::Subject, text: "draft".into() });
    let sources = vec![Source::Personal];
    let search = MultiSearch { sources, returns: None, charset: None, key };
    let found = client.search_mailboxes(search).await.unwrap();
    let places: Vec<(&str, u32)> = found
        .iter()
        .map(|found| (found.mailbox.as_ref().unwrap().0.as_str(), found.all.clone().unwrap()))
        .map(|(name, all)| (name, all.numbers().next().unwrap()))
        .collect();
    assert_eq!(places, [("INBOX", 1), ("Letters", 2)]);

    let mut fetching = client.fetch(uids(1, 9), &[peek(), items::Flags.into()]).await.unwrap();
    let mut octets = 0;
    while let Some(event) = fetching.next().await.unwrap() {
        match event {
            FetchEvent::Chunk(chunk) => octets += chunk.len(),
            FetchEvent::Message(fetched) => {
                assert_eq!((fetched.number, fetched.uid()), (0, Some(2)));
            }
            FetchEvent::Section(head, octets) => {
                assert_eq!((head.uid(), octets), (Some(2), large.len() as u64));
            }
            FetchEvent::News(news) => panic!("{news:?}"),
        }
    }
    assert_eq!(octets, large.len());
    let jmap = client.jmap_access().await.unwrap();
    assert_eq!(jmap.as_deref(), Some("https://mail.example.org/.well-known/jmap"));
}

#[tokio::test]
async fn flags_copies_and_removals_are_told() {
    let world = World::new().await;
    for _ in 0..5 {
        world.mail(b"Subject: x\r\n\r\nx\r\n").await;
    }
    let mut client = connect(&world).await;
    client.enable(&[Feature::Condstore]).await.unwrap();
    let before = client.select("INBOX").await.unwrap().highest_modseq.unwrap();
    let told = client.store(uids(1, 2), FlagMode::Add, &[Flag::Deleted]).await.unwrap();
    assert_eq!(told.len(), 2);
    let stale = Store {
        by: By::Uid,
        messages: uids(1, 3).into(),
        unchanged_since: Some(before),
        mode: FlagMode::Add,
        echo: Echo::Told,
        flags: vec![Flag::Seen],
    };
    let (_, modified) = client.store_with(stale).await.unwrap();
    assert_eq!(modified, Some(uids(1, 2)));
    client.create("Other").await.unwrap();
    let copied = client.copy(uids(3, 4), "Other").await.unwrap().unwrap();
    assert_eq!((copied.from, copied.to), (uids(3, 4), uids(1, 2)));
    let moved = client.move_to(uids(5, 5), "Other").await.unwrap().unwrap();
    assert_eq!((moved.from, moved.to), (uids(5, 5), uids(3, 3)));
    assert!(client.take_news().any(|news| news == Response::Expunge(5)));
    let gone = client.expunge(Some(Messages::Set(uids(1, 1)))).await.unwrap();
    assert_eq!(gone.numbers, [1]);
    let gone = client.expunge(None).await.unwrap();
    assert_eq!(gone.numbers, [1]);
    let items = [StatusItem::MESSAGES, StatusItem::DELETED, StatusItem::SIZE];
    let status = client.status("Other", &items).await.unwrap();
    assert_eq!(status.number(StatusItem::MESSAGES), Some(3));
    let list = List {
        form: Form::Extended,
        select: ListSelect::default(),
        reference: Name::from(""),
        patterns: vec![Pattern("O*".into()), Pattern("INBOX".into())],
        returns: ListReturn {
            children: true,
            status: vec![StatusItem::MESSAGES],
            ..ListReturn::default()
        },
    };
    let (lines, figures) = client.list(list).await.unwrap();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.has("HasNoChildren")));
    assert_eq!(figures.len(), 2);
    assert!(!client.quota("INBOX").await.unwrap().is_empty());
    assert_eq!(client.namespace().await.unwrap().personal.len(), 1);
}

#[tokio::test]
async fn a_mirror_hears_what_changed_while_it_was_away() {
    let world = World::new().await;
    for _ in 0..5 {
        world.mail(b"Subject: x\r\n\r\nx\r\n").await;
    }
    let mut client = connect(&world).await;
    client.enable(&[Feature::Qresync]).await.unwrap();
    let selected = client.select("INBOX").await.unwrap();
    let known = Qresync {
        uid_validity: selected.uid_validity.unwrap(),
        modseq: selected.highest_modseq.unwrap_or(ModSeq(1)),
        known_uids: None,
        matches: None,
    };
    client.store(uids(2, 3), FlagMode::Add, &[Flag::Deleted]).await.unwrap();
    client.store(uids(5, 5), FlagMode::Add, &[Flag::Flagged]).await.unwrap();
    let gone = client.expunge(None).await.unwrap();
    assert_eq!(gone.uids, [uids(2, 3)]);
    client.unselect().await.unwrap();
    let selected = client.open("INBOX", Access::ReadOnly, Resync::Qresync(known)).await.unwrap();
    assert_eq!(selected.vanished, [uids(2, 3)]);
    assert_eq!(selected.changed.len(), 1);
    assert_eq!(selected.changed[0].uid(), Some(5));
}

#[tokio::test]
async fn news_comes_while_it_waits_also_when_squeezed() {
    let world = World::new().await;
    let mut client = connect(&world).await;
    client.compress().await.unwrap();
    client.select("INBOX").await.unwrap();
    let mut idling = client.idle().await.unwrap();
    world.mail(b"Subject: x\r\n\r\nx\r\n").await;
    let wait = Duration::from_secs(20);
    while idling.next(wait).await.unwrap().unwrap() != Response::Exists(1) {}
    idling.done().await.unwrap();
    let told = client
        .fetch_all(uids(1, 1), &[items::Envelope.into(), items::BodyStructure.into()])
        .await
        .unwrap();
    assert_eq!(told.len(), 1);
}

#[tokio::test]
async fn who_ends_its_side_behind_its_last_command_is_answered() {
    let world = World::new().await;
    world.mail(b"Subject: x\r\n\r\nx\r\n").await;
    let (mut here, there) = duplex(4096);
    let commands = b"a LOGIN ana secret\r\nb SELECT INBOX\r\nc SEARCH TEXT x\r\n";
    here.write_all(commands).await.unwrap();
    here.shutdown().await.unwrap();
    let peer = Peer::new(None, Security::Tls);
    tokio::spawn(serve(there, Arc::clone(&world.service), peer, First::Greeting));
    let mut said = String::new();
    here.read_to_string(&mut said).await.unwrap();
    assert!(said.contains("\r\n* SEARCH 1\r\nc OK "), "{said}");
}

#[tokio::test]
async fn a_thousand_commands_under_way_are_all_answered() {
    let world = World::new().await;
    world.mail(b"Subject: x\r\n\r\nx\r\n").await;
    let mut client = connect(&world).await;
    client.capabilities().await.unwrap();
    client.select("INBOX").await.unwrap();
    let mut tickets = Vec::new();
    for _ in 0..1_000 {
        tickets.push(client.send_append("INBOX", &[], None, b"a: b\r\n\r\nc\r\n").await.unwrap());
    }
    for (ticket, uid) in tickets.into_iter().zip(2..) {
        let done = client.finish(ticket).await.unwrap();
        assert_eq!(client.appended(done).unwrap().uids, uids(uid, uid));
    }
}
