//! What programs read first: where everything is (RFC 8414), and who lets them in to what they want (RFC 9728).

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::refused::answer;
use super::token::{BY_CODE, BY_DEVICE, BY_REFRESH};
use super::{OFFLINE, SCOPE};
use crate::client::Client;
use crate::problem::Problem;
use crate::site::Desk;

/// Where the server is described, at the top; a base path stands behind it.
pub const SERVER: &str = "/.well-known/oauth-authorization-server";
/// Where what it guards is described.
pub(super) const RESOURCE: &str = "/.well-known/oauth-protected-resource";

/// The server, at the address that its name leads to: the base path stands behind (RFC 8414, 3.1).
pub(super) async fn server(
    path: Option<Path<String>>,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
) -> Response {
    let base = &desk.settings.base_path;
    if path.is_some_and(|Path(path)| path != base.trim_start_matches('/')) {
        return Problem::not_found().into_response();
    }
    let issuer = issuer(&desk, &client);
    public(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth/authorize"),
        "token_endpoint": format!("{issuer}/auth/token"),
        "registration_endpoint": format!("{issuer}/auth/register"),
        "revocation_endpoint": format!("{issuer}/auth/revoke"),
        "device_authorization_endpoint": format!("{issuer}/auth/device"),
        "scopes_supported": [SCOPE, OFFLINE],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [BY_CODE, BY_REFRESH, BY_DEVICE],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "ui_locales_supported": ["en", "pt"],
    }))
}

/// What is guarded: everything of JMAP, by the address at which a program met the guard (RFC 9728, 3.3).
pub(super) async fn resource(
    path: Option<Path<String>>,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
) -> Response {
    let path = path.map_or_else(String::new, |Path(path)| format!("/{path}"));
    let below = path.strip_prefix(desk.settings.base_path.as_str()).unwrap_or(&path);
    let is_guarded = below.is_empty() || below.starts_with("/jmap/") || path == "/.well-known/jmap";
    if !is_guarded {
        return Problem::not_found().into_response();
    }
    public(json!({
        "resource": format!("{}{path}", client.origin(&desk.settings.hostname)),
        "authorization_servers": [issuer(&desk, &client)],
        "scopes_supported": [SCOPE],
        "bearer_methods_supported": ["header"],
    }))
}

/// The name of the server: the address at which the client found us.
pub(super) fn issuer(desk: &Desk, client: &Client) -> String {
    format!("{}{}", client.origin(&desk.settings.hostname), desk.settings.base_path)
}

/// What the guard of an address says of where it is described (RFC 9728, 5.1). The address is one below the base path, or at the top.
pub(crate) fn described(desk: &Desk, client: &Client, path: &str) -> String {
    let origin = client.origin(&desk.settings.hostname);
    let is_plain =
        path.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"/._-".contains(&octet));
    let path = if is_plain { path } else { "" };
    let base = if path.starts_with("/.well-known/") { "" } else { &desk.settings.base_path };
    format!("{origin}{RESOURCE}{base}{path}")
}

fn public(value: serde_json::Value) -> Response {
    let mut answer = answer(&value);
    let kept = HeaderValue::from_static("public, max-age=3600");
    let headers = answer.headers_mut();
    headers.remove(axum::http::header::PRAGMA);
    headers.insert(CACHE_CONTROL, kept);
    answer
}
