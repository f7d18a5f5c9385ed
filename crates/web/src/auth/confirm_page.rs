//! The page on which somebody proves once more who they are, before what decides who gets in.

use std::sync::Arc;

use axum::extract::{Extension, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use sasl::{Denied, Secret};

use super::cookie::{self, Kind};
use super::form::{Form, TOKEN, form_token};
use super::html::{Maker, see};
use super::next::Next;
use super::page::Page;
use super::passkey::part;
use crate::client::Client;
use crate::page_logins::Proof;
use crate::problem::Problem;
use crate::query;
use crate::setup::xml::text;
use crate::site::Desk;

pub(super) async fn show(
    page: Option<Page>,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    RawQuery(asked): RawQuery,
    headers: HeaderMap,
) -> Response {
    let maker = Maker::of(&desk, &headers);
    let next = query::value(asked.as_deref(), "next").and_then(|next| Next::read(&next));
    let next = next.as_ref().map_or("", Next::as_str);
    if page.is_none() {
        return maker.log_in_first("/auth/confirm");
    }
    let token = token(&desk, &client, &headers);
    maker.passkey_page(StatusCode::OK, maker.words.confirm, "", &card(&maker, &token, next, None))
}

pub(super) async fn take(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let maker = Maker::of(&desk, &headers);
    let form = match Form::read(request, &desk).await {
        Ok(form) => form,
        Err(problem) => return maker.problem(&problem),
    };
    let Some(page) = &form.page else { return maker.log_in_first("/auth/security") };
    let (fields, none) = (&form.fields, Secret::new(Vec::new()));
    let proof = match fields.text("code") {
        "" => Proof::Password(fields.secret("password").unwrap_or(&none)),
        code => Proof::Code(code),
    };
    let next = Next::read(fields.text("next"));
    let next = next.as_ref().map_or("", Next::as_str);
    let peer = client.peer();
    match desk.gate.page_logins().confirm(&page.session, proof, &peer).await {
        Ok(()) if next.is_empty() => see(&format!("{}/auth/security", maker.base())),
        Ok(()) => see(next),
        Err(denied) => {
            let token = token(&desk, &client, &headers);
            let card = card(&maker, &token, next, Some(denied));
            maker.passkey_page(Problem::denied(denied).status(), maker.words.confirm, "", &card)
        }
    }
}

/// The token for the forms of somebody who is logged in.
pub(super) fn token(desk: &Desk, client: &Client, headers: &HeaderMap) -> String {
    let cookie = cookie::read(headers, Kind::Session, client.security);
    cookie.map(|cookie| form_token(desk, &cookie)).unwrap_or_default()
}

/// The form.
pub(super) fn card(maker: &Maker<'_>, token: &str, next: &str, said: Option<Denied>) -> String {
    let (words, base) = (maker.words, maker.base());
    let back = if next.is_empty() { format!("{base}/auth/security") } else { next.to_owned() };
    let passkey = part(maker, "confirm", words.by_passkey, (&back, ""));
    let next = text(next);
    let said = said.map(|denied| words.denied(denied, words.wrong_proof));
    let said = said.map(|said| format!("<p role=\"alert\">{said}</p>\n")).unwrap_or_default();
    format!(
        "<form class=\"card\" method=\"post\" action=\"{base}/auth/confirm\">\n<p>{}</p>\n{said}\
         <input type=\"hidden\" name=\"{TOKEN}\" value=\"{token}\">\n\
         <input type=\"hidden\" name=\"next\" value=\"{next}\">\n\
         <label for=\"proof-password\">{}</label>\n\
         <input id=\"proof-password\" name=\"password\" type=\"password\" maxlength=\"1024\" autocomplete=\"current-password\">\n\
         <details>\n<summary>{}</summary>\n\
         <label for=\"proof-code\">{}</label>\n\
         <input id=\"proof-code\" name=\"code\" maxlength=\"64\" autocomplete=\"one-time-code\" autocapitalize=\"none\" \
         spellcheck=\"false\">\n</details>\n\
         <button type=\"submit\">{}</button>\n{passkey}</form>\n",
        words.confirm_why, words.password, words.by_code, words.code, words.confirm
    )
}
