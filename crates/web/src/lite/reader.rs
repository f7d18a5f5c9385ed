//! Somebody who reads mail in these pages, and how methods of JMAP are called for them.

use std::sync::Arc;

use ::jmap::client::{AnswerFault, Asked, Asking, Heard};
use ::jmap::server::ids;
use axum::extract::{Extension, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use mailbox::AccountId;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::words::Words;
use crate::auth::cookie::{self, Kind};
use crate::auth::fields::Fields;
use crate::auth::form::{Form, form_token};
use crate::auth::html::{Maker, see};
use crate::auth::next::Next;
use crate::auth::page::Page;
use crate::client::Client;
use crate::jmap::run;
use crate::language::Language;
use crate::login::{Visitor, Visitors};
use crate::problem::Problem;
use crate::site::Desk;

/// The capabilities that these pages use.
const USING: [&str; 4] = [
    "urn:ietf:params:jmap:core",
    "urn:ietf:params:jmap:mail",
    "urn:ietf:params:jmap:submission",
    "https://correio.example/jmap/body",
];

/// Somebody who is logged in, with what their pages are made with. As an extractor it leads others to the login, and back.
pub(super) struct Reader {
    pub(super) desk: Arc<Desk>,
    pub(super) words: &'static Words,
    pub(super) account: String,
    /// The token of forms.
    pub(super) token: String,
    /// The main address.
    pub(super) address: String,
    client: Client,
    visitor: Visitor,
}

impl Reader {
    /// Whoever the session of a page belongs to.
    pub(super) async fn of(
        desk: &Arc<Desk>,
        page: &Page,
        (client, visitors): (&Client, &Visitors),
        headers: &HeaderMap,
    ) -> Result<Reader, Response> {
        let with = (&*desk.gate, &desk.settings.key);
        // These pages are for whom the cookie says, whatever else a browser sends along.
        let mut by_cookie = headers.clone();
        by_cookie.remove(axum::http::header::AUTHORIZATION);
        let admitted = visitors.admit(with, client, &by_cookie).await;
        let visitor =
            admitted.map_err(|refusal| refusal.answer(crate::login::AskedBy::Page, ""))?;
        let secret = cookie::read(headers, Kind::Session, client.security);
        let token = secret.map(|secret| form_token(desk, &secret)).unwrap_or_default();
        Ok(Reader {
            desk: Arc::clone(desk),
            words: Words::of(Language::of(headers)),
            account: ids::account(AccountId(visitor.login.account)).to_string(),
            token,
            address: page.address.clone(),
            client: client.clone(),
            visitor,
        })
    }

    /// What stands before all paths.
    pub(super) fn base(&self) -> &str {
        &self.desk.settings.base_path
    }

    /// Calls methods.
    pub(super) async fn hear(&self, asking: &Asking) -> Result<Heard, Problem> {
        let (response, _) = run(&self.desk, &self.visitor, &self.client, asking.octets()).await?;
        let octets = response.into_octets().map_err(|error| internal(&error))?;
        Heard::read(&octets).map_err(|error| internal(&error))
    }

    /// A request, to which calls are added.
    pub(super) fn asking() -> Asking {
        Asking::using(&USING)
    }

    /// The mailbox with a role (RFC 8621, 2), if there is one.
    pub(super) async fn with_role(&self, role: &str) -> Result<Option<String>, Problem> {
        let mut asking = Reader::asking();
        let arguments = json!({"accountId": self.account, "filter": {"role": role}});
        let query = asking.call("Mailbox/query", arguments);
        let ids: Vec<String> = property(&self.hear(&asking).await?, &query, "ids")?;
        Ok(ids.into_iter().next())
    }
}

/// A form that somebody who is logged in sent, of at most so many octets. As an extractor it leads others to the login.
pub(super) struct Posted<const OCTETS_MAX: u64> {
    pub(super) reader: Reader,
    pub(super) fields: Fields,
}

impl<const OCTETS_MAX: u64> FromRequest<Arc<Desk>> for Posted<OCTETS_MAX> {
    type Rejection = Response;

    async fn from_request(request: Request, desk: &Arc<Desk>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let maker = Maker::of(desk, &parts.headers);
        let (client, visitors) = known(&mut parts, desk).await?;
        let headers = parts.headers.clone();
        let form = Form::read_up_to(Request::from_parts(parts, body), desk, OCTETS_MAX).await;
        let form = form.map_err(|problem| maker.problem(&problem))?;
        let Some(page) = &form.page else { return Err(maker.log_in_first("/lite/")) };
        let reader = Reader::of(desk, page, (&client, &visitors), &headers).await?;
        Ok(Posted { reader, fields: form.fields })
    }
}

/// Who asks over which connection, and who is let in.
async fn known(parts: &mut Parts, desk: &Arc<Desk>) -> Result<(Client, Arc<Visitors>), Response> {
    let client = Extension::<Client>::from_request_parts(parts, desk).await;
    let Extension(client) = client.map_err(|refused| refused.into_response())?;
    let visitors = Extension::<Arc<Visitors>>::from_request_parts(parts, desk).await;
    let Extension(visitors) = visitors.map_err(|refused| refused.into_response())?;
    Ok((client, visitors))
}

fn internal(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "a plain page cannot be made");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be made")
}

/// The answer to a call, or why there is none.
pub(super) fn answer<'h>(heard: &'h Heard, to: &Asked) -> Result<&'h Map<String, Value>, Problem> {
    heard.answer(to).map_err(|fault| match &fault {
        AnswerFault::Error { kind, .. } if kind == "serverUnavailable" => {
            Problem::try_later("the mail store cannot answer at the moment")
        }
        AnswerFault::Error { description, .. } => {
            let detail = description.clone().unwrap_or_else(|| fault.to_string());
            Problem::new(StatusCode::BAD_REQUEST, detail)
        }
        AnswerFault::Unfit(_) => internal(&fault),
    })
}

/// A property of the answer to a call.
pub(super) fn property<T: DeserializeOwned>(
    heard: &Heard,
    to: &Asked,
    name: &str,
) -> Result<T, Problem> {
    let value = answer(heard, to)?.get(name).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|error| internal(&error))
}

impl FromRequestParts<Arc<Desk>> for Reader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Reader, Response> {
        let page = <Option<Page> as FromRequestParts<Arc<Desk>>>::from_request_parts(parts, desk);
        let Some(page) = page.await? else {
            let asked = parts.uri.path_and_query().map_or("/", |asked| asked.as_str());
            let next = Next::read(&format!("{}{asked}", desk.settings.base_path));
            let next = next.map(|next| format!("?next={}", next.encoded())).unwrap_or_default();
            return Err(see(&format!("{}/auth/login{next}", desk.settings.base_path)));
        };
        let (client, visitors) = known(parts, desk).await?;
        Reader::of(desk, &page, (&client, &visitors), &parts.headers).await
    }
}
