//! Login to logout, sixteen and sixty-four at a time, each on a connection of its own.

use std::net::SocketAddr;

use anyhow::Result;

use super::{AsyncWorker, Figures, median, rate};
use crate::Scale;
use crate::client::{Client, Security};
use crate::report::Figure;
use crate::server::{Kind, Server, user};

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
    // Each user once before, so that both servers' caches of logins are warm.
    for number in 0..64 {
        Client::imap(server.imap, Security::Plain, &user(number)).await?;
    }
    let logins = |count, address, security, seconds| {
        rate(count, seconds, move |index| async move {
            Ok(Login { address, security, user: user(index) })
        })
    };
    // In turns: one round would measure the moment.
    let (mut few, mut many, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        let of = |count| logins(count, server.imap, Security::Plain, scale.seconds / 5.0);
        let (of_few, of_many) = (of(16).await?, of(64).await?);
        few.push(of_few);
        many.push(of_many);
        beside.push(of_many / of_few);
    }
    let tls = logins(16, server.imaps, Security::Tls, scale.seconds).await?;
    let mut figures = vec![
        ("login to logout, 16 connections, plain", Figure::PerSecond(median(few))),
        ("login to logout, 64 connections, plain", Figure::PerSecond(median(many))),
        ("login to logout, 16 connections, TLS", Figure::PerSecond(tls)),
    ];
    if server.kind == Kind::Correio {
        figures.push(("the same beside 16 connections", Figure::Times(median(beside))));
    }
    Ok(figures)
}
