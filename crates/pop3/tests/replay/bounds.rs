//! What a session holds, and how long large maildrops take.

use std::sync::Arc;

use mailbox::UidSet;
use pop3::{First, serve};
use sasl::{Peer, Security};
use tokio::io::DuplexStream;
use transcript::large_message;

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
    let text = large_message(3 << 20);
    world.mail(&text).await;
    let mut connection = world.connect(100);
    connection.send(b"USER ana\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n").await;
    let said = connection.closed().await;
    let want = [&text[..], b".\r\n+OK bye; 1 message left\r\n"].concat();
    assert!(said.ends_with(&want));
}

/// Fills the Inbox with copies of the messages that are in it, until there are so many.
async fn multiply(world: &World, messages: usize) {
    let inbox = world.inbox();
    loop {
        let uids = world.uids("INBOX");
        let missing = messages - uids.len() as usize;
        if missing == 0 {
            return;
        }
        let some: UidSet = uids.iter().take(missing).collect();
        world.ana.copy(inbox, &some, inbox).await.unwrap();
    }
}

#[tokio::test]
async fn listings_of_a_hundred_thousand_messages_are_whole() {
    let world = World::new().await;
    const MESSAGES: usize = 100_000;
    for number in 0..10 {
        world.mail(format!("Subject: {number}\r\n\r\n").as_bytes()).await;
    }
    multiply(&world, MESSAGES).await;
    let mut connection = world.connect(1 << 20);
    let begun = std::time::Instant::now();
    connection
        .send(b"USER ana\r\nPASS secret\r\nDELE 7\r\nSTAT\r\nLIST\r\nUIDL\r\nRSET\r\nQUIT\r\n")
        .await;
    let said = String::from_utf8(connection.closed().await).unwrap();
    println!("STAT, LIST and UIDL of {MESSAGES}: {:?}", begun.elapsed());
    assert!(said.contains("\r\n+OK 99999 1399986\r\n"));
    let numbers: Vec<usize> =
        said.lines().filter_map(|line| line.split_once(' ')?.0.parse().ok()).collect();
    let others = || (1..=MESSAGES).filter(|number| *number != 7);
    assert!(numbers.iter().copied().eq(others().chain(others())));
}

#[tokio::test]
async fn sizes_beyond_four_gigabytes_are_told() {
    let world = World::new().await;
    let octets = 34 << 20;
    world.mail(&large_message(octets)).await;
    multiply(&world, 128).await;
    let mut connection = world.connect(1 << 20);
    connection
        .send(b"USER ana\r\nPASS secret\r\nSTAT\r\nDELE 1\r\nSTAT\r\nLIST 2\r\nRSET\r\nQUIT\r\n")
        .await;
    let said = String::from_utf8(connection.closed().await).unwrap();
    let want = format!("\r\n+OK 128 {}\r\n", 128 * octets as u64);
    assert!(said.contains(&want), "{said}");
    let want = format!("\r\n+OK 127 {}\r\n+OK 2 {octets}\r\n", 127 * octets as u64);
    assert!(said.contains(&want), "{said}");
}
