//! What must hold of any octets: as a client's, as a server's, and as a message. The fuzz target `pop3` runs this.

use std::sync::Arc;

use mailbox::Flags;
use pop3::client::Client;
use pop3::{First, MessageNumber, Reply, parse, serve};
use sasl::{Binding, Credentials, Nonce, Peer, Secret, Security};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::runtime::Builder;

use crate::world::World;

/// Panics when something does not hold.
pub(crate) fn check(octets: &[u8]) {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        lines(octets);
        as_client(octets).await;
        as_server(octets).await;
        as_message(octets).await;
    });
}

/// What parses prints to what parses to the same.
fn lines(octets: &[u8]) {
    for line in octets.split(|octet| *octet == b'\n') {
        if let Ok((_, command)) = parse(line) {
            let mut printed = Vec::new();
            command.print(&mut printed);
            let again = parse(printed.strip_suffix(b"\r\n").unwrap());
            assert!(again.is_ok_and(|(_, again)| again == command));
        }
        if let Some(reply) = Reply::parse(line) {
            let mut printed = Vec::new();
            reply.print(&mut printed);
            assert!(printed.len() <= 512 && printed.ends_with(b"\r\n"));
            let again = Reply::parse(printed.strip_suffix(b"\r\n").unwrap()).unwrap();
            assert_eq!(again.status, reply.status);
        }
    }
}

/// The server says the same however the client's octets are cut, and removes only what a QUIT removes.
async fn as_client(octets: &[u8]) {
    let whole = said(octets, usize::MAX).await;
    let pieces = said(octets, 1 + octets.len() % 7).await;
    assert_eq!(String::from_utf8_lossy(&whole), String::from_utf8_lossy(&pieces));
}

async fn said(octets: &[u8], piece: usize) -> Vec<u8> {
    let world = World::new().await;
    world.mail(b"Subject: one\r\n\r\nHello\r\n.\r\n").await;
    world.mail(b"Subject: two\n\n.\nbare\n").await;
    let (ours, theirs) = duplex(1 << 20);
    let peer = Peer::new(None, Security::Tls);
    let server = tokio::spawn(serve(theirs, Arc::clone(&world.service), peer, First::Greeting));
    let (mut reader, mut writer) = tokio::io::split(ours);
    for piece in octets.chunks(piece) {
        drop(writer.write_all(piece).await);
        tokio::task::yield_now().await;
    }
    drop(writer.shutdown().await);
    let mut said = Vec::new();
    drop(reader.read_to_end(&mut said).await);
    server.await.unwrap();
    if !octets.to_ascii_uppercase().windows(4).any(|four| four == b"QUIT") {
        assert_eq!(world.uids("INBOX").len(), 2, "mail went without a QUIT");
    }
    said
}

/// The client takes whatever a server says, or refuses it.
async fn as_server(octets: &[u8]) {
    let (ours, mut theirs) = duplex(1 << 20);
    drop(theirs.write_all(octets).await);
    drop(theirs.shutdown().await);
    let Ok(mut client) = Client::begin(ours, Security::Tls).await else { return };
    let credentials = Credentials::password("ana", Secret::new("secret"));
    let nonce = Nonce::from_random([5; 18]);
    drop(client.login(credentials, nonce, Binding::Unable).await);
    drop(client.stat().await);
    drop(client.list().await);
    drop(client.uidl().await);
    let numbers = (1..4).filter_map(MessageNumber::new);
    if let Ok(mut retrieval) = client.retrieve(numbers, 1 << 20).await {
        while let Ok(Some(_)) = retrieval.next().await {
            while let Ok(Some(_)) = retrieval.octets().await {}
        }
    }
    drop(client.quit().await);
}

/// A message arrives as it is, but for its line ends; so does the beginning of it.
async fn as_message(octets: &[u8]) {
    let world = World::new().await;
    world.mail(octets).await;
    let (ours, theirs) = duplex(100);
    let peer = Peer::new(None, Security::Tls);
    tokio::spawn(serve(theirs, Arc::clone(&world.service), peer, First::Greeting));
    let mut client = Client::begin(ours, Security::Tls).await.unwrap();
    let credentials = Credentials::password("ana", Secret::new("secret"));
    client.login(credentials, Nonce::from_random([5; 18]), Binding::Unable).await.unwrap();
    let one = MessageNumber::new(1).unwrap();
    let all = client.top(one, u64::MAX, 1 << 22).await.unwrap();
    let state = world.ana.state(world.inbox()).unwrap();
    let is_utf8 = state.entries.get(0).unwrap().flags.contains(Flags::UTF8_HEADER);
    // A header with UTF-8 in it is put into ASCII; everything else arrives as it is.
    assert!(is_utf8 || all == with_line_ends(octets), "{octets:?}");
    let listed = client.list().await.unwrap();
    assert_eq!(listed.first().map(|scan| scan.octets), u64::try_from(all.len()).ok());
    let header = client.top(one, 0, 1 << 22).await.unwrap();
    assert!(all.starts_with(&header));
    let empty_line = header.ends_with(b"\r\n\r\n") || header == b"\r\n";
    assert!(empty_line || header == all, "TOP 0 ends behind the empty line");
    assert!(!is_utf8 || header.is_ascii(), "{octets:?}");
    client.quit().await.unwrap();
}

fn with_line_ends(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for octet in octets {
        if *octet == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(*octet);
    }
    match out.last() {
        None | Some(b'\n') => {}
        Some(b'\r') => out.push(b'\n'),
        Some(_) => out.extend(b"\r\n"),
    }
    out
}
