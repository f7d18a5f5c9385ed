//! What went wrong, as problem details (RFC 7807), which JMAP asks for (RFC 8620, 3.6.1).

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jmap::RequestError;
use serde_json::{Value, json};

/// Why there is no other answer.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    details: Value,
    retry_after_s: Option<u32>,
}

impl Problem {
    /// One that is said by its status.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        let details = json!({
            "type": "about:blank",
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "detail": detail.into(),
        });
        Problem { status, details, retry_after_s: None }
    }

    /// Something that the user, or all users together, have too much of; by the name of the limit in the session object.
    pub(crate) fn limit(limit: &'static str) -> Problem {
        RequestError::Limit(limit).into()
    }

    /// What fails now and may work later.
    pub(crate) fn try_later(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).after(10)
    }

    /// When it may be tried again.
    pub(crate) fn after(self, seconds: u32) -> Problem {
        Problem { retry_after_s: Some(seconds), ..self }
    }

    /// What it says.
    pub(crate) fn into_details(self) -> Value {
        self.details
    }

    /// What is not there, or not for who asks.
    pub(crate) fn not_found() -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "there is nothing at this address")
    }

    /// A failure of ours, which the log tells.
    pub(crate) fn of_fault(fault: &mailbox::Fault) -> Problem {
        tracing::error!(%fault, "a request over HTTP failed");
        Problem::try_later("the mail store cannot answer at the moment")
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Problem {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        Problem { status, details: error.problem(), retry_after_s: None }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.details.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
