//! A session that makes load over IMAP: the same commands again and again, as quickly as they are answered.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;

use super::tally::Tally;
use crate::client::{Client, Security};
use crate::server::user;

/// How long a session that was refused waits before it tries again.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// What one session does.
pub(crate) struct Session {
    /// Who logs in.
    pub(crate) owner: u32,
    /// Sent once; whether it is refused does not matter.
    pub(crate) before: Vec<String>,
    /// Whole commands without tag, sent in turn, again and again.
    pub(crate) round: Vec<String>,
    /// How quickly it reads at most.
    pub(crate) octets_per_second: Option<u32>,
    /// How long it rests after each round.
    pub(crate) rest: Duration,
}

impl Session {
    /// One that selects a mailbox and sends a command again and again.
    pub(crate) fn repeating(owner: u32, mailbox: &str, command: String) -> Session {
        Session {
            owner,
            before: vec![format!("SELECT {mailbox}")],
            round: vec![command],
            octets_per_second: None,
            rest: Duration::ZERO,
        }
    }

    /// Connects.
    pub(crate) async fn open(&self, imap: SocketAddr) -> Result<Client> {
        let mut client = Client::imap(imap, Security::Plain, &user(self.owner)).await?;
        client.widen();
        for command in &self.before {
            client.send(format!("a {command}\r\n").as_bytes()).await?;
            // CREATE of what is there already, after a refusal, is refused too.
            let _ = client.answer().await;
        }
        if let Some(octets_per_second) = self.octets_per_second {
            client.slow_down(octets_per_second);
        }
        Ok(client)
    }

    /// Works for ever. Who is refused starts again on a new connection.
    pub(crate) async fn work(self, mut client: Client, imap: SocketAddr, tally: &Tally) {
        loop {
            let Err(refusal) = self.rounds(&mut client, tally).await;
            tally.refused(&refusal);
            loop {
                tokio::time::sleep(AFTER_REFUSAL).await;
                if let Ok(again) = self.open(imap).await {
                    client = again;
                    break;
                }
            }
        }
    }

    async fn rounds(&self, client: &mut Client, tally: &Tally) -> Result<std::convert::Infallible> {
        loop {
            for command in &self.round {
                client.command(command).await?;
                tally.done();
            }
            tokio::time::sleep(self.rest).await;
        }
    }
}
