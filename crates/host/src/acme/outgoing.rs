//! Asks an authority over HTTPS: one question a connection, with bounds on all it can make us hold or wait for. It is never
//! followed elsewhere: what a directory redirects to, its administrator has to name.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use axum::http::header::{HOST, LOCATION, RETRY_AFTER, USER_AGENT};
use axum::http::uri::Scheme;
use axum::http::{HeaderMap, HeaderValue, Request, Response, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use mailbox::{Clock, Timestamp};
use tokio::task::JoinSet;
use tokio::time::timeout;
use web::{Outside, Stream};

use super::limits::{
    ADDRESSES_MAX, ANSWER_LONGEST, ANSWER_OCTETS_MAX, CONNECT_LONGEST, HEAD_FIELDS_MAX,
    HEAD_OCTETS_MAX, LEFT_ALONE_LONGEST_S,
};

const PROGRAM: &str = concat!("correio/", env!("CARGO_PKG_VERSION"), " instant-acme");

/// Asks authorities.
#[derive(Clone)]
pub(super) struct Outgoing {
    outside: Arc<dyn Outside>,
    clock: Arc<dyn Clock>,
    left_alone_until: Arc<Mutex<Option<Timestamp>>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum OutgoingFault {
    #[error("{0} is no address that begins with https://")]
    Address(Uri),
    #[error("{host} has no address in DNS: {cause}")]
    Name { host: String, cause: io::Error },
    #[error("{host} cannot be reached: {cause}")]
    Reach { host: String, cause: io::Error },
    #[error(
        "{host} does not show a certificate that is trusted ({cause}); acme.authority_file names who vouches for an authority \
         of your own"
    )]
    Trust { host: String, cause: io::Error },
    #[error("{host} does not answer in {} seconds", ANSWER_LONGEST.as_secs())]
    Late { host: String },
    #[error("the connection to {host} ended before its answer did: {cause}")]
    Cut { host: String, cause: String },
    #[error("{host} answers with more than {ANSWER_OCTETS_MAX} octets")]
    Long { host: String },
    #[error(
        "{from} redirects to {to}, and authorities are not followed; if that is right, name it in acme.directory"
    )]
    Redirect { from: Uri, to: String },
}

impl Outgoing {
    pub(super) fn new(outside: Arc<dyn Outside>, clock: Arc<dyn Clock>) -> Outgoing {
        Outgoing { outside, clock, left_alone_until: Arc::default() }
    }

    /// Until when the last answer asked to be left alone (Retry-After; RFC 8555, 6.6).
    pub(super) fn left_alone_until(&self) -> Option<Timestamp> {
        *self.left_alone_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn ask(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Result<Response<Full<Bytes>>, OutgoingFault> {
        let uri = request.uri().clone();
        let host = uri.host().unwrap_or_default().to_owned();
        match timeout(ANSWER_LONGEST, self.exchange(request, &uri, &host)).await {
            Ok(answered) => answered,
            Err(_) => Err(OutgoingFault::Late { host }),
        }
    }

    async fn exchange(
        &self,
        request: Request<BodyWrapper<Bytes>>,
        uri: &Uri,
        host: &str,
    ) -> Result<Response<Full<Bytes>>, OutgoingFault> {
        if uri.scheme() != Some(&Scheme::HTTPS) || host.is_empty() {
            return Err(OutgoingFault::Address(uri.clone()));
        }
        let stream = self.connect(host, uri.port_u16().unwrap_or(443)).await?;
        let cut =
            |error: hyper::Error| OutgoingFault::Cut { host: host.to_owned(), cause: told(&error) };
        let mut builder = hyper::client::conn::http1::Builder::new();
        let builder = builder.max_buf_size(HEAD_OCTETS_MAX).max_headers(HEAD_FIELDS_MAX);
        let (mut sender, connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(cut)?;
        // Dropped with this, it takes the connection along.
        let mut task = JoinSet::new();
        task.spawn(async move { drop(connection.await) });
        let request = addressed(request, uri)?;
        let (parts, body) = sender.send_request(request).await.map_err(cut)?.into_parts();
        *self.left_alone_until.lock().unwrap_or_else(PoisonError::into_inner) =
            retry_after(&parts.headers, self.clock.now());
        if parts.status.is_redirection() {
            let to = parts.headers.get(LOCATION).and_then(|to| to.to_str().ok());
            let to = super::fault::shown(to.unwrap_or("nowhere"));
            return Err(OutgoingFault::Redirect { from: uri.clone(), to });
        }
        Ok(Response::from_parts(parts, whole(body, host).await?))
    }

    async fn connect(&self, host: &str, port: u16) -> Result<Box<dyn Stream>, OutgoingFault> {
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let addresses: Vec<IpAddr> = match name.parse() {
            Ok(address) => vec![address],
            Err(_) => self
                .outside
                .resolve(name)
                .await
                .map_err(|cause| OutgoingFault::Name { host: name.to_owned(), cause })?,
        };
        let mut last = io::Error::other("it has no address");
        for address in addresses.into_iter().take(ADDRESSES_MAX) {
            let connecting = self.outside.connect(SocketAddr::new(address, port));
            match timeout(CONNECT_LONGEST, connecting).await {
                Ok(Ok(stream)) => {
                    let trust = |cause| OutgoingFault::Trust { host: name.to_owned(), cause };
                    return self.outside.begin_tls(stream, name).await.map_err(trust);
                }
                Ok(Err(error)) => last = error,
                Err(_) => last = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(OutgoingFault::Reach { host: name.to_owned(), cause: last })
    }
}

impl HttpClient for Outgoing {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let this = self.clone();
        Box::pin(async move {
            let answered = this.ask(request).await;
            answered.map(BytesResponse::from).map_err(|fault| Error::Other(Box::new(fault)))
        })
    }
}

/// A request as it goes over a connection that is there already.
fn addressed(
    mut request: Request<BodyWrapper<Bytes>>,
    uri: &Uri,
) -> Result<Request<BodyWrapper<Bytes>>, OutgoingFault> {
    let wrong = || OutgoingFault::Address(uri.clone());
    let host = uri.authority().map(|authority| authority.as_str()).ok_or_else(wrong)?;
    // What stands before an @ is for nobody.
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = HeaderValue::from_str(host).map_err(|_| wrong())?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse().map_err(|_| wrong())?;
    request.headers_mut().insert(HOST, host);
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(PROGRAM));
    Ok(request)
}

async fn whole(body: Incoming, host: &str) -> Result<Full<Bytes>, OutgoingFault> {
    match Limited::new(body, ANSWER_OCTETS_MAX).collect().await {
        Ok(body) => Ok(Full::new(body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(OutgoingFault::Long { host: host.to_owned() })
        }
        Err(error) => {
            Err(OutgoingFault::Cut { host: host.to_owned(), cause: told(error.as_ref()) })
        }
    }
}

/// An error with its causes.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

/// Until when to wait (RFC 9110, 10.2.3): so many seconds, or a date.
fn retry_after(fields: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let value = fields.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let until_s = match value.parse::<u32>() {
        Ok(seconds) => now.0.saturating_add(i64::from(seconds)),
        Err(_) => {
            let date = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
            i64::try_from(date.as_secs()).ok()?
        }
    };
    Some(Timestamp(until_s.clamp(now.0, now.0.saturating_add(LEFT_ALONE_LONGEST_S))))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, header::RETRY_AFTER};
    use mailbox::Timestamp;

    use super::super::limits::LEFT_ALONE_LONGEST_S;
    use super::retry_after;

    #[test]
    fn who_asks_to_be_left_alone_is_believed_up_to_a_point() {
        let now = Timestamp(784_111_700);
        let until = |value: &str| {
            let fields = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            retry_after(&fields, now).map(|until| until.0 - now.0)
        };
        assert_eq!(until("120"), Some(120));
        assert_eq!(until("Sun, 06 Nov 1994 08:49:37 GMT"), Some(77));
        assert_eq!(until("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(until("4000000000"), Some(LEFT_ALONE_LONGEST_S));
        assert_eq!(until("Fri, 31 Dec 9999 23:59:59 GMT"), Some(LEFT_ALONE_LONGEST_S));
        assert_eq!((until("soon"), until("-1")), (None, None));
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
