//! The web, for the companion: the one page that a domain has about its mail, and servers of OAuth. No redirects are followed: what
//! a domain says stands under its own name, and tokens go to the server that a person named.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use axum::http::{HeaderValue, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper_util::rt::TokioIo;
use machine::random;
use sasl::{Ready, Secret};
use sync::limits::{
    AUTOCONFIG_OCTETS_MAX, CANDIDATE_TIMEOUT_S, WEB_ANSWER_OCTETS_MAX, WEB_TIMEOUT_S,
};
use sync::oauth::{Asking, Web, WebAddress, WebAnswer, WebFault, WebRequest};
use sync::{Network, NetworkFault, Trust};
use tokio::time::timeout;

use super::ProviderNetwork;

/// Fetches a page; none: there is none, or it is too large.
pub(super) async fn fetched(
    network: &ProviderNetwork,
    host: &str,
    path: &str,
) -> Result<Option<Vec<u8>>, NetworkFault> {
    let patience = Duration::from_secs(CANDIDATE_TIMEOUT_S);
    let request = Request::get(path).header(HOST, host).header(USER_AGENT, "correio");
    let request = request.body(Body::empty());
    let request = request.map_err(|error| NetworkFault::Unreachable(error.to_string()))?;
    let asking = async {
        let connection = network.connect(host, 443).await?;
        let stream = network.begin_tls(connection.stream, host, &Trust::Usual).await?;
        Ok(exchanged(stream, request, AUTOCONFIG_OCTETS_MAX).await)
    };
    match timeout(patience, asking).await.unwrap_or(Err(NetworkFault::TimedOut))? {
        Ok((StatusCode::OK, body)) => Ok(Some(body.to_vec())),
        // One that is too large says nothing that we want to know.
        Ok(_) | Err(WebFault::TooMuch) => Ok(None),
        Err(WebFault::Network(fault)) => Err(fault),
        Err(WebFault::NotHttp) => Err(NetworkFault::Unreachable("it is no HTTP".to_owned())),
    }
}

impl Web for ProviderNetwork {
    fn ask<'a>(&'a self, request: WebRequest<'a>) -> Ready<'a, Result<WebAnswer, WebFault>> {
        Box::pin(async move { in_time(asked(self, request)).await })
    }

    fn random(&self) -> Option<[u8; 32]> {
        random().ok()
    }
}

/// Does something for as long as a server may take.
async fn in_time<T>(work: impl Future<Output = Result<T, WebFault>>) -> Result<T, WebFault> {
    let done = timeout(Duration::from_secs(WEB_TIMEOUT_S), work).await;
    done.unwrap_or(Err(WebFault::Network(NetworkFault::TimedOut)))
}

async fn asked(network: &ProviderNetwork, asked: WebRequest<'_>) -> Result<WebAnswer, WebFault> {
    let WebRequest { address, asking, trust } = asked;
    let (host, request) = (address.host(), request_of(address, asking)?);
    let connection = network.connect(&host, address.port()).await.map_err(WebFault::Network)?;
    let stream = match address.is_secure() {
        true => network.begin_tls(connection.stream, &host, trust).await,
        // A name may lead elsewhere than it says.
        false if !connection.is_loopback => {
            Err(NetworkFault::Unreachable("it is not this machine".to_owned()))
        }
        false => Ok(connection.stream),
    };
    let stream = stream.map_err(WebFault::Network)?;
    let (status, body) = exchanged(stream, request, WEB_ANSWER_OCTETS_MAX).await?;
    Ok(WebAnswer { status: status.as_u16(), body: Secret::new(body) })
}

fn request_of(address: &WebAddress, asking: Asking<'_>) -> Result<Request<Body>, WebFault> {
    let request = match asking {
        Asking::Get => Request::get(address.path_and_query()),
        Asking::Form(_) | Asking::Json(_) => Request::post(address.path_and_query()),
    };
    let request = request
        .header(HOST, address.authority())
        .header(USER_AGENT, "correio")
        .header(ACCEPT, "application/json");
    let typed = |name: &'static str| HeaderValue::from_static(name);
    let request = match asking {
        Asking::Get => request.body(Body::empty()),
        Asking::Form(form) => request
            .header(CONTENT_TYPE, typed("application/x-www-form-urlencoded"))
            .body(Body::from(form.expose().to_vec())),
        Asking::Json(text) => request
            .header(CONTENT_TYPE, typed("application/json"))
            .body(Body::from(text.to_owned())),
    };
    request.map_err(|error| WebFault::Network(NetworkFault::Unreachable(error.to_string())))
}

/// Asks once, over a connection of its own, for at most so many octets.
async fn exchanged(
    stream: Box<dyn sync::Stream>,
    request: Request<Body>,
    octets_max: usize,
) -> Result<(StatusCode, Bytes), WebFault> {
    let failed = |error: hyper::Error| {
        let is_io = std::error::Error::source(&error).is_some_and(|it| it.is::<std::io::Error>());
        // What is neither the line's fault nor a line that broke is a server of something else.
        match is_io || error.is_incomplete_message() || error.is_closed() {
            true => WebFault::Network(NetworkFault::Unreachable(error.to_string())),
            false => WebFault::NotHttp,
        }
    };
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let asking = async {
        let answer = sender.send_request(request).await.map_err(failed)?;
        let status = answer.status();
        match Limited::new(answer.into_body(), octets_max).collect().await {
            Ok(body) => Ok((status, body.to_bytes())),
            Err(error) => Err(match error.downcast::<hyper::Error>() {
                Ok(error) => failed(*error),
                Err(_) => WebFault::TooMuch,
            }),
        }
    };
    tokio::pin!(connection);
    tokio::pin!(asking);
    tokio::select! {
        answer = &mut asking => answer,
        ended = &mut connection => match ended {
            // All was read; what is left is in the answer.
            Ok(()) => asking.await,
            Err(error) => Err(failed(error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use sync::limits::WEB_ANSWER_OCTETS_MAX;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;

    fn request() -> Request<Body> {
        let address: WebAddress = "https://id.example.org/token?x=1".parse().unwrap();
        let form = Secret::new("grant_type=refresh_token&refresh_token=r0");
        request_of(&address, Asking::Form(&form)).unwrap()
    }

    /// What comes of a server that says this, and then that again and again; what it heard.
    async fn asks(first: &str, again: &'static str) -> (Result<(u16, usize), WebFault>, String) {
        let (here, mut there) = tokio::io::duplex(64 << 10);
        let first = first.to_owned();
        let serving = tokio::spawn(async move {
            let heard = heard(&mut there).await;
            there.write_all(first.as_bytes()).await.ok();
            while !again.is_empty() && there.write_all(again.as_bytes()).await.is_ok() {}
            heard
        });
        let done = in_time(exchanged(Box::new(here), request(), WEB_ANSWER_OCTETS_MAX)).await;
        let done = done.map(|(status, body)| (status.as_u16(), body.len()));
        (done, serving.await.unwrap())
    }

    async fn heard(there: &mut DuplexStream) -> String {
        let mut heard = vec![0; 4_096];
        let mut count = 0;
        while !heard[..count].ends_with(b"refresh_token=r0") {
            count += there.read(&mut heard[count..]).await.unwrap();
        }
        String::from_utf8_lossy(&heard[..count]).into_owned()
    }

    #[tokio::test]
    async fn a_server_is_asked_once_and_no_redirect_is_followed() {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        let (done, heard) = asks(answer, "").await;
        assert_eq!(done, Ok((200, 2)));
        let heard = heard.to_ascii_lowercase();
        assert!(heard.starts_with("post /token?x=1 http/1.1\r\n"), "{heard}");
        assert!(heard.contains("host: id.example.org\r\n"), "{heard}");
        let elsewhere = "HTTP/1.1 307 Temporary Redirect\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(asks(elsewhere, "").await.0, Ok((307, 0)));
    }

    #[tokio::test]
    async fn an_answer_without_end_is_not_read_to_its_end() {
        let octets = "x".repeat(1_024);
        let said = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{octets}", 1_u64 << 40);
        let endless = "x\r\n1\r\n";
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n";
        for (first, again) in [(said.as_str(), "x"), (chunked, endless)] {
            assert_eq!(asks(first, again).await.0, Err(WebFault::TooMuch), "{again}");
        }
        let (done, _) = asks("HTTP/1.1 200 OK\r\n", "X: y\r\n").await;
        assert!(done.is_err(), "{done:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_slow_cut_or_no_web_server_is_told_apart() {
        let (done, _) = asks("220 mail.example.org ESMTP ready\r\n", "").await;
        assert_eq!(done, Err(WebFault::NotHttp));
        // One that speaks first.
        let (here, mut there) = tokio::io::duplex(64 << 10);
        there.write_all(b"* OK IMAP4rev2 ready\r\n").await.unwrap();
        let done = exchanged(Box::new(here), request(), WEB_ANSWER_OCTETS_MAX).await;
        assert_eq!(done.err(), Some(WebFault::NotHttp));
        let (done, _) = asks("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "").await;
        assert!(matches!(done, Err(WebFault::Network(_))), "{done:?}");
        let (here, mut there) = tokio::io::duplex(64 << 10);
        let slow = tokio::spawn(async move {
            heard(&mut there).await;
            // It never says anything.
            there.read_to_end(&mut Vec::new()).await.ok();
        });
        let done = in_time(exchanged(Box::new(here), request(), WEB_ANSWER_OCTETS_MAX)).await;
        assert_eq!(done.err(), Some(WebFault::Network(NetworkFault::TimedOut)));
        drop(slow);
    }
}
