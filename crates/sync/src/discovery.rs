//! Finds how a provider is reached, from an address alone: what its domain says over HTTPS, what its names say
//! (RFC 6186), and the names that most have. Nobody else is asked. Each server is tried, and the first that lets the
//! person in is taken.

mod autoconfig;

use std::time::Duration;

use sasl::Pass;
use tokio::time::timeout;

use crate::limits::{CANDIDATE_TIMEOUT_S, CANDIDATES_MAX};
use crate::network::{Network, Trust};
use crate::session::{Login, tried};
use crate::trouble::Trouble;
use crate::{Endpoint, Service, Transport};

pub use autoconfig::{Offer, offers};

/// A server that may be the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where it is.
    pub endpoint: Endpoint,
    /// The names to log in with, the likeliest first.
    pub users: Vec<String>,
    /// Who named it.
    pub named: Named,
}

/// Who named a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// The domain itself, by a page under its certificate.
    Page,
    /// The domain's names. Anybody on the way may have changed them.
    Dns,
    /// Nobody: it is what most domains have.
    Guess,
}

/// A server that let the person in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// Where it is.
    pub endpoint: Endpoint,
    /// The name that it knows the person by.
    pub user: String,
}

/// Finds the server of a service for an address, and logs in once. `user` is the name to log in with, when it is known.
pub async fn discover(
    network: &dyn Network,
    service: Service,
    address: &str,
    user: Option<&str>,
    pass: &Pass,
    trust: &Trust,
) -> Result<Discovered, Trouble> {
    let domain = address.rsplit_once('@').map_or(address, |(_, domain)| domain).to_owned();
    let mut tried: Vec<(Endpoint, Trouble)> = Vec::new();
    for candidate in candidates(network, service, address).await {
        let Candidate { endpoint, users, named } = candidate;
        if tried.iter().any(|(before, _)| *before == endpoint) {
            continue;
        }
        if named == Named::Dns && !is_below(&endpoint.host, &domain) {
            return Err(Trouble::Elsewhere { domain, endpoint });
        }
        let users = user.map_or(users, |user| vec![user.to_owned()]);
        for user in users {
            let login = Login { endpoint: &endpoint, trust, user: &user, pass };
            match attempt(network, &login).await {
                Ok(()) => return Ok(Discovered { endpoint, user }),
                // Another way to write the name may be the right one; another server would only be a second try
                // of a wrong password.
                Err(trouble @ Trouble::WrongPassword { .. }) => {
                    tried.push((endpoint.clone(), trouble));
                }
                Err(trouble) if trouble.is_about_login() => return Err(trouble),
                Err(trouble @ Trouble::Certificate { .. }) => return Err(trouble),
                Err(trouble) => {
                    tried.push((endpoint.clone(), trouble));
                    break;
                }
            }
        }
        if let Some((_, trouble @ Trouble::WrongPassword { .. })) = tried.last() {
            return Err(trouble.clone());
        }
    }
    Err(Trouble::NothingFound { service, domain, tried })
}

async fn attempt(network: &dyn Network, login: &Login<'_>) -> Result<(), Trouble> {
    let patience = Duration::from_secs(CANDIDATE_TIMEOUT_S);
    let late = || Trouble::TimedOut { host: login.endpoint.host.clone() };
    timeout(patience, tried(network, login)).await.unwrap_or_else(|_| Err(late()))
}

/// The servers to try, in this order; at most `CANDIDATES_MAX`.
pub async fn candidates(network: &dyn Network, service: Service, address: &str) -> Vec<Candidate> {
    let Some((local, domain)) = address.rsplit_once('@') else { return Vec::new() };
    let person = Person { address, local, domain };
    let mut found = from_page(network, service, &person).await;
    if found.is_empty() {
        found = from_names(network, service, &person).await;
    }
    if found.is_empty() {
        found = guesses(service, &person);
    }
    found.truncate(CANDIDATES_MAX);
    found
}

/// Whose servers are looked for.
pub struct Person<'p> {
    /// The whole address.
    pub address: &'p str,
    /// What stands before its at sign.
    pub local: &'p str,
    /// What stands behind it.
    pub domain: &'p str,
}

/// How a service is called where it is looked for.
struct Called {
    /// Its names in the DNS, TLS from the first octet first (RFC 6186, 3; RFC 8314, 5.1).
    names: [(&'static str, Transport); 2],
    /// What stands before the domain in the names that most have.
    hosts: &'static [&'static str],
}

fn called(service: Service) -> Called {
    match service {
        Service::Pop3 => Called {
            names: [("_pop3s", Transport::Tls), ("_pop3", Transport::StartTls)],
            hosts: &["pop.", "mail.", "pop3.", ""],
        },
        Service::Imap => Called {
            names: [("_imaps", Transport::Tls), ("_imap", Transport::StartTls)],
            hosts: &["imap.", "mail.", ""],
        },
        Service::Submission => Called {
            names: [("_submissions", Transport::Tls), ("_submission", Transport::StartTls)],
            hosts: &["smtp.", "mail.", "submission.", ""],
        },
    }
}

async fn from_page(network: &dyn Network, service: Service, person: &Person<'_>) -> Vec<Candidate> {
    let Person { address, domain, .. } = person;
    let asked = format!("/mail/config-v1.1.xml?emailaddress={}", escaped(address));
    let own = "/.well-known/autoconfig/mail/config-v1.1.xml".to_owned();
    for (host, path) in [(format!("autoconfig.{domain}"), asked), ((*domain).to_owned(), own)] {
        let Ok(Some(page)) = network.page(&host, &path).await else { continue };
        let offers = offers(&page, service, person);
        if !offers.is_empty() {
            let candidate = |offer: Offer| Candidate {
                endpoint: offer.endpoint,
                users: offer.user.map_or_else(|| users(person), |user| vec![user]),
                named: Named::Page,
            };
            return offers.into_iter().map(candidate).collect();
        }
    }
    Vec::new()
}

async fn from_names(
    network: &dyn Network,
    service: Service,
    person: &Person<'_>,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (label, transport) in called(service).names {
        let name = format!("{label}._tcp.{}", person.domain);
        let Ok(mut servers) = network.servers(&name).await else { continue };
        servers.sort();
        for server in servers {
            // A lone dot: the domain says that it has none (RFC 2782).
            let place = Endpoint::usual(service, transport, &server.host);
            let endpoint = Endpoint { port: server.port, ..place };
            if endpoint.to_string().parse::<Endpoint>().is_ok() {
                found.push(Candidate { endpoint, users: users(person), named: Named::Dns });
            }
        }
    }
    found
}

/// The names that most domains have.
fn guesses(service: Service, person: &Person<'_>) -> Vec<Candidate> {
    let mut found = Vec::new();
    for transport in [Transport::Tls, Transport::StartTls] {
        for label in called(service).hosts {
            let host = format!("{label}{}", person.domain);
            let endpoint = Endpoint::usual(service, transport, &host);
            found.push(Candidate { endpoint, users: users(person), named: Named::Guess });
        }
    }
    found
}

fn users(person: &Person<'_>) -> Vec<String> {
    vec![person.address.to_owned(), person.local.to_owned()]
}

fn is_below(host: &str, domain: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let domain = domain.to_ascii_lowercase();
    host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'))
}

/// An address as a part of a URL.
fn escaped(address: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~@".contains(&octet);
    let one = |octet: u8| match plain(octet) {
        true => char::from(octet).to_string(),
        false => format!("%{octet:02X}"),
    };
    address.bytes().map(one).collect()
}

#[cfg(test)]
mod tests;
