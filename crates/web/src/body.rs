//! `/body/`: bodies that were made safe, and their pictures, at addresses that were signed (`docs/jmap/body.md`). No login is asked
//! for: a body has an origin of its own, to which no browser sends cookies. What is signed wrongly, by others or too long ago is as
//! absent as what is not there.

mod fetch;
mod page;
mod raster;

use std::sync::Arc;

use ::jmap::Id;
use ::jmap::server::blob::Blob;
use ::jmap::server::{Context, Signed, User, page as made};
use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use mailbox::{AccountId, Door, Who};

use self::fetch::{Refused, fetch};
use self::page::document;
use crate::client::Client;
use crate::jmap::download::body;
use crate::jmap::{not_done, of_method};
use crate::problem::Problem;
use crate::site::Desk;
use crate::streamed::streamed;

/// Where everything is.
pub(crate) fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/body/{signed}", get(show)).route("/body/picture/{signed}", get(remote))
}

/// What a picture may do.
const PICTURE: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

async fn show(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    Path(signed): Path<String>,
) -> Result<Response, Problem> {
    let signed = desk.ports.bodies.verify(&signed).ok_or_else(Problem::not_found)?;
    match &signed {
        Signed::Body { account, .. } => {
            // Made one after another, however many frames a page has.
            let _turn = desk.slots.download(*account).await;
            let context = enter(&desk, *account, &client).await?;
            let page = made(&context, &signed).await.map_err(|error| of_method(&error))?;
            Ok(document(&page.ok_or_else(Problem::not_found)?))
        }
        Signed::Part { account, blob } => part(&desk, *account, blob, &client).await,
        Signed::Remote { .. } => Err(Problem::not_found()),
    }
}

/// The account that an address names.
async fn enter(desk: &Desk, id: AccountId, client: &Client) -> Result<Context, Problem> {
    let who = Who { address: client.address, ..Who::at(Door::Jmap) };
    let account = desk.ports.accounts.enter(id, who).await.map_err(|error| not_done(&error))?;
    let user = User { name: String::new(), addresses: Vec::new(), ..User::default() };
    Ok(Context { account, user, ports: desk.ports.clone() })
}

/// A picture that is part of an email; whatever the email says, only if its first octets say so too.
async fn part(
    desk: &Arc<Desk>,
    account: AccountId,
    blob: &Id,
    client: &Client,
) -> Result<Response, Problem> {
    let context = enter(desk, account, client).await?;
    let found = Blob::find(&context, blob).await.map_err(|error| of_method(&error))?;
    let found = found.ok_or_else(Problem::not_found)?;
    let head = found.range(&context, 0..raster::HEAD_OCTETS).await;
    let head = head.map_err(|error| of_method(&error))?;
    let kind = raster::kind(&head).ok_or_else(Problem::not_found)?;
    let octets = found.octets(&context).await.map_err(|error| of_method(&error))?;
    let mut answer = picture(kind, Body::empty());
    answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(octets));
    *answer.body_mut() = body(Arc::clone(desk), account, context, found, 0..octets);
    Ok(answer)
}

/// A picture from elsewhere, if the host fetches these.
async fn remote(
    State(desk): State<Arc<Desk>>,
    Path(signed): Path<String>,
) -> Result<Response, Problem> {
    let signed = desk.ports.bodies.verify(&signed).ok_or_else(Problem::not_found)?;
    let Signed::Remote { account, url } = signed else { return Err(Problem::not_found()) };
    let outside = desk.settings.outside.as_ref().ok_or_else(Problem::not_found)?;
    let turn = desk.slots.picture(account).await;
    let mut fetched = fetch(&**outside, &url).await.map_err(not_fetched)?;
    let kind = fetched.kind;
    let body = streamed(async move |pieces| {
        let _turn = turn;
        loop {
            match fetched.next().await {
                Ok(Some(piece)) => pieces.put(piece).await,
                Ok(None) => return,
                Err(refused) => {
                    drop(not_fetched(refused));
                    return pieces.fail().await;
                }
            }
        }
    });
    Ok(picture(kind, body))
}

fn not_fetched(refused: Refused) -> Problem {
    tracing::debug!(%refused, "a picture from elsewhere is not shown");
    Problem::not_found()
}

/// A picture for a body. The origin of that is its own, so that to a browser all others are strangers: the address is what
/// protects the picture, not who asks.
fn picture(kind: &'static str, body: Body) -> Response {
    let mut answer = Response::new(body);
    let fields = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, "inline"),
        (header::CONTENT_SECURITY_POLICY, PICTURE),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ] {
        fields.insert(name, HeaderValue::from_static(value));
    }
    answer
}
