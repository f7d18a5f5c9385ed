//! The webmail: one page for all places in it (`/m/*`), and the files that the page is made of (`/assets/*`), as they were built from
//! `/web`. It is a client of JMAP like any other, and has no door of its own.

mod files;
mod missing;
mod worker;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};

use self::files::PAGE;
use crate::auth::guard;
use crate::auth::html::{Maker, see};
use crate::auth::next::Next;
use crate::auth::page::Page;
use crate::dav;
use crate::site::Desk;

/// Nothing but our own files, and no text becomes code: the page takes HTML through two policies alone, that of Svelte for its templates, and
/// that by which DOMPurify parses what it cleans for the composer (ADR 35). A third one knows the address of the service worker (ADR 44).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
                      frame-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types svelte-trusted-html correio-purify correio-worker";

/// How the files are named in the page; the path of the site comes in place of the dot.
const ASSETS: &str = "\"./assets/";

/// Where browsers without scripts go on.
const PLAIN_PAGES: &str = "\"./lite/\"";

/// The top: pages for people, and the way to the contacts for programs.
pub(crate) fn top() -> MethodRouter<Arc<Desk>> {
    get(front).fallback(dav::at_the_top)
}

/// Where everything is, below the base path.
pub(crate) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/", top())
        .route("/m", get(front))
        .route("/m/", get(show))
        .route("/m/worker.js", get(worker::script))
        .route("/m/{*place}", get(show))
        .route("/assets/{name}", get(files::file))
}

/// Leads to the mail; who is not logged in, to the login first.
async fn front(page: Option<Page>, State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    let mail = format!("{}/m/", desk.settings.base_path);
    if page.is_some() {
        return see(&mail);
    }
    to_login(&Maker::of(&desk, &headers), &headers, &mail)
}

/// The page, the same for every place.
async fn show(
    page: Option<Page>,
    State(desk): State<Arc<Desk>>,
    asked: Uri,
    headers: HeaderMap,
) -> Response {
    let maker = Maker::of(&desk, &headers);
    let Some(html) = PAGE else { return missing::page(&maker) };
    if page.is_none() {
        let place = asked.path_and_query().map_or("/m/", |place| place.as_str());
        return to_login(&maker, &headers, &format!("{}{place}", maker.base()));
    }
    let base = &desk.settings.base_path;
    let html = html
        .replace(ASSETS, &format!("\"{base}/assets/"))
        .replace(PLAIN_PAGES, &format!("\"{base}/lite/\""));
    let tag = format!("\"{}\"", blake3::hash(html.as_bytes()).to_hex());
    let is_known = files::is_known(&headers, &tag);
    let mut answer =
        if is_known { StatusCode::NOT_MODIFIED.into_response() } else { html.into_response() };
    let fields = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // It holds nothing of anybody; that it is asked for each time shows new versions and ended logins.
        (header::CACHE_CONTROL, "private, no-cache"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        fields.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        fields.insert(header::ETAG, tag);
    }
    answer
}

/// To the login, and from there to a place of the webmail.
fn to_login(maker: &Maker<'_>, headers: &HeaderMap, place: &str) -> Response {
    // From a page of another site a browser brings no cookie, whether it has one or not.
    if guard::is_from_elsewhere(headers) {
        return maker.again(place);
    }
    let next = Next::read(place).map(|next| format!("?next={}", next.encoded()));
    see(&format!("{}/auth/login{}", maker.base(), next.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::ASSETS;
    use super::files::{FILES, PAGE};

    #[test]
    fn the_page_names_only_files_that_are_embedded() {
        // Without Node nothing was built, and there is nothing to see.
        let Some(page) = PAGE else { return };
        let mut named = page.split(ASSETS).skip(1).filter_map(|rest| rest.split('"').next());
        assert!(named.clone().count() >= 2, "{page}");
        assert!(named.all(|name| FILES.iter().any(|file| file.name == name)), "{page}");
    }
}
