//! Delivery: LMTP and APPEND of 8 KB at 64, 16 and 1 connections, each with a user of its own.

use std::net::SocketAddr;

use anyhow::{Context, Result};

use super::{AsyncWorker, Figures, rate};
use crate::Scale;
use crate::client::{Client, Security};
use crate::letters::letter;
use crate::report::Figure;
use crate::server::{Server, user};

const OCTETS: usize = 8 << 10;
/// Letters are made before the clock runs, and sent in turn.
const LETTERS: u32 = 64;

/// A connection that delivers to one user over LMTP.
pub(crate) struct Deliver {
    client: Client,
    user: String,
    letters: Vec<Vec<u8>>,
}

impl Deliver {
    /// Connects. Letters are unlike those of any other `first`, in steps of [`LETTERS`].
    pub(crate) async fn connect(address: SocketAddr, user: String, first: u32) -> Result<Deliver> {
        let mut client = Client::connect(address, Security::Plain).await?;
        client.reply().await?;
        client.smtp("LHLO bench").await?;
        let letters = (first..first + LETTERS)
            .map(|number| {
                let mut letter = letter(number, OCTETS);
                letter.extend_from_slice(b".\r\n");
                letter
            })
            .collect();
        Ok(Deliver { client, user, letters })
    }

    /// Delivers one letter.
    pub(crate) async fn one(&mut self, number: u32) -> Result<()> {
        // MAIL, RCPT and DATA in one write, as PIPELINING allows.
        let commands = format!("MAIL FROM:<a@example.net>\r\nRCPT TO:<{}>\r\nDATA\r\n", self.user);
        self.client.send(commands.as_bytes()).await?;
        for _ in 0..3 {
            self.client.reply().await?;
        }
        let letter = &mut self.letters[(number % LETTERS) as usize];
        stamp(letter, number);
        self.client.send(letter).await?;
        self.client.reply().await
    }
}

impl AsyncWorker for Deliver {
    async fn work(&mut self, number: u32) -> Result<()> {
        self.one(number).await
    }
}

/// Makes a letter unlike all before, without making it anew.
fn stamp(letter: &mut [u8], number: u32) {
    let text = format!("{number:010}");
    let at = letter.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or_default() + 4;
    letter[at..at + 10].copy_from_slice(text.as_bytes());
}

/// LMTP.
pub(super) async fn lmtp(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let address = server.lmtp;
    let mut figures = Vec::new();
    for (count, row) in [
        (64, "LMTP 8 KB, 64 connections"),
        (16, "LMTP 8 KB, 16 connections"),
        (1, "LMTP 8 KB, 1 connection"),
    ] {
        let per_second = rate(count, scale.seconds, |index| {
            Deliver::connect(address, user(index), index * 1000 + count * 100_000)
        })
        .await?;
        figures.push((row, Figure::PerSecond(per_second)));
    }
    Ok(figures)
}

struct Append {
    client: Client,
    letters: Vec<Vec<u8>>,
}

impl AsyncWorker for Append {
    async fn work(&mut self, number: u32) -> Result<()> {
        let command = &mut self.letters[(number % LETTERS) as usize];
        stamp(command, number);
        self.client.send(command).await?;
        self.client.answer().await.map(|_| ())
    }
}

/// APPEND, each in one write with a literal that waits for no go-ahead.
pub(super) async fn append(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let address = server.imap;
    let mut figures = Vec::new();
    for (count, row) in [
        (64, "APPEND 8 KB, 64 connections"),
        (16, "APPEND 8 KB, 16 connections"),
        (1, "APPEND 8 KB, 1 connection"),
    ] {
        let per_second = rate(count, scale.seconds, |index| async move {
            let mut client = Client::imap(address, Security::Plain, &user(index)).await?;
            let mailbox = format!("append{count}");
            client.command(&format!("CREATE {mailbox}")).await.context("CREATE")?;
            let letters = (0..LETTERS)
                .map(|number| {
                    let letter = letter(index * 1000 + number + count * 200_000, OCTETS);
                    let mut command =
                        format!("a APPEND {mailbox} {{{}+}}\r\n", letter.len()).into_bytes();
                    command.extend_from_slice(&letter);
                    command.extend_from_slice(b"\r\n");
                    command
                })
                .collect();
            Ok(Append { client, letters })
        })
        .await?;
        figures.push((row, Figure::PerSecond(per_second)));
    }
    Ok(figures)
}
