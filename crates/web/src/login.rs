//! Who may ask: names and passwords (RFC 7617) and access tokens (RFC 6750), checked by the directory as for any other door.
//!
//! A login is made once for each connection and header field, and holds until the connection ends or what let somebody in is taken
//! back. What is sent with every request is compared by a keyed hash, so that no password lies about.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sasl::{Bearer, Denied, Failure, Login, Secret, Security, check_password, limits};
use tokio::sync::OnceCell;

use crate::client::Client;
use crate::gate::{Gate, Visit};
use crate::limits::VISITS_MAX;
use crate::problem::Problem;

/// The door, as the log calls it.
const DOOR: &str = "jmap";

/// Somebody who may ask.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) login: Arc<Login>,
    /// Where mail to them is sent to, the main address first.
    pub(crate) addresses: Arc<[String]>,
    pub(crate) visit: Arc<dyn Visit>,
    /// From where.
    pub(crate) address: Option<IpAddr>,
}

/// Those who are logged in on one connection.
#[derive(Default)]
pub(crate) struct Visitors(Mutex<Vec<Place>>);

/// One of them, or somebody whose login is being checked.
struct Place {
    key: blake3::Hash,
    visitor: Arc<OnceCell<Visitor>>,
}

impl Visitors {
    /// Finds out who asks.
    pub(crate) async fn admit(
        &self,
        (gate, key): (&dyn Gate, &[u8; 32]),
        client: &Client,
        headers: &HeaderMap,
    ) -> Result<Visitor, Refusal> {
        let field = headers.get(header::AUTHORIZATION).ok_or(Refusal::NoLogin)?;
        if client.security == Security::Clear {
            return Err(Refusal::Clear);
        }
        let mut hasher = blake3::Hasher::new_keyed(key);
        hasher.update(format!("{:?} {:?} ", client.address, client.security).as_bytes());
        hasher.update(field.as_bytes());
        let place = self.place(hasher.finalize());
        let program = headers.get(header::USER_AGENT).and_then(|program| program.to_str().ok());
        let enter = async || {
            let visit = gate.visit(client.security);
            if let Some(program) = program {
                visit.introduce(program);
            }
            let login = Arc::new(check(&*visit, field, client).await?);
            let addresses = gate.addresses(&login).await.into();
            Ok(Visitor { login, addresses, visit, address: client.address })
        };
        place.get_or_try_init(enter).await.cloned()
    }

    /// The place of a login. What was called off, or failed, makes room, and then the oldest.
    fn place(&self, key: blake3::Hash) -> Arc<OnceCell<Visitor>> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.retain(|place| place.visitor.get().is_none_or(|visitor| !visitor.visit.is_over()));
        if let Some(place) = places.iter().find(|place| place.key == key) {
            return Arc::clone(&place.visitor);
        }
        if places.len() >= VISITS_MAX {
            let failed = places.iter().position(|place| place.visitor.get().is_none());
            places.remove(failed.unwrap_or(0));
        }
        let visitor = Arc::new(OnceCell::new());
        places.push(Place { key, visitor: Arc::clone(&visitor) });
        visitor
    }
}

/// Why somebody may not ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing was said.
    NoLogin,
    /// What was said is none of what we take.
    Unfit,
    /// A password would cross the network in the clear.
    Clear,
    /// The directory says no; by which kind of login.
    Denied(Denied, Scheme),
}

/// How somebody logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Basic,
    Bearer,
}

async fn check(visit: &dyn Visit, field: &HeaderValue, client: &Client) -> Result<Login, Refusal> {
    let (scheme, said) = split(field.as_bytes()).ok_or(Refusal::Unfit)?;
    let peer = client.peer();
    match scheme {
        Scheme::Basic => {
            if said.len() > limits::RESPONSE_OCTETS_MAX {
                return Err(Refusal::Unfit);
            }
            // Wiped when it goes: the password is in it.
            let pair = Secret::new(STANDARD.decode(said).map_err(|_| Refusal::Unfit)?);
            let pair = pair.expose();
            let colon = pair.iter().position(|octet| *octet == b':').ok_or(Refusal::Unfit)?;
            let (login, password) = pair.split_at(colon);
            let password = Secret::new(password.strip_prefix(b":").unwrap_or_default());
            let checked = check_password(visit, login, &password, &peer, DOOR).await;
            checked.map_err(|failure| match failure {
                Failure::Denied(denied) => Refusal::Denied(denied, scheme),
                Failure::Syntax(_) | Failure::Cancelled => Refusal::Unfit,
            })
        }
        Scheme::Bearer => {
            if said.len() > limits::TOKEN_OCTETS_MAX {
                return Err(Refusal::Unfit);
            }
            let token = Secret::new(said);
            let bearer = Bearer { login: None, token: &token, peer: &peer, door: DOOR };
            let checked = visit.verify_token(bearer).await;
            checked.map_err(|denied| Refusal::Denied(denied, scheme))
        }
    }
}

fn split(field: &[u8]) -> Option<(Scheme, &[u8])> {
    let space = field.iter().position(|octet| *octet == b' ')?;
    let (name, said) = field.split_at(space);
    let scheme = if name.eq_ignore_ascii_case(b"basic") {
        Scheme::Basic
    } else if name.eq_ignore_ascii_case(b"bearer") {
        Scheme::Bearer
    } else {
        return None;
    };
    Some((scheme, said.trim_ascii()))
}

impl Refusal {
    /// The answer. Whether there is such a user, nobody learns.
    pub(crate) fn answer(self) -> Response {
        let refused = |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, detail);
        let (problem, challenged) = match self {
            Refusal::NoLogin => (refused("log in with a password or an access token"), None),
            Refusal::Unfit => {
                (refused("expected Basic with a name and a password, or Bearer with a token"), None)
            }
            Refusal::Clear => {
                let detail = "a password is not taken without TLS; use https (a proxy in between has to be named in \
                              http.proxies, and to say X-Forwarded-Proto)";
                return Problem::new(StatusCode::FORBIDDEN, detail).into_response();
            }
            Refusal::Denied(denied, scheme) => match denied {
                Denied::Wrong => (refused(&denied.to_string()), Some(scheme)),
                Denied::Unavailable => {
                    return Problem::try_later(denied.to_string()).into_response();
                }
                Denied::TooMany { wait_s } => {
                    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, denied.to_string());
                    return problem.after(wait_s).into_response();
                }
                Denied::Disabled | Denied::NotForThisDoor => {
                    return Problem::new(StatusCode::FORBIDDEN, denied.to_string()).into_response();
                }
            },
        };
        let mut response = problem.into_response();
        let basic = HeaderValue::from_static("Basic realm=\"mail\", charset=\"UTF-8\"");
        let bearer = match challenged {
            Some(Scheme::Bearer) => "Bearer realm=\"mail\", error=\"invalid_token\"",
            Some(Scheme::Basic) | None => "Bearer realm=\"mail\"",
        };
        let headers = response.headers_mut();
        headers.append(header::WWW_AUTHENTICATE, basic);
        headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static(bearer));
        response
    }
}
