//! Accepts connections, each in a task of its own: what goes wrong in one harms no other.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::time::Instant;

use super::Phase;
use super::doors::{Doors, Stream, refusal};
use crate::listen::Protocol;
use crate::listen::bind::{Bound, Socket};

/// How long to wait when no connection can be accepted: most likely there are no file descriptors.
const PAUSE: Duration = Duration::from_millis(100);
/// How long nothing more is said of it in the log.
const SILENCE: Duration = Duration::from_secs(60);

/// Accepts on one listener until the host stops.
pub(super) async fn accept(bound: Bound, doors: Arc<Doors>) {
    let mut phase = doors.phase.clone();
    let mut told = None;
    loop {
        let accepted = tokio::select! {
            biased;
            _ = phase.wait_for(|phase| *phase == Phase::Stopping) => return,
            accepted = next(&bound.socket) => accepted,
        };
        match accepted {
            Ok(Accepted::Tcp(stream, address)) => {
                welcome(&doors, bound.protocol, stream, Some(address));
            }
            Ok(Accepted::Unix(stream)) => welcome(&doors, bound.protocol, stream, None),
            Err(error) => {
                if told.is_none_or(|told: Instant| told.elapsed() >= SILENCE) {
                    told = Some(Instant::now());
                    let protocol = bound.protocol;
                    tracing::warn!(%protocol, %error, "no connection can be accepted");
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

enum Accepted {
    Tcp(TcpStream, IpAddr),
    Unix(tokio::net::UnixStream),
}

async fn next(socket: &Socket) -> io::Result<Accepted> {
    match socket {
        Socket::Tcp(listener) => tcp(listener).await,
        Socket::Unix(listener) => unix(listener).await,
    }
}

async fn tcp(listener: &TcpListener) -> io::Result<Accepted> {
    let (stream, address) = listener.accept().await?;
    Ok(Accepted::Tcp(stream, address.ip()))
}

async fn unix(listener: &UnixListener) -> io::Result<Accepted> {
    let (stream, _) = listener.accept().await?;
    Ok(Accepted::Unix(stream))
}

fn welcome<S: Stream + 'static>(
    doors: &Arc<Doors>,
    protocol: Protocol,
    mut stream: S,
    address: Option<IpAddr>,
) {
    match doors.connections.arrive(address) {
        Ok(seat) => {
            doors.metrics.connected(protocol);
            let doors = Arc::clone(doors);
            let accounts = doors.accounts.clone();
            let connection = async move {
                doors.connect(protocol, stream, address).await;
                drop(seat);
            };
            tokio::spawn(accounts.in_lanes(connection));
        }
        Err(why) => {
            doors.metrics.turned_away(protocol);
            tracing::debug!(%protocol, ?address, %why, "a connection is refused");
            let words = refusal(protocol, why);
            if !words.is_empty()
                && let Some(seat) = doors.connections.refuse()
            {
                tokio::spawn(async move {
                    let _seat = seat;
                    let farewell = async {
                        stream.write_all(words.as_bytes()).await?;
                        stream.shutdown().await
                    };
                    drop(tokio::time::timeout(Duration::from_secs(1), farewell).await);
                });
            }
        }
    }
}
