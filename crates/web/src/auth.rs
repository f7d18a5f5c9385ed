//! Pages and who is logged in to them: `/auth/*`. A page logs in with a password and has a cookie from then on (RFC 6265), which also lets
//! it use JMAP.

mod confirm_page;
pub(crate) mod cookie;
pub(crate) mod fields;
pub(crate) mod form;
pub(crate) mod guard;
pub(crate) mod html;
mod json;
mod login;
mod login_page;
pub(crate) mod next;
mod otpauth;
pub(crate) mod page;
mod passkey;
mod program;
mod security_page;
mod session;
mod settings;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use crate::answer::Asker;
use crate::client::Client;
use crate::site::Desk;

use self::page::Page;
pub(crate) use self::page::{Renewal, let_in as let_page_in};

/// Where everything is, below the base path.
pub(crate) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/auth/style.css", get(html::style))
        .route("/auth/login", get(login_page::show).post(log_in))
        .route("/auth/logout", post(log_out))
        .route("/auth/confirm", get(confirm_page::show).post(confirm))
        .route("/auth/session", get(session::own))
        .route("/auth/sessions", get(session::all))
        .route("/auth/passkey", post(passkey::options))
        .route("/auth/settings", get(settings::look).post(settings::change))
        .route("/auth/security", get(security_page::show).post(security_page::take))
        .route("/auth/sessions/end", post(session::end))
}

/// A page that has a script logs in with JSON, one that has none with a form.
async fn log_in(
    page: Option<Page>,
    desk: State<Arc<Desk>>,
    client: Extension<Client>,
    asker: Extension<Asker>,
    request: Request,
) -> Response {
    if form::is_form(request.headers()) {
        return login_page::take(desk, client, asker, request).await;
    }
    login::log_in(page, desk, client, asker, request).await.into_response()
}

/// The same for the end of it.
async fn log_out(
    page: Option<Page>,
    desk: State<Arc<Desk>>,
    client: Extension<Client>,
    request: Request,
) -> Response {
    if form::is_form(request.headers()) {
        return login_page::log_out(desk, client, request).await;
    }
    login::log_out(page, desk, client, request.headers().clone()).await.into_response()
}

/// The same for a proof.
async fn confirm(
    page: Option<Page>,
    desk: State<Arc<Desk>>,
    client: Extension<Client>,
    request: Request,
) -> Response {
    if form::is_form(request.headers()) {
        return confirm_page::take(desk, client, request).await;
    }
    login::confirm(page, desk, client, request).await.into_response()
}
