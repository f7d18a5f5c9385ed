//! Our own client against our own server: what transcripts cannot show, such as compression and large bodies.

use std::sync::Arc;
use std::time::Duration;

use imap::client::{Client, Fault, FetchEvent};
use imap::fetch::items::{self, BodySection};
use imap::fetch::{Item, Section, See};
use imap::response::{Code, Condition, Response};
use imap::search::keys::Text;
use imap::server::{First, serve};
use imap::wire::{Point, SequenceSet};
use imap::{Dialect, Feature};
use sasl::{Binding, Credentials, Nonce, Peer, Secret, Security};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;
use transcript::large_message;

use crate::world::World;

async fn connect(world: &World, pipe_octets: usize) -> Client<DuplexStream> {
    let (ours, theirs) = duplex(pipe_octets);
    let peer = Peer::new(None, Security::Tls);
    tokio::spawn(serve(theirs, Arc::clone(&world.service), peer, First::Greeting));
    let mut client = Client::begin(ours, Security::Tls).await.unwrap();
    let credentials = Credentials::password("ana", Secret::new("secret"));
    // The best mechanism that is offered: SCRAM-SHA-256.
    client.log_in(credentials, Nonce::from_random([1; 18]), Binding::Unable).await.unwrap();
    client
}

#[tokio::test]
async fn tokens_of_any_length_log_in_and_a_refused_one_is_told_why() {
    let world = World::new().await;
    for token in [b"ticket".to_vec(), vec![b't'; sasl::limits::TOKEN_OCTETS_MAX], b"old".to_vec()] {
        let (ours, theirs) = duplex(1_000);
        let peer = Peer::new(None, Security::Tls);
        tokio::spawn(serve(theirs, Arc::clone(&world.service), peer, First::Greeting));
        let mut client = Client::begin(ours, Security::Tls).await.unwrap();
        let credentials = Credentials::token("ana", Secret::new(token.clone()));
        match client.log_in(credentials, Nonce::from_random([1; 18]), Binding::Unable).await {
            Ok(()) => assert!(token != b"old"),
            Err(fault) => {
                assert!(token == b"old", "{fault}");
                let words = fault.to_string();
                assert!(words.contains("invalid_token; how to get one: https://"), "{words}");
            }
        }
    }
}

fn whole() -> Vec<Item> {
    vec![BodySection { see: See::Peek, section: Section::default(), partial: None }.into()]
}

/// Fetches all bodies, piece by piece.
async fn bodies(client: &mut Client<DuplexStream>) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    let mut fetching = client.fetch(SequenceSet::all(), &whole()).await.unwrap();
    let mut current = Vec::new();
    while let Some(event) = fetching.next().await.unwrap() {
        match event {
            FetchEvent::Chunk(octets) => current.extend_from_slice(&octets),
            FetchEvent::Section(..) | FetchEvent::News(_) => {}
            FetchEvent::Message(fetched) => {
                let here = fetched.section().map(<[u8]>::to_vec);
                bodies.push(here.unwrap_or_else(|| std::mem::take(&mut current)));
            }
        }
    }
    bodies
}

#[tokio::test]
async fn bodies_of_any_size_go_through_a_small_pipe() {
    let world = World::new().await;
    let texts = [
        large_message(700_000),
        b"Subject: small\r\n\r\n".to_vec(),
        large_message(128 << 10),
        large_message(65_536),
    ];
    for text in &texts {
        world.mail(text).await;
    }
    let mut client = connect(&world, 1_000).await;
    client.select("INBOX").await.unwrap();
    assert!(bodies(&mut client).await == texts);
}

#[tokio::test]
async fn both_directions_compress() {
    let world = World::new().await;
    let text = large_message(300_000);
    world.mail(&text).await;
    let mut client = connect(&world, 1_000).await;
    assert!(client.can("COMPRESS=DEFLATE"));
    client.compress().await.unwrap();
    client.select("INBOX").await.unwrap();
    assert!(bodies(&mut client).await == [text]);
    assert!(client.compress().await.is_err());
    client.create("a").await.unwrap();
}

/// The host stops: the session's stream comes to its end, and the client has to be able to read why.
#[tokio::test]
async fn good_bye_goes_out_compressed_where_all_else_does() {
    for compressed in [false, true] {
        let world = World::new().await;
        let (ours, theirs) = tokio::io::duplex(1_000);
        let mut service = imap::server::Service::clone(&world.service);
        let (stop, mut stopped) = tokio::sync::watch::channel(false);
        let phase = stop.subscribe();
        service.stopping = imap::server::Stopping::when(move || *phase.borrow());
        let peer = Peer::new(None, Security::Tls);
        let (reading, writing) = tokio::io::split(theirs);
        // As the host does: what is read ends, what is written goes on.
        let ended = Box::pin(async move { drop(stopped.wait_for(|stopped| *stopped).await) });
        let stream = tokio::io::join(Until { reading, ended }, writing);
        tokio::spawn(async move {
            imap::server::serve(stream, Arc::new(service), peer, First::Greeting).await;
        });
        let mut client = Client::begin(ours, Security::Tls).await.unwrap();
        client.login("ana", "secret").await.unwrap();
        if compressed {
            client.compress().await.unwrap();
        }
        client.noop().await.unwrap();
        let mut idling = client.idle().await.unwrap();
        stop.send(true).unwrap();
        let heard = idling.next(Duration::from_secs(60)).await.unwrap();
        let Some(Response::Untagged(status)) = heard else { panic!("{heard:?}") };
        assert_eq!(status.condition, imap::response::Condition::Bye);
        assert_eq!(status.text, "The server is stopping; come back soon");
    }
}

/// A reading half that ends.
struct Until<R> {
    reading: R,
    ended: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<R: tokio::io::AsyncRead + Unpin> tokio::io::AsyncRead for Until<R> {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        match std::pin::Pin::new(&mut self.reading).poll_read(context, buffer) {
            std::task::Poll::Pending => self.ended.as_mut().poll(context).map(Ok),
            ready => ready,
        }
    }
}

#[tokio::test]
async fn all_idle_sessions_hear_news_at_once() {
    const SESSIONS: usize = 200;
    let world = World::new().await;
    let mut waiting = Vec::new();
    for _ in 0..SESSIONS {
        let mut client = connect(&world, 4_096).await;
        client.select("INBOX").await.unwrap();
        waiting.push(client);
    }
    let (heard, mut hearing) = tokio::sync::mpsc::unbounded_channel();
    let (ready, mut readying) = tokio::sync::mpsc::unbounded_channel();
    for mut client in waiting {
        let (heard, ready) = (heard.clone(), ready.clone());
        tokio::spawn(async move {
            let mut idling = client.idle().await.unwrap();
            ready.send(()).unwrap();
            loop {
                let news = idling.next(Duration::from_secs(60)).await.unwrap();
                if matches!(news, Some(Response::Exists(1))) {
                    heard.send(Instant::now()).unwrap();
                    return;
                }
            }
        });
    }
    for _ in 0..SESSIONS {
        readying.recv().await.unwrap();
    }
    world.mail(b"Subject: news\r\n\r\n").await;
    let start = Instant::now();
    let mut last = Duration::ZERO;
    for _ in 0..SESSIONS {
        last = last.max(hearing.recv().await.unwrap().duration_since(start));
    }
    println!("the last of {SESSIONS} idle sessions heard after {last:?}");
    assert!(last < Duration::from_secs(5));
}

#[tokio::test]
async fn set_of_all_messages_is_served_in_order() {
    let world = World::new().await;
    for number in 0..600 {
        world.mail(format!("Subject: {number}\r\n\r\n").as_bytes()).await;
    }
    let mut client = connect(&world, 1 << 16).await;
    client.select("INBOX").await.unwrap();
    let messages = SequenceSet::from_ranges([
        (Point::new(301).unwrap(), Point::LAST),
        (Point::new(1).unwrap(), Point::new(300).unwrap()),
    ]);
    let fetched = client
        .fetch_all(messages.unwrap(), &[items::Uid.into(), items::Envelope.into()])
        .await
        .unwrap();
    let uids: Vec<u32> = fetched.iter().map(|fetched| fetched.uid().unwrap()).collect();
    assert!(uids.into_iter().eq(1..=600));
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_given_up() {
    let world = World::new().await;
    world.mail(b"Subject: x\r\n\r\n").await;
    let mut hasty = (*world.service).clone();
    hasty.patience.computing_s = 0;
    let (ours, theirs) = duplex(4_096);
    let peer = Peer::new(None, Security::Tls);
    tokio::spawn(serve(theirs, Arc::new(hasty), peer, First::Greeting));
    let mut client = Client::begin(ours, Security::Tls).await.unwrap();
    client.login("ana", "secret").await.unwrap();
    client.select("INBOX").await.unwrap();
    let found = client.search(Text("x".into()).into()).await;
    let Err(Fault::Refused(status)) = found else { panic!("{found:?}") };
    assert_eq!((status.condition, status.code), (Condition::No, Some(Code::Limit)));
    client.run(imap::commands::Noop).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_left() {
    let world = World::new().await;
    world.mail(&large_message(500_000)).await;
    let (mut ours, theirs) = duplex(4_096);
    let peer = Peer::new(None, Security::Tls);
    let service = Arc::clone(&world.service);
    let server = tokio::spawn(serve(theirs, service, peer, First::Greeting));
    let commands = b"a LOGIN ana secret\r\nb SELECT INBOX\r\nc FETCH 1 BODY[]\r\n";
    ours.write_all(commands).await.unwrap();
    let start = Instant::now();
    server.await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 300);
}

#[tokio::test]
async fn one_append_holds_only_so_much_in_memory() {
    let world = World::new().await;
    let (ours, theirs) = duplex(1 << 16);
    let peer = Peer::new(None, Security::Tls);
    tokio::spawn(serve(theirs, Arc::clone(&world.service), peer, First::Greeting));
    let message = large_message(256 << 10);
    let mut all = b"a LOGIN ana secret\r\nb APPEND INBOX".to_vec();
    for _ in 0..33 {
        all.extend(format!(" {{{}+}}\r\n", message.len()).as_bytes());
        all.extend(&message);
    }
    all.extend(b"\r\nc LOGOUT\r\n");
    let (mut reader, mut writer) = tokio::io::split(ours);
    let writing = tokio::spawn(async move { writer.write_all(&all).await.unwrap() });
    let mut said = String::new();
    reader.read_to_string(&mut said).await.unwrap();
    writing.await.unwrap();
    assert!(said.contains("\r\nb NO [LIMIT] "), "{said}");
    assert!(said.contains("\r\nc OK "), "{said}");
    assert!(world.uids("INBOX").is_empty());
}

#[tokio::test]
async fn one_connection_serves_several_logins_compressed_or_not() {
    let world = World::new().await;
    world.mail(b"Subject: one\r\n\r\nHello\r\n").await;
    for pipe in [1, 7, 4_096] {
        let mut client = connect(&world, pipe).await;
        for turn in 0..3 {
            client.enable(&[Feature::Imap4Rev2]).await.unwrap();
            client.select("INBOX").await.unwrap();
            if turn != 1 {
                client.compress().await.unwrap();
                client.noop().await.unwrap();
            }
            client.unauthenticate().await.unwrap();
            assert_eq!(client.dialect(), Dialect::REV1);
            assert!(client.select("INBOX").await.is_err());
            client.login("ana", "secret").await.unwrap();
        }
        client.log_out().await.unwrap();
    }
}
