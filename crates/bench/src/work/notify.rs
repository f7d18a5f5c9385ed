//! Sessions that listen to all mailboxes (NOTIFY): how soon they hear of mail in one of a thousand, and what each costs in memory.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::mpsc;

use super::{Figures, fill};
use crate::Scale;
use crate::client::{Client, Security};
use crate::letters::letter;
use crate::report::Figure;
use crate::server::{Server, user};

const SESSIONS: usize = 1_000;
const MAILBOXES: u32 = 1_000;
const ROUNDS: u32 = 20;

/// Memory of each session; then, from the moment the sender is told that its message is in a mailbox, to the moment each of the
/// others hears of it.
pub(super) async fn measure(server: &mut Server, _: &Scale) -> Result<Figures> {
    let mut sender = fill::mailbox(server, 106, "INBOX", 10, 1_000).await?;
    for number in 0..MAILBOXES {
        sender.command(&format!("CREATE \"Folder {number}\"")).await?;
    }
    let (heard, mut hears) = mpsc::unbounded_channel();
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
    let mut tasks = Vec::new();
    for mut client in clients {
        let heard = heard.clone();
        tasks.push(tokio::spawn(async move {
            while let Ok(line) = client.line().await {
                if line.starts_with("* STATUS ") && heard.send(Instant::now()).is_err() {
                    return;
                }
            }
        }));
    }
    let mut delays = Vec::new();
    for round in 0..ROUNDS {
        let letter = letter(round + 500, 2_000);
        let to = format!("Folder {}", round * MAILBOXES / ROUNDS);
        let mut command = format!("a APPEND \"{to}\" {{{}+}}\r\n", letter.len()).into_bytes();
        command.extend_from_slice(&letter);
        command.extend_from_slice(b"\r\n");
        sender.send(&command).await?;
        sender.answer().await?;
        let told = Instant::now();
        for _ in 0..SESSIONS {
            let at = tokio::time::timeout(Duration::from_secs(10), hears.recv())
                .await
                .context("not all sessions heard of it within ten seconds")?
                .context("all sessions ended")?;
            delays.push(at.saturating_duration_since(told).as_secs_f64() * 1000.0);
        }
    }
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    delays.sort_by(f64::total_cmp);
    let p99 = delays[delays.len() * 99 / 100];
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
