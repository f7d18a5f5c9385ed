//! An answer on its way to the client: counted, and told in the log when it is there.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Instant;

use crate::activity::Answering;
use crate::client::Client;
use crate::limits::LOGGED_PATH_OCTETS_MAX;

/// Behind this stands what is signed.
const SIGNED: &str = "/body/";

/// Who asked, once that is known.
#[derive(Clone, Default)]
pub(crate) struct Asker(Arc<OnceLock<String>>);

impl Asker {
    pub(crate) fn is(&self, user: &str) {
        drop(self.0.set(user.to_owned()));
    }
}

/// How often a request is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Often {
    Seldom,
    /// Every few seconds, by whoever watches the host.
    All,
}

/// The line of the log for one request. It is written when the answer is over, or when nobody waits for one any more.
pub(crate) struct Line {
    method: Method,
    path: String,
    address: Option<IpAddr>,
    asker: Asker,
    began: Instant,
    status: Option<StatusCode>,
    octets: u64,
    often: Often,
}

impl Line {
    pub(crate) fn of(request: &Request<Body>, client: &Client, asker: Asker, often: Often) -> Line {
        let path = request.uri().path();
        // Who knows the address of a body can read it.
        let path = path
            .find(SIGNED)
            .map_or(path, |at| path.get(..at.saturating_add(SIGNED.len())).unwrap_or_default());
        let path = path.get(..path.floor_char_boundary(LOGGED_PATH_OCTETS_MAX)).unwrap_or(path);
        Line {
            method: request.method().clone(),
            path: path.to_owned(),
            address: client.address.map(|address| address.to_canonical()),
            asker,
            began: Instant::now(),
            status: None,
            octets: 0,
            often,
        }
    }

    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let (address, octets) = (self.address.map(tracing::field::display), self.octets);
        let status = self.status.map(|status| status.as_u16());
        let user = self.asker.0.get().map(String::as_str);
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        // What the client wrote stands last.
        let (method, path) = (self.method.as_str(), self.path.as_str());
        let is_well = self.status.is_some_and(|status| status.is_success());
        if self.often == Often::All && is_well {
            tracing::debug!(
                door = "http",
                address,
                status,
                octets,
                ms,
                user,
                method,
                path,
                "request"
            );
        } else {
            tracing::info!(
                door = "http",
                address,
                status,
                octets,
                ms,
                user,
                method,
                path,
                "request"
            );
        }
    }
}

/// The body of an answer.
pub(crate) struct Counted {
    body: Body,
    answering: Answering,
    line: Line,
}

impl Counted {
    pub(crate) fn new(body: Body, answering: Answering, line: Line) -> Counted {
        Counted { body, answering, line }
    }
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            let octets = frame.data_ref().map_or(0, Bytes::len);
            let octets = u64::try_from(octets).unwrap_or(u64::MAX);
            self.line.octets = self.line.octets.saturating_add(octets);
            self.answering.taken();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
