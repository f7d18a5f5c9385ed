//! What must hold of any octets: as commands, as responses, as a client's, as a server's. The fuzz target `imap` runs
//! this.

use std::sync::Arc;
use std::time::Duration;

use imap::client::{Client, FetchEvent};
use imap::command;
use imap::commands::{Append, Id};
use imap::fetch::items::BodySection;
use imap::fetch::{Section, See};
use imap::frame::{FrameLimits, Framer, Step};
use imap::search::keys::All;
use imap::server::{First, serve};
use imap::wire::{Literals, SequenceSet};
use imap::{Dialect, Response};
use sasl::{Peer, Security};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::runtime::Builder;
use tokio::time::timeout;

use crate::world::World;

/// Panics when something does not hold.
pub(crate) fn check(octets: &[u8]) {
    framed(octets);
    responses(octets);
    if let Ok(text) = std::str::from_utf8(octets) {
        assert_eq!(
            imap::wire::utf7::decode(&imap::wire::utf7::encode(text)).as_deref(),
            Some(text)
        );
        if let Some(name) = imap::wire::utf7::decode(text) {
            assert_eq!(imap::wire::utf7::encode(&name), text);
        }
    }
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        as_client(octets, b"").await;
        as_client(octets, b"p1 LOGIN ana secret\r\np2 SELECT INBOX\r\n").await;
        as_server(octets).await;
    });
}

/// The framer says the same however the octets are cut, and holds no more than its limits allow.
fn framed(octets: &[u8]) {
    let whole = steps(octets, octets.len().max(1));
    assert_eq!(steps(octets, 1), whole);
    assert_eq!(steps(octets, 1 + octets.len() % 7), whole);
}

fn steps(octets: &[u8], piece: usize) -> Vec<String> {
    let mut framer = Framer::new(FrameLimits::BEFORE_LOGIN);
    let mut seen = Vec::new();
    let mut message = Vec::new();
    for piece in octets.chunks(piece) {
        framer.room().extend_from_slice(piece);
        loop {
            let step = framer.step();
            match &step {
                Step::More => {
                    let more = framer.take_message();
                    message.extend_from_slice(&more);
                    if more.is_empty() || framer.message_left() > 0 {
                        break;
                    }
                }
                Step::Command(command) => commands(command),
                Step::AppendBegin(head) => {
                    framer.accept_message();
                    drop(Append::parse(&head.octets, Dialect::REV1));
                }
                Step::AppendNext(_) => framer.accept_message(),
                Step::Continue | Step::AppendEnd(_) | Step::Refused(_) => {}
            }
            if step != Step::More {
                seen.push(format!("{} {step:?}", message.escape_ascii()));
                message.clear();
            }
        }
    }
    seen
}

/// What parses prints to what parses to the same.
fn commands(octets: &[u8]) {
    for dialect in [Dialect::REV1, Dialect::REV2] {
        let Ok(parsed) = command::parse(octets, dialect) else { continue };
        let printed = parsed.command.print(&parsed.tag, dialect, Literals::Plus).octets;
        let line = printed.strip_suffix(b"\r\n").unwrap();
        let again = command::parse(line, dialect).unwrap_or_else(|bad| {
            panic!("{} became {}: {bad}", octets.escape_ascii(), line.escape_ascii())
        });
        assert_eq!(again.tag, parsed.tag);
        // An ID loses what cannot be quoted.
        if again.command.downcast::<Id>().is_none() {
            assert_eq!(again.command, parsed.command, "{}", line.escape_ascii());
        }
        let twice = again.command.print(&again.tag, dialect, Literals::Plus).octets;
        assert_eq!(twice, printed);
    }
}

/// What parses prints to what prints the same.
fn responses(octets: &[u8]) {
    for line in octets.split(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        for dialect in [Dialect::REV1, Dialect::REV2] {
            let Ok(response) = Response::parse(line, dialect) else { continue };
            let mut printed = Vec::new();
            response.print(&mut printed, dialect);
            if printed.is_empty() {
                continue;
            }
            let again = Response::parse(printed.strip_suffix(b"\r\n").unwrap(), dialect);
            let again = again.unwrap_or_else(|error| {
                panic!("{} became {}: {error}", line.escape_ascii(), printed.escape_ascii())
            });
            let mut twice = Vec::new();
            again.print(&mut twice, dialect);
            assert_eq!(twice.escape_ascii().to_string(), printed.escape_ascii().to_string());
        }
    }
}

/// The server says the same however the client's octets are cut.
async fn as_client(octets: &[u8], before: &[u8]) {
    let octets = [before, octets].concat();
    let whole = said(&octets, usize::MAX).await;
    let pieces = said(&octets, 1 + octets.len() % 7).await;
    // A nonce is another one each time, and what is squeezed is squeezed in other pieces.
    let upper = octets.to_ascii_uppercase();
    let has = |word: &[u8]| memchr::memmem::find(&upper, word).is_some();
    if !has(b"SCRAM") && !has(b"COMPRESS") {
        assert_eq!(String::from_utf8_lossy(&whole), String::from_utf8_lossy(&pieces));
    }
}

async fn said(octets: &[u8], piece: usize) -> Vec<u8> {
    let world = World::new().await;
    world.mail(b"Subject: one\r\n\r\nHello\r\n").await;
    world
        .mail(b"Subject: two\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x--\n")
        .await;
    let (ours, theirs) = duplex(1 << 22);
    let peer = Peer::new(None, Security::Tls);
    let server = tokio::spawn(serve(theirs, Arc::clone(&world.service), peer, First::Greeting));
    let (mut reader, mut writer) = tokio::io::split(ours);
    for piece in octets.chunks(piece) {
        drop(writer.write_all(piece).await);
        tokio::task::yield_now().await;
    }
    let mut said = Vec::new();
    // The clock stands still while anybody has something to do: a second without octets means that all is said.
    while let Ok(Ok(1..)) = timeout(Duration::from_secs(1), reader.read_buf(&mut said)).await {}
    drop(writer.shutdown().await);
    drop(reader.read_to_end(&mut said).await);
    drop(server.await.unwrap());
    said
}

/// The client takes whatever a server says, or refuses it.
async fn as_server(octets: &[u8]) {
    let (ours, mut theirs) = duplex(1 << 20);
    drop(theirs.write_all(octets).await);
    drop(theirs.shutdown().await);
    let Ok(mut client) = Client::begin(ours, Security::Tls).await else { return };
    client.set_inline_octets_max(20);
    drop(client.capabilities().await.map(<[String]>::len));
    drop(client.login("ana", "s\r\n").await);
    drop(client.select("INBOX").await);
    let whole = BodySection { see: See::Peek, section: Section::default(), partial: None }.into();
    if let Ok(mut fetching) = client.fetch(SequenceSet::all(), &[whole]).await {
        while let Ok(Some(event)) = fetching.next().await {
            drop::<FetchEvent>(event);
        }
    }
    if let Ok(found) = client.search(All.into()).await {
        drop(found.numbers(1000));
    }
    drop(client.append("INBOX", &[], None, b"x").await);
    drop(client.list(imap::commands::List::basic("", "*")).await);
    drop(client.compress().await);
    drop(client.noop().await);
    let _ = client.take_news().count();
    drop(client.log_out().await);
}
