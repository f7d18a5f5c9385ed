//! Sessions that show earlier states of a large mailbox, when memory is short.

use std::sync::Arc;

use imap::server::{First, serve};
use mailbox::operations::Store;
use mailbox::{FlagMode, FlagNames, Flags, UidSet};
use sasl::{Peer, Security};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use crate::world::World;

/// Logs in and selects the Inbox.
async fn selected(world: &World) -> DuplexStream {
    let (mut ours, theirs) = duplex(1 << 16);
    let (service, peer) = (Arc::clone(&world.service), Peer::new(None, Security::Tls));
    tokio::spawn(async move { serve(theirs, service, peer, First::Greeting).await });
    ours.write_all(b"a LOGIN ana secret\r\nb SELECT INBOX\r\n").await.unwrap();
    until(&mut ours, "\r\nb OK").await;
    ours
}

/// Reads until something was said, to the end of its line.
async fn until(stream: &mut DuplexStream, what: &str) -> String {
    let mut said = Vec::new();
    while !(String::from_utf8_lossy(&said).contains(what) && said.ends_with(b"\r\n")) {
        let read = stream.read_buf(&mut said).await.unwrap();
        assert!(read > 0, "{what} was never said: {}", said.escape_ascii());
    }
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn a_session_that_shows_what_is_past_ends_when_memory_is_needed_and_others_go_on() {
    let world = World::with_memory(700_000).await;
    world.mail(b"Subject: tiny\r\n\r\n.\r\n").await;
    let (ana, inbox, all) = (&world.ana, world.inbox(), UidSet::all());
    for _ in 0..12 {
        ana.copy(inbox, &all, inbox).await.unwrap();
    }
    let mut past = selected(&world).await;
    let change = |mode| Store {
        uids: UidSet::all(),
        mode,
        flags: FlagNames { system: Flags::SEEN, keywords: vec![] },
        unchanged_since: None,
    };
    ana.store(inbox, change(FlagMode::Add)).await.unwrap();
    let mut present = selected(&world).await;
    let held = ana.state(inbox).unwrap();
    // Two states of 4,096 messages take 340 kB, and the copies would take 170 kB: more than the half that one account may have.
    ana.copy(inbox, &all, inbox).await.unwrap_err();
    let bye = until(&mut past, "\r\n").await;
    assert_eq!(bye, "* BYE [UNAVAILABLE] The server needs memory; connect again\r\n");
    assert_eq!(past.read(&mut [0]).await.unwrap(), 0);
    drop(held);
    present.write_all(b"c NOOP\r\n").await.unwrap();
    assert_eq!(until(&mut present, "c OK").await, "c OK NOOP completed\r\n");
    // What the other one held is free.
    ana.copy(inbox, &all, inbox).await.unwrap();
}
