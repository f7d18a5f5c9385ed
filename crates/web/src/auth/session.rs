//! Who is logged in here, where else, and the end of it: `/auth/session` and `/auth/sessions`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::cookie::{self, Kind};
use super::json;
use super::page::Page;
use crate::client::Client;
use crate::page_logins::{EndOf, PageSession};
use crate::problem::Problem;
use crate::site::Desk;

/// A session, as pages see it.
pub(super) fn shown(page: &Page) -> Value {
    let mut shown = listed(&page.session);
    if let Value::Object(shown) = &mut shown {
        shown.insert("user".to_owned(), page.address.as_str().into());
        shown.insert("fresh".to_owned(), page.fresh.into());
    }
    shown
}

fn listed(session: &PageSession) -> Value {
    json!({
        "id": id_text(session.id),
        "program": session.program,
        "address": session.from,
        "madeAt": json::date(session.made_s),
        "usedAt": json::date(session.used_s),
        "expiresAt": json::date(session.expires_s),
        "stay": session.stay,
    })
}

/// The number of a session, for pages.
pub(super) fn id_text(id: u64) -> String {
    format!("{id:016x}")
}

pub(super) fn id_of(text: &str) -> Option<u64> {
    let fits = text.len() == 16 && text.bytes().all(|octet| octet.is_ascii_hexdigit());
    u64::from_str_radix(text, 16).ok().filter(|_| fits)
}

pub(super) async fn own(page: Page) -> Response {
    json::answer(&shown(&page))
}

pub(super) async fn all(page: Page, State(desk): State<Arc<Desk>>) -> Result<Response, Problem> {
    let sessions = desk.gate.page_logins().sessions(page.account).await;
    let sessions = sessions.map_err(|fault| Problem::of_fault(&fault))?;
    let list = sessions.iter().map(|session| {
        let mut shown = listed(session);
        if let Value::Object(shown) = &mut shown {
            shown.insert("current".to_owned(), (session.id == page.id).into());
        }
        shown
    });
    Ok(json::answer(&json!({"sessions": list.collect::<Vec<_>>()})))
}

/// Which sessions shall end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
enum Asked {
    Id(String),
    Which(Which),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Which {
    Others,
    All,
}

pub(super) async fn end(
    page: Page,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let which = match json::read(&headers, body).await? {
        Asked::Id(id) => match id_of(&id) {
            Some(id) => EndOf::One(id),
            None => return Err(Problem::new(StatusCode::BAD_REQUEST, "no session has such an id")),
        },
        Asked::Which(Which::Others) => EndOf::AllBut(page.id),
        Asked::Which(Which::All) => EndOf::All,
    };
    let ended = ended(&desk, &page, which).await?;
    let mut answer = json::answer(&json!({"ended": ended}));
    let is_over = which == EndOf::All || which == EndOf::One(page.id);
    if let Some(field) = cookie::clear(Kind::Session, client.security).filter(|_| is_over) {
        answer.headers_mut().append(header::SET_COOKIE, field);
    }
    Ok(answer)
}

/// Ends sessions. Whoever finds a page open may end it, or one that is listed there, and not all of them at once.
pub(super) async fn ended(desk: &Desk, page: &Page, which: EndOf) -> Result<usize, Problem> {
    if !matches!(which, EndOf::One(_)) {
        page.must_be_fresh()?;
    }
    let ended = desk.gate.page_logins().end(page.account, which).await;
    ended.map_err(|fault| Problem::of_fault(&fault))
}
