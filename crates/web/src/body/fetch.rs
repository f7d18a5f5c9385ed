//! Fetches a picture from elsewhere, as somebody who trusts nobody: each name is resolved once, and what it leads to looked at before
//! anybody speaks to it; so is each redirect. Nothing of the reader is said, and only what begins like a picture is taken.

use axum::http::{Request, Response, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::raster;
use crate::limits::{PICTURE_LONGEST, PICTURE_OCTETS_MAX, PICTURE_REDIRECTS_MAX};
use crate::outside::{NoAnswer, Outside, Schemes, exchange};

/// Why there is no picture. Whoever asks is not told, or they could look at networks through us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    #[error("the server answered with {0}")]
    Status(u16),
    #[error("it is no picture of a kind that is shown")]
    Kind,
    #[error("it is too large")]
    TooLarge,
    #[error("it took too long")]
    TooLong,
    #[error("it was redirected too often")]
    Redirects,
}

/// A picture on its way.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) kind: &'static str,
    /// What came already.
    head: Option<Bytes>,
    rest: Incoming,
    taken: u64,
    until: Instant,
    /// Reads and writes the connection; ends with this.
    _connection: JoinSet<()>,
}

/// Begins to fetch a picture.
pub(super) async fn fetch(outside: &dyn Outside, url: &str) -> Result<Fetched, Refused> {
    let until = Instant::now().checked_add(PICTURE_LONGEST).ok_or(Refused::TooLong)?;
    let mut url = Url::parse(url).map_err(|_| NoAnswer::Address)?;
    for _ in 0..=PICTURE_REDIRECTS_MAX {
        let asked = timeout_at(until, ask(outside, &url)).await.map_err(|_| Refused::TooLong)??;
        let (answer, connection) = asked;
        if let Some(next) = redirect(&answer, &url)? {
            url = next;
            continue;
        }
        if answer.status() != StatusCode::OK {
            return Err(Refused::Status(answer.status().as_u16()));
        }
        return begin(answer, connection, until).await;
    }
    Err(Refused::Redirects)
}

/// Where to go on; none: it is here.
fn redirect(answer: &Response<Incoming>, from: &Url) -> Result<Option<Url>, Refused> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
    let to = to.and_then(|to| from.join(to).ok());
    to.map(Some).ok_or(NoAnswer::Address.into())
}

/// Asks one server.
async fn ask(
    outside: &dyn Outside,
    url: &Url,
) -> Result<(Response<Incoming>, JoinSet<()>), Refused> {
    let request = Request::builder()
        .header(header::USER_AGENT, "correio (pictures in mail)")
        .header(header::ACCEPT, "image/avif,image/webp,image/png,image/jpeg,image/gif")
        // What is compressed may become anything; these kinds are already.
        .header(header::ACCEPT_ENCODING, "identity");
    Ok(exchange(outside, (url, Schemes::HttpToo), request, Bytes::new()).await?)
}

/// Reads so much as tells what it is.
async fn begin(
    answer: Response<Incoming>,
    connection: JoinSet<()>,
    until: Instant,
) -> Result<Fetched, Refused> {
    let fields = answer.headers();
    let encoding =
        fields.get(header::CONTENT_ENCODING).map(|it| it.as_bytes().to_ascii_lowercase());
    if encoding.is_some_and(|encoding| encoding != b"identity") {
        return Err(Refused::Kind);
    }
    let length =
        fields.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > PICTURE_OCTETS_MAX) {
        return Err(Refused::TooLarge);
    }
    let rest = answer.into_body();
    let mut fetched =
        Fetched { kind: "", head: None, rest, taken: 0, until, _connection: connection };
    let mut head = BytesMut::new();
    while u64::try_from(head.len()).unwrap_or(u64::MAX) < raster::HEAD_OCTETS {
        match fetched.next().await? {
            Some(piece) => head.extend_from_slice(&piece),
            None => break,
        }
    }
    fetched.kind = raster::kind(&head).ok_or(Refused::Kind)?;
    fetched.head = Some(head.freeze());
    Ok(fetched)
}

impl Fetched {
    /// The next octets; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Refused> {
        if let Some(head) = self.head.take() {
            return Ok(Some(head));
        }
        loop {
            let frame =
                timeout_at(self.until, self.rest.frame()).await.map_err(|_| Refused::TooLong)?;
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|_| NoAnswer::Unreachable)?;
            let Ok(piece) = frame.into_data() else { continue };
            self.taken = self.taken.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if self.taken > PICTURE_OCTETS_MAX {
                return Err(Refused::TooLarge);
            }
            return Ok(Some(piece));
        }
    }
}

#[cfg(test)]
mod tests;
