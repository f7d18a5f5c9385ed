//! The page on which people log in: a form, and no script.

use std::sync::Arc;

use axum::extract::{Extension, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sasl::{Denied, Secret};

use super::cookie::{self, Kind};
use super::form::{Form, TOKEN, form_token};
use super::guard;
use super::html::{Maker, see};
use super::login::Entering;
use super::next::Next;
use super::page::Page;
use super::passkey::{part, relying_party};
use super::settings::words as said_by;
use super::words::Words;
use crate::answer::Asker;
use crate::client::Client;
use crate::page_logins::{Answer, Entry, FactorDenied, NewSession, Stay};
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
        return see(&leads_to(&maker, next.as_ref()));
    }
    // From a page of another site a browser brings no cookie, whether it has one or not.
    if guard::is_from_elsewhere(&headers) {
        let next = next.map(|next| format!("?next={}", next.encoded())).unwrap_or_default();
        return maker.again(&format!("{}/auth/login{next}", maker.base()));
    }
    let shows = Shows::Password { login: "", stay: Stay::Long, said: None };
    let page = LoginForm { next: next.as_ref(), shows };
    page.show(&maker, &client, &headers, StatusCode::OK)
}

/// Takes the form: name and password, or the second factor after them.
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
    let entering =
        Entering { desk: &desk, client: &client, asker: &asker, old: form.page.as_ref() };
    let show = |shows: Shows<'_>, status| {
        LoginForm { next: next.as_ref(), shows }.show(&maker, &client, &headers, status)
    };
    if let Some(ticket) = fields.secret("ticket") {
        return match entering.second_factor(ticket, Answer::Code(fields.text("code"))).await {
            Ok(new) => let_in(&maker, &entering, &new, next.as_ref()),
            Err(FactorDenied { denied, again: true }) => {
                let shows = Shows::Code { ticket, said: Some(denied) };
                show(shows, Problem::denied(denied).status())
            }
            Err(FactorDenied { denied, again: false }) => {
                let shows = Shows::Password {
                    login: "",
                    stay: Stay::Long,
                    said: Some(Said::Ticket(denied)),
                };
                show(shows, Problem::denied(denied).status())
            }
        };
    }
    let (login, none) = (fields.text("login"), Secret::new(Vec::new()));
    let password = fields.secret("password").unwrap_or(&none);
    let stay = if fields.text("stay") == "brief" { Stay::Brief } else { Stay::Long };
    match entering.password(&headers, login, password, stay).await {
        Ok(Entry::In(new)) => let_in(&maker, &entering, &new, next.as_ref()),
        Ok(Entry::SecondFactor { ticket, .. }) => {
            show(Shows::Code { ticket: &ticket, said: None }, StatusCode::OK)
        }
        Err(denied) => {
            let shows = Shows::Password { login, stay, said: Some(Said::Password(denied)) };
            show(shows, Problem::denied(denied).status())
        }
    }
}

/// Takes the form by which a page that has no script logs out.
pub(super) async fn log_out(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Response {
    let maker = Maker::of(&desk, request.headers());
    let out = async {
        let form = Form::read(request, &desk).await?;
        let login = see(&format!("{}/auth/login", maker.base()));
        let mut out = super::login::out(&desk, &client, form.page.as_ref(), login).await?;
        // What the webmail keeps in this browser goes as well; where it logs out itself, it empties that (W3C, Clear Site Data).
        let everything = HeaderValue::from_static("\"storage\"");
        out.headers_mut().insert(HeaderName::from_static("clear-site-data"), everything);
        Ok(out)
    };
    out.await.unwrap_or_else(|problem| maker.problem(&problem))
}

fn let_in(
    maker: &Maker<'_>,
    entering: &Entering<'_>,
    new: &NewSession,
    next: Option<&Next>,
) -> Response {
    let mut answer = see(&leads_to(maker, next));
    let clear = cookie::clear(Kind::Form, entering.client.security);
    for cookie in [entering.cookie(new), clear].into_iter().flatten() {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

/// Where somebody who is in goes on.
fn leads_to(maker: &Maker<'_>, next: Option<&Next>) -> String {
    let mail = || format!("{}/m/", maker.base());
    next.map_or_else(mail, |next| next.as_str().to_owned())
}

/// The form as it is shown.
struct LoginForm<'a> {
    next: Option<&'a Next>,
    shows: Shows<'a>,
}

/// What it asks for, and why what was typed before did not work.
#[derive(Clone, Copy)]
enum Shows<'a> {
    Password {
        /// What was typed before.
        login: &'a str,
        stay: Stay,
        said: Option<Said>,
    },
    Code {
        ticket: &'a Secret,
        said: Option<Denied>,
    },
}

#[derive(Clone, Copy)]
enum Said {
    Password(Denied),
    /// Of a login that cannot go on.
    Ticket(Denied),
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
        let mut html = self.html(maker, &form_token(desk, &secret));
        let offers = relying_party(client, &desk.settings.hostname).is_some();
        if offers {
            let next = leads_to(maker, self.next);
            html.push_str(&match self.shows {
                Shows::Password { .. } => part(maker, "login", maker.words.by_passkey, (&next, "")),
                Shows::Code { ticket, .. } => {
                    part(maker, "factor", maker.words.by_passkey, (&next, said_by(ticket)))
                }
            });
        }
        if let Shows::Password { .. } = self.shows {
            let (base, set_up) = (maker.base(), maker.words.set_up);
            html.push_str(&format!(
                "<p class=\"hint\"><a href=\"{base}/setup\">{set_up}</a></p>\n"
            ));
        }
        let title = match self.shows {
            Shows::Password { .. } => maker.words.log_in,
            Shows::Code { .. } => maker.words.second_factor,
        };
        let mut answer = match offers {
            true => maker.passkey_page(status, title, "", &html),
            false => maker.page(status, title, &html),
        };
        if let Some(cookie) = cookie::set_form(client.security, &secret).filter(|_| is_new) {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
        answer
    }

    fn html(&self, maker: &Maker<'_>, token: &str) -> String {
        let (words, base) = (maker.words, maker.base());
        let next = self.next.map(|next| {
            format!("<input type=\"hidden\" name=\"next\" value=\"{}\">\n", text(next.as_str()))
        });
        let next = next.unwrap_or_default();
        let inside = match self.shows {
            Shows::Password { login, stay, said } => password_fields(words, login, stay, said),
            Shows::Code { ticket, said } => code_fields(words, ticket, said),
        };
        format!(
            "<form class=\"card\" method=\"post\" action=\"{base}/auth/login\">\n\
             <input type=\"hidden\" name=\"{TOKEN}\" value=\"{token}\">\n{next}{inside}</form>\n"
        )
    }
}

fn password_fields(words: &Words, login: &str, stay: Stay, said: Option<Said>) -> String {
    let said = said.map(|said| match said {
        Said::Password(denied) => alert(words.denied(denied, words.wrong)),
        Said::Ticket(denied) => alert(words.denied(denied, words.over)),
    });
    // Whoever has typed the address once goes on with the password.
    let (first, second) = if login.is_empty() { (" autofocus", "") } else { ("", " autofocus") };
    let (said, login) = (said.unwrap_or_default(), text(login));
    let checked = if stay == Stay::Brief { " checked" } else { "" };
    format!(
        "{said}<label for=\"login\">{}</label>\n\
         <input id=\"login\" name=\"login\" value=\"{login}\" required maxlength=\"1024\" autocomplete=\"username\" \
         inputmode=\"email\" autocapitalize=\"none\" spellcheck=\"false\"{first}>\n\
         <label for=\"password\">{}</label>\n\
         <input id=\"password\" name=\"password\" type=\"password\" required maxlength=\"1024\" \
         autocomplete=\"current-password\"{second}>\n\
         <label class=\"check\"><input type=\"checkbox\" name=\"stay\" value=\"brief\"{checked}>\n\
         <span>{}<small>{}</small></span></label>\n\
         <button type=\"submit\">{}</button>\n",
        words.address, words.password, words.brief, words.brief_how, words.log_in
    )
}

fn code_fields(words: &Words, ticket: &Secret, said: Option<Denied>) -> String {
    let said = said.map(|denied| alert(words.denied(denied, words.wrong_code)));
    // It is one of ours: letters, digits, - and _.
    let ticket = str::from_utf8(ticket.expose()).unwrap_or_default();
    let (said, ticket) = (said.unwrap_or_default(), text(ticket));
    format!(
        "{said}<input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\n\
         <label for=\"code\">{}</label>\n\
         <input id=\"code\" name=\"code\" required maxlength=\"64\" autocomplete=\"one-time-code\" autocapitalize=\"none\" \
         spellcheck=\"false\" autofocus>\n\
         <p class=\"hint\">{}</p>\n\
         <button type=\"submit\">{}</button>\n",
        words.code, words.code_hint, words.log_in
    )
}

fn alert(said: &str) -> String {
    format!("<p role=\"alert\">{said}</p>\n")
}
