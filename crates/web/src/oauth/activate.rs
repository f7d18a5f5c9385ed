//! Where people type in the code that their device shows (RFC 8628, 3.3).

use std::sync::Arc;

use axum::extract::{Extension, RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::devices::Decision;
use super::owner::Owner;
use super::page::{self, Asking, Said};
use super::program::Program;
use crate::auth::form::Form;
use crate::auth::html::Maker;
use crate::auth::page::Page;
use crate::client::Client;
use crate::query::value;
use crate::site::Desk;

/// Where it is, below the base path.
pub(super) const PATH: &str = "/auth/activate";

/// Asks for the code.
pub(super) async fn show(
    page: Option<Page>,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let maker = Maker::of(&desk, &headers);
    let code = value(query.as_deref(), "user_code").unwrap_or_default();
    let here = here(&desk, &code);
    let owner = Owner::of(page, &maker, &client, &headers, &here);
    match owner.and_then(|owner| owner.proven(&maker, &here).map(|()| owner)) {
        Ok(owner) => page::code(&maker, &owner, &code, None),
        Err(first) => *first,
    }
}

/// Takes the code, asks whether the program may begin, and takes the user at their word.
pub(super) async fn decide(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let maker = Maker::of(&desk, &headers);
    let mut form = match Form::read(request, &desk).await {
        Ok(form) => form,
        Err(problem) => return maker.problem(&problem),
    };
    let code = form.fields.text("user_code").to_owned();
    let here = here(&desk, &code);
    let owner = match Owner::of(form.page.take(), &maker, &client, &headers, &here) {
        Ok(owner) => owner,
        Err(first) => return *first,
    };
    let devices = &desk.settings.oauth.devices;
    if devices.has_guessed(&owner.page.address) {
        return page::code(&maker, &owner, "", Some(Said::TooManyCodes));
    }
    let Some(name) = devices.find(&code) else {
        devices.guessed(&owner.page.address);
        return page::code(&maker, &owner, &code, Some(Said::WrongCode));
    };
    let program = Program { name, redirects: Vec::new() };
    let asking = Asking::Device { code: &code };
    let decision = match form.fields.text("decision") {
        "allow" => match owner.proven(&maker, &here) {
            Ok(()) => Decision::Allow(owner.page.address.clone()),
            Err(first) => return *first,
        },
        "deny" => Decision::Deny,
        _ => return page::consent(&maker, &owner, &program, &asking),
    };
    let is_allowed = decision != Decision::Deny;
    if devices.decide(&code, decision) {
        page::decided(&maker, is_allowed)
    } else {
        page::code(&maker, &owner, &code, Some(Said::WrongCode))
    }
}

fn here(desk: &Desk, code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphanumeric).take(16);
    let (code, base): (String, _) = (letters.collect(), &desk.settings.base_path);
    if code.is_empty() { format!("{base}{PATH}") } else { format!("{base}{PATH}?user_code={code}") }
}
