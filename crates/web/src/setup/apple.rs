//! A profile for iPhone, iPad and Mac (Apple's Configuration Profile Reference). It is not signed, which they say when it is
//! installed.

use std::sync::Arc;

use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sasl::Security;

use super::xml::text;
use super::{Offer, Service, best, domain_of};
use crate::client::Client;
use crate::problem::Problem;
use crate::query;
use crate::site::Desk;

/// The longest address.
const ADDRESS_OCTETS_MAX: usize = 254;

pub(super) async fn profile(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    RawQuery(asked): RawQuery,
) -> Result<Response, Problem> {
    let bad = |why: &str| Problem::new(StatusCode::BAD_REQUEST, why);
    let address = query::value(asked.as_deref(), "address").unwrap_or_default();
    // A form of HTML writes spaces as pluses, and people write spaces behind.
    let address = address.trim_matches([' ', '+']);
    let is_address = address.len() <= ADDRESS_OCTETS_MAX && domain_of(address).is_some();
    if !is_address {
        return Err(bad("expected your address: ?address=ana@example.org"));
    }
    let offers = &desk.settings.offers;
    let incoming = best(offers, Service::Imap).or_else(|| best(offers, Service::Pop3));
    let (Some(incoming), Some(outgoing)) = (incoming, best(offers, Service::Submission)) else {
        return Err(Problem::not_found());
    };
    let hostname = &desk.settings.hostname;
    let contacts = contacts(address, hostname, &client);
    let mut answer = file(address, hostname, (incoming, outgoing), &contacts).into_response();
    let headers = answer.headers_mut();
    let kind = HeaderValue::from_static("application/x-apple-aspen-config; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    let name = HeaderValue::from_static("attachment; filename=\"mail.mobileconfig\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(answer)
}

/// The account of contacts (RFC 6352), where HTTPS is how this was asked for: then it is how they are reached, too.
fn contacts(address: &str, hostname: &str, client: &Client) -> String {
    if client.security != Security::Tls {
        return String::new();
    }
    let found = client.host.as_deref().unwrap_or(hostname);
    let (name, port) = match found.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().unwrap_or(443)),
        Some(_) | None => (found, 443_u16),
    };
    let account = uuid(&format!("contacts {address} {hostname}"));
    let (address, hostname, name) = (text(address), text(hostname), text(name));
    format!(
        "\t\t<dict>\n\
         \t\t\t<key>CardDAVAccountDescription</key><string>{address}</string>\n\
         \t\t\t<key>CardDAVHostName</key><string>{name}</string>\n\
         \t\t\t<key>CardDAVPort</key><integer>{port}</integer>\n\
         \t\t\t<key>CardDAVUseSSL</key><true/>\n\
         \t\t\t<key>CardDAVUsername</key><string>{address}</string>\n\
         \t\t\t<key>PayloadDisplayName</key><string>{address}</string>\n\
         \t\t\t<key>PayloadIdentifier</key><string>{hostname}.contacts.{account}</string>\n\
         \t\t\t<key>PayloadType</key><string>com.apple.carddav.account</string>\n\
         \t\t\t<key>PayloadUUID</key><string>{account}</string>\n\
         \t\t\t<key>PayloadVersion</key><integer>1</integer>\n\t\t</dict>\n"
    )
}

fn file(
    address: &str,
    hostname: &str,
    (incoming, outgoing): (Offer, Offer),
    contacts: &str,
) -> String {
    let domain = domain_of(address).unwrap_or_default();
    let uuid = |what: &str| uuid(&format!("{what} {address} {hostname}"));
    let (profile, account) = (uuid("profile"), uuid("account"));
    let (address, hostname, domain) = (text(address), text(hostname), text(domain));
    let kind = match incoming.service {
        Service::Imap => "EmailTypeIMAP",
        Service::Pop3 | Service::Submission => "EmailTypePOP",
    };
    let server = |way: &str, offer: Offer| {
        // Apple means by `UseSSL` that TLS is used, in whichever way.
        format!(
            "\t\t\t<key>{way}MailServerAuthentication</key><string>EmailAuthPassword</string>\n\
             \t\t\t<key>{way}MailServerHostName</key><string>{hostname}</string>\n\
             \t\t\t<key>{way}MailServerPortNumber</key><integer>{}</integer>\n\
             \t\t\t<key>{way}MailServerUseSSL</key><true/>\n\
             \t\t\t<key>{way}MailServerUsername</key><string>{address}</string>\n",
            offer.port
        )
    };
    let (incoming, outgoing) = (server("Incoming", incoming), server("Outgoing", outgoing));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n\
         \t<key>PayloadContent</key>\n\t<array>\n\t\t<dict>\n\
         \t\t\t<key>EmailAccountDescription</key><string>{address}</string>\n\
         \t\t\t<key>EmailAccountType</key><string>{kind}</string>\n\
         \t\t\t<key>EmailAddress</key><string>{address}</string>\n{incoming}{outgoing}\
         \t\t\t<key>OutgoingPasswordSameAsIncomingPassword</key><true/>\n\
         \t\t\t<key>PayloadDisplayName</key><string>{address}</string>\n\
         \t\t\t<key>PayloadIdentifier</key><string>{hostname}.mail.{account}</string>\n\
         \t\t\t<key>PayloadType</key><string>com.apple.mail.managed</string>\n\
         \t\t\t<key>PayloadUUID</key><string>{account}</string>\n\
         \t\t\t<key>PayloadVersion</key><integer>1</integer>\n\t\t</dict>\n{contacts}\t</array>\n\
         \t<key>PayloadDisplayName</key><string>{domain}</string>\n\
         \t<key>PayloadIdentifier</key><string>{hostname}.{profile}</string>\n\
         \t<key>PayloadOrganization</key><string>{domain}</string>\n\
         \t<key>PayloadType</key><string>Configuration</string>\n\
         \t<key>PayloadUUID</key><string>{profile}</string>\n\
         \t<key>PayloadVersion</key><integer>1</integer>\n</dict>\n</plist>\n"
    )
}

/// One UUID for one thing, so that a profile that is installed again takes the place of the first (RFC 9562, 5.8).
fn uuid(of: &str) -> String {
    let hash = blake3::hash(of.as_bytes()).to_hex();
    let part = |range: std::ops::Range<usize>| hash.get(range).unwrap_or_default();
    format!("{}-{}-8{}-8{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32))
        .to_ascii_uppercase()
}
