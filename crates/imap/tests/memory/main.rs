//! What sessions cost in memory. In a process of its own, so that nothing else moves the figures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    clippy::disallowed_methods,
    dead_code,
    reason = "tests may be blunt, and not all of what others need is needed here"
)]

#[path = "../server/acts.rs"]
mod acts;
#[path = "../server/people.rs"]
mod people;
#[path = "../server/world.rs"]
mod world;

use std::sync::Arc;

use imap::server::{First, serve};
use mailbox::{MailboxName, Uid, UidSet};
use sasl::{Peer, Security};
use transcript::{Connection, Start};

use crate::world::World;

#[tokio::test]
async fn sessions_cost_little() {
    idle_sessions_cost_little().await;
    sessions_that_watch_all_mailboxes_cost_little().await;
    hostile_clients_cannot_fill_the_memory().await;
}

/// The memory of this process that is in use, in octets.
fn resident_octets() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

async fn idle_sessions_cost_little() {
    const SESSIONS: usize = 1_000;
    let world = World::new().await;
    for _ in 0..50 {
        world.mail(b"Subject: x\r\n\r\nHello\r\n").await;
    }
    let mut kept = Vec::with_capacity(SESSIONS);
    let mut before = resident_octets();
    for number in 0..SESSIONS + 100 {
        let serve = |stream| transcript::World::serve(&world, stream, Start::Greeting);
        let mut connection = Connection::open(4_096, serve);
        connection.send(b"a LOGIN ana secret\r\nb SELECT INBOX\r\nc IDLE\r\n").await;
        while !connection.line().await.unwrap().starts_with(b"+") {}
        kept.push(connection);
        if number == 99 {
            before = resident_octets();
        }
    }
    let each = resident_octets().saturating_sub(before) / SESSIONS;
    println!("an idle session costs {each} octets, the client's end and the pipe included");
    assert!(each < 24 << 10, "{each}");
}

/// What a session watches costs what its command names, however many mailboxes there are and whatever happens in them.
async fn sessions_that_watch_all_mailboxes_cost_little() {
    const SESSIONS: usize = 1_000;
    let world = World::new().await;
    let mut names = String::new();
    for number in 0..1_000 {
        let name = format!("Folders/{number:04}");
        world.ana.create_mailbox(&MailboxName::new(&name).unwrap(), None).await.unwrap();
        names = names + " " + &name;
    }
    world.mail(b"Subject: x\r\n\r\nHello\r\n").await;
    let (named, all) = (format!("mailboxes ({})", names.trim()), "personal".to_owned());
    for (filter, octets_max) in [(all, 24 << 10), (named, 48 << 10)] {
        let events = "(MessageNew MessageExpunge FlagChange)";
        let commands = format!("a LOGIN ana secret\r\nb NOTIFY SET ({filter} {events})\r\n");
        let mut kept = Vec::with_capacity(SESSIONS);
        let mut before = resident_octets();
        for number in 0..SESSIONS + 100 {
            let serve = |stream| transcript::World::serve(&world, stream, Start::Greeting);
            let mut connection = Connection::open(4_096, serve);
            connection.send(commands.as_bytes()).await;
            while !connection.line().await.unwrap().starts_with(b"b OK") {}
            kept.push(connection);
            if number == 99 {
                before = resident_octets();
            }
        }
        let each = resident_octets().saturating_sub(before) / SESSIONS;
        // Something happens in one of the thousand mailboxes; each session tells its client.
        let one = UidSet::from_iter([Uid::MIN]);
        let to = world.mailbox("Folders/0500");
        let began = std::time::Instant::now();
        world.ana.copy(world.inbox(), &one, to).await.unwrap();
        for connection in &mut kept {
            let line = connection.line().await.unwrap();
            assert!(line.starts_with(b"* STATUS Folders/0500 (MESSAGES"), "{line:?}");
        }
        let told_us = began.elapsed().as_micros() as usize / kept.len();
        let after = resident_octets().saturating_sub(before) / SESSIONS;
        let filter = &filter[..9.min(filter.len())];
        println!(
            "a session that watches {filter} costs {each} octets, {after} once it told; {told_us} us to tell"
        );
        assert!(each < octets_max && after < octets_max, "{filter}: {each}, {after}");
    }
}

/// What anybody can send before logging in: none of it stays in memory.
async fn hostile_clients_cannot_fill_the_memory() {
    const SESSIONS: usize = 50;
    let world = World::new().await;
    let tags = b"a NOOP\r\n".repeat(10_000);
    let line = vec![b'x'; 4 << 20];
    let floods: [&[u8]; 5] = [
        &line,
        b"a LOGIN {8000}\r\n",
        b"a APPEND INBOX {4000000000+}\r\n",
        b"a LOGIN {8000+}\r\n",
        &tags,
    ];
    for flood in floods {
        let before = resident_octets();
        let mut kept = Vec::new();
        for _ in 0..SESSIONS {
            let (mut ours, theirs) = tokio::io::duplex(4_096);
            let peer = Peer::new(None, Security::Tls);
            let service = Arc::clone(&world.service);
            tokio::spawn(serve(theirs, service, peer, First::Greeting));
            // A client that never reads: the server must stop taking, or drop what it takes.
            let send = tokio::io::AsyncWriteExt::write_all(&mut ours, flood);
            drop(tokio::time::timeout(std::time::Duration::from_millis(50), send).await);
            let more = tokio::io::AsyncWriteExt::write_all(&mut ours, &line);
            drop(tokio::time::timeout(std::time::Duration::from_millis(50), more).await);
            kept.push(ours);
        }
        let each = resident_octets().saturating_sub(before) / SESSIONS;
        let what = String::from_utf8_lossy(&flood[..flood.len().min(20)]).into_owned();
        println!("a hostile client costs {each} octets: {what}");
        assert!(each < 256 << 10, "{each} octets: {what}");
    }
}
