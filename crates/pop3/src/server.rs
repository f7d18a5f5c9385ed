//! The server's half: one session over any stream.

mod answer;
mod dispatch;
mod language;
mod maildrop;
mod marks;
mod session;
mod surrogate;
mod tally;
pub(crate) mod transfer;
mod wire;
mod words;

use std::sync::Arc;
use std::time::Duration;

use mailbox::Accounts;
use sasl::{Directory, Peer};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::limits;

pub(crate) use answer::Answer;
pub use language::Language;
pub(crate) use maildrop::{Maildrop, NotMarked, Visit};
use marks::Marks;
pub(crate) use session::{Next, Session, Utf8};
pub use tally::Tally;
pub(crate) use wire::{Gone, Line, Wire};
pub(crate) use words::{Fate, Outcome, Words};

/// What a session runs over.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What all sessions share.
#[derive(Clone)]
pub struct Service {
    /// The accounts whose Inboxes are maildrops.
    pub accounts: Accounts,
    /// Who may log in. It slows down those who guess; the session only counts.
    pub directory: Arc<dyn Directory>,
    /// Whether STLS is offered on connections that are not under TLS.
    pub stls: Stls,
    /// How long a client may be silent once it has logged in; at least ten minutes (RFC 1939, 3).
    pub idle_timeout: Duration,
    /// How long it may take to log in.
    pub login_timeout: Duration,
    /// What `LANG *` chooses (RFC 6856, 3.2). Sessions begin in English all the same: it is ASCII.
    pub language: Language,
    /// Counts what sessions did, for the metrics.
    pub tally: Arc<Tally>,
}

impl Service {
    /// A service with the timeouts of `limits`.
    pub fn new(accounts: Accounts, directory: Arc<dyn Directory>, stls: Stls) -> Service {
        Service {
            accounts,
            directory,
            stls,
            idle_timeout: Duration::from_secs(limits::IDLE_TIMEOUT_S),
            login_timeout: Duration::from_secs(limits::LOGIN_TIMEOUT_S),
            language: Language::default(),
            tally: Arc::default(),
        }
    }
}

/// Whether STLS can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stls {
    /// STLS is announced in the clear and taken.
    Offered,
    /// There is no certificate, or the connection is under TLS.
    NotOffered,
}

/// How a session begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// With the greeting: a new connection.
    Greeting,
    /// Silently: the client has just gone over to TLS by STLS (RFC 2595, 4).
    AfterStls,
}

/// How a session ended.
#[derive(Debug)]
pub enum End<S> {
    /// With QUIT, by a timeout or because the client went away.
    Closed,
    /// The client waits for the TLS handshake. Afterwards call `serve` again with `First::AfterStls`.
    StartTls(S),
}

/// Serves one connection to its end. `peer` says how it is protected; that decides which logins are offered.
pub async fn serve<S: Stream>(
    stream: S,
    service: Arc<Service>,
    peer: Peer,
    first: First,
) -> End<S> {
    let mut session = Session::new(stream, service, peer);
    match session.run(first).await {
        Ok(()) => End::StartTls(session.wire.into_stream()),
        Err(gone) => {
            session.abandon().await;
            session.wire.close(&gone).await;
            End::Closed
        }
    }
}
