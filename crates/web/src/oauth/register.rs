//! Programs register themselves (RFC 7591). They get an identifier that holds what they said.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::SCOPE;
use super::parameters::body_of;
use super::program::{Program, Unfit};
use super::refused::{Refused, answer};
use super::token::{BY_CODE, BY_DEVICE, BY_REFRESH};
use crate::site::Desk;

/// What a program says of itself, as far as it matters here (RFC 7591, 2).
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    client_name: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    grant_types: Option<Vec<String>>,
    #[serde(default)]
    response_types: Option<Vec<String>>,
}

pub(super) async fn register(
    State(desk): State<Arc<Desk>>,
    body: Body,
) -> Result<Response, Refused> {
    let said: Said = serde_json::from_slice(&body_of(body).await?)
        .map_err(|error| invalid(format!("the body is not the metadata of a client: {error}")))?;
    // RFC 7591, 2: who does not say asks for codes.
    let asked = said.grant_types.unwrap_or_else(|| vec![BY_CODE.to_owned()]);
    let grant_types: Vec<&str> = [BY_CODE, BY_REFRESH, BY_DEVICE]
        .into_iter()
        .filter(|it| asked.iter().any(|a| a == it))
        .collect();
    if !grant_types.iter().any(|it| *it == BY_CODE || *it == BY_DEVICE) {
        return Err(invalid(format!("of grant_types, {BY_CODE} and {BY_DEVICE} are known here")));
    }
    let by_code = grant_types.contains(&BY_CODE);
    if said.response_types.is_some_and(|types| by_code && types.iter().all(|it| it != "code")) {
        return Err(invalid("of response_types, code is known here"));
    }
    if by_code && said.redirect_uris.is_empty() {
        return Err(Refused::new("invalid_redirect_uri", "redirect_uris is missing"));
    }
    let name = said.client_name.unwrap_or_else(|| "A mail program".to_owned());
    let program = Program::new(&name, said.redirect_uris).map_err(|unfit| match unfit {
        Unfit::Name => invalid(unfit.to_string()),
        Unfit::TooMany | Unfit::Redirect => Refused::new("invalid_redirect_uri", unfit.to_string()),
    })?;
    let id = program.id(&desk.settings.oauth.key).ok_or_else(|| Refused::later("no identifier"))?;
    let response_types: &[&str] = if by_code { &["code"] } else { &[] };
    let mut answer = answer(&json!({
        "client_id": id,
        "client_name": program.name,
        "redirect_uris": program.redirects,
        "grant_types": grant_types,
        "response_types": response_types,
        "token_endpoint_auth_method": "none",
        "scope": SCOPE,
    }));
    *answer.status_mut() = StatusCode::CREATED;
    Ok(answer)
}

fn invalid(text: impl Into<String>) -> Refused {
    Refused::new("invalid_client_metadata", text)
}
