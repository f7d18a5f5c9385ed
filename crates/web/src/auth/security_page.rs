//! The page on which somebody sees and changes what decides who gets in: forms, and no script.

mod actions;
mod sections;

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use self::actions::{Asked, asked};
use self::sections::{Sections, Shown};
use super::cookie::{self, Kind};
use super::form::Form;
use super::html::{Maker, see};
use super::page::Page;
use super::{confirm_page, session, settings};
use crate::client::Client;
use crate::own_security::Changed;
use crate::page_logins::EndOf;
use crate::problem::Problem;
use crate::site::Desk;

/// Where it is, below the base path.
const PATH: &str = "/auth/security";

pub(super) async fn show(
    page: Option<Page>,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Response {
    let maker = Maker::of(&desk, &headers);
    let Some(page) = page else { return maker.log_in_first(PATH) };
    let token = confirm_page::token(&desk, &client, &headers);
    shown(&maker, &page, &token, Shown::Nothing, StatusCode::OK).await
}

/// The page, with what came of a form.
async fn shown(
    maker: &Maker<'_>,
    page: &Page,
    token: &str,
    shown: Shown,
    status: StatusCode,
) -> Response {
    let security = match settings::looked_up(maker.desk, page).await {
        Ok(security) => security,
        Err(problem) => return maker.problem(&problem),
    };
    let sessions = match maker.desk.gate.page_logins().sessions(page.account).await {
        Ok(sessions) => sessions,
        Err(fault) => return maker.problem(&Problem::of_fault(&fault)),
    };
    let sections = Sections { maker, page, token, security: &security, sessions: &sessions };
    maker.passkey_page(status, maker.words.security, "wide", &sections.html(&shown))
}

/// Takes a form of the page.
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
    let Some(page) = &form.page else { return maker.log_in_first(PATH) };
    let token = confirm_page::token(&desk, &client, &headers);
    let done = match asked(&form.fields) {
        Some(Asked::Change(change)) => settings::changed(&desk, &client, page, change).await,
        Some(Asked::End(which)) => match session::ended(&desk, page, which).await {
            Ok(_) if which == EndOf::One(page.id) || which == EndOf::All => {
                return logged_out(&maker, &client);
            }
            Ok(_) => Ok(Ok(Changed::Done)),
            Err(problem) => Err(problem),
        },
        Some(Asked::Unlike) => {
            let said = Shown::Problem(maker.words.unlike.to_owned());
            return shown(&maker, page, &token, said, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        None => Err(Problem::new(StatusCode::BAD_REQUEST, "the form asks for nothing")),
    };
    match done {
        Ok(Ok(Changed::Done)) => see(&format!("{}{PATH}", maker.base())),
        Ok(Ok(Changed::Session(new))) => {
            let mut answer = see(&format!("{}{PATH}", maker.base()));
            if let Some(cookie) =
                cookie::set_session(new.session.stay, client.security, &new.secret)
            {
                answer.headers_mut().append(header::SET_COOKIE, cookie);
            }
            answer
        }
        Ok(Ok(given)) => shown(&maker, page, &token, Shown::Given(given), StatusCode::OK).await,
        Ok(Err(refused)) => {
            let said = Shown::Problem(maker.words.refused(&refused));
            shown(&maker, page, &token, said, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        // It took longer than a proof holds: the page asks for one.
        Err(problem) if problem.name() == Some("confirm") => {
            shown(&maker, page, &token, Shown::Nothing, problem.status()).await
        }
        Err(problem) => maker.problem(&problem),
    }
}

fn logged_out(maker: &Maker<'_>, client: &Client) -> Response {
    let mut answer = see(&format!("{}/auth/login", maker.base()));
    if let Some(cookie) = cookie::clear(Kind::Session, client.security) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}
