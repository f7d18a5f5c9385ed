//! Where programs get their tokens, and give them back (RFC 6749, 3.2; RFC 7009).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use sasl::Secret;
use serde_json::json;

use super::codes::{Again, Found, Grant, is_verifier, proves};
use super::devices::Polled;
use super::parameters::Parameters;
use super::program::Program;
use super::refused::{Refused, answer};
use super::{Granted, SCOPE, granted_scope};
use crate::site::Desk;

/// By a code that a browser carried (RFC 6749, 4.1.3).
pub(super) const BY_CODE: &str = "authorization_code";
/// By a refresh token (RFC 6749, 6).
pub(super) const BY_REFRESH: &str = "refresh_token";
/// By the code of a device (RFC 8628, 3.4).
pub(super) const BY_DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The program that asks, by its identifier.
pub(super) fn program(desk: &Desk, said: &Parameters) -> Result<(String, Program), Refused> {
    let id = said.need("client_id")?;
    let program = Program::of(id, &desk.settings.oauth.key);
    let program = program.ok_or_else(|| {
        Refused::new("invalid_client", "there is no such client; it can register itself again")
    })?;
    Ok((id.to_owned(), program))
}

pub(super) async fn token(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let said = Parameters::read(&headers, body).await?;
    let kind = said.need("grant_type")?;
    let (id, program) = program(&desk, &said)?;
    if granted_scope(said.get("scope")).is_none() {
        return Err(Refused::new("invalid_scope", "none of these scopes is known here"));
    }
    let granted = match kind {
        BY_CODE => by_code(&desk, &said, &id, &program).await?,
        BY_REFRESH => {
            let refresh = Secret::new(said.need("refresh_token")?.as_bytes().to_vec());
            let granted = desk.settings.oauth.grants.refresh(&refresh, &id).await?;
            granted.ok_or_else(|| Refused::grant("the refresh token is not good any more"))?
        }
        BY_DEVICE => by_device(&desk, &said, &id).await?,
        _ => {
            let text = "this grant_type is not known here";
            return Err(Refused::new("unsupported_grant_type", text));
        }
    };
    let text = |secret: &Secret| String::from_utf8_lossy(secret.expose()).into_owned();
    Ok(answer(&json!({
        "access_token": text(&granted.access),
        "token_type": "Bearer",
        "expires_in": granted.access_s,
        "refresh_token": text(&granted.refresh),
        "scope": SCOPE,
    })))
}

async fn by_code(
    desk: &Desk,
    said: &Parameters,
    id: &str,
    program: &Program,
) -> Result<Granted, Refused> {
    let (code, verifier) = (said.need("code")?, said.need("code_verifier")?);
    let wrong = || Refused::grant("the code is not good, or not any more");
    let consent = match desk.settings.oauth.codes.take(code) {
        Found::Consent(consent) => consent,
        Found::Again(grant) => {
            // RFC 6749, 4.1.2: a code that comes twice was stolen, before or after it was used.
            if let Some(grant) = grant {
                end(desk, &grant).await?;
            }
            return Err(wrong());
        }
        Found::Nothing => return Err(wrong()),
    };
    if consent.program != id {
        return Err(wrong());
    }
    // RFC 6749, 4.1.3: named when it was named before, and the same.
    let redirect = said.get("redirect_uri");
    let is_same = match redirect {
        Some(redirect) => redirect == consent.redirect,
        None => !consent.redirect_was_asked,
    };
    if !is_same {
        return Err(Refused::grant("redirect_uri is another one than the code was sent to"));
    }
    if !is_verifier(verifier) || !proves(verifier, &consent.challenge) {
        return Err(Refused::grant("code_verifier does not fit code_challenge"));
    }
    let granted = desk.settings.oauth.grants.grant(&consent.address, &program.name, id).await?;
    let grant = Grant { access: granted.access.clone(), program: id.to_owned() };
    if desk.settings.oauth.codes.led_to(code, grant.clone()) == Again::Yes {
        end(desk, &grant).await?;
        return Err(wrong());
    }
    Ok(granted)
}

/// Ends what came of a code that came a second time.
async fn end(desk: &Desk, grant: &Grant) -> Result<(), Refused> {
    tracing::warn!("a code of OAuth came a second time: what came of it is ended");
    Ok(desk.settings.oauth.grants.end(&grant.access, &grant.program).await?)
}

async fn by_device(desk: &Desk, said: &Parameters, id: &str) -> Result<Granted, Refused> {
    match desk.settings.oauth.devices.poll(said.need("device_code")?, id) {
        Polled::Pending => Err(Refused::new("authorization_pending", "nobody has decided yet")),
        Polled::SlowDown => Err(Refused::new("slow_down", "ask five seconds less often")),
        Polled::Denied => Err(Refused::new("access_denied", "it was denied")),
        Polled::Expired => Err(Refused::new("expired_token", "the code is not good any more")),
        Polled::Allowed { address, name } => {
            Ok(desk.settings.oauth.grants.grant(&address, &name, id).await?)
        }
    }
}

/// `POST /auth/revoke`. A token that is nobody's is over already (RFC 7009, 2.2).
pub(super) async fn revoke(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let said = Parameters::read(&headers, body).await?;
    let (id, _) = program(&desk, &said)?;
    let token = Secret::new(said.need("token")?.as_bytes().to_vec());
    desk.settings.oauth.grants.end(&token, &id).await?;
    Ok(StatusCode::OK.into_response())
}
