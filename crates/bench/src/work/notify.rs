//! Sessions that listen to all mailboxes (NOTIFY): how soon they hear of mail in one of a thousand, and what each costs in memory.

use std::time::Duration;

use super::news::Listeners;
use super::{Figures, fill};
use crate::Scale;
use crate::client::{Client, Security};
use crate::report::Figure;
use crate::server::{Server, user};
use anyhow::Result;

const SESSIONS: usize = 1_000;
const MAILBOXES: u32 = 1_000;

/// Memory of each session; then, from the moment the sender is told that its message is in a mailbox, to the moment each of the
/// others hears of it.
pub(super) async fn measure(server: &mut Server, _: &Scale) -> Result<Figures> {
    let mut sender = fill::mailbox(server, 106, "INBOX", 10, 1_000).await?;
    for number in 0..MAILBOXES {
        sender.command(&format!("CREATE \"Folder {number}\"")).await?;
    }
    // What any first connection costs is not counted.
    let _first = listening(server).await?;
    let before = server.memory_octets()?;
    let mut clients = Vec::new();
    for _ in 0..SESSIONS {
        clients.push(listening(server).await?);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let grown = server.memory_octets()?.saturating_sub(before);
    let each = grown as f64 / SESSIONS as f64 / 1024.0;
    let mut listeners = Listeners::new();
    for client in clients {
        listeners.add(client, |line| line.starts_with("* STATUS "));
    }
    let mailbox = |round, rounds| format!("Folder {}", round * MAILBOXES / rounds);
    let p99 = listeners.p99_ms(&mut sender, mailbox).await?;
    Ok(vec![
        ("memory of a connection that listens to 1,000 mailboxes", Figure::Kilobytes(each)),
        ("NOTIFY: news to 1,000 sessions, p99", Figure::Milliseconds(p99)),
    ])
}

async fn listening(server: &Server) -> Result<Client> {
    let mut client = Client::imap(server.imap, Security::Plain, &user(106)).await?;
    let events = "(MessageNew MessageExpunge FlagChange MailboxName)";
    client.command(&format!("NOTIFY SET (personal {events})")).await?;
    Ok(client)
}
