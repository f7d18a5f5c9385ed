//! What a program hears that asked for something it cannot have (RFC 6749, 5.2; RFC 7591, 3.2.2; RFC 8628, 3.5).

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::GrantError;

/// An error of OAuth: its code for programs, and a text for those who write them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    status: StatusCode,
    pub(super) code: &'static str,
    pub(super) text: String,
}

impl Refused {
    pub(super) fn new(code: &'static str, text: impl Into<String>) -> Refused {
        Refused { status: StatusCode::BAD_REQUEST, code, text: text.into() }
    }

    pub(super) fn request(text: impl Into<String>) -> Refused {
        Refused::new("invalid_request", text)
    }

    pub(super) fn grant(text: impl Into<String>) -> Refused {
        Refused::new("invalid_grant", text)
    }

    pub(super) fn too_large(text: impl Into<String>) -> Refused {
        Refused { status: StatusCode::PAYLOAD_TOO_LARGE, ..Refused::request(text) }
    }

    pub(super) fn later(text: impl Into<String>) -> Refused {
        let refused = Refused::new("temporarily_unavailable", text);
        Refused { status: StatusCode::SERVICE_UNAVAILABLE, ..refused }
    }

    /// A failure of ours, which the log tells.
    pub(super) fn of_fault(fault: &mailbox::Fault) -> Refused {
        tracing::error!(%fault, "a request of OAuth failed");
        Refused::later("it cannot be done at the moment")
    }

    pub(super) fn too_many(text: impl Into<String>) -> Refused {
        let refused = Refused::new("temporarily_unavailable", text);
        Refused { status: StatusCode::TOO_MANY_REQUESTS, ..refused }
    }
}

impl From<GrantError> for Refused {
    fn from(error: GrantError) -> Refused {
        match error {
            GrantError::Refused(text) => Refused::new("access_denied", text),
            GrantError::Unavailable => Refused::later(error.to_string()),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut answer = answer(&json!({ "error": self.code, "error_description": self.text }));
        *answer.status_mut() = self.status;
        if self.status == StatusCode::SERVICE_UNAVAILABLE
            || self.status == StatusCode::TOO_MANY_REQUESTS
        {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
        }
        answer
    }
}

/// An answer in JSON, which nobody keeps (RFC 6749, 5.1).
pub(super) fn answer(value: &Value) -> Response {
    let mut answer = Response::new(Body::from(value.to_string()));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}
