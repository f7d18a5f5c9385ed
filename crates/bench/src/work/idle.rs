//! Idle sessions: how soon they hear of new mail, and what each costs in memory.

use std::time::Duration;

use super::news::Listeners;
use super::{Figures, fill};
use crate::Scale;
use crate::client::{Client, Security};
use crate::report::Figure;
use crate::server::{Server, user};
use anyhow::Result;

const SESSIONS: usize = 200;

/// From the moment the sender is told that its message is in, to the moment each of the others hears of it.
pub(super) async fn news(server: &mut Server, _: &Scale) -> Result<Figures> {
    let mut sender = fill::mailbox(server, 106, "INBOX", 10, 1_000).await?;
    let mut listeners = Listeners::new();
    for _ in 0..SESSIONS {
        let mut client = Client::imap(server.imap, Security::Plain, &user(106)).await?;
        client.command("SELECT INBOX").await?;
        client.send(b"a IDLE\r\n").await?;
        client.line().await?;
        listeners.add(client, |line| line.ends_with(" EXISTS"));
    }
    let p99 = listeners.p99_ms(&mut sender, |_, _| "INBOX".to_owned()).await?;
    Ok(vec![("IDLE: news to 200 sessions, p99", Figure::Milliseconds(p99))])
}

/// Memory of a connection that is logged in and has selected a small Inbox, in IDLE.
pub(super) async fn memory(server: &mut Server, _: &Scale) -> Result<Figures> {
    let count = match server.kind {
        crate::server::Kind::Correio => 1_000,
        // It has a process for each: a fifth of them shows it as well.
        crate::server::Kind::Dovecot => 200,
    };
    // What any first connection costs is not counted.
    let _first = idle_session(server, 107).await?;
    let before = server.memory_octets()?;
    let mut sessions = Vec::new();
    for number in 0..count {
        sessions.push(idle_session(server, 107 + number % 50).await?);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let grown = server.memory_octets()?.saturating_sub(before);
    let each = grown as f64 / f64::from(count) / 1024.0;
    Ok(vec![("memory of an idle, logged-in connection", Figure::Kilobytes(each))])
}

async fn idle_session(server: &Server, number: u32) -> Result<Client> {
    let mut client = Client::imap(server.imap, Security::Plain, &user(number)).await?;
    client.command("SELECT INBOX").await?;
    client.send(b"a IDLE\r\n").await?;
    client.line().await?;
    Ok(client)
}
