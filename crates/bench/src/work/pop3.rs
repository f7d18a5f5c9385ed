//! POP3: a visit with nothing new, RETR, the listings, and a large clean-up.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Result, bail};

use super::{AsyncWorker, Figures, fill, median, milliseconds, rate};
use crate::Scale;
use crate::client::{Client, Security};
use crate::report::Figure;
use crate::server::{PASSWORD, Server, user};

async fn log_in(address: SocketAddr, user: &str) -> Result<Client> {
    let mut client = Client::connect(address, Security::Plain).await?;
    ok(&mut client).await?;
    client.send(format!("USER {user}\r\n").as_bytes()).await?;
    ok(&mut client).await?;
    client.send(format!("PASS {PASSWORD}\r\n").as_bytes()).await?;
    ok(&mut client).await?;
    Ok(client)
}

async fn ok(client: &mut Client) -> Result<()> {
    let line = client.line().await?;
    if !line.starts_with("+OK") {
        bail!("{line}");
    }
    Ok(())
}

async fn listing(client: &mut Client) -> Result<()> {
    ok(client).await?;
    client.past_dot().await
}

struct Visit {
    address: SocketAddr,
    user: String,
}

impl AsyncWorker for Visit {
    async fn work(&mut self, _: u32) -> Result<()> {
        let mut client = log_in(self.address, &self.user).await?;
        client.send(b"STAT\r\nUIDL\r\nQUIT\r\n").await?;
        ok(&mut client).await?;
        listing(&mut client).await?;
        ok(&mut client).await?;
        client.end().await
    }
}

/// All POP3 rows.
pub(super) async fn measure(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let address = server.pop3;
    // Both servers remember a password that was right; the first time is not what is measured.
    for index in 0..64 {
        log_in(address, &user(130 + index)).await?;
    }
    let visits =
        rate(
            64,
            scale.seconds,
            |index| async move { Ok(Visit { address, user: user(130 + index) }) },
        )
        .await?;
    let mut figures =
        vec![("POP3 login to QUIT, nothing new, 64 connections", Figure::PerSecond(visits))];
    figures.extend(retrieve(server, scale).await?);
    figures.extend(one_by_one(server, scale).await?);
    figures.extend(listings(server, scale).await?);
    figures.extend(clean_up(server, scale).await?);
    Ok(figures)
}

async fn retrieve(server: &Server, scale: &Scale) -> Result<Figures> {
    let messages = scale.messages(2_000);
    fill::mailbox(server, 196, "INBOX", messages, 39 << 10).await?;
    let mut client = log_in(server.pop3, &user(196)).await?;
    client.widen();
    let mut single = Vec::new();
    let mut pipelined = Vec::new();
    // In turns: one round would measure the moment.
    for _ in scale.rounds(5) {
        let start = Instant::now();
        for number in 1..=messages {
            client.send(format!("RETR {number}\r\n").as_bytes()).await?;
            listing(&mut client).await?;
        }
        single.push(f64::from(messages) / start.elapsed().as_secs_f64());
        let start = Instant::now();
        let mut number = 1;
        while number <= messages {
            let window = 32.min(messages - number + 1);
            let commands: String =
                (number..number + window).map(|n| format!("RETR {n}\r\n")).collect();
            client.send(commands.as_bytes()).await?;
            for _ in 0..window {
                listing(&mut client).await?;
            }
            number += window;
        }
        pipelined.push(f64::from(messages) / start.elapsed().as_secs_f64());
    }
    Ok(vec![
        ("POP3 RETR 39 KB, one by one", Figure::PerSecond(median(single))),
        ("POP3 RETR 39 KB, 32 pipelined", Figure::PerSecond(median(pipelined))),
    ])
}

/// DELE, one by one, and taken back each round.
async fn one_by_one(server: &Server, scale: &Scale) -> Result<Figures> {
    let mut client = log_in(server.pop3, &user(196)).await?;
    let messages = scale.messages(2_000);
    let (mut rates, mut done) = (Vec::new(), 0_u64);
    let before = server.processor_ticks()?;
    for _ in scale.rounds(5) {
        let start = Instant::now();
        for number in 1..=messages {
            client.send(format!("DELE {number}\r\n").as_bytes()).await?;
            ok(&mut client).await?;
            done += 1;
        }
        rates.push(f64::from(messages) / start.elapsed().as_secs_f64());
        client.send(b"RSET\r\n").await?;
        ok(&mut client).await?;
    }
    let microseconds = (server.processor_ticks()? - before) as f64 * 10_000.0 / done as f64;
    Ok(vec![
        ("POP3 DELE one by one", Figure::PerSecond(median(rates))),
        ("processor time of one DELE", Figure::Microseconds(microseconds)),
    ])
}

async fn listings(server: &Server, scale: &Scale) -> Result<Figures> {
    fill::mailbox(server, 197, "INBOX", scale.messages(100_000), 500).await?;
    let mut times = Vec::new();
    let mut client = log_in(server.pop3, &user(197)).await?;
    client.widen();
    for _ in scale.rounds(5) {
        let start = Instant::now();
        client.send(b"STAT\r\nLIST\r\nUIDL\r\n").await?;
        ok(&mut client).await?;
        listing(&mut client).await?;
        listing(&mut client).await?;
        times.push(milliseconds(start));
    }
    Ok(vec![("POP3 STAT + LIST + UIDL, 100,000 messages", Figure::Milliseconds(median(times)))])
}

async fn clean_up(server: &Server, scale: &Scale) -> Result<Figures> {
    let messages = scale.messages(10_000);
    fill::mailbox(server, 198, "INBOX", messages, 2_000).await?;
    let mut client = log_in(server.pop3, &user(198)).await?;
    let commands: String = (1..=messages).map(|n| format!("DELE {n}\r\n")).collect();
    let start = Instant::now();
    client.send(commands.as_bytes()).await?;
    for _ in 0..messages {
        ok(&mut client).await?;
    }
    client.send(b"QUIT\r\n").await?;
    ok(&mut client).await?;
    Ok(vec![("POP3 DELE of 10,000 and QUIT", Figure::Milliseconds(milliseconds(start)))])
}
