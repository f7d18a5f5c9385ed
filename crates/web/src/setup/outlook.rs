//! Outlook's autodiscovery: XML in its first version, which it posts an address to, and JSON in its second, which says where the first
//! is.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::xml::text;
use super::{Offer, SecuredBy, Service, best, domain_of};
use crate::client::Client;
use crate::incoming::Incoming;
use crate::problem::Problem;
use crate::query;
use crate::site::Desk;

/// How many octets a question has at most.
const QUESTION_OCTETS_MAX: u64 = 16 << 10;
const REQUESTED: &str =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

pub(super) async fn first(
    State(desk): State<Arc<Desk>>,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let question = Incoming::new(body, QUESTION_OCTETS_MAX, "maxSizeRequest").whole().await?;
    let question = String::from_utf8_lossy(&question);
    let bad = || Problem::new(StatusCode::BAD_REQUEST, "expected an EMailAddress");
    let address = between(&question, "<EMailAddress>", "</EMailAddress>").ok_or_else(bad)?.trim();
    domain_of(address).ok_or_else(bad)?;
    let file = file(address, &desk.settings.hostname, &desk.settings.offers);
    Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], file))
}

fn between<'t>(text: &'t str, begin: &str, end: &str) -> Option<&'t str> {
    Some(text.split_once(begin)?.1.split_once(end)?.0)
}

fn file(address: &str, hostname: &str, offers: &[Offer]) -> String {
    // What came was text of XML already, and what it names is taken as it is.
    let address = text(&address.replace("&amp;", "&")).into_owned();
    let of = |service| best(offers, service).map(|offer| protocol(offer, &address, hostname));
    let protocols: String =
        [Service::Imap, Service::Pop3, Service::Submission].into_iter().filter_map(of).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Autodiscover \
         xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\n  <Response \
         xmlns=\"{REQUESTED}\">\n    <Account>\n      <AccountType>email</AccountType>\n      \
         <Action>settings</Action>\n{protocols}    </Account>\n  </Response>\n</Autodiscover>\n"
    )
}

fn protocol(offer: Offer, address: &str, hostname: &str) -> String {
    let kind = match offer.service {
        Service::Imap => "IMAP",
        Service::Pop3 => "POP3",
        Service::Submission => "SMTP",
    };
    let (ssl, encryption) = match offer.by {
        SecuredBy::Tls => ("on", "SSL"),
        SecuredBy::StartTls => ("off", "TLS"),
    };
    format!(
        "      <Protocol>\n        <Type>{kind}</Type>\n        <Server>{}</Server>\n        <Port>{}</Port>\n        \
         <LoginName>{address}</LoginName>\n        <DomainRequired>off</DomainRequired>\n        <SPA>off</SPA>\n        \
         <SSL>{ssl}</SSL>\n        <Encryption>{encryption}</Encryption>\n        <AuthRequired>on</AuthRequired>\n      \
         </Protocol>\n",
        text(hostname),
        offer.port
    )
}

pub(super) async fn second(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    RawQuery(asked): RawQuery,
) -> Response {
    let protocol = query::value(asked.as_deref(), "Protocol").unwrap_or_default();
    let (status, answer) = if protocol.eq_ignore_ascii_case("autodiscoverv1") {
        let url =
            format!("{}/autodiscover/autodiscover.xml", client.origin(&desk.settings.hostname));
        (StatusCode::OK, json!({"Protocol": protocol, "Url": url}))
    } else {
        let why = "only AutodiscoverV1 is offered";
        (StatusCode::BAD_REQUEST, json!({"ErrorCode": "ProtocolNotSupported", "ErrorMessage": why}))
    };
    let mut response = (status, answer.to_string()).into_response();
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
