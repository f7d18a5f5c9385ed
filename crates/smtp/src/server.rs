//! The server's session: one connection, from the greeting to the end.

mod author;
mod intake;
mod session;
mod submitting;
pub(crate) mod wording;

pub(crate) use intake::{Intake, Outcome};
pub(crate) use session::{Chunks, Gone, Next, Session, Transaction, deadline};
pub use submitting::{Submitting, Text};

use std::sync::Arc;

use mailbox::Clock;
use sasl::{Directory, Peer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use crate::Flavour;
use crate::delivery::Delivery;

/// What all connections of one listener share.
pub struct Service {
    /// Which protocol.
    pub flavour: Flavour,
    /// What we call ourselves.
    pub hostname: String,
    /// The most octets of a message.
    pub message_octets_max: u64,
    /// Whether STARTTLS is offered on clear connections.
    pub tls: Tls,
    /// Who may log in.
    pub directory: Arc<dyn Directory>,
    /// Where mail goes.
    pub delivery: Arc<dyn Delivery>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Tells the sessions to end. Whoever holds the other end keeps it: when it is dropped they end too.
    pub phase: watch::Receiver<Phase>,
}

/// Whether STARTTLS is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// It is.
    Offered,
    /// It is not: there is no certificate, or the listener has TLS from the start.
    NotOffered,
}

/// Whether the host goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It does.
    Serving,
    /// It ends: a message that is being taken has a moment to finish, then each session says 421 (RFC 5321, 3.8).
    Stopping,
}

/// Where in a connection a session begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At its beginning: we greet.
    Greeting,
    /// After STARTTLS: the client speaks (RFC 3207, 4.2).
    AfterStartTls,
}

/// How a session ended.
#[derive(Debug)]
pub enum End<S> {
    /// It is over.
    Closed,
    /// TLS begins: wrap the stream and serve it again with `Start::AfterStartTls`. Nothing that came in the clear is
    /// carried over: the session is gone, and a client that did not wait was hung up on.
    StartTls(S),
    /// The peer vanished.
    Broken(std::io::Error),
}

/// Serves one connection.
pub async fn serve<S>(stream: S, peer: Peer, service: Arc<Service>, start: Start) -> End<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut session = Session::new(stream, peer, service);
    match session.run(start).await {
        Ok(Next::StartTls) => session.into_stream().map_or(End::Closed, End::StartTls),
        Ok(Next::Go | Next::Close) => End::Closed,
        Err(Gone(error)) => End::Broken(error),
    }
}
