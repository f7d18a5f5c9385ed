//! What a session holds, and how long large maildrops take.

use std::sync::Arc;

use pop3::{First, serve};
use sasl::{Peer, Security};
use tokio::io::DuplexStream;

use crate::connection::Connection;
use crate::transcript::large;
use crate::world::World;

#[tokio::test]
async fn a_session_is_a_small_future() {
    let world = World::new().await;
    let (_, theirs) = tokio::io::duplex(64);
    let future = serve::<DuplexStream>(
        theirs,
        Arc::clone(&world.service),
        Peer::new(None, Security::Tls),
        First::Greeting,
    );
    let octets = std::mem::size_of_val(&future);
    println!("the future of a session has {octets} octets");
    assert!(octets < 4_096, "{octets}");
}

#[tokio::test]
async fn a_message_of_any_size_goes_through_a_small_pipe() {
    let world = World::new().await;
    let text = large(3 << 20);
    world.mail(&text).await;
    let mut connection = Connection::new(&world.service, Security::Tls, 100);
    connection.send(b"USER ana\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n").await;
    let said = connection.closed().await;
    let want = [&text[..], b".\r\n+OK bye; 1 message left\r\n"].concat();
    assert!(said.ends_with(&want));
}

#[tokio::test]
async fn listings_of_many_messages_are_whole() {
    let world = World::new().await;
    const MESSAGES: usize = 3_000;
    for number in 0..MESSAGES {
        world.mail(format!("Subject: {number}\r\n\r\n").as_bytes()).await;
    }
    let mut connection = Connection::new(&world.service, Security::Tls, 1 << 20);
    connection.send(b"USER ana\r\nPASS secret\r\nLIST\r\nUIDL\r\nQUIT\r\n").await;
    let said = String::from_utf8(connection.closed().await).unwrap();
    let numbers: Vec<usize> =
        said.lines().filter_map(|line| line.split_once(' ')?.0.parse().ok()).collect();
    assert!(numbers.iter().copied().eq((1..=MESSAGES).chain(1..=MESSAGES)));
}
