//! Fills mailboxes before something is measured.

use std::ops::Range;

use anyhow::{Context, Result};

use crate::client::{Client, Security};
use crate::letters::letter;
use crate::server::{Server, user};

/// How many messages go into one APPEND.
const TOGETHER: u32 = 200;

/// Makes a mailbox with so many letters of a size, and selects it on the connection that comes back.
pub(crate) async fn mailbox(
    server: &Server,
    owner: u32,
    name: &str,
    messages: u32,
    octets: usize,
) -> Result<Client> {
    letters(server, owner, name, 0..messages, octets).await
}

/// As [`mailbox()`], with the letters of these numbers: one of the same number and size is the same one.
pub(crate) async fn letters(
    server: &Server,
    owner: u32,
    name: &str,
    numbers: Range<u32>,
    octets: usize,
) -> Result<Client> {
    let mut client = Client::imap(server.imap, Security::Plain, &user(owner)).await?;
    if name != "INBOX" {
        client.command(&format!("CREATE {name}")).await?;
    }
    let together = TOGETHER.min(((8 << 20) / octets as u32).max(1));
    let mut number = numbers.start;
    while number < numbers.end {
        let mut command = format!("a APPEND {name}").into_bytes();
        for _ in 0..together.min(numbers.end - number) {
            let letter = letter(number, octets);
            command.extend_from_slice(format!(" {{{}+}}\r\n", letter.len()).as_bytes());
            command.extend_from_slice(&letter);
            number += 1;
        }
        command.extend_from_slice(b"\r\n");
        client.send(&command).await?;
        client.answer().await.context("APPEND of several messages")?;
    }
    client.command(&format!("SELECT {name}")).await?;
    Ok(client)
}
