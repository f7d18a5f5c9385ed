//! STORE on one message at a time, over eight connections, each in its own mailbox, and over one.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::bare::durable_writes;
use super::{AsyncWorker, Figures, fill, median, rate};
use crate::Scale;
use crate::client::Client;
use crate::report::Figure;
use crate::server::{Kind, Server};

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
    let mut figures = alone(server, scale, &mut clients).await?;
    let clients = std::sync::Mutex::new(clients);
    let per_second = rate(8, scale.seconds, |_| {
        let client = clients.lock().ok().and_then(|mut clients| clients.pop());
        async move { client.map(Store).ok_or_else(|| anyhow::anyhow!("a connection each")) }
    })
    .await?;
    figures.push(("STORE on one message, 8 connections", Figure::PerSecond(per_second)));
    Ok(figures)
}

/// One connection, in turns with a program that only writes and syncs: the disk is not the same from second to second.
async fn alone(server: &Server, scale: &Scale, clients: &mut Vec<Client>) -> Result<Figures> {
    let mut worker = Store(clients.pop().context("no connection")?);
    let (mut rates, mut times, mut number) = (Vec::new(), Vec::new(), 0);
    for _ in 0..7 {
        let (start, mut done) = (Instant::now(), 0_u32);
        let end = start + Duration::from_secs_f64(scale.seconds / 7.0);
        while Instant::now() < end {
            worker.work(number).await?;
            number += 1;
            done += 1;
        }
        let per_second = f64::from(done) / start.elapsed().as_secs_f64();
        rates.push(per_second);
        if server.kind == Kind::Correio {
            let folder = server.folder.clone();
            let seconds = scale.seconds / 7.0;
            let bare = tokio::task::spawn_blocking(move || durable_writes(&folder, seconds));
            times.push(per_second / bare.await??);
        }
    }
    clients.push(worker.0);
    let mut figures =
        vec![("STORE on one message, 1 connection", Figure::PerSecond(median(rates)))];
    if !times.is_empty() {
        figures.push(("the same beside a bare write and fdatasync", Figure::Times(median(times))));
    }
    Ok(figures)
}
