//! What all answers say to browsers: nothing of us is run, framed, guessed at or kept unless an answer says so itself.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use sasl::Security;

const ALWAYS: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (header::CACHE_CONTROL, "no-store"),
];

/// For a year.
const STRICT_TRANSPORT: &str = "max-age=31536000";

/// Adds what the answer does not say itself.
pub(crate) fn secure(headers: &mut HeaderMap, security: Security) {
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if security == Security::Tls {
        let value = HeaderValue::from_static(STRICT_TRANSPORT);
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(value);
    }
}
