//! Forms of pages that run no script. They carry a token of the page that they stood on, bound to the cookie of the browser, and come
//! from a page of ours by what the browser says; what another site's page sends has neither.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sasl::{Secret, Security};

use super::cookie::{self, Kind};
use super::fields::Fields;
use super::guard;
use super::page::{Page, found};
use crate::answer::Asker;
use crate::client::Client;
use crate::incoming::{Incoming, is_of_type};
use crate::limits::FORM_OCTETS_MAX;
use crate::problem::Problem;
use crate::site::Desk;

/// The field of a form that holds its token.
pub(crate) const TOKEN: &str = "token";

/// A form that was sent from a page of ours.
pub(crate) struct Form {
    /// Who is logged in there, if anybody is.
    pub(crate) page: Option<Page>,
    pub(crate) fields: Fields,
}

/// The token for the forms of a browser, by the secret of its cookie.
pub(crate) fn form_token(desk: &Desk, cookie: &Secret) -> String {
    let mut hasher = blake3::Hasher::new_keyed(&desk.settings.key);
    hasher.update(b"form ");
    hasher.update(cookie.expose());
    URL_SAFE_NO_PAD.encode(hasher.finalize().as_bytes())
}

/// Whether the body is said to be a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    is_of_type(headers, "application/x-www-form-urlencoded")
}

impl Form {
    pub(crate) async fn read(request: Request, desk: &Desk) -> Result<Form, Problem> {
        Form::read_up_to(request, desk, FORM_OCTETS_MAX).await
    }

    /// The same for one that holds more than a few words.
    pub(crate) async fn read_up_to(
        request: Request,
        desk: &Desk,
        octets_max: u64,
    ) -> Result<Form, Problem> {
        let (parts, body) = request.into_parts();
        let Some(client) = parts.extensions.get::<Client>() else {
            return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no client"));
        };
        if client.security == Security::Clear {
            return Err(Problem::in_the_clear());
        }
        guard::check_form(&parts.headers, client, &desk.settings.hostname)?;
        if !is_form(&parts.headers) {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "expected a form"));
        }
        let fields = fields(body, octets_max).await?;
        let page = found(desk, &parts.headers, client, parts.extensions.get()).await?;
        // It may have been shown before its user logged in, in another window.
        let cookie = |kind| cookie::read(&parts.headers, kind, client.security);
        let session = cookie(Kind::Session).filter(|_| page.is_some());
        let mut cookies = session.into_iter().chain(cookie(Kind::Form));
        let given = fields.text(TOKEN).as_bytes();
        let is_ours = |cookie: Secret| Secret::new(form_token(desk, &cookie)).equals(given);
        if !cookies.any(is_ours) {
            let detail =
                "this form is too old, or your browser keeps no cookies; open the page again";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail).named("form"));
        }
        if let (Some(page), Some(asker)) = (&page, parts.extensions.get::<Asker>()) {
            asker.is(&page.address);
        }
        Ok(Form { page, fields })
    }
}

async fn fields(body: Body, octets_max: u64) -> Result<Fields, Problem> {
    let octets = Incoming::plain(body, octets_max).whole().await?;
    // Wiped when it goes.
    let octets = Secret::new(octets);
    Fields::read(octets.expose())
        .ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "the form cannot be read"))
}
