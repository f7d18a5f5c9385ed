//! What went wrong, as problem details (RFC 7807), which JMAP asks for (RFC 8620, 3.6.1).

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jmap::RequestError;
use sasl::Denied;
use serde_json::{Value, json};

/// What the types of our own problems begin with.
const TYPES: &str = "https://correio.example/problems/";

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

    /// One that pages know by its name (RFC 7807, 3.1: the type).
    pub(crate) fn named(mut self, name: &str) -> Problem {
        if let Value::Object(details) = &mut self.details {
            details.insert("type".to_owned(), format!("{TYPES}{name}").into());
        }
        self
    }

    /// The name by which pages know it.
    pub(crate) fn name(&self) -> Option<&str> {
        self.details.get("type")?.as_str()?.strip_prefix(TYPES)
    }

    /// What is wrong, in words.
    pub(crate) fn detail(&self) -> &str {
        self.details.get("detail").and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// Somebody who is not logged in, or not any more.
    pub(crate) fn logged_out() -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "log in first").named("login")
    }

    /// What the directory says of who would come in. Whether there is such a user, nobody learns.
    pub(crate) fn denied(denied: Denied) -> Problem {
        let detail = denied.to_string();
        match denied {
            Denied::Wrong => Problem::new(StatusCode::UNAUTHORIZED, detail),
            Denied::Unavailable => Problem::try_later(detail),
            Denied::TooMany { wait_s } => {
                Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).after(wait_s)
            }
            Denied::Disabled | Denied::NotForThisDoor => {
                Problem::new(StatusCode::FORBIDDEN, detail)
            }
        }
    }

    /// A password that would cross the network in the clear.
    pub(crate) fn in_the_clear() -> Problem {
        let detail = "a password is not taken without TLS; use https (a proxy in between has to be named in \
                      http.proxies, and to say X-Forwarded-Proto)";
        Problem::new(StatusCode::FORBIDDEN, detail)
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
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110, 15.5.2. A browser does not ask its user for this one.
            let challenge = HeaderValue::from_static("Bearer realm=\"mail\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
