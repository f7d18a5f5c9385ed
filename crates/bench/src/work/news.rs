//! How soon sessions hear of new mail: from the moment the sender is told that its message is in, to the moment each of them is
//! told.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::letters::letter;

const ROUNDS: u32 = 20;

/// Sessions that listen.
pub(super) struct Listeners {
    heard: UnboundedSender<Instant>,
    hears: UnboundedReceiver<Instant>,
    /// They end with this.
    tasks: JoinSet<()>,
}

impl Listeners {
    pub(super) fn new() -> Listeners {
        let (heard, hears) = unbounded_channel();
        Listeners { heard, hears, tasks: JoinSet::new() }
    }

    /// One more, to which such a line says that there is mail.
    pub(super) fn add(&mut self, mut client: Client, is_news: fn(&str) -> bool) {
        let heard = self.heard.clone();
        self.tasks.spawn(async move {
            while let Ok(line) = client.line().await {
                if is_news(&line) && heard.send(Instant::now()).is_err() {
                    return;
                }
            }
        });
    }

    /// The 99th percentile of all delays in milliseconds, of mail that goes to a mailbox each round.
    pub(super) async fn p99_ms(
        mut self,
        sender: &mut Client,
        mailbox: impl Fn(u32, u32) -> String,
    ) -> Result<f64> {
        let mut delays = Vec::new();
        for round in 0..ROUNDS {
            let (letter, to) = (letter(round + 500, 2_000), mailbox(round, ROUNDS));
            let mut command = format!("a APPEND \"{to}\" {{{}+}}\r\n", letter.len()).into_bytes();
            command.extend_from_slice(&letter);
            command.extend_from_slice(b"\r\n");
            sender.send(&command).await?;
            sender.answer().await?;
            let told = Instant::now();
            for _ in 0..self.tasks.len() {
                let at = tokio::time::timeout(Duration::from_secs(10), self.hears.recv())
                    .await
                    .context("not all sessions heard of it within ten seconds")?
                    .context("all sessions ended")?;
                delays.push(at.saturating_duration_since(told).as_secs_f64() * 1000.0);
            }
        }
        delays.sort_by(f64::total_cmp);
        Ok(delays[delays.len() * 99 / 100])
    }
}
