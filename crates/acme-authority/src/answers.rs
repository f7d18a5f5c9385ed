//! Answers that are none, and problem documents (RFC 8555, 6.7).

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::Stream;

/// Ends in the middle of an answer.
pub(crate) async fn cut(mut stream: impl Stream) {
    let mut question = [0; 16 << 10];
    drop(stream.read(&mut question).await);
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"newNonce\":";
    drop(stream.write_all(half).await);
    drop(stream.shutdown().await);
}

/// Reads, and says nothing.
pub(crate) async fn silence(mut stream: impl Stream) {
    let mut question = [0; 16 << 10];
    while stream.read(&mut question).await.is_ok_and(|octets| octets > 0) {}
}

/// JSON.
pub(crate) struct Json(pub(crate) Value);

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], self.0.to_string()).into_response()
    }
}

/// A problem.
pub(crate) fn problem(status: u16, kind: &str, detail: &str) -> Response {
    let body = json!({ "type": format!("urn:ietf:params:acme:error:{kind}"), "detail": detail });
    let status = StatusCode::from_u16(status).unwrap();
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, kind, body.to_string()).into_response()
}
