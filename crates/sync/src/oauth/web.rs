//! The port to the web: one request, one answer, and no redirect is followed.

use sasl::{Ready, Secret};
use serde_json::{Map, Value};

use super::{OAuthFault, WebAddress};
use crate::network::{NetworkFault, Trust};

/// What is asked.
#[derive(Clone, Copy)]
pub enum Asking<'a> {
    /// For what is there.
    Get,
    /// With the fields of a form, encoded (`application/x-www-form-urlencoded`).
    Form(&'a Secret),
    /// With JSON.
    Json(&'a str),
}

/// A request.
#[derive(Clone, Copy)]
pub struct WebRequest<'a> {
    /// Where it goes.
    pub address: &'a WebAddress,
    /// What it says.
    pub asking: Asking<'a>,
    /// Which certificates are trusted there.
    pub trust: &'a Trust,
}

/// An answer. It may hold tokens, so it is wiped.
pub struct WebAnswer {
    /// The status of HTTP.
    pub status: u16,
    /// At most `WEB_ANSWER_OCTETS_MAX` octets.
    pub body: Secret,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebFault {
    /// The network.
    Network(NetworkFault),
    /// The answer is larger than `WEB_ANSWER_OCTETS_MAX`.
    TooMuch,
    /// What answers is no server of HTTP.
    NotHttp,
}

/// Asks servers of OAuth.
pub trait Web: Send + Sync {
    /// Asks, for at most `WEB_TIMEOUT_S`. Redirects are answers like others: what a person trusts is the server that was named.
    fn ask<'a>(&'a self, request: WebRequest<'a>) -> Ready<'a, Result<WebAnswer, WebFault>>;

    /// Randomness for what nobody may guess; none: there is none.
    fn random(&self) -> Option<[u8; 32]>;
}

/// An answer that is an object of JSON, with its status.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) object: Map<String, Value>,
}

impl Answered {
    /// Whether it is what was asked for.
    pub(super) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A number, which some servers write as a text.
    pub(super) fn seconds(&self, name: &str) -> Option<u64> {
        let value = self.object.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    }

    /// An address.
    pub(super) fn address(&self, name: &str) -> Result<Option<WebAddress>, OAuthFault> {
        self.text(name).map(str::parse).transpose()
    }
}

/// Asks for an object of JSON; none: there is nothing at that address.
pub(super) async fn asked(
    web: &dyn Web,
    request: WebRequest<'_>,
) -> Result<Option<Answered>, OAuthFault> {
    let failed = |fault| OAuthFault::of_web(fault, request.address);
    let answer = web.ask(request).await.map_err(failed)?;
    match answer.status {
        404 | 405 | 410 => return Ok(None),
        300..400 => return Err(OAuthFault::Answer("an answer, and not a redirect elsewhere")),
        500.. => return Err(OAuthFault::Unavailable { host: request.address.host() }),
        _ => {}
    }
    match serde_json::from_slice(answer.body.expose()) {
        Ok(Value::Object(object)) => Ok(Some(Answered { status: answer.status, object })),
        Ok(_) | Err(_) => Err(OAuthFault::Answer("an object of JSON")),
    }
}

/// The fields of a form, encoded.
pub(super) fn form(pairs: &[(&str, &str)]) -> Secret {
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    encoded.extend_pairs(pairs);
    Secret::new(encoded.finish())
}
