//! CardDAV (RFC 6352) at `/dav/*`: the same contacts that JMAP offers (RFC 9610), for programs that speak nothing else (ADR 36).
//!
//! Who asks is found out as for JMAP, by a password or a token in each request. A cookie lets nobody in: no page of ours comes here, so that
//! none of others can come in its name. What is in another account is not there.

mod book;
mod card;
mod etag;
mod listing;
mod moved;
mod place;
mod properties;
mod propfind;
mod put;
mod refused;
mod report;
mod shown;

use std::sync::Arc;

use ::jmap::server::Context;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use mailbox::{AccountId, ContactsAt};
use tokio::sync::OwnedSemaphorePermit;

use self::place::{Addresses, Place};
use self::refused::{Failed, Refused};
use crate::incoming::{Incoming, length};
use crate::jmap::{context, of_method};
use crate::limits::{FORM_OCTETS_MAX, LARGE_REQUEST_OCTETS};
use crate::login::Visitor;
use crate::problem::Problem;
use crate::site::Desk;
use crate::slots::{Kind, Slot};

const ALLOWED: &str =
    "OPTIONS, GET, HEAD, PUT, DELETE, COPY, MOVE, MKCOL, PROPFIND, PROPPATCH, REPORT";
/// RFC 4918, 18; RFC 5689, 3.1; RFC 6352, 6.1.
const CLASSES: &str = "1, 3, extended-mkcol, addressbook";

/// Where everything is, below the base path.
pub(crate) fn routes() -> Router<Arc<Desk>> {
    let mut router = Router::new();
    for path in ["/dav", "/dav/", "/dav/{*below}"] {
        router = router.route(path, any(answer));
    }
    router
}

/// Where programs look first (RFC 6764, 5). It leads everybody to the same place.
pub(crate) fn well_known() -> Router<Arc<Desk>> {
    // vdirsyncer writes a slash behind every address.
    Router::new().route("/.well-known/carddav", any(lead)).route("/.well-known/carddav/", any(lead))
}

async fn lead(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    pass_over(request.into_body()).await;
    let mut answer = StatusCode::MOVED_PERMANENTLY.into_response();
    let place = format!("{}/dav/", desk.settings.base_path);
    if let Ok(place) = HeaderValue::try_from(place) {
        answer.headers_mut().insert(header::LOCATION, place);
    }
    answer
}

/// What programs hear at the top, where pages are: some ask there when their user typed no more than the host's name.
pub(crate) async fn at_the_top(desk: State<Arc<Desk>>, request: Request) -> Response {
    if request.method().as_str() == "PROPFIND" {
        return lead(desk, request).await;
    }
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response()
}

/// Takes a body that nobody reads, so that the connection can go on: programs send it behind the head, and one that meets a closed
/// connection takes the host for broken (vdirsyncer).
async fn pass_over(body: Body) {
    drop(Incoming::plain(body, FORM_OCTETS_MAX).whole().await);
}

/// One request, and all that its method needs.
struct Asking {
    desk: Arc<Desk>,
    context: Context,
    at: Addresses,
    place: Place,
    headers: HeaderMap,
    /// Held until the answer is taken.
    _slot: Slot,
}

async fn answer(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let mut answer = match answered(&desk, request).await {
        Ok(answer) => answer,
        Err(failed) => failed.into_response(),
    };
    let classes = HeaderValue::from_static(CLASSES);
    answer.headers_mut().insert(HeaderName::from_static("dav"), classes);
    if answer.status() == StatusCode::METHOD_NOT_ALLOWED {
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(ALLOWED));
    }
    answer
}

async fn answered(desk: &Arc<Desk>, request: Request) -> Result<Response, Failed> {
    let (mut parts, body) = request.into_parts();
    let method = parts.method.as_str().to_owned();
    if method == "OPTIONS" {
        // It says the same of all addresses, to everybody: programs ask before they log in.
        let mut answer = StatusCode::OK.into_response();
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(ALLOWED));
        return Ok(answer);
    }
    parts.headers.remove(header::COOKIE);
    let visitor = match Visitor::from_request_parts(&mut parts, desk).await {
        Ok(visitor) => visitor,
        Err(answer) => {
            pass_over(body).await;
            return Err(Failed::Answered(Box::new(answer)));
        }
    };
    let account = AccountId(visitor.login.account);
    let slot = desk.slots.take(account, Kind::Request, desk.settings.limits.requests_max);
    let slot = slot.ok_or_else(|| {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many requests of one user at once")
            .after(5)
    })?;
    let at = Addresses::of(&desk.settings.base_path, account);
    let below = parts.uri.path().strip_prefix("/dav").unwrap_or_default();
    let place = at.place(below).ok_or_else(Problem::not_found)?;
    let context = context(desk, &visitor).await?;
    let (desk, headers) = (Arc::clone(desk), parts.headers);
    let asking = Asking { desk, context, at, place, headers, _slot: slot };
    match method.as_str() {
        "GET" | "HEAD" => card::get(asking).await,
        "PUT" => put::put(asking, body).await,
        "DELETE" => match asking.place {
            Place::Card(..) => card::delete(asking).await,
            Place::Book(_) => book::delete(asking).await,
            Place::Root | Place::Principal | Place::Home => Err(not_here()),
        },
        "COPY" => moved::moved(asking, moved::Way::Copy).await,
        "MOVE" => moved::moved(asking, moved::Way::Move).await,
        "MKCOL" => book::make(asking, body).await,
        "PROPPATCH" => book::change(asking, body).await,
        "PROPFIND" => propfind::find(asking, body).await,
        "REPORT" => report::report(asking, body).await,
        _ => Err(not_here()),
    }
}

/// A method that there is not, or not for this resource.
fn not_here() -> Failed {
    Refused::plain(StatusCode::METHOD_NOT_ALLOWED, "this cannot be done here").into()
}

/// What came of an edit.
type Edited<T> = Result<Result<T, Refused>, mailbox::Error>;

impl Asking {
    async fn contacts(&self) -> Result<ContactsAt, Failed> {
        let contacts = self.context.own_contacts().await;
        contacts.map_err(|error| of_method(&error).into())
    }

    /// The whole body of the request, of at most so many octets, and the room that it takes.
    async fn whole(
        &self,
        body: Body,
        octets_max: usize,
    ) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), Failed> {
        let most = u64::try_from(octets_max).unwrap_or(u64::MAX);
        let length = length(&self.headers).unwrap_or(most);
        if length > most {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large").into());
        }
        let room = self.desk.slots.room(usize::try_from(length).unwrap_or(usize::MAX))?;
        let octets = Incoming::plain(body, most).whole().await?;
        if octets.len() > LARGE_REQUEST_OCTETS {
            lane::slow(Some(self.context.account.turns())).await;
        }
        Ok((octets, room))
    }

    /// Edits the contacts, about so many of them. What is refused is refused before anything is changed.
    async fn edit<T: Send + 'static>(
        &self,
        objects: usize,
        work: impl FnMut(&mut mailbox::ContactsEdit<'_, '_, '_>) -> Edited<T> + Send + 'static,
    ) -> Result<T, Failed> {
        let objects = u64::try_from(objects).unwrap_or(u64::MAX);
        let edited = self.context.account.edit_contacts(objects, work).await;
        let done = edited.map_err(|error| Failed::Problem(crate::jmap::not_done(&error)))?;
        done.map_err(Failed::Refused)
    }
}

/// An answer that says nothing but its status.
fn bare(status: StatusCode) -> Response {
    status.into_response()
}
