//! How soon the host is back after kill -9 with 200,000 messages.

use std::time::Instant;

use anyhow::Result;

use super::{Figures, fill, milliseconds};
use crate::Scale;
use crate::client::{Client, Security};
use crate::report::Figure;
use crate::server::{Server, user};

/// Up to the first complete SELECT of the largest mailbox.
pub(super) async fn measure(server: &mut Server, scale: &Scale) -> Result<Figures> {
    for part in 0..4 {
        fill::mailbox(server, 120 + part, "reopen", scale.messages(50_000), 1_000).await?;
    }
    let start = Instant::now();
    server.kill_and_start().await?;
    let mut client = Client::imap(server.imap, Security::Plain, &user(123)).await?;
    client.command("SELECT reopen").await?;
    Ok(vec![("open 200,000 messages after kill -9", Figure::Milliseconds(milliseconds(start)))])
}
