//! JMAP over a WebSocket (RFC 8887): requests one after another, and pushed changes between them.

use std::sync::Arc;
use std::time::Duration;

use ::jmap::server::ids;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper_util::rt::TokioIo;
use mailbox::{Account, AccountId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf, split};
use tokio::time::{Instant, sleep_until, timeout};

use super::states::{States, states};
use super::{api, enter};
use crate::client::Client;
use crate::limits::{LISTENERS_PER_USER_MAX, STALL, STATES_APART};
use crate::login::Visitor;
use crate::problem::Problem;
use crate::serve::{Sockets, Stopping};
use crate::site::Desk;
use crate::slots::{Kind, Slot};
use crate::websocket::{Closed, Heard, Reader, Writer, accepted};

/// The capability that says where it is.
pub(super) const CAPABILITY: &str = "urn:ietf:params:jmap:websocket";

const PROTOCOL: &str = "jmap";
/// After such a silence the client is asked whether it is there, and after another one it is gone.
const SILENCE: Duration = Duration::from_secs(150);

/// Begins one (RFC 6455, 4.2.1).
pub(super) async fn socket(
    visitor: Visitor,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    Extension(stopping): Extension<Stopping>,
    Extension(sockets): Extension<Sockets>,
    mut request: Request,
) -> Result<Response, Problem> {
    let key = key_of(request.headers(), &client)?;
    let slot =
        desk.slots.take(AccountId(visitor.login.account), Kind::Listening, LISTENERS_PER_USER_MAX);
    let slot = slot.ok_or_else(|| {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many listeners of one user").after(60)
    })?;
    let account = enter(&desk, &visitor).await?;
    let upgrading = hyper::upgrade::on(&mut request);
    sockets.begin(async move {
        let Ok(upgraded) = upgrading.await else { return };
        let (read, write) = split(TokioIo::new(upgraded));
        let reader = Reader::new(read, desk.settings.limits.request_octets_max);
        let push = Push { wanted: None, due: None, told: Instant::now() };
        let talk =
            Talk { desk, visitor, client, account, writer: Writer(write), push, _slot: slot };
        talk.run(reader, stopping).await;
    });
    let mut answer = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    if let Ok(accepted) = HeaderValue::from_str(&accepted(&key)) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accepted);
    }
    Ok(answer)
}

/// The key of a request that begins one.
fn key_of(headers: &HeaderMap, client: &Client) -> Result<String, Problem> {
    let bad = |why: &str| Problem::new(StatusCode::BAD_REQUEST, why);
    let field = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let has =
        |list: &str, word: &str| list.split(',').any(|it| it.trim().eq_ignore_ascii_case(word));
    if !has(field(header::UPGRADE), "websocket") || !has(field(header::CONNECTION), "upgrade") {
        let problem =
            Problem::new(StatusCode::UPGRADE_REQUIRED, "expected the beginning of a WebSocket");
        return Err(problem);
    }
    if field(header::SEC_WEBSOCKET_VERSION) != "13" {
        return Err(bad("expected version 13 of WebSocket"));
    }
    // RFC 8887, 4.2.
    if !has(field(header::SEC_WEBSOCKET_PROTOCOL), PROTOCOL) {
        return Err(bad("expected the protocol jmap"));
    }
    // A page of another site could use what a browser knows of a login here.
    let origin = field(header::ORIGIN);
    let is_ours =
        origin.split_once("://").is_some_and(|(_, host)| Some(host) == client.host.as_deref());
    if !origin.is_empty() && !is_ours {
        return Err(Problem::new(StatusCode::FORBIDDEN, "pages of other sites may not use this"));
    }
    match field(header::SEC_WEBSOCKET_KEY) {
        "" => Err(bad("expected a key")),
        key => Ok(key.to_owned()),
    }
}

/// What a message of a client begins with (RFC 8887, 4.3).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    #[serde(rename = "@type")]
    kind: Option<String>,
    id: Option<String>,
    data_types: Option<Vec<String>>,
    push_state: Option<String>,
}

/// A response, as it stands in a message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(flatten)]
    response: &'a ::jmap::Response,
}

/// The changes that a client wants to hear of.
struct Push {
    /// None: of none.
    wanted: Option<Wanted>,
    /// When they are told next.
    due: Option<Instant>,
    told: Instant,
}

struct Wanted {
    /// None: all.
    types: Option<Vec<String>>,
    known: States,
}

/// What happened.
enum Step {
    Heard(Result<Heard, Closed>),
    Rang,
    Due,
    Silence,
    Ends(Closed),
}

/// One conversation.
struct Talk<S> {
    desk: Arc<Desk>,
    visitor: Visitor,
    client: Client,
    account: Account,
    writer: Writer<WriteHalf<S>>,
    push: Push,
    _slot: Slot,
}

/// It is over, and this is said of it.
type Over = Closed;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Talk<S> {
    async fn run(mut self, mut reader: Reader<ReadHalf<S>>, stopping: Stopping) {
        let mut bell = self.account.bell();
        let (mut silent_since, mut is_asked) = (Instant::now(), false);
        let why = loop {
            let patience = silent_since.checked_add(SILENCE).unwrap_or(silent_since);
            let due = self.push.due;
            let is_wanted = self.push.wanted.is_some() && due.is_none();
            let step = tokio::select! {
                heard = reader.next() => Step::Heard(heard),
                rang = bell.changed(), if is_wanted => match rang {
                    Ok(()) => Step::Rang,
                    Err(_) => Step::Ends(Closed::GoingAway),
                },
                () = sleep_until(due.unwrap_or(patience)), if due.is_some() => Step::Due,
                () = sleep_until(patience) => Step::Silence,
                () = self.visitor.visit.over() => Step::Ends(Closed::Policy),
                () = stopping.clone().begins() => Step::Ends(Closed::GoingAway),
            };
            let done = match step {
                Step::Heard(heard) => {
                    (silent_since, is_asked) = (Instant::now(), false);
                    self.heard(heard).await
                }
                Step::Rang => {
                    // What happens meanwhile comes as one.
                    let next = self.push.told.checked_add(STATES_APART);
                    self.push.due = next.or(Some(Instant::now()));
                    Ok(())
                }
                Step::Due => self.tell().await,
                Step::Silence if is_asked => Err(Closed::GoingAway),
                Step::Silence => {
                    (silent_since, is_asked) = (Instant::now(), true);
                    written(self.writer.ping()).await
                }
                Step::Ends(why) => Err(why),
            };
            lane::quick();
            if let Err(why) = done {
                break why;
            }
        };
        drop(timeout(STATES_APART, self.writer.close(why)).await);
    }

    async fn heard(&mut self, heard: Result<Heard, Closed>) -> Result<(), Over> {
        match heard? {
            Heard::Close => Err(Closed::Normal),
            Heard::Pong => Ok(()),
            Heard::Ping(payload) => written(self.writer.pong(&payload)).await,
            Heard::Text(octets) => self.message(octets).await,
        }
    }

    /// A message (RFC 8887, 4.3).
    async fn message(&mut self, octets: Vec<u8>) -> Result<(), Over> {
        let said: Said = match serde_json::from_slice(&octets) {
            Ok(said) => said,
            Err(error) => {
                let error = ::jmap::RequestError::NotJson(error.to_string());
                return self.refuse(None, error.into()).await;
            }
        };
        match said.kind.as_deref() {
            Some("Request") => {
                let done = api::run(&self.desk, &self.visitor, &self.client, octets).await;
                match done {
                    Ok((response, _)) => {
                        let request_id = said.id.as_deref();
                        let answer = Answer { kind: "Response", request_id, response: &response };
                        let text =
                            serde_json::to_string(&answer).map_err(|_| Closed::Unsupported)?;
                        written(self.writer.text(&text)).await
                    }
                    Err(problem) => self.refuse(said.id, problem).await,
                }
            }
            Some("WebSocketPushEnable") => {
                let known = said.push_state.and_then(|state| state.parse().ok());
                let known = match known {
                    Some(known) => known,
                    None => states(&self.account, &*self.desk.ports.notes)
                        .await
                        .map_err(|_| Closed::GoingAway)?,
                };
                self.push.wanted = Some(Wanted { types: said.data_types, known });
                self.tell().await
            }
            Some("WebSocketPushDisable") => {
                (self.push.wanted, self.push.due) = (None, None);
                Ok(())
            }
            Some(_) | None => {
                let error = ::jmap::RequestError::NotRequest("its @type is none that is known");
                self.refuse(said.id, error.into()).await
            }
        }
    }

    /// Says what is wrong with a request (RFC 8887, 4.3.4).
    async fn refuse(&mut self, id: Option<String>, problem: Problem) -> Result<(), Over> {
        let mut details = problem.into_details();
        if let Value::Object(details) = &mut details {
            details.insert("@type".to_owned(), "RequestError".into());
            details.insert("requestId".to_owned(), id.into());
        }
        written(self.writer.text(&details.to_string())).await
    }

    /// Tells what changed, if anything did (RFC 8887, 4.3.5.1).
    async fn tell(&mut self) -> Result<(), Over> {
        self.push.due = None;
        let Some(wanted) = &mut self.push.wanted else { return Ok(()) };
        let now = states(&self.account, &*self.desk.ports.notes).await;
        let now = now.map_err(|_| Closed::GoingAway)?;
        let changed = now.changed(Some(&wanted.known), wanted.types.as_deref());
        wanted.known = now;
        if changed.is_empty() {
            return Ok(());
        }
        self.push.told = Instant::now();
        let id = ids::account(self.account.id()).to_string();
        let change =
            json!({"@type": "StateChange", "changed": {id: changed}, "pushState": now.to_string()});
        written(self.writer.text(&change.to_string())).await
    }
}

/// Who takes nothing of what is sent is gone.
async fn written(writing: impl Future<Output = std::io::Result<()>>) -> Result<(), Over> {
    match timeout(STALL, writing).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Closed::GoingAway),
    }
}
