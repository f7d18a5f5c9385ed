//! The service worker of the webmail (`/m/worker.js`, ADR 44). It lies below `/m/`, so that it has that scope and no more (W3C, Service
//! Workers). It holds nothing of anybody: browsers look for a new one also when nobody is logged in.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::files::{WORKER, is_known};
use crate::problem::Problem;

/// It asks its own host for files, and runs nothing that it was not.
const POLICY: &str = "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// Gives the worker. Its address stays the same, so browsers ask for it each time.
pub(super) async fn script(headers: HeaderMap) -> Response {
    let Some(script) = WORKER else { return Problem::not_found().into_response() };
    let tag = format!("\"{}\"", blake3::hash(script.as_bytes()).to_hex());
    let mut answer = if is_known(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        script.into_response()
    };
    let fields = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ] {
        fields.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        fields.insert(header::ETAG, tag);
    }
    answer
}
