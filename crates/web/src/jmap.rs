//! JMAP over HTTP (RFC 8620): the session object, requests, binary data, and pushed changes.

mod api;
pub(crate) use self::api::run;
pub(crate) mod download;
mod events;
mod export;
mod session;
mod socket;
pub(crate) mod states;
mod upload;

use std::sync::Arc;

use ::jmap::MethodError;
use ::jmap::server::{Context, User};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use mailbox::{Account, AccountId, Door, Who};

use crate::login::Visitor;
use crate::problem::Problem;
use crate::site::Desk;

/// Where everything is.
pub(crate) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/jmap/session", get(session::session))
        .route("/jmap/api", post(api::api))
        .route("/jmap/eventsource", get(events::events))
        .route("/jmap/ws", get(socket::socket))
        .route("/jmap/upload/{account}", post(upload::upload))
        .route("/jmap/upload/{account}/", post(upload::upload))
        .route("/jmap/download/{account}/{blob}/{name}", get(download::download))
        .route("/jmap/export/{account}/{name}", get(export::export))
}

/// Where programs look first (RFC 8620, 2.2).
pub(crate) fn well_known() -> Router<Arc<Desk>> {
    Router::new().route("/.well-known/jmap", get(session::session))
}

/// The account of somebody.
async fn enter(desk: &Desk, visitor: &Visitor) -> Result<Account, Problem> {
    let login = &visitor.login;
    let who = Who { device: login.device.clone(), address: visitor.address, ..Who::at(Door::Jmap) };
    let account = desk.ports.accounts.enter(AccountId(login.account), who).await;
    account.map_err(|error| not_done(&error))
}

pub(crate) fn not_done(error: &mailbox::Error) -> Problem {
    match error {
        mailbox::Error::Fault(fault) => Problem::of_fault(fault),
        mailbox::Error::Refused(refused) => Problem::try_later(refused.to_string()),
    }
}

/// What methods work on for somebody.
pub(crate) async fn context(desk: &Desk, visitor: &Visitor) -> Result<Context, Problem> {
    let account = enter(desk, visitor).await?;
    let user = User {
        name: visitor.login.address.clone(),
        addresses: visitor.addresses.to_vec(),
        credential: visitor.login.credential.to_string(),
        language: visitor.language.in_jmap(),
    };
    Ok(Context { account, user, ports: desk.ports.clone() })
}

/// What failed outside of a call, as a call would say it. It is in the log already.
pub(crate) fn of_method(error: &MethodError) -> Problem {
    if let MethodError::RequestTooLarge { description } = error {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, description.clone());
    }
    if *error == MethodError::ServerUnavailable {
        return Problem::try_later("the mail store cannot answer at the moment");
    }
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "it cannot be done")
}
