//! Requests (RFC 8620, 3).

use std::sync::Arc;

use ::jmap::{self as jmap, Request, RequestError};
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use lane::Turns;
use mailbox::AccountId;

use super::{context, session, socket};
use crate::client::Client;
use crate::gzip::Gzip;
use crate::incoming::{Incoming, is_json, length};
use crate::limits::LARGE_REQUEST_OCTETS;
use crate::login::Visitor;
use crate::problem::Problem;
use crate::site::Desk;
use crate::slots::{Kind, Slot};

const JSON: &str = "application/json";

pub(super) async fn api(
    visitor: Visitor,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let limits = &desk.settings.limits;
    let _slot = slot(&desk, &visitor)?;
    if !is_json(&headers) {
        let error = RequestError::NotJson("its type is not application/json".to_owned());
        return Err(error.into());
    }
    // A body that does not say how long it is may be as long as any.
    let octets_max = u64::try_from(limits.request_octets_max).unwrap_or(u64::MAX);
    let length = length(&headers).unwrap_or(octets_max);
    if length > octets_max {
        return Err(Problem::limit("maxSizeRequest"));
    }
    let _room = desk.slots.room(usize::try_from(length).unwrap_or(usize::MAX))?;
    let octets = Incoming::new(body, octets_max, "maxSizeRequest").whole().await?;
    let (response, turns) = answer(&desk, &visitor, &client, octets).await?;
    let octets = response.into_octets().map_err(|error| {
        tracing::error!(%error, "an answer of JMAP cannot be written");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer cannot be written")
    })?;
    Ok(Gzip::of(&headers).answer(JSON, octets, Some(&turns)).await)
}

/// Does a request that came another way, within the same limits.
pub(crate) async fn run(
    desk: &Desk,
    visitor: &Visitor,
    client: &Client,
    octets: Vec<u8>,
) -> Result<(jmap::Response, Turns), Problem> {
    let _slot = slot(desk, visitor)?;
    let _room = desk.slots.room(octets.len())?;
    answer(desk, visitor, client, octets).await
}

fn slot(desk: &Desk, visitor: &Visitor) -> Result<Slot, Problem> {
    let (account, most) = (AccountId(visitor.login.account), desk.settings.limits.requests_max);
    let slot = desk.slots.take(account, Kind::Request, most);
    slot.ok_or_else(|| Problem::limit("maxConcurrentRequests"))
}

async fn answer(
    desk: &Desk,
    visitor: &Visitor,
    client: &Client,
    octets: Vec<u8>,
) -> Result<(jmap::Response, Turns), Problem> {
    let mut context = context(desk, visitor).await?;
    let turns = context.account.turns().clone();
    if octets.len() > LARGE_REQUEST_OCTETS {
        lane::slow(Some(&turns)).await;
    }
    let mut request = Request::read(&octets, &desk.settings.limits)?;
    drop(octets);
    // It has no methods, and is not known to whoever has them.
    request.using.retain(|capability| capability != socket::CAPABILITY);
    let state = session::of(desk, &context, client).state;
    let response = desk.api.run(request, &mut context, state).await?;
    lane::breathe(Some(&turns)).await;
    Ok((response, turns))
}
