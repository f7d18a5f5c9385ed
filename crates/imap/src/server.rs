//! The server's half: one session is one async function over any stream. It runs its commands in order and holds next
//! to nothing while it waits.

mod arrivals;
mod channel;
pub(crate) mod computing;
mod contexts;
mod conversation;
pub(crate) mod deflate;
pub(crate) mod filters;
mod identifiers;
pub mod limits;
pub(crate) mod mailboxes;
pub(crate) mod messages;
pub(crate) mod news;
mod notify;
mod offer;
pub(crate) mod outcome;
pub mod pattern;
pub(crate) mod progress;
mod run;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod words;

use std::io::ErrorKind;
use std::sync::Arc;

use sasl::Peer;
use tokio::io::{AsyncRead, AsyncWrite};

pub use service::{Introduced, Patience, ServerMetadata, Service, StartTls, Stopping};

pub(crate) use run::{AnyCommand, Run};

use conversation::Over;
use session::Session;

/// How a session begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// With a greeting.
    Greeting,
    /// Without: TLS has just begun on a connection that was greeted before.
    AfterTls,
}

/// How a session ended.
#[derive(Debug)]
pub enum End<S> {
    /// The connection is at its end.
    Closed,
    /// TLS is to begin now; then `serve` again, with `First::AfterTls`. Nothing that came in the clear is left over.
    StartTls(S),
}

/// Serves one client until it leaves or TLS begins.
pub async fn serve<S>(mut stream: S, service: Arc<Service>, peer: Peer, first: First) -> End<S>
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let mut session = Session::new(&mut stream, &service, &peer);
    let mut over = session.live(first).await;
    if matches!(&over, Err(error) if error.kind() == ErrorKind::UnexpectedEof)
        && service.stopping.is_so()
    {
        over = session.say_stopping().await;
    }
    drop(session);
    match over {
        Ok(Over::StartTls) => End::StartTls(stream),
        Ok(Over::Closed) => End::Closed,
        Err(error) => {
            let address = peer.address.map(tracing::field::display);
            tracing::debug!(address, %error, "the connection broke");
            End::Closed
        }
    }
}
