//! The pages that ask people whether a program may begin. They run no script, and show what a program says of itself as text.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use url::Url;

use super::owner::Owner;
use super::program::Program;
use super::words::Words;
use super::{activate, authorize};
use crate::auth::form::TOKEN;
use crate::auth::html::Maker;
use crate::setup::xml::text;

/// What is said above a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// No device waits with the code.
    WrongCode,
    /// Too many codes were wrong.
    TooManyCodes,
}

impl Said {
    fn of(self, words: &Words) -> &'static str {
        match self {
            Said::WrongCode => words.code_wrong,
            Said::TooManyCodes => words.code_too_many,
        }
    }

    pub(super) fn status(self) -> StatusCode {
        match self {
            Said::TooManyCodes => StatusCode::TOO_MANY_REQUESTS,
            Said::WrongCode => StatusCode::BAD_REQUEST,
        }
    }
}

/// What asks to be let in.
pub(super) enum Asking<'a> {
    /// A program, by the browser: where the code goes, and the query that it asks with.
    Program { redirect: &'a Url, query: &'a str },
    /// A device that shows this code.
    Device { code: &'a str },
}

/// Asks whether a program may begin.
pub(super) fn consent(
    maker: &Maker<'_>,
    owner: &Owner,
    program: &Program,
    asking: &Asking<'_>,
) -> Response {
    let words = Words::of(maker.language);
    let (base, name) = (maker.base(), text(&program.name));
    let (path, field, hidden) = match asking {
        Asking::Program { query, .. } => (authorize::PATH, "query", *query),
        Asking::Device { code } => (activate::PATH, "user_code", *code),
    };
    let place = match asking {
        Asking::Program { redirect, .. } => place(words, redirect),
        Asking::Device { code } => {
            format!("{} <strong class=\"code\">{}</strong>", words.compare, text(&grouped(code)))
        }
    };
    let body = format!(
        "<form class=\"card\" method=\"post\" action=\"{base}{path}\">\n\
         <p><strong>{name}</strong> {} <strong>{}</strong>:</p>\n\
         <ul>\n<li>{}</li>\n<li>{}</li>\n<li>{}</li>\n</ul>\n<p>{}</p>\n<p>{place}</p>\n<p class=\"soft\">{}</p>\n\
         <input type=\"hidden\" name=\"{TOKEN}\" value=\"{}\">\n<input type=\"hidden\" name=\"{field}\" value=\"{}\">\n\
         <div class=\"row\">\n<button type=\"submit\" name=\"decision\" value=\"allow\">{}</button>\n\
         <button type=\"submit\" name=\"decision\" value=\"deny\" class=\"other\">{}</button>\n</div>\n</form>\n",
        words.asks,
        text(&owner.page.address),
        words.may_read,
        words.may_change,
        words.may_send,
        words.may_not,
        words.only_if,
        text(&owner.token),
        text(hidden),
        words.allow,
        words.deny,
    );
    let mut answer = maker.page(StatusCode::OK, words.title, &body);
    if let Asking::Program { redirect, .. } = asking {
        lead_to(&mut answer, redirect);
    }
    answer
}

/// Where the code goes: the name of a program is what it says itself, and this is what shows whether to believe it.
fn place(words: &Words, redirect: &Url) -> String {
    match (redirect.scheme(), redirect.host()) {
        ("https", Some(host)) => {
            format!("{} <strong>{}</strong>.", words.goes_to, text(&host.to_string()))
        }
        ("http", Some(_)) => words.goes_here.to_owned(),
        (scheme, _) => format!("{} <strong>{}</strong>.", words.goes_to_app, text(scheme)),
    }
}

/// Has the browser follow the answer to the form: it holds the policy against where that leads, too.
fn lead_to(answer: &mut Response, redirect: &Url) {
    let there = match redirect.origin() {
        origin @ url::Origin::Tuple(..) => origin.ascii_serialization(),
        url::Origin::Opaque(_) => format!("{}:", redirect.scheme()),
    };
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self' {there}; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Asks for the code that a device shows.
pub(super) fn code(maker: &Maker<'_>, owner: &Owner, typed: &str, said: Option<Said>) -> Response {
    let words = Words::of(maker.language);
    let typed: String = typed.chars().take(32).collect();
    let body = format!(
        "<form class=\"card\" method=\"post\" action=\"{}{}\">\n{}<p>{} <strong>{}</strong>.</p>\n\
         <input type=\"hidden\" name=\"{TOKEN}\" value=\"{}\">\n<label for=\"user_code\">{}</label>\n\
         <input id=\"user_code\" name=\"user_code\" value=\"{}\" required autofocus autocomplete=\"off\" \
         autocapitalize=\"characters\" spellcheck=\"false\" maxlength=\"32\" placeholder=\"BCDF-GHJK\">\n\
         <button type=\"submit\">{}</button>\n</form>\n",
        maker.base(),
        activate::PATH,
        alert(words, said),
        words.logged_in,
        text(&owner.page.address),
        text(&owner.token),
        words.code_label,
        text(&typed),
        words.go_on,
    );
    maker.page(said.map_or(StatusCode::OK, Said::status), words.code_title, &body)
}

/// Says what became of a device.
pub(super) fn decided(maker: &Maker<'_>, is_allowed: bool) -> Response {
    let words = Words::of(maker.language);
    let said = if is_allowed { words.code_allowed } else { words.code_denied };
    let body = format!("<section>\n<p role=\"status\">{said}</p>\n</section>\n");
    maker.page(StatusCode::OK, words.code_title, &body)
}

/// Says what is wrong with what a program asked.
pub(super) fn wrong(maker: &Maker<'_>, why: &str) -> Response {
    let words = Words::of(maker.language);
    let body = format!(
        "<section>\n<p>{}</p>\n<p role=\"alert\" lang=\"en\">{}</p>\n</section>\n",
        words.wrong_how,
        text(why)
    );
    maker.page(StatusCode::BAD_REQUEST, words.wrong_title, &body)
}

fn alert(words: &Words, said: Option<Said>) -> String {
    said.map_or_else(String::new, |said| format!("<p role=\"alert\">{}</p>\n", said.of(words)))
}

/// A code in two halves, as the device shows it.
fn grouped(code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphanumeric);
    let letters: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
    match letters.split_at_checked(4) {
        Some((one, other)) => format!("{one}-{other}"),
        None => letters,
    }
}
