//! What mail programs and people need to set an account up: files in three formats, and a page. All of it says the same to everybody:
//! nobody learns from it which users there are.

mod apple;
mod outlook;
mod page;
mod thunderbird;
mod words;
pub(crate) mod xml;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::site::Desk;

/// A listener of the host that mail programs use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offer {
    /// What is spoken there.
    pub service: Service,
    /// How it is secured; TLS from the first octet comes first.
    pub by: SecuredBy,
    /// The port.
    pub port: u16,
}

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// Submission.
    Submission,
}

/// How a listener is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecuredBy {
    /// TLS from the first octet.
    Tls,
    /// STARTTLS.
    StartTls,
}

/// Where people look, below the base path.
pub(crate) fn pages() -> Router<Arc<Desk>> {
    Router::new()
        .route("/setup", get(page::page))
        .route("/setup.css", get(page::style))
        .route("/setup/mail.mobileconfig", get(apple::profile))
}

/// Where programs look, always at the top.
pub(crate) fn well_known() -> Router<Arc<Desk>> {
    let mut router = Router::new()
        .route("/mail/config-v1.1.xml", get(thunderbird::config))
        .route("/.well-known/autoconfig/mail/config-v1.1.xml", get(thunderbird::config))
        .route("/autodiscover/autodiscover.json", get(outlook::second))
        .route("/autodiscover/autodiscover.json/v1.0/{address}", get(outlook::second));
    // Outlook has written it in each of these ways.
    for path in [
        "/autodiscover/autodiscover.xml",
        "/Autodiscover/Autodiscover.xml",
        "/AutoDiscover/AutoDiscover.xml",
    ] {
        router = router.route(path, post(outlook::first));
    }
    router
}

/// The best of each service: for formats that name one.
fn best(offers: &[Offer], service: Service) -> Option<Offer> {
    offers.iter().copied().filter(|offer| offer.service == service).min()
}

/// The part of an address behind the `@`, if that is a name.
fn domain_of(address: &str) -> Option<&str> {
    let (local, domain) = address.rsplit_once('@')?;
    let is_name = |text: &str| {
        let is_right = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '.';
        (1..=253).contains(&text.len()) && text.chars().all(is_right)
    };
    (!local.is_empty() && is_name(domain)).then_some(domain)
}
