//! The session object, whose URLs are as the client sees us (RFC 8620, 2).

use std::sync::Arc;

use ::jmap::server::{Context, own};
use ::jmap::{Addresses, Session};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use serde_json::json;

use super::{context, socket};
use crate::client::Client;
use crate::gzip::Gzip;
use crate::login::Visitor;
use crate::problem::Problem;
use crate::site::Desk;

pub(super) async fn session(
    visitor: Visitor,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let context = context(&desk, &visitor).await?;
    let session = of(&desk, &context, &client);
    let octets = serde_json::to_vec(&session).map_err(|_| Problem::try_later("no session"))?;
    let mut answer = Gzip::of(&headers).answer("application/json", octets, None).await;
    // RFC 8620, 2: not to be served from a cache without asking.
    let fresh = HeaderValue::from_static("no-cache, no-store, must-revalidate");
    answer.headers_mut().insert(header::CACHE_CONTROL, fresh);
    Ok(answer)
}

/// The session object for a client.
pub(super) fn of(desk: &Desk, context: &Context, client: &Client) -> Session {
    let settings = &desk.settings;
    let top = format!("{}{}/jmap", client.origin(&settings.hostname), settings.base_path);
    let addresses = Addresses {
        api_url: format!("{top}/api"),
        download_url: format!("{top}/download/{{accountId}}/{{blobId}}/{{name}}?accept={{type}}"),
        upload_url: format!("{top}/upload/{{accountId}}"),
        event_source_url: format!(
            "{top}/eventsource?types={{types}}&closeafter={{closeafter}}&ping={{ping}}"
        ),
    };
    let mut session = context.session(&settings.limits, addresses);
    // RFC 8887, 3.
    let url = format!("{}/ws", top.replacen("http", "ws", 1));
    session.capabilities.insert(socket::CAPABILITY, json!({"url": url, "supportsPush": true}));
    let url = format!("{top}/export/{{accountId}}/{{name}}?format={{format}}");
    session.capabilities.insert(own::EXPORT, json!({"exportUrl": url}));
    session.with_state()
}
