//! What one request costs in memory that refers again and again to all that came of the calls before. In a process of its own, so that
//! nothing else moves the figures.
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

#[path = "../http/notebook.rs"]
mod notebook;
#[path = "../http/page_people.rs"]
mod page_people;
#[path = "../http/people.rs"]
mod people;
#[path = "../http/world.rs"]
mod world;

use mailbox::operations::Append;
use mailbox::{AccountId, Door, FlagNames, MailboxName, Who};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::world::{ANA, World, secured};

const EMAILS: usize = 500;
const CALLS: usize = 16;

/// A figure of this process, in octets.
fn figure(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

async fn fill(world: &World) {
    let ana = world.accounts.open(AccountId(1), Who::at(Door::Imap)).unwrap();
    let inbox = ana.find(&MailboxName::new("INBOX").unwrap()).unwrap().unwrap().id;
    for number in 0..EMAILS {
        let text = "Nothing but words, line after line.\r\n".repeat(100);
        let message = format!("Subject: number {number}\r\nFrom: a@example.org\r\n\r\n{text}");
        let mut incoming = world.accounts.receive();
        incoming.write(message.as_bytes()).await.unwrap();
        let received = incoming.finish().await.unwrap();
        let flags = FlagNames::default();
        let append = Append { received, flags, internal_date: None, uidl: None };
        ana.append(inbox, vec![append]).await.unwrap();
    }
}

/// Sixteen calls, each but the first with all of what the one before it found, whole.
fn request() -> String {
    let mut calls = vec![json!(["Email/query", {"accountId": "A1"}, "c0"])];
    for number in 1..CALLS {
        let before = if number == 1 {
            json!({"resultOf": "c0", "name": "Email/query", "path": "/ids"})
        } else {
            json!({"resultOf": format!("c{}", number - 1), "name": "Email/get", "path": "/list/*/id"})
        };
        let arguments = json!({"accountId": "A1", "#ids": before, "fetchAllBodyValues": true});
        calls.push(json!(["Email/get", arguments, format!("c{number}")]));
    }
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    json!({"using": using, "methodCalls": calls}).to_string()
}

#[tokio::test]
async fn sixteen_calls_of_five_hundred_objects_by_reference_stay_under_64_mib() {
    let world = World::new().await;
    fill(&world).await;
    let body = request();
    let (mut stream, _serving) = world.connect(secured());
    let head = format!(
        "POST /jmap/api HTTP/1.1\r\nHost: mail.example.org\r\nConnection: close\r\n{ANA}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // What was needed before counts no more from here on.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = figure("VmRSS:");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    // Read in pieces that are let go, but for the beginning and what the calls came to.
    let (mut octets, mut first, mut piece) = (0, Vec::new(), vec![0; 16 << 10]);
    loop {
        let read = stream.read(&mut piece).await.unwrap();
        if read == 0 {
            break;
        }
        octets += read;
        if first.len() < 1_024 {
            first.extend_from_slice(&piece[..read]);
        }
    }
    let needed = figure("VmHWM:").saturating_sub(before);
    let first = String::from_utf8_lossy(&first);
    assert!(first.starts_with("HTTP/1.1 200"), "{first:.300}");
    println!("{octets} octets of answers needed {needed} octets of memory");
    assert!(octets > 2 << 20, "{octets}: not even one call was answered");
    assert!(needed < 64 << 20, "{needed}");
}
