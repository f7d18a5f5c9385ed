//! The page at the top: what this host offers, and how to set a program up. No scripts; light or dark as the browser likes it.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::words::Words;
use super::xml::text;
use super::{Offer, SecuredBy, Service};
use crate::client::Client;
use crate::language::Language;
use crate::site::Desk;

const STYLE: &str = concat!(include_str!("../colours.css"), include_str!("page.css"));
/// Only the style of ours, and a form that leads back to us.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(super) async fn style() -> Response {
    let mut answer = STYLE.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    answer
}

pub(super) async fn page(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Response {
    let settings = &desk.settings;
    let origin = format!("{}{}", client.origin(&settings.hostname), settings.base_path);
    let words = Words::of(Language::of(&headers));
    let mut answer =
        html(words, &settings.hostname, &origin, &settings.base_path, &settings.offers)
            .into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    answer
}

fn html(words: &Words, hostname: &str, origin: &str, base: &str, offers: &[Offer]) -> String {
    let Words { tag, title, lead, by_itself, by_itself_how, by_hand, which, which_how, .. } = words;
    let Words {
        apple,
        apple_how,
        address,
        download,
        programs,
        programs_how,
        contacts,
        contacts_how,
        own_security,
        plain_pages,
        ..
    } = words;
    let (hostname, origin) = (text(hostname), text(origin));
    let settings = settings(words, &hostname, offers);
    format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} {hostname}</title>\n\
         <link rel=\"stylesheet\" href=\"{base}/setup.css\">\n</head>\n<body>\n<main>\n\
         <header>\n<h1>{title} <span>{hostname}</span></h1>\n<p>{lead}</p>\n</header>\n\
         <section>\n<h2>{by_itself}</h2>\n<p>{by_itself_how}</p>\n\
         <p><a href=\"{base}/auth/security\">{own_security}</a></p>\n\
         <p><a href=\"{base}/lite/\">{plain_pages}</a></p>\n</section>\n\
         <section>\n<h2>{by_hand}</h2>\n{settings}</section>\n\
         <section>\n<h2>{which}</h2>\n<p>{which_how}</p>\n</section>\n\
         <section>\n<h2>{apple}</h2>\n<p>{apple_how}</p>\n\
         <form action=\"{base}/setup/mail.mobileconfig\" method=\"get\">\n\
         <label for=\"address\">{address}</label>\n\
         <input id=\"address\" name=\"address\" type=\"email\" required autocomplete=\"email\" placeholder=\"ana@example.org\">\n\
         <button type=\"submit\">{download}</button>\n</form>\n</section>\n\
         <section>\n<h2>{contacts}</h2>\n<p>{contacts_how}</p>\n\
         <p><code>{origin}/dav/</code></p>\n</section>\n\
         <section>\n<h2>{programs}</h2>\n<p>{programs_how}</p>\n\
         <p><code>{origin}/.well-known/jmap</code></p>\n</section>\n</main>\n</body>\n</html>\n"
    )
}

fn settings(words: &Words, hostname: &str, offers: &[Offer]) -> String {
    if offers.is_empty() {
        return format!("<p>{}</p>\n", words.nothing);
    }
    let mut offers = offers.to_vec();
    offers.sort_unstable();
    let rows: String = offers.iter().map(|offer| row(words, hostname, offer)).collect();
    let Words { by_hand_how, what, server, port, security, login, .. } = words;
    format!(
        "<p>{by_hand_how}</p>\n<table>\n<thead><tr><th scope=\"col\">{what}</th><th scope=\"col\">{server}</th>\
         <th scope=\"col\">{port}</th><th scope=\"col\">{security}</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n\
         <p>{login}</p>\n"
    )
}

fn row(words: &Words, hostname: &str, offer: &Offer) -> String {
    let what = match offer.service {
        Service::Imap => words.receive_imap,
        Service::Pop3 => words.receive_pop3,
        Service::Submission => words.send,
    };
    let by = match offer.by {
        SecuredBy::Tls => "SSL/TLS",
        SecuredBy::StartTls => "STARTTLS",
    };
    // Narrow screens show each row as a card, in which the columns need their names.
    format!(
        "<tr><th scope=\"row\">{what}</th><td data-name=\"{}\">{hostname}</td><td data-name=\"{}\">{}</td>\
         <td data-name=\"{}\">{by}</td></tr>\n",
        words.server, words.port, offer.port, words.security
    )
}
