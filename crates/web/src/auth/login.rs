//! Logging in and out, and proving once more who one is: `/auth/login`, `/auth/logout`, `/auth/confirm`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sasl::{Denied, Secret, Security};
use serde::Deserialize;
use serde_json::json;

use super::cookie::{self, Kind};
use super::guard;
use super::json::{self, Typed};
use super::page::Page;
use super::program::program;
use super::session::shown;
use crate::answer::Asker;
use crate::client::Client;
use crate::page_logins::{EndOf, NewSession, PageAttempt};
use crate::problem::Problem;
use crate::site::Desk;

/// What a page asks that logs in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    login: String,
    password: Typed,
}

pub(super) async fn log_in(
    page: Option<Page>,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Problem> {
    let (Parts { headers, .. }, body) = request.into_parts();
    // A page of another site must not log its visitor in as somebody else, either.
    guard::check(&Method::POST, &headers, &client, &desk.settings.hostname)?;
    if client.security == Security::Clear {
        return Err(Problem::in_the_clear());
    }
    let asked: Asked = json::read(&headers, body).await?;
    let entered = enter(&desk, &client, &headers, (&asked.login, &asked.password.0), page.as_ref());
    let entered = entered.await;
    let new = entered.map_err(Problem::denied)?;
    asker.is(&new.session.address);
    let page = Page::of(&desk, new.session);
    let mut answer = json::answer(&shown(&page));
    if let Some(field) = cookie::set(Kind::Session, client.security, &new.secret) {
        answer.headers_mut().append(header::SET_COOKIE, field);
    }
    Ok(answer)
}

/// Checks a name and a password, and begins a session. What the browser had before ends: nobody goes on with a session that
/// somebody else may have put there.
pub(super) async fn enter(
    desk: &Desk,
    client: &Client,
    headers: &HeaderMap,
    (login, password): (&str, &Secret),
    old: Option<&Page>,
) -> Result<NewSession, Denied> {
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let program = program(user_agent.unwrap_or_default());
    let peer = client.peer();
    let attempt = PageAttempt { login, password, peer: &peer, program: &program };
    let new = desk.gate.page_logins().log_in(attempt).await?;
    if let Some(old) = old {
        // That it cannot be ended keeps nobody out.
        if let Err(fault) = desk.gate.page_logins().end(old.account, EndOf::One(old.id)).await {
            tracing::warn!(%fault, "a session of a page could not be ended");
        }
    }
    Ok(new)
}

/// Ends the session of a page. That there is none is no fault.
pub(super) async fn log_out(
    page: Option<Page>,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    guard::check(&Method::POST, &headers, &client, &desk.settings.hostname)?;
    if let Some(page) = page {
        let ended = desk.gate.page_logins().end(page.account, EndOf::One(page.id)).await;
        ended.map_err(|fault| Problem::of_fault(&fault))?;
    }
    let mut answer = StatusCode::NO_CONTENT.into_response();
    if let Some(field) = cookie::clear(Kind::Session, client.security) {
        answer.headers_mut().append(header::SET_COOKIE, field);
    }
    Ok(answer)
}

/// What a page asks whose user proves once more who they are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proof {
    password: Typed,
}

pub(super) async fn confirm(
    page: Page,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let proof: Proof = json::read(&headers, body).await?;
    let (pages, peer) = (desk.gate.page_logins(), client.peer());
    let confirmed = pages.confirm(&page.session, &proof.password.0, &peer).await;
    confirmed.map_err(Problem::denied)?;
    Ok(json::answer(&json!({"fresh": true})))
}
