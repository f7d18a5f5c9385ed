//! Our client against our server.

use conformance::uid_set;
use std::sync::Arc;

use pop3::client::{Client, Durable, Fault};
use pop3::{End, First, MessageNumber, serve};
use sasl::{Binding, Credentials, Nonce, Peer, Secret, Security};
use tokio::io::{DuplexStream, duplex};
use tokio::task::JoinHandle;
use transcript::large_message;

use crate::world::World;

fn connect(
    world: &World,
    security: Security,
    first: First,
) -> (DuplexStream, JoinHandle<End<DuplexStream>>) {
    let (ours, theirs) = duplex(2_000);
    let peer = Peer::new(None, security);
    (ours, tokio::spawn(serve(theirs, Arc::clone(&world.service), peer, first)))
}

fn credentials(password: &str) -> Credentials {
    Credentials::password("ana", Secret::new(password.as_bytes()))
}

async fn login(client: &mut Client<DuplexStream>, password: &str) -> Result<(), Fault> {
    client.login(credentials(password), Nonce::from_random([5; 18]), Binding::Unable).await
}

async fn ana(world: &World) -> Client<DuplexStream> {
    let (stream, _) = connect(world, Security::Tls, First::Greeting);
    let mut client = Client::begin(stream, Security::Tls).await.unwrap();
    login(&mut client, "secret").await.unwrap();
    client
}

fn numbers(range: std::ops::RangeInclusive<u32>) -> Vec<MessageNumber> {
    range.map(|number| MessageNumber::new(number).unwrap()).collect()
}

#[tokio::test]
async fn everything_is_fetched_in_windows_and_removed_when_it_is_safe() {
    let world = World::new().await;
    let mut want = Vec::new();
    for number in 0..300usize {
        let text = match number % 4 {
            0 => format!("Subject: {number}\r\n\r\n.\r\n..x\r\n.\r\n").into_bytes(),
            1 => large_message(200 + number * 37),
            2 => format!("Subject: {number}\r\n\r\n").into_bytes(),
            _ => large_message(70_000 + number),
        };
        world.mail(&text).await;
        want.push(text);
    }
    let mut client = ana(&world).await;
    let octets: usize = want.iter().map(Vec::len).sum();
    assert_eq!(client.stat().await.unwrap(), (300, octets as u64));
    let scans = client.list().await.unwrap();
    assert!(scans.iter().map(|scan| scan.octets as usize).eq(want.iter().map(Vec::len)));
    assert_eq!(client.uidl().await.unwrap().len(), 300);
    let mut retrieval = client.retrieve(numbers(1..=301), 1 << 20).await.unwrap();
    let mut safe = Vec::new();
    while let Some((message, answer)) = retrieval.next().await.unwrap() {
        if message.number() == 301 {
            assert!(answer.is_err());
            continue;
        }
        answer.unwrap();
        let mut got = Vec::new();
        while let Some(octets) = retrieval.octets().await.unwrap() {
            got.extend_from_slice(&octets);
        }
        assert_eq!(got, want[message.index()], "message {message}");
        safe.push((message, Durable::vouched()));
    }
    drop(retrieval);
    let top = client.top(numbers(1..=1)[0], 2, 1 << 20).await.unwrap();
    assert_eq!(top, b"Subject: 0\r\n\r\n.\r\n..x\r\n");
    safe.truncate(200);
    assert_eq!(client.delete(&safe).await.unwrap(), []);
    assert_eq!(client.delete(&safe[..1]).await.unwrap().len(), 1);
    client.quit().await.unwrap();
    assert_eq!(world.uids("INBOX"), uid_set("201:300"));
}

#[tokio::test]
async fn a_retrieval_can_be_left_and_the_session_goes_on() {
    let world = World::new().await;
    for _ in 0..100 {
        world.mail(&large_message(5_000)).await;
    }
    let mut client = ana(&world).await;
    let mut retrieval = client.retrieve(numbers(1..=100), 1 << 20).await.unwrap();
    retrieval.next().await.unwrap();
    retrieval.octets().await.unwrap();
    retrieval.finish().await.unwrap();
    client.noop().await.unwrap();
    // Dropped in the middle, it leaves answers behind that would be taken for others.
    let mut retrieval = client.retrieve(numbers(1..=100), 1 << 20).await.unwrap();
    retrieval.next().await.unwrap();
    drop(retrieval);
    assert!(matches!(client.noop().await, Err(Fault::Broken)));
}

#[tokio::test]
async fn stls_leads_to_a_login_that_keeps_the_password() {
    let world = World::new().await;
    let (stream, server) = connect(&world, Security::Clear, First::Greeting);
    let client = Client::begin(stream, Security::Clear).await.unwrap();
    let stream = client.start_tls().await.unwrap();
    let End::StartTls(theirs) = server.await.unwrap() else { panic!("no TLS") };
    let peer = Peer::new(None, Security::Tls);
    tokio::spawn(serve(theirs, Arc::clone(&world.service), peer, First::AfterStls));
    let mut client = Client::after_tls(stream, Security::Tls);
    assert!(!client.capabilities().await.unwrap().stls);
    login(&mut client, "secret").await.unwrap();
    client.quit().await.unwrap();
}

#[tokio::test]
async fn scram_works_in_the_clear_and_a_wrong_password_is_told() {
    let world = World::new().await;
    let (stream, _) = connect(&world, Security::Clear, First::Greeting);
    let mut client = Client::begin(stream, Security::Clear).await.unwrap();
    let Err(Fault::Refused(refusal)) = login(&mut client, "wrong").await else { panic!("let in") };
    assert_eq!(refusal.code, Some(pop3::Code::Auth));
    login(&mut client, "secret").await.unwrap();
    assert_eq!(client.stat().await.unwrap(), (0, 0));
}

#[tokio::test]
async fn apop_agrees_at_both_ends() {
    let world = World::new().await;
    world.people.apop.store(true, std::sync::atomic::Ordering::SeqCst);
    let (stream, _) = connect(&world, Security::Tls, First::Greeting);
    let mut client = Client::begin(stream, Security::Tls).await.unwrap();
    let Err(Fault::Refused(refusal)) = client.apop("ana", &Secret::new("wrong")).await else {
        panic!("let in");
    };
    assert_eq!(refusal.code, Some(pop3::Code::Auth));
    client.apop("ana+office", &Secret::new("secret")).await.unwrap();
    assert_eq!(client.stat().await.unwrap(), (0, 0));
}
