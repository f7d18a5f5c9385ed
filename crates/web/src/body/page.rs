//! The page that a body stands in. One script of ours is all that may run; the policy names it by its hash.

use std::sync::LazyLock;

use ::jmap::server::{Page, Scheme};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use safe::ColorScheme;
use sha2::{Digest as _, Sha256};

const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");
const DARK: &str = include_str!("dark.css");
const DARKENED: &str = include_str!("darkened.css");

/// By its hash, as policies name scripts.
static HASH: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(SCRIPT)));

/// What a body may do: run our script, open links in windows that are not confined, show pictures.
fn policy(loads_pictures: bool) -> String {
    let elsewhere = if loads_pictures { " http: https:" } else { "" };
    format!(
        "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox; default-src 'none'; script-src 'sha256-{}'; \
         img-src 'self' data:{elsewhere}; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; \
         frame-ancestors 'self'",
        *HASH
    )
}

/// A body as a whole page.
pub(super) fn document(page: &Page) -> Response {
    // A body that says nothing of colours is made for a light ground, if it is no plain text.
    let is_made_for_dark =
        !page.is_html || matches!(page.declared, Some(ColorScheme::Dark | ColorScheme::Both));
    let (scheme, dark) = match page.scheme {
        Scheme::Dark | Scheme::Darkened if is_made_for_dark => ("dark", DARK),
        Scheme::Darkened => ("light", DARKENED),
        Scheme::Light | Scheme::Dark => ("light", ""),
    };
    let shown = &page.shown;
    let html = format!(
        "<!doctype html>\n<html><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"{scheme}\">\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}{dark}</style><style>{}</style></head>\
         <body{}>{}\n<script>{SCRIPT}</script></body></html>\n",
        shown.style, shown.attributes, shown.content
    );
    let mut answer = Response::new(Body::from(html));
    let fields = answer.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let off = HeaderValue::from_static("off");
    fields.insert(HeaderName::from_static("x-dns-prefetch-control"), off);
    // Without a policy the answer says the usual one, under which nothing is shown.
    if let Ok(policy) = HeaderValue::from_str(&policy(page.loads_pictures)) {
        fields.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    answer
}
