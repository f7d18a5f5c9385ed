//! STORE on one message at a time, over eight connections, each in its own mailbox.

use anyhow::Result;

use super::{AsyncWorker, Figures, fill, rate};
use crate::Scale;
use crate::client::Client;
use crate::report::Figure;
use crate::server::Server;

const MESSAGES: u32 = 500;

struct Store(Client);

impl AsyncWorker for Store {
    async fn work(&mut self, number: u32) -> Result<()> {
        let uid = number % MESSAGES + 1;
        let sign = if (number / MESSAGES).is_multiple_of(2) { '+' } else { '-' };
        self.0.command(&format!("UID STORE {uid} {sign}FLAGS (\\Flagged)")).await.map(|_| ())
    }
}

/// Each answer is durable on our side.
pub(super) async fn measure(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let mut clients = Vec::new();
    for index in 0..8 {
        clients.push(fill::mailbox(server, 110 + index, "flags", MESSAGES, 600).await?);
    }
    let clients = std::sync::Mutex::new(clients);
    let per_second = rate(8, scale.seconds, |_| {
        let client = clients.lock().ok().and_then(|mut clients| clients.pop());
        async move { client.map(Store).ok_or_else(|| anyhow::anyhow!("a connection each")) }
    })
    .await?;
    Ok(vec![("STORE on one message, 8 connections", Figure::PerSecond(per_second))])
}
