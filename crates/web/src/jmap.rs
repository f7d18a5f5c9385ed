//! JMAP over HTTP (RFC 8620): the session object, requests, binary data, and pushed changes.

mod api;
mod session;

use std::sync::Arc;

use ::jmap::server::{Context, Ports, User};
use axum::Router;
use axum::routing::{get, post};
use mailbox::{AccountId, Door, Who};

use crate::login::Visitor;
use crate::problem::Problem;
use crate::site::Desk;

/// Where everything is.
pub(crate) fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/jmap/session", get(session::session)).route("/jmap/api", post(api::api))
}

/// Where programs look first (RFC 8620, 2.2).
pub(crate) fn well_known() -> Router<Arc<Desk>> {
    Router::new().route("/.well-known/jmap", get(session::session))
}

/// What methods work on for somebody.
async fn context(desk: &Desk, visitor: &Visitor) -> Result<Context, Problem> {
    let login = &visitor.login;
    let who = Who { door: Door::Jmap, device: login.device.clone(), address: visitor.address };
    let account = desk.accounts.enter(AccountId(login.account), who).await;
    let account = account.map_err(|error| match error {
        mailbox::Error::Fault(fault) => Problem::of_fault(&fault),
        mailbox::Error::Refused(refused) => Problem::try_later(refused.to_string()),
    })?;
    let user = User { name: login.address.clone(), addresses: visitor.addresses.to_vec() };
    Ok(Context { account, user, ports: Ports { accounts: desk.accounts.clone() } })
}
