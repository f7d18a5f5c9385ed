//! Asks a server elsewhere, as somebody who trusts nobody: its name is resolved once, what it leads to is looked at before anybody
//! speaks to it, and the connection goes to that and to no other. Redirects are answers like others, and nobody waits without end:
//! whoever calls says how long.

use std::net::{IpAddr, SocketAddr};

use axum::http::{Response, header, request};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;
use url::{Host, Url};

use super::{Outside, Stream, is_global};

/// The largest head of an answer.
const HEAD_OCTETS_MAX: usize = 32 << 10;
/// How many fields it has at most.
const HEAD_FIELDS_MAX: usize = 100;

/// Which addresses are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schemes {
    /// Those of HTTPS alone.
    Https,
    /// Those of HTTP, too.
    HttpToo,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// Another scheme or port, or no host.
    #[error("the address is none that is spoken to")]
    Address,
    /// It leads to this machine or a network around it.
    #[error("it leads to a network that is not for all")]
    Inward,
    /// No such name, no connection, no TLS, or no HTTP.
    #[error("the server cannot be reached")]
    Unreachable,
}

/// The head of an answer, and what reads the rest of it; ends with this.
pub(crate) type Answer = (Response<Incoming>, JoinSet<()>);

/// The port that an address leads to; none: it is none that is spoken to.
pub(crate) fn port(url: &Url, schemes: Schemes) -> Option<u16> {
    match (url.scheme(), url.port()) {
        // Other ports are those of other services.
        ("http", None) if schemes == Schemes::HttpToo => Some(80),
        ("https", None) => Some(443),
        _ => None,
    }
}

/// Asks the server of an address. The request says method and fields; its target and host come from the address.
pub(crate) async fn exchange(
    outside: &dyn Outside,
    (url, schemes): (&Url, Schemes),
    request: request::Builder,
    body: Bytes,
) -> Result<Answer, NoAnswer> {
    let port = port(url, schemes).ok_or(NoAnswer::Address)?;
    let host = url.host_str().ok_or(NoAnswer::Address)?;
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<IpAddr> = match url.host().ok_or(NoAnswer::Address)? {
        Host::Ipv4(address) => vec![address.into()],
        Host::Ipv6(address) => vec![address.into()],
        Host::Domain(name) => outside.resolve(name).await.map_err(|_| NoAnswer::Unreachable)?,
    };
    // A name that leads inward as well is not to be trusted with any of its addresses.
    if !addresses.iter().all(|address| is_global(*address)) {
        return Err(NoAnswer::Inward);
    }
    let address = addresses.first().ok_or(NoAnswer::Unreachable)?;
    let stream = outside.connect(SocketAddr::new(*address, port)).await;
    let mut stream = stream.map_err(|_| NoAnswer::Unreachable)?;
    if url.scheme() == "https" {
        stream = outside.begin_tls(stream, name).await.map_err(|_| NoAnswer::Unreachable)?;
    }
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let request = request
        .uri(path)
        .header(header::HOST, host)
        .header(header::CONNECTION, "close")
        .body(Full::new(body))
        .map_err(|_| NoAnswer::Address)?;
    ask(stream, request).await
}

async fn ask(
    stream: Box<dyn Stream>,
    request: axum::http::Request<Full<Bytes>>,
) -> Result<Answer, NoAnswer> {
    let mut builder = hyper::client::conn::http1::Builder::new();
    let builder = builder.max_buf_size(HEAD_OCTETS_MAX).max_headers(HEAD_FIELDS_MAX);
    let (mut sender, connection) =
        builder.handshake(TokioIo::new(stream)).await.map_err(|_| NoAnswer::Unreachable)?;
    let mut task = JoinSet::new();
    task.spawn(async move { drop(connection.await) });
    let answer = sender.send_request(request).await.map_err(|_| NoAnswer::Unreachable)?;
    Ok((answer, task))
}
