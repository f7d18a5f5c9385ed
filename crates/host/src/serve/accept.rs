//! Accepts connections, each in a task of its own: what goes wrong in one harms no other.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use admin::Desk;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::time::Instant;

use super::Phase;
use super::again::{DOOR_PAUSE, again};
use super::doors::{Doors, Stream, refusal};
use crate::listen::Protocol;
use crate::listen::bind::{Bound, Socket};

/// How long to wait when no connection can be accepted: most likely there are no file descriptors.
const PAUSE: Duration = Duration::from_millis(100);
/// How long nothing more is said of it in the log.
const SILENCE: Duration = Duration::from_secs(60);

/// A connection that was accepted.
pub(super) enum Accepted {
    Tcp(TcpStream, IpAddr),
    Unix(UnixStream),
}

/// Accepts on one socket until that is over, and passes each connection on.
pub(super) async fn accept(
    what: String,
    socket: Arc<Socket>,
    over: impl Future<Output = ()>,
    welcome: impl Fn(Accepted),
) {
    tokio::pin!(over);
    let mut told = None;
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut over => return,
            accepted = next(&socket) => accepted,
        };
        match accepted {
            Ok(accepted) => welcome(accepted),
            Err(error) => {
                if told.is_none_or(|told: Instant| told.elapsed() >= SILENCE) {
                    told = Some(Instant::now());
                    tracing::warn!(%error, "{what} can accept no connection");
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Accepts for a protocol until the host stops. Should accepting panic, it is begun again: those who connect meanwhile
/// wait in the system's queue.
pub(super) async fn door(bound: Bound, doors: Arc<Doors>) {
    let Bound { protocol, address, socket } = bound;
    let (socket, phase) = (Arc::new(socket), doors.phase.clone());
    let what = format!("the {protocol} listener on {address}");
    again(what.clone(), DOOR_PAUSE, phase.clone(), move || {
        let (doors, mut phase) = (Arc::clone(&doors), phase.clone());
        let over = async move {
            drop(phase.wait_for(|phase| *phase == Phase::Stopping).await);
        };
        accept(what.clone(), Arc::clone(&socket), over, move |accepted| match accepted {
            Accepted::Tcp(stream, address) => welcome(&doors, protocol, stream, Some(address)),
            Accepted::Unix(stream) => welcome(&doors, protocol, stream, None),
        })
    })
    .await;
}

/// Accepts administrators until it is dropped: also while the host stops they may ask how far it is.
pub(super) async fn desk(listener: UnixListener, desk: Arc<Desk>, phase: watch::Receiver<Phase>) {
    let socket = Arc::new(Socket::Unix(listener));
    let what = "the admin socket";
    again(what, DOOR_PAUSE, phase, move || {
        let desk = Arc::clone(&desk);
        let over = std::future::pending();
        accept(what.to_owned(), Arc::clone(&socket), over, move |accepted| match accepted {
            Accepted::Unix(stream) => admin::socket::welcome(stream, &desk),
            // The admin socket is a Unix socket.
            Accepted::Tcp(..) => {}
        })
    })
    .await;
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
            tracing::debug!(%protocol, address = address.map(tracing::field::display), %why, "a connection is refused");
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
    use tokio::sync::watch;

    use super::{Accepted, DOOR_PAUSE, Phase, Socket, accept, again};

    /// Accepts, panics at the first connection, and greets all others.
    async fn clumsy(socket: Socket, phase: watch::Receiver<Phase>) {
        let (socket, times) = (Arc::new(socket), Arc::new(AtomicU32::new(0)));
        again("a listener", DOOR_PAUSE, phase, move || {
            let times = Arc::clone(&times);
            let over = std::future::pending();
            accept("it".to_owned(), Arc::clone(&socket), over, move |accepted| {
                assert!(times.fetch_add(1, Ordering::Relaxed) > 0, "as it should");
                tokio::spawn(async move {
                    match accepted {
                        Accepted::Tcp(mut stream, _) => stream.write_all(b"hello").await.unwrap(),
                        Accepted::Unix(mut stream) => stream.write_all(b"hello").await.unwrap(),
                    }
                });
            })
        })
        .await;
    }

    #[tokio::test]
    async fn a_listener_that_panicked_accepts_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_stop, phase) = watch::channel(Phase::Serving);
        let accepting = tokio::spawn(clumsy(Socket::Tcp(listener), phase.clone()));
        let mut heard = String::new();
        let mut first = TcpStream::connect(address).await.unwrap();
        assert_eq!(first.read_to_string(&mut heard).await.unwrap(), 0);
        let mut second = TcpStream::connect(address).await.unwrap();
        second.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "hello");
        accepting.abort();
    }

    #[tokio::test]
    async fn a_unix_socket_that_panicked_accepts_again_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let (_stop, phase) = watch::channel(Phase::Serving);
        let accepting =
            tokio::spawn(clumsy(Socket::Unix(UnixListener::bind(&path).unwrap()), phase));
        let mut heard = String::new();
        let mut first = UnixStream::connect(&path).await.unwrap();
        assert_eq!(first.read_to_string(&mut heard).await.unwrap(), 0);
        let mut second = UnixStream::connect(&path).await.unwrap();
        second.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "hello");
        accepting.abort();
        assert!(accepting.await.unwrap_err().is_cancelled());
        // The task within is gone with it, and the socket with the task.
        while UnixStream::connect(&path).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}
