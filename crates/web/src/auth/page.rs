//! Who is logged in to a page: for all handlers that pages of ours use.

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use mailbox::AccountId;
use sasl::{Secret, Security};

use super::cookie::{self, Kind};
use super::guard;
use crate::answer::Asker;
use crate::client::Client;
use crate::limits::FRESH_S;
use crate::page_logins::{PageSession, Stay};
use crate::problem::Problem;
use crate::site::Desk;

/// Somebody who is logged in to a page, by a cookie. As an extractor it refuses who is not, and what pages of other sites ask;
/// `Option<Page>` is for what everybody may see.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) account: AccountId,
    /// The first address.
    pub(crate) address: String,
    /// The number of the session.
    pub(crate) id: u64,
    /// Whether the user proved within the last ten minutes to be its owner.
    pub(crate) fresh: bool,
    pub(crate) session: PageSession,
}

/// Where the time of a session began anew: the answer tells the browser so.
#[derive(Clone, Default)]
pub(crate) struct Renewal(Arc<OnceLock<HeaderValue>>);

impl Renewal {
    /// What the answer has to say.
    pub(crate) fn cookie(&self) -> Option<&HeaderValue> {
        self.0.get()
    }

    /// Takes note that it did.
    pub(crate) fn is(&self, stay: Stay, security: Security, secret: &Secret) {
        if let Some(cookie) = cookie::set_session(stay, security, secret) {
            drop(self.0.set(cookie));
        }
    }
}

impl Page {
    /// Of a session.
    pub(crate) fn of(desk: &Desk, session: PageSession) -> Page {
        let now = desk.ports.accounts.clock().now().0;
        let fresh = now.saturating_sub(session.proven_s) < FRESH_S;
        let (account, address, id) = (session.account, session.address.clone(), session.id);
        Page { account, address, id, fresh, session }
    }

    /// Refuses who did not prove lately to be the owner: before what decides who gets in.
    pub(crate) fn must_be_fresh(&self) -> Result<(), Problem> {
        if self.fresh {
            return Ok(());
        }
        let detail = "confirm first that it is you, with your password";
        Err(Problem::new(StatusCode::FORBIDDEN, detail).named("confirm"))
    }
}

/// The session that a cookie stands for, whoever asks.
pub(crate) async fn found(
    desk: &Desk,
    headers: &HeaderMap,
    client: &Client,
    renewal: Option<&Renewal>,
) -> Result<Option<Page>, Problem> {
    if client.security == Security::Clear {
        return Ok(None);
    }
    let Some(secret) = cookie::read(headers, Kind::Session, client.security) else {
        return Ok(None);
    };
    let found = desk.gate.page_logins().session(&secret).await;
    let Some(found) = found.map_err(|fault| Problem::of_fault(&fault))? else { return Ok(None) };
    if let (true, Some(renewal)) = (found.renewed, renewal) {
        renewal.is(found.session.stay, client.security, &secret);
    }
    Ok(Some(Page::of(desk, found.session)))
}

async fn asking(parts: &Parts, desk: &Desk) -> Result<Option<Page>, Problem> {
    let Some(client) = parts.extensions.get::<Client>() else {
        return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no client"));
    };
    let page = found(desk, &parts.headers, client, parts.extensions.get()).await?;
    if let (Some(page), Some(asker)) = (&page, parts.extensions.get::<Asker>()) {
        asker.is(&page.address);
    }
    Ok(page)
}

/// Lets a page of ours ask for what programs ask for, too, if it is logged in: refuses what pages of other sites ask with its cookie, and
/// a session that is over. Whoever has no cookie may show something else.
pub(crate) async fn let_in(parts: &Parts, desk: &Desk) -> Result<(), Problem> {
    let Some(client) = parts.extensions.get::<Client>() else { return Ok(()) };
    if cookie::read(&parts.headers, Kind::Session, client.security).is_none() {
        return Ok(());
    }
    guard::check(&parts.method, &parts.headers, client, &desk.settings.hostname)?;
    match found(desk, &parts.headers, client, parts.extensions.get()).await? {
        Some(_) => Ok(()),
        None if client.security == Security::Clear => Err(Problem::in_the_clear()),
        None => Err(Problem::logged_out()),
    }
}

impl FromRequestParts<Arc<Desk>> for Page {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Page, Response> {
        if let Some(client) = parts.extensions.get::<Client>() {
            let hostname = &desk.settings.hostname;
            let checked = guard::check(&parts.method, &parts.headers, client, hostname);
            checked.map_err(|problem| problem.into_response())?;
        }
        match asking(parts, desk).await {
            Ok(Some(page)) => Ok(page),
            Ok(None) => Err(Problem::logged_out().into_response()),
            Err(problem) => Err(problem.into_response()),
        }
    }
}

/// For pages that are shown. What changes something takes a [`Page`], or a [`super::Form`].
impl OptionalFromRequestParts<Arc<Desk>> for Page {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        desk: &Arc<Desk>,
    ) -> Result<Option<Page>, Response> {
        asking(parts, desk).await.map_err(|problem| problem.into_response())
    }
}
