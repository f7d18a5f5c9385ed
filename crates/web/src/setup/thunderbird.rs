//! Thunderbird's autoconfiguration, which many other programs read: `config-v1.1.xml`.

use std::sync::Arc;

use axum::extract::{Extension, RawQuery, State};
use axum::http::header;
use axum::response::IntoResponse;

use super::xml::text;
use super::{Offer, SecuredBy, Service, domain_of};
use crate::client::Client;
use crate::query;
use crate::site::Desk;

pub(super) async fn config(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    RawQuery(asked): RawQuery,
) -> impl IntoResponse {
    let address = query::value(asked.as_deref(), "emailaddress").unwrap_or_default();
    // Without an address the domain is that of the name by which the program found us: autoconfig.example.org.
    let host = client.host.as_deref().and_then(|host| host.split(':').next());
    let found = host.and_then(|host| host.strip_prefix("autoconfig."));
    let hostname = desk.settings.hostname.as_str();
    let domain = domain_of(&address).or(found).unwrap_or(hostname);
    let file = file(domain, hostname, &desk.settings.offers);
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], file)
}

fn file(domain: &str, hostname: &str, offers: &[Offer]) -> String {
    let (domain, hostname) = (text(domain), text(hostname));
    let mut offers = offers.to_vec();
    offers.sort_unstable();
    let servers: String = offers.iter().map(|offer| server(offer, &hostname)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">\n  <emailProvider id=\"{domain}\">\n    \
         <domain>{domain}</domain>\n    <displayName>{domain}</displayName>\n    \
         <displayShortName>{domain}</displayShortName>\n{servers}  </emailProvider>\n</clientConfig>\n"
    )
}

fn server(offer: &Offer, hostname: &str) -> String {
    let (element, kind) = match offer.service {
        Service::Imap => ("incomingServer", "imap"),
        Service::Pop3 => ("incomingServer", "pop3"),
        Service::Submission => ("outgoingServer", "smtp"),
    };
    let socket = match offer.by {
        SecuredBy::Tls => "SSL",
        SecuredBy::StartTls => "STARTTLS",
    };
    format!(
        "    <{element} type=\"{kind}\">\n      <hostname>{hostname}</hostname>\n      <port>{}</port>\n      \
         <socketType>{socket}</socketType>\n      <authentication>password-cleartext</authentication>\n      \
         <username>%EMAILADDRESS%</username>\n    </{element}>\n",
        offer.port
    )
}
