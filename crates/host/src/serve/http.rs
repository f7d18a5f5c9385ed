//! The HTTP listener: `/health` for whoever watches the host, `/metrics` for Prometheus.

use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use mailbox::engine::Engine as _;
use prometheus_client::registry::Registry;
use store::Store;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Duration, Instant, Sleep, sleep_until};

use super::Phase;

/// How many connections there may be at once.
const CONNECTIONS_MAX: usize = 64;
/// How long one may last: whoever watches comes back anyway.
const LIFE: Duration = Duration::from_secs(60);

/// What the pages show.
pub(super) struct Pages {
    pub(super) store: Store,
    pub(super) registry: Registry,
    pub(super) metrics_for_all: bool,
}

/// Serves the pages until the host stops.
pub(super) async fn serve(
    listener: TcpListener,
    pages: Arc<Pages>,
    mut phase: watch::Receiver<Phase>,
) {
    let limited = Limited { listener, room: Arc::new(Semaphore::new(CONNECTIONS_MAX)) };
    let router = Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .with_state(pages)
        .into_make_service_with_connect_info::<Client>();
    let stop = async move {
        drop(phase.wait_for(|phase| *phase == Phase::Stopping).await);
    };
    if let Err(error) = axum::serve(limited, router).with_graceful_shutdown(stop).await {
        tracing::warn!(%error, "the HTTP listener ended");
    }
}

async fn health(State(pages): State<Arc<Pages>>) -> impl IntoResponse {
    let sick = match pages.store.failure() {
        Some(fault) => Some(fault.to_string()),
        None if pages.store.space_left_octets() == Some(0) => {
            Some("the disk is full; new mail is refused until there is room".to_owned())
        }
        None => None,
    };
    match sick {
        None => (StatusCode::OK, "ok\n".to_owned()),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

async fn metrics(
    State(pages): State<Arc<Pages>>,
    ConnectInfo(Client(from)): ConnectInfo<Client>,
) -> impl IntoResponse {
    let plain = "text/plain; charset=utf-8";
    if !pages.metrics_for_all && !from.ip().to_canonical().is_loopback() {
        let words = "metrics are shown on loopback only; see http.metrics_for_all\n".to_owned();
        return (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, plain)], words);
    }
    let mut text = String::new();
    if prometheus_client::encoding::text::encode(&mut text, &pages.registry).is_err() {
        let words = "the metrics cannot be written\n".to_owned();
        return (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, plain)], words);
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    (StatusCode::OK, [(header::CONTENT_TYPE, kind)], text)
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
struct Client(SocketAddr);

impl axum::extract::connect_info::Connected<axum::serve::IncomingStream<'_, Limited>> for Client {
    fn connect_info(stream: axum::serve::IncomingStream<'_, Limited>) -> Client {
        Client(*stream.remote_addr())
    }
}

/// A listener with so many connections and no more.
struct Limited {
    listener: TcpListener,
    room: Arc<Semaphore>,
}

impl axum::serve::Listener for Limited {
    type Io = Bounded;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Bounded, SocketAddr) {
        loop {
            let Ok(room) = Arc::clone(&self.room).acquire_owned().await else {
                std::future::pending().await
            };
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    let end = Box::pin(sleep_until(
                        Instant::now().checked_add(LIFE).unwrap_or_else(Instant::now),
                    ));
                    return (Bounded { stream, end, _room: room }, address);
                }
                Err(error) => {
                    tracing::warn!(%error, "no HTTP connection can be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends after a while.
struct Bounded {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    _room: OwnedSemaphorePermit,
}

impl AsyncRead for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.end.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.end.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
