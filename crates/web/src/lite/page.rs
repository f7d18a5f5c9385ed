//! What all plain pages have in common: no scripts, a style of ours, frames and forms that lead to us alone.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};

use super::folders::Folders;
use super::reader::Reader;
use crate::auth::form::TOKEN;
use crate::problem::Problem;

const STYLE: &str = concat!(include_str!("../colours.css"), include_str!("style.css"));

/// Our style, bodies and pictures that we serve, and forms that lead back to us.
const POLICY: &str = "default-src 'none'; style-src 'self'; frame-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

pub(super) async fn style() -> Response {
    let mut answer = STYLE.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    answer
}

/// A page about something.
pub(super) struct Page<'p> {
    pub(super) title: &'p str,
    /// None: the folders could not be asked for.
    pub(super) folders: Option<&'p Folders>,
    /// The mailbox that is open.
    pub(super) open: Option<&'p str>,
    /// What was looked for.
    pub(super) sought: &'p str,
    pub(super) status: StatusCode,
}

impl Page<'_> {
    /// The page with this in it.
    pub(super) fn with(&self, reader: &Reader, main: &Markup) -> Response {
        let (base, words) = (reader.base(), reader.words);
        let hostname = &reader.desk.settings.hostname;
        let markup = html! {
            (DOCTYPE)
            html lang=(words.tag) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) " – " (hostname) }
                    link rel="stylesheet" href={ (base) "/lite/style.css" };
                }
                body {
                    a.skip href="#main" { (words.skip) }
                    header {
                        p.who { (reader.address) }
                        a.write href={ (base) "/lite/write" } { (words.write) }
                        form.find role="search" method="get" action={ (base) "/lite/search" } {
                            label.only-heard for="q" { (words.search) }
                            input id="q" type="search" name="q" value=(self.sought) maxlength="500";
                            button type="submit" { (words.search) }
                        }
                    }
                    div.columns {
                        @if let Some(folders) = self.folders { (folders.navigation(reader, self.open)) }
                        main id="main" { (main) }
                    }
                    footer {
                        p { a href={ (base) "/auth/security" } { (words.security) } }
                        form method="post" action={ (base) "/auth/logout" } {
                            (token(reader))
                            button.quiet type="submit" { (words.log_out) }
                        }
                    }
                }
            }
        };
        let mut answer = (self.status, markup.into_string()).into_response();
        let headers = answer.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            // Without it a browser does not say where a form comes from.
            (header::REFERRER_POLICY, "same-origin"),
            (header::VARY, "accept-language, cookie"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        answer
    }
}

/// The field that forms of ours carry.
pub(super) fn token(reader: &Reader) -> Markup {
    html! { input type="hidden" name=(TOKEN) value=(reader.token); }
}

/// A page that says what did not work.
pub(super) fn problem(reader: &Reader, problem: &Problem) -> Response {
    let words = reader.words;
    let is_english = problem.status() != StatusCode::NOT_FOUND;
    let said = if is_english { problem.detail() } else { words.not_there };
    let main = html! {
        h1 { (words.not_done) }
        p role="alert" lang=[is_english.then_some("en")] { (said) }
        p { a href={ (reader.base()) "/lite/" } { (words.to_inbox) } }
    };
    let title = words.not_done;
    let page = Page { title, folders: None, open: None, sought: "", status: problem.status() };
    page.with(reader, &main)
}
