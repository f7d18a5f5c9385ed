//! What all pages of logins have in common: no scripts, a style of their own, light or dark as the browser likes it.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::passkey;
use super::words::Words;
use crate::language::Language;
use crate::problem::Problem;
use crate::setup::xml::text;
use crate::site::Desk;

const STYLE: &str = concat!(include_str!("../colours.css"), include_str!("style.css"));

/// Only the style of ours, and forms that lead back to us.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) async fn style() -> Response {
    let mut answer = STYLE.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    answer
}

/// What a page is made with.
#[derive(Clone, Copy)]
pub(crate) struct Maker<'d> {
    pub(crate) desk: &'d Desk,
    pub(crate) words: &'static Words,
    pub(crate) language: Language,
}

impl<'d> Maker<'d> {
    /// For whoever sent these.
    pub(crate) fn of(desk: &'d Desk, headers: &HeaderMap) -> Maker<'d> {
        let language = Language::of(headers);
        Maker { desk, words: Words::of(language), language }
    }

    /// What stands before all paths.
    pub(crate) fn base(&self) -> &'d str {
        &self.desk.settings.base_path
    }

    /// A page with a title and what stands in it, which is HTML.
    pub(crate) fn page(&self, status: StatusCode, title: &str, body: &str) -> Response {
        self.with_head(status, title, ("", ""), body)
    }

    /// The same with the script for passkeys, and a class for all that stands in it.
    pub(crate) fn passkey_page(
        &self,
        status: StatusCode,
        title: &str,
        class: &str,
        body: &str,
    ) -> Response {
        let class = match class {
            "" => String::new(),
            class => format!(" class=\"{class}\""),
        };
        let body = format!("{body}{}", passkey::script(self.base()));
        let mut answer = self.with_head(status, title, ("", &class), &body);
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, passkey::policy());
        answer
    }

    /// Leads to the login, and from there back to a path below the base path.
    pub(crate) fn log_in_first(&self, path: &str) -> Response {
        let base = self.base();
        see(&format!("{base}/auth/login?next={base}{path}"))
    }

    fn with_head(
        &self,
        status: StatusCode,
        title: &str,
        (head, class): (&str, &str),
        body: &str,
    ) -> Response {
        let (tag, base, title) = (self.words.tag, self.base(), text(title));
        let (at, hostname) = (self.words.mail_at, text(&self.desk.settings.hostname));
        let html = format!(
            "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} – {hostname}</title>\n\
             <link rel=\"stylesheet\" href=\"{base}/auth/style.css\">\n{head}</head>\n<body>\n<main{class}>\n\
             <header>\n<p>{at} <strong>{hostname}</strong></p>\n<h1>{title}</h1>\n</header>\n{body}</main>\n</body>\n</html>\n"
        );
        let mut answer = (status, html).into_response();
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
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110, 15.5.2. A browser does not ask its user for this one.
            let challenge = HeaderValue::from_static("Bearer realm=\"mail\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        answer
    }

    /// A page that has the browser ask the same again: from a page of ours, so that it sends the cookie along.
    pub(crate) fn again(&self, address: &str) -> Response {
        let address = text(address);
        let head = format!("<meta http-equiv=\"refresh\" content=\"0; url={address}\">\n");
        let words = self.words.go_on;
        let body = format!("<p><a href=\"{address}\">{words}</a></p>\n");
        self.with_head(StatusCode::OK, self.words.log_in, (&head, ""), &body)
    }

    /// What did not work.
    pub(crate) fn problem(&self, problem: &Problem) -> Response {
        let said = match problem.name() {
            Some("form") => self.words.old_form.to_owned(),
            Some(_) | None => problem.detail().to_owned(),
        };
        let (said, base, again) = (text(&said), self.base(), self.words.log_in);
        let body = format!(
            "<section>\n<p role=\"alert\">{said}</p>\n<p><a href=\"{base}/auth/login\">{again}</a></p>\n</section>\n"
        );
        self.page(problem.status(), self.words.not_done, &body)
    }
}

/// Leads to another path.
pub(crate) fn see(path: &str) -> Response {
    let mut answer = StatusCode::SEE_OTHER.into_response();
    if let Ok(path) = HeaderValue::from_str(path) {
        answer.headers_mut().insert(header::LOCATION, path);
    }
    answer
}
