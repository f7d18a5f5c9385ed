//! Pushed changes (RFC 8620, 7.3): an event says which types have which states now, and nothing else. It is pulled when the account's
//! bell rings, so that however much happens, little waits to be sent.

use std::sync::Arc;
use std::time::Duration;

use ::jmap::server::ids;
use ::jmap::server::ports::Notes;
use axum::body::Body;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use mailbox::{Account, AccountId, Error};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::states::{States, states};
use super::{enter, not_done};
use crate::activity::Lasting;
use crate::limits::{LISTENERS_PER_USER_MAX, PING_MAX_S, PING_MIN_S, STATES_APART};
use crate::login::Visitor;
use crate::problem::Problem;
use crate::query;
use crate::serve::Stopping;
use crate::site::Desk;
use crate::slots::{Kind, Slot};
use crate::streamed::{Pieces, streamed};

/// What a client wants to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    /// None: all.
    types: Option<Vec<String>>,
    close_after: CloseAfter,
    /// None: no pings.
    ping: Option<Duration>,
    /// What it knows.
    known: Option<States>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CloseAfter {
    State,
    No,
}

pub(super) async fn events(
    visitor: Visitor,
    State(desk): State<Arc<Desk>>,
    Extension(stopping): Extension<Stopping>,
    RawQuery(asked): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::of(asked.as_deref(), &headers)?;
    let slot =
        desk.slots.take(AccountId(visitor.login.account), Kind::Listening, LISTENERS_PER_USER_MAX);
    let slot = slot.ok_or_else(|| {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many listeners of one user").after(60)
    })?;
    let account = enter(&desk, &visitor).await?;
    // What is new after the client has an answer is told, whatever comes first.
    let known = match wanted.known {
        Some(known) => known,
        None => {
            let now = states(&account, &*desk.ports.notes).await;
            now.map_err(|error| not_done(&error))?
        }
    };
    lane::quick();
    let of_user = (account, Arc::clone(&desk.ports.notes));
    let mut answer =
        streamed(move |pieces| listen(of_user, (wanted, known), visitor, stopping, pieces, slot))
            .into_response();
    answer.extensions_mut().insert(Lasting::AsLongAsLiked);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // nginx then hands events on as they come.
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    headers.insert(unbuffered, HeaderValue::from_static("no"));
    Ok::<Response<Body>, _>(answer)
}

async fn listen(
    (account, notes): (Account, Arc<dyn Notes>),
    (wanted, known): (Wanted, States),
    visitor: Visitor,
    stopping: Stopping,
    pieces: Pieces,
    _slot: Slot,
) {
    tokio::select! {
        told = tell((&account, &*notes), wanted, known, &pieces) => {
            if let Err(error) = told {
                tracing::warn!(user = visitor.login.address, %error, "changes cannot be pushed any more");
                pieces.fail().await;
            }
        }
        () = visitor.visit.over() => {}
        () = stopping.begins() => {}
    }
}

async fn tell(
    (account, notes): (&Account, &dyn Notes),
    wanted: Wanted,
    mut known: States,
    pieces: &Pieces,
) -> Result<(), Error> {
    let id = ids::account(account.id()).to_string();
    let mut bell = account.bell();
    // An event without data is none; the id is noted all the same. Not all clients know that (jmap-client), so where it can be it is
    // that of a ping.
    let first = wanted.ping.map(ping).unwrap_or_default();
    pieces.put(format!("{first}id: {known}\n\n")).await;
    let mut told = Instant::now();
    loop {
        bell.mark_unchanged();
        // Boxed, so that who waits does not pay for its size.
        let now = Box::pin(states(account, notes)).await?;
        lane::quick();
        let changed = now.changed(Some(&known), wanted.types.as_deref());
        known = now;
        if !changed.is_empty() {
            pieces.put(event(&id, changed, &now)).await;
            if wanted.close_after == CloseAfter::State {
                return Ok(());
            }
            told = Instant::now();
            // What happens meanwhile comes as one.
            sleep(STATES_APART).await;
        }
        tokio::select! {
            rang = bell.changed() => if rang.is_err() { return Ok(()) },
            interval = due(wanted.ping, told) => {
                told = Instant::now();
                pieces.put(format!("{}\n", ping(interval))).await;
            }
        }
    }
}

/// The lines of a ping (RFC 8620, 7.3).
fn ping(interval: Duration) -> String {
    let interval = json!({"interval": interval.as_secs()});
    format!("event: ping\ndata: {interval}\n")
}

/// Waits until a ping is due.
async fn due(ping: Option<Duration>, told: Instant) -> Duration {
    match ping.and_then(|ping| Some((ping, told.checked_add(ping)?))) {
        Some((ping, due)) => {
            sleep_until(due).await;
            ping
        }
        None => std::future::pending().await,
    }
}

fn event(account: &str, changed: Map<String, Value>, now: &States) -> String {
    let changed = json!({"@type": "StateChange", "changed": {account: changed}});
    format!("event: state\nid: {now}\ndata: {changed}\n\n")
}

impl Wanted {
    fn of(asked: Option<&str>, headers: &HeaderMap) -> Result<Wanted, Problem> {
        let value = |name| query::value(asked, name);
        let bad = |why: &str| Problem::new(StatusCode::BAD_REQUEST, why);
        let types = value("types").ok_or_else(|| bad("types is missing: a list, or *"))?;
        let types = (types != "*").then(|| types.split(',').map(str::to_owned).collect());
        let close_after = match value("closeafter").as_deref() {
            Some("state") => CloseAfter::State,
            Some("no") => CloseAfter::No,
            Some(_) | None => return Err(bad("closeafter is state or no")),
        };
        let ping: Option<u64> = value("ping").and_then(|ping| ping.parse().ok());
        let ping = match ping.ok_or_else(|| bad("ping is a number of seconds"))? {
            0 => None,
            seconds => Some(Duration::from_secs(seconds.clamp(PING_MIN_S, PING_MAX_S))),
        };
        let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
        Ok(Wanted { types, close_after, ping, known: last.and_then(|id| id.parse().ok()) })
    }
}
