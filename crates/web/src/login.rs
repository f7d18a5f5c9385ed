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

use crate::auth::cookie::{self, Kind};
use crate::auth::guard;
use crate::client::Client;
use crate::gate::{Gate, Visit};
use crate::language::Language;
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
    /// What they like to read.
    pub(crate) language: Language,
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
        let shown = match headers.get(header::AUTHORIZATION) {
            Some(field) => Shown::Field(field),
            None => Shown::of_cookie(headers, client).ok_or(Refusal::NoLogin)?,
        };
        if client.security == Security::Clear {
            return Err(Refusal::Clear);
        }
        let mut hasher = blake3::Hasher::new_keyed(key);
        hasher.update(format!("{:?} {:?} ", client.address, client.security).as_bytes());
        hasher.update(shown.octets());
        let place = self.place(hasher.finalize());
        let program = headers.get(header::USER_AGENT).and_then(|program| program.to_str().ok());
        let enter = async || {
            let visit = gate.visit(client.security);
            if let Some(program) = program {
                visit.introduce(program);
            }
            let login = match &shown {
                Shown::Field(field) => check(&*visit, field, client).await?,
                Shown::Cookie(secret) => {
                    let entered = visit.page(secret, &client.peer()).await;
                    entered.map_err(Refusal::NotByCookie)?
                }
            };
            let login = Arc::new(login);
            let addresses = gate.addresses(&login).await.into();
            let language = Language::of(headers);
            Ok(Visitor { login, addresses, visit, address: client.address, language })
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

/// What somebody shows to be let in.
enum Shown<'h> {
    /// The field `Authorization`.
    Field(&'h HeaderValue),
    /// The secret of a session of a page.
    Cookie(Secret),
}

impl Shown<'_> {
    fn of_cookie(headers: &HeaderMap, client: &Client) -> Option<Self> {
        cookie::read(headers, Kind::Session, client.security).map(Shown::Cookie)
    }

    fn octets(&self) -> &[u8] {
        match self {
            Shown::Field(field) => field.as_bytes(),
            Shown::Cookie(secret) => secret.expose(),
        }
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
    /// The directory says no to the session of a page.
    NotByCookie(Denied),
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskedBy {
    /// A page of ours.
    Page,
    /// Anything else.
    Program,
}

impl AskedBy {
    pub(crate) fn of(headers: &HeaderMap) -> AskedBy {
        // A stream of events cannot carry a header of its own; its browser says that a page of ours asks.
        let is_of_page = guard::is_of_page(headers) || guard::is_from_here(headers);
        if is_of_page { AskedBy::Page } else { AskedBy::Program }
    }
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
    /// The answer. Whether there is such a user, nobody learns. `described` is where it says who gives out access tokens.
    ///
    /// A page asks its user itself, so the browser is not told to.
    pub(crate) fn answer(self, by: AskedBy, described: &str) -> Response {
        let refused = |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, detail);
        let (problem, challenged) = match self {
            Refusal::NoLogin => (refused("log in with a password or an access token"), None),
            Refusal::Unfit => {
                (refused("expected Basic with a name and a password, or Bearer with a token"), None)
            }
            Refusal::Clear => return Problem::in_the_clear().into_response(),
            Refusal::Denied(Denied::Wrong, scheme) => {
                (refused(&Denied::Wrong.to_string()), Some(scheme))
            }
            Refusal::NotByCookie(Denied::Wrong) => return Problem::logged_out().into_response(),
            Refusal::Denied(denied, _) | Refusal::NotByCookie(denied) => {
                return Problem::denied(denied).into_response();
            }
        };
        if by == AskedBy::Page {
            return problem.into_response();
        }
        let mut response = problem.into_response();
        let basic = HeaderValue::from_static("Basic realm=\"mail\", charset=\"UTF-8\"");
        let error = match challenged {
            Some(Scheme::Bearer) => ", error=\"invalid_token\"",
            Some(Scheme::Basic) | None => "",
        };
        // RFC 9728, 5.1.
        let bearer = format!("Bearer realm=\"mail\"{error}, resource_metadata=\"{described}\"");
        let headers = response.headers_mut();
        headers.insert(header::WWW_AUTHENTICATE, basic);
        if let Ok(bearer) = HeaderValue::try_from(bearer) {
            headers.append(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}
