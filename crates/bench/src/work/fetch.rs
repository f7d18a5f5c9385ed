//! FETCH: flags, envelopes, bodies.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::bare::sender;
use super::{AsyncWorker, Figures, fill, median, milliseconds, rate};
use crate::Scale;
use crate::client::{Client, Security};
use crate::report::Figure;
use crate::server::{Kind, Server, user};

/// All flags of a large mailbox.
pub(super) async fn flags(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let messages = scale.messages(100_000);
    let mut client = fill::mailbox(server, 100, "large", messages, 500).await?;
    client.widen();
    let mut times = Vec::new();
    for _ in scale.rounds(7) {
        let start = Instant::now();
        let answer = client.command("UID FETCH 1:* (FLAGS)").await?;
        times.push(milliseconds(start));
        ensure!(answer.lines >= u64::from(messages), "{} of {messages} lines", answer.lines);
    }
    Ok(vec![("FETCH of all flags, 100,000 messages", Figure::Milliseconds(median(times)))])
}

/// Envelopes that nobody asked for before; a fresh mailbox each time.
pub(super) async fn envelopes(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let messages = scale.messages(10_000);
    let mut times = Vec::new();
    for round in 0..3 {
        let name = format!("fresh{round}");
        let mut client = fill::mailbox(server, 101, &name, messages, 2_000).await?;
        client.widen();
        let start = Instant::now();
        let answer = client.command("FETCH 1:* (ENVELOPE)").await?;
        times.push(milliseconds(start));
        ensure!(answer.lines >= u64::from(messages), "{} of {messages} lines", answer.lines);
    }
    Ok(vec![("FETCH of new envelopes, 10,000 messages", Figure::Milliseconds(median(times)))])
}

/// Bodies, streamed one after another in one command.
pub(super) async fn bodies(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let messages = scale.messages(2_000);
    fill::mailbox(server, 102, "bodies", messages, 100_000).await?;
    let mut figures = Vec::new();
    for (address, security, row) in [
        (server.imap, Security::Plain, "bodies streamed, plain"),
        (server.imaps, Security::Tls, "bodies streamed, TLS"),
    ] {
        let mut client = Client::imap(address, security, &user(102)).await?;
        client.widen();
        client.command("SELECT bodies").await?;
        let mut speeds = Vec::new();
        for _ in scale.rounds(5) {
            let start = Instant::now();
            let answer = client.command("UID FETCH 1:* (BODY.PEEK[])").await?;
            ensure!(
                answer.octets >= u64::from(messages) * 100_000,
                "only {} octets",
                answer.octets
            );
            speeds.push(answer.octets as f64 / start.elapsed().as_secs_f64() / 1e6);
        }
        figures.push((row, Figure::MegabytesPerSecond(median(speeds))));
    }
    if server.kind == Kind::Correio {
        figures.push(beside_a_bare_sender(server, scale, messages).await?);
    }
    Ok(figures)
}

/// The same bodies from a program that has them in memory, in turns.
async fn beside_a_bare_sender(
    server: &Server,
    scale: &Scale,
    messages: u32,
) -> Result<(&'static str, Figure)> {
    let mut ours = Client::imap(server.imap, Security::Plain, &user(102)).await?;
    ours.command("SELECT bodies").await?;
    let mut bare = Client::connect(sender(messages, 100_000)?, Security::Plain).await?;
    let mut times = Vec::new();
    for _ in scale.rounds(5) {
        let mut took = Vec::new();
        for client in [&mut ours, &mut bare] {
            client.widen();
            let start = Instant::now();
            client.command("UID FETCH 1:* (BODY.PEEK[])").await?;
            took.push(start.elapsed().as_secs_f64());
        }
        times.push(took[1] / took[0]);
    }
    Ok(("the same beside a bare sender", Figure::Times(median(times))))
}

struct One {
    client: Client,
    messages: u32,
    state: u32,
}

impl AsyncWorker for One {
    async fn work(&mut self, _: u32) -> Result<()> {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let uid = (self.state >> 8) % self.messages + 1;
        let answer = self.client.command(&format!("UID FETCH {uid} (BODY.PEEK[])")).await?;
        ensure!(answer.octets > 8_000, "no body");
        Ok(())
    }
}

/// One body of 8 KB by its UID, at random, over four connections.
pub(super) async fn one(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let messages = scale.messages(10_000);
    fill::mailbox(server, 103, "many", messages, 8 << 10).await?;
    let address = server.imap;
    let per_second = rate(4, scale.seconds, |index| async move {
        let mut client = Client::imap(address, Security::Plain, &user(103)).await?;
        client.command("SELECT many").await?;
        Ok(One { client, messages, state: index * 7919 })
    })
    .await?;
    Ok(vec![("one body by UID, 4 connections", Figure::PerSecond(per_second))])
}
