//! The body of a request, as it comes: with a limit, and not for ever.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

use crate::limits::{BODY_OCTETS_PER_S_MIN, PAUSE};
use crate::problem::Problem;

/// A body that is being read.
pub(crate) struct Incoming {
    body: Body,
    began: Instant,
    /// How many octets came.
    octets: u64,
    octets_max: u64,
    /// Its name in the session object, where that has one.
    limit: Option<&'static str>,
}

/// How long a body is by its head, if it says so.
pub(crate) fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether the body is said to be JSON; a charset may stand behind it.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    is_of_type(headers, "application/json")
}

/// Whether the body is said to be of a type, whatever its parameters.
pub(crate) fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.map(|kind| kind.split(';').next().unwrap_or(kind).trim());
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(wanted))
}

impl Incoming {
    /// Of at most so many octets, by the name of that limit in the session object.
    pub(crate) fn new(body: Body, octets_max: u64, limit: &'static str) -> Incoming {
        Incoming { body, began: Instant::now(), octets: 0, octets_max, limit: Some(limit) }
    }

    /// Of at most so many octets, which has nothing to do with JMAP.
    pub(crate) fn plain(body: Body, octets_max: u64) -> Incoming {
        Incoming { body, began: Instant::now(), octets: 0, octets_max, limit: None }
    }

    /// The next piece; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let frame = match timeout_at(self.patience(), self.body.frame()).await {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(_))) => {
                    return Err(Problem::new(StatusCode::BAD_REQUEST, "the body ends too early"));
                }
                Err(_) => {
                    return Err(Problem::new(
                        StatusCode::REQUEST_TIMEOUT,
                        "the body comes too slowly",
                    ));
                }
            };
            // Trailers say nothing that is of use here.
            let Ok(piece) = frame.into_data() else { continue };
            let octets = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            self.octets = self.octets.saturating_add(octets);
            if self.octets > self.octets_max {
                let too_large =
                    || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
                return Err(self.limit.map_or_else(too_large, Problem::limit));
            }
            return Ok(Some(piece));
        }
    }

    /// Until when the next piece has to be here.
    fn patience(&self) -> Instant {
        let now = Instant::now();
        let due = Duration::from_secs(self.octets / BODY_OCTETS_PER_S_MIN).saturating_add(PAUSE);
        let on_the_whole = self.began.checked_add(due).unwrap_or(now);
        now.checked_add(PAUSE).unwrap_or(now).min(on_the_whole)
    }

    /// All of it.
    pub(crate) async fn whole(mut self) -> Result<Vec<u8>, Problem> {
        let mut octets = Vec::new();
        while let Some(piece) = self.next().await? {
            octets.extend_from_slice(&piece);
        }
        Ok(octets)
    }
}
