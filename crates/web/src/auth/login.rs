//! Logging in and out, and proving once more who one is: `/auth/login`, `/auth/logout`, `/auth/confirm`.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sasl::{Denied, Secret, Security};
use serde::Deserialize;
use serde_json::{Value, json};

use super::cookie::{self, Kind};
use super::guard;
use super::json::{self, Typed};
use super::page::Page;
use super::passkey;
use super::program::program;
use super::session::shown;
use crate::answer::Asker;
use crate::client::Client;
use crate::page_logins::{
    Answer, EndOf, Entry, FactorDenied, NewSession, PageAttempt, Passkey, Proof, Stay, Ways,
};
use crate::problem::Problem;
use crate::site::Desk;

/// What a page asks that logs in: first by name and password, and then, if it is asked for that, by a second factor.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    login: Option<String>,
    password: Option<Typed>,
    ticket: Option<Typed>,
    code: Option<String>,
    passkey: Option<Value>,
    #[serde(default)]
    stay: Stay,
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
    let entering = Entering { desk: &desk, client: &client, asker: &asker, old: page.as_ref() };
    match json::read(&headers, body).await? {
        Asked {
            login: Some(login),
            password: Some(password),
            ticket: None,
            code: None,
            passkey: None,
            stay,
        } => match entering.password(&headers, &login, &password.0, stay).await {
            Ok(Entry::In(new)) => Ok(entering.let_in(new)),
            Ok(Entry::SecondFactor { ticket, ways }) => Ok(asked_for(&ticket, ways)),
            Err(denied) => Err(Problem::denied(denied)),
        },
        Asked {
            login: None,
            password: None,
            ticket,
            code: None,
            passkey: Some(response),
            stay,
        } => {
            let party = passkey::needed(&desk, &client)?;
            let signed = Passkey { response: &response, party: &party };
            match ticket {
                Some(ticket) => answered(&entering, &ticket.0, Answer::Passkey(signed)).await,
                None => match entering.passkey(&headers, signed, stay).await {
                    Ok(new) => Ok(entering.let_in(new)),
                    Err(denied) => Err(Problem::denied(denied)),
                },
            }
        }
        Asked { login: None, password: None, ticket: Some(ticket), code: Some(code), .. } => {
            answered(&entering, &ticket.0, Answer::Code(&code)).await
        }
        Asked { .. } => {
            let detail = "expected login and password, ticket and code, or passkey";
            Err(Problem::new(StatusCode::BAD_REQUEST, detail))
        }
    }
}

/// What comes of a second factor.
async fn answered(
    entering: &Entering<'_>,
    ticket: &Secret,
    answer: Answer<'_>,
) -> Result<Response, Problem> {
    match entering.second_factor(ticket, answer).await {
        Ok(new) => Ok(entering.let_in(new)),
        Err(FactorDenied { denied, again: true }) => Err(Problem::denied(denied)),
        // It begins with the password again.
        Err(FactorDenied { denied, again: false }) => Err(Problem::denied(denied).named("ticket")),
    }
}

/// The question for a second factor.
fn asked_for(ticket: &Secret, ways: Ways) -> Response {
    let Ways { app, recovery_codes, passkeys } = ways;
    let ways = [(app, "app"), (passkeys, "passkey"), (recovery_codes, "recoveryCode")];
    let ways = ways.into_iter().filter(|(has, _)| *has).map(|(_, name)| name);
    let ticket = str::from_utf8(ticket.expose()).unwrap_or_default();
    json::answer(&json!({"ticket": ticket, "secondFactor": ways.collect::<Vec<_>>()}))
}

/// What the browser is.
fn program_of(headers: &HeaderMap) -> String {
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    program(user_agent.unwrap_or_default())
}

/// Somebody who comes in.
#[derive(Clone, Copy)]
pub(super) struct Entering<'a> {
    pub(super) desk: &'a Desk,
    pub(super) client: &'a Client,
    pub(super) asker: &'a Asker,
    /// What the browser has from before.
    pub(super) old: Option<&'a Page>,
}

impl Entering<'_> {
    /// By name and password.
    pub(super) async fn password(
        &self,
        headers: &HeaderMap,
        login: &str,
        password: &Secret,
        stay: Stay,
    ) -> Result<Entry, Denied> {
        let (program, peer) = (program_of(headers), self.client.peer());
        let attempt = PageAttempt { login, password, peer: &peer, program: &program, stay };
        let entry = self.desk.gate.page_logins().log_in(attempt).await?;
        if matches!(entry, Entry::In(_)) {
            self.end_old().await;
        }
        Ok(entry)
    }

    /// By a second factor, after the password.
    pub(super) async fn second_factor(
        &self,
        ticket: &Secret,
        answer: Answer<'_>,
    ) -> Result<NewSession, FactorDenied> {
        let (pages, peer) = (self.desk.gate.page_logins(), self.client.peer());
        let new = pages.second_factor(ticket, answer, &peer).await?;
        self.end_old().await;
        Ok(new)
    }

    /// By a passkey alone.
    async fn passkey(
        &self,
        headers: &HeaderMap,
        passkey: Passkey<'_>,
        stay: Stay,
    ) -> Result<NewSession, Denied> {
        let (pages, peer) = (self.desk.gate.page_logins(), self.client.peer());
        let new = pages.log_in_by_passkey(passkey, &peer, (&program_of(headers), stay)).await?;
        self.end_old().await;
        Ok(new)
    }

    /// What the browser had before ends: nobody goes on with a session that somebody else may have put there.
    async fn end_old(&self) {
        let Some(old) = self.old else { return };
        let ended = self.desk.gate.page_logins().end(old.account, EndOf::One(old.id)).await;
        // That it cannot be ended keeps nobody out.
        if let Err(fault) = ended {
            tracing::warn!(%fault, "a session of a page could not be ended");
        }
    }

    fn let_in(&self, new: NewSession) -> Response {
        let cookie = self.cookie(&new);
        let page = Page::of(self.desk, new.session);
        let mut answer = json::answer(&shown(&page));
        if let Some(field) = cookie {
            answer.headers_mut().append(header::SET_COOKIE, field);
        }
        answer
    }

    /// The cookie of a new session.
    pub(super) fn cookie(&self, new: &NewSession) -> Option<HeaderValue> {
        self.asker.is(&new.session.address);
        cookie::set_session(new.session.stay, self.client.security, &new.secret)
    }
}

/// Ends the session of a page. That there is none is no fault.
pub(super) async fn log_out(
    page: Option<Page>,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    guard::check(&Method::POST, &headers, &client, &desk.settings.hostname)?;
    out(&desk, &client, page.as_ref(), StatusCode::NO_CONTENT.into_response()).await
}

/// Ends a session; the browser hears of it with this answer.
pub(super) async fn out(
    desk: &Desk,
    client: &Client,
    page: Option<&Page>,
    mut answer: Response,
) -> Result<Response, Problem> {
    if let Some(page) = page {
        let ended = desk.gate.page_logins().end(page.account, EndOf::One(page.id)).await;
        ended.map_err(|fault| Problem::of_fault(&fault))?;
    }
    if let Some(field) = cookie::clear(Kind::Session, client.security) {
        answer.headers_mut().append(header::SET_COOKIE, field);
    }
    Ok(answer)
}

/// What a page asks whose user proves once more who they are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
enum Proven {
    Password(Typed),
    Code(String),
    Passkey(Value),
}

pub(super) async fn confirm(
    page: Option<Page>,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Result<Response, Problem> {
    let (Parts { headers, .. }, body) = request.into_parts();
    guard::check(&Method::POST, &headers, &client, &desk.settings.hostname)?;
    let page = page.ok_or_else(Problem::logged_out)?;
    let proven: Proven = json::read(&headers, body).await?;
    let party;
    let proof = match &proven {
        Proven::Password(password) => Proof::Password(&password.0),
        Proven::Code(code) => Proof::Code(code),
        Proven::Passkey(response) => {
            party = passkey::needed(&desk, &client)?;
            Proof::Passkey(Passkey { response, party: &party })
        }
    };
    let peer = client.peer();
    let confirmed = desk.gate.page_logins().confirm(&page.session, proof, &peer).await;
    confirmed.map_err(Problem::denied)?;
    Ok(json::answer(&json!({"fresh": true})))
}
