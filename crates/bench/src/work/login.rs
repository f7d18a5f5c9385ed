//! Login to logout, sixteen at a time, each on a connection of its own.

use std::net::SocketAddr;

use anyhow::Result;

use super::{AsyncWorker, Figures, rate};
use crate::Scale;
use crate::client::{Client, Security};
use crate::report::Figure;
use crate::server::{Server, user};

struct Login {
    address: SocketAddr,
    security: Security,
    user: String,
}

impl AsyncWorker for Login {
    async fn work(&mut self, _: u32) -> Result<()> {
        let mut client = Client::imap(self.address, self.security, &self.user).await?;
        client.command("LOGOUT").await?;
        client.end().await
    }
}

/// Plain and with TLS (a full handshake each).
pub(super) async fn measure(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let mut figures = Vec::new();
    for (address, security, row) in [
        (server.imap, Security::Plain, "login to logout, 16 connections, plain"),
        (server.imaps, Security::Tls, "login to logout, 16 connections, TLS"),
    ] {
        // Each user once before, so that both servers' caches of logins are warm.
        for number in 0..16 {
            Client::imap(server.imap, Security::Plain, &user(number)).await?;
        }
        let per_second = rate(16, scale.seconds, |index| async move {
            Ok(Login { address, security, user: user(index) })
        })
        .await?;
        figures.push((row, Figure::PerSecond(per_second)));
    }
    Ok(figures)
}
