//! What pages ask in JSON, and dates in what they hear.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sasl::Secret;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::incoming::{Incoming, is_json};
use crate::limits::FORM_OCTETS_MAX;
use crate::problem::Problem;

/// A password or another secret, wiped when it goes.
pub(super) struct Typed(pub(super) Secret);

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Typed, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Typed(Secret::new(text.into_bytes())))
    }
}

/// Reads what is asked.
pub(super) async fn read<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Problem> {
    if !is_json(headers) {
        let detail = "expected JSON, with the type application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let octets = Incoming::plain(body, FORM_OCTETS_MAX).whole().await?;
    let octets = Secret::new(octets);
    serde_json::from_slice(octets.expose()).map_err(|error| {
        // What serde says of a text may hold it.
        let (line, column) = (error.line(), error.column());
        let detail =
            format!("the JSON is not what is expected here (line {line}, column {column})");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
}

/// Answers in JSON.
pub(super) fn answer(value: &Value) -> Response {
    let mut answer = value.to_string().into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// A date as JMAP writes it (RFC 8620, 1.4).
pub(super) fn date(unix_s: i64) -> Value {
    jmap::mail::utc_date(unix_s).into()
}
