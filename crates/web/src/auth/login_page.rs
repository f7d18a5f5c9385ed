//! The page on which people log in: a form, and no script.

use std::sync::Arc;

use axum::extract::{Extension, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sasl::{Denied, Secret, Security};

use super::cookie::{self, Kind};
use super::form::{Form, TOKEN, form_token};
use super::html::{Maker, see};
use super::next::Next;
use super::page::Page;
use super::{guard, login};
use crate::answer::Asker;
use crate::client::Client;
use crate::problem::Problem;
use crate::query;
use crate::setup::xml::text;
use crate::site::Desk;

/// Shows the form. Who is logged in goes on at once.
pub(super) async fn show(
    page: Option<Page>,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    RawQuery(asked): RawQuery,
    headers: HeaderMap,
) -> Response {
    let maker = Maker::of(&desk, &headers);
    let next = query::value(asked.as_deref(), "next").and_then(|next| Next::read(&next));
    if page.is_some() {
        return see(leads_to(&desk, next.as_ref()));
    }
    // From a page of another site a browser brings no cookie, whether it has one or not.
    if guard::is_from_elsewhere(&headers) {
        let next = next.map(|next| format!("?next={}", next.encoded())).unwrap_or_default();
        return maker.again(&format!("{}/auth/login{next}", maker.base()));
    }
    let page = LoginForm { next: next.as_ref(), login: "", said: None };
    page.show(&maker, &client, &headers, StatusCode::OK)
}

/// Takes the form.
pub(super) async fn take(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let maker = Maker::of(&desk, &headers);
    let form = match Form::read(request, &desk).await {
        Ok(form) => form,
        Err(problem) => return maker.problem(&problem),
    };
    let fields = &form.fields;
    let next = Next::read(fields.text("next"));
    let (login, none) = (fields.text("login"), Secret::new(Vec::new()));
    let password = fields.secret("password").unwrap_or(&none);
    if client.security == Security::Clear {
        return maker.problem(&Problem::in_the_clear());
    }
    match login::enter(&desk, &client, &headers, (login, password), form.page.as_ref()).await {
        Ok(new) => {
            asker.is(&new.session.address);
            let mut answer = see(leads_to(&desk, next.as_ref()));
            let set = cookie::set(Kind::Session, client.security, &new.secret);
            let cookies = [set, cookie::clear(Kind::Form, client.security)];
            for cookie in cookies.into_iter().flatten() {
                answer.headers_mut().append(header::SET_COOKIE, cookie);
            }
            answer
        }
        Err(denied) => {
            let page = LoginForm { next: next.as_ref(), login, said: Some(denied) };
            let status = Problem::denied(denied).status();
            page.show(&maker, &client, &headers, status)
        }
    }
}

fn leads_to<'a>(desk: &'a Desk, next: Option<&'a Next>) -> &'a str {
    match (next, desk.settings.base_path.as_str()) {
        (Some(next), _) => next.as_str(),
        (None, "") => "/",
        (None, base) => base,
    }
}

/// The form as it is shown.
struct LoginForm<'a> {
    next: Option<&'a Next>,
    /// What was typed before.
    login: &'a str,
    /// Why that did not work.
    said: Option<Denied>,
}

impl LoginForm<'_> {
    fn show(
        &self,
        maker: &Maker<'_>,
        client: &Client,
        headers: &HeaderMap,
        status: StatusCode,
    ) -> Response {
        let desk = maker.desk;
        let (secret, is_new) = match cookie::read(headers, Kind::Form, client.security) {
            Some(secret) => (secret, false),
            None => match desk.ports.fresh.name() {
                Ok(name) => (Secret::new(name.into_bytes()), true),
                Err(fault) => return Problem::of_fault(&fault).into_response(),
            },
        };
        let html = self.html(maker, &form_token(desk, &secret));
        let mut answer = maker.page(status, maker.words.log_in, &html);
        if let Some(cookie) = cookie::set(Kind::Form, client.security, &secret).filter(|_| is_new) {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
        answer
    }

    fn html(&self, maker: &Maker<'_>, token: &str) -> String {
        let words = maker.words;
        let said = self.said.map(|denied| match denied {
            Denied::Wrong => words.wrong,
            Denied::TooMany { .. } => words.too_many,
            Denied::Disabled | Denied::NotForThisDoor => words.disabled,
            Denied::Unavailable => words.unavailable,
        });
        let said = said.map(|said| format!("<p role=\"alert\">{said}</p>\n")).unwrap_or_default();
        let next = self.next.map(|next| {
            format!("<input type=\"hidden\" name=\"next\" value=\"{}\">\n", text(next.as_str()))
        });
        let (base, next, login) = (maker.base(), next.unwrap_or_default(), text(self.login));
        // Whoever has typed the address once goes on with the password.
        let (first, second) =
            if self.login.is_empty() { (" autofocus", "") } else { ("", " autofocus") };
        format!(
            "<form class=\"card\" method=\"post\" action=\"{base}/auth/login\">\n{said}\
             <input type=\"hidden\" name=\"{TOKEN}\" value=\"{token}\">\n{next}\
             <label for=\"login\">{}</label>\n\
             <input id=\"login\" name=\"login\" value=\"{login}\" required maxlength=\"1024\" autocomplete=\"username\" \
             inputmode=\"email\" autocapitalize=\"none\" spellcheck=\"false\"{first}>\n\
             <label for=\"password\">{}</label>\n\
             <input id=\"password\" name=\"password\" type=\"password\" required maxlength=\"1024\" \
             autocomplete=\"current-password\"{second}>\n\
             <button type=\"submit\">{}</button>\n</form>\n",
            words.address, words.password, words.log_in
        )
    }
}
