//! One connection from its first octet to its last, in HTTP/1.1 or HTTP/2, over any stream.

use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use mailbox::Accounts;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use crate::activity::Activity;
use crate::client::Connection;
use crate::limits::{
    CONNECTION_WINDOW_OCTETS, FIELDS_MAX, HEAD_OCTETS_MAX, IDLE, SEND_OCTETS_MAX,
    STREAM_WINDOW_OCTETS, STREAMS_MAX,
};
use crate::login::Visitors;
use crate::rewound::{Rewound, read_signature};
use crate::site::Site;

/// How a connection of HTTP/2 begins (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Serves a connection until it ends. After `stop` it answers what was asked and ends then.
pub async fn serve<S>(
    stream: S,
    site: Arc<Site>,
    connection: Connection,
    stop: impl Future<Output = ()>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Activity::new();
    let (stopping, begun) = watch::channel(Began::No);
    let sockets = Sockets::default();
    let open = Open {
        visitors: Arc::default(),
        stopping: Stopping(begun.clone()),
        sockets: sockets.clone(),
    };
    let begins = Stopping(begun.clone());
    // It is over when those are who wait for it; itself it goes on, so that it can be asked again.
    let mut stop = pin!(async {
        stop.await;
        stopping.send_replace(Began::Yes);
        std::future::pending::<()>().await;
    });
    let watched = Arc::clone(&activity);
    let mut stream = stream;
    let signature = tokio::select! {
        signature = read_signature(&mut stream, &[PREFACE]) => signature,
        () = watched.over() => return,
        () = stop.as_mut() => return,
        () = begins.clone().begins() => return,
    };
    let Ok((read, preface)) = signature else { return };
    let stream = TokioIo::new(Rewound::after(stream, read));
    let lanes = Lanes(site.desk().ports.accounts.clone());
    let answer = service_fn(move |request: Request<Incoming>| {
        let asked = activity.ask();
        let (site, open) = (Arc::clone(&site), open.clone());
        async move {
            let request = request.map(Body::new);
            let answer = site.answer(request, &connection, open, asked).await;
            // The next request is a quick one until it proves to be long.
            lane::quick();
            Ok::<_, Infallible>(answer)
        }
    });
    let ended = match preface {
        Some(_) => {
            let serving = Box::pin(second(lanes).serve_connection(stream, answer));
            drive(serving, http2::Connection::graceful_shutdown, &watched, (stop.as_mut(), begins))
                .await
        }
        None => {
            let serving = Box::pin(first().serve_connection(stream, answer).with_upgrades());
            let end = http1::UpgradeableConnection::graceful_shutdown;
            drive(serving, end, &watched, (stop.as_mut(), begins)).await
        }
    };
    if let Err(error) = ended {
        let address = connection.address.map(tracing::field::display);
        tracing::debug!(address, %error, "a connection over HTTP failed");
    }
    // The connection may have become a WebSocket, which ends by itself when the host stops.
    if let Some(socket) = sockets.take() {
        tokio::select! {
            () = socket => {}
            () = stop => {}
        }
    }
}

/// Serves until the connection ends, or nothing has moved for too long. Once the host stops, no more is asked.
async fn drive<C: Future<Output = hyper::Result<()>>>(
    mut serving: Pin<Box<C>>,
    end: fn(Pin<&mut C>),
    activity: &Activity,
    (stop, begins): (Pin<&mut impl Future<Output = ()>>, Stopping),
) -> hyper::Result<()> {
    let mut over = pin!(activity.over());
    tokio::select! {
        ended = serving.as_mut() => return ended,
        () = over.as_mut() => return Ok(()),
        () = stop => return Ok(()),
        () = begins.begins() => end(serving.as_mut()),
    }
    tokio::select! {
        ended = serving.as_mut() => ended,
        () = over => Ok(()),
    }
}

/// What the requests of a connection share.
#[derive(Clone)]
pub(crate) struct Open {
    pub(crate) visitors: Arc<Visitors>,
    pub(crate) stopping: Stopping,
    pub(crate) sockets: Sockets,
}

/// What a connection becomes that is upgraded: it goes on as this.
#[derive(Clone, Default)]
pub(crate) struct Sockets(Arc<Mutex<Option<Socket>>>);

type Socket = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Sockets {
    /// Says what comes once HTTP is over.
    pub(crate) fn begin(&self, socket: impl Future<Output = ()> + Send + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::pin(socket));
    }

    fn take(&self) -> Option<Socket> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Whether the host stops.
#[derive(Clone)]
pub(crate) struct Stopping(watch::Receiver<Began>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Began {
    No,
    Yes,
}

impl Stopping {
    /// Waits until it does, or the connection is gone.
    pub(crate) async fn begins(mut self) {
        drop(self.0.wait_for(|began| *began == Began::Yes).await);
    }
}

fn first() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_headers(FIELDS_MAX)
        .max_buf_size(HEAD_OCTETS_MAX);
    builder
}

fn second(lanes: Lanes) -> http2::Builder<Lanes> {
    let mut builder = http2::Builder::new(lanes);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW_OCTETS)
        .initial_connection_window_size(CONNECTION_WINDOW_OCTETS)
        .max_send_buf_size(SEND_OCTETS_MAX)
        .max_header_list_size(u32::try_from(HEAD_OCTETS_MAX).unwrap_or(u32::MAX))
        .keep_alive_interval(IDLE)
        .keep_alive_timeout(IDLE);
    builder
}

/// Where the requests of an HTTP/2 connection run: each in a task of its own, in the lanes.
#[derive(Clone)]
struct Lanes(Accounts);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Lanes {
    fn execute(&self, task: F) {
        drop(tokio::spawn(self.0.in_lanes(task)));
    }
}
