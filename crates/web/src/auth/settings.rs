//! What decides who gets in as somebody, in JSON: `/auth/settings`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sasl::Secret;
use serde_json::{Value, json};

use super::cookie;
use super::json;
use super::otpauth;
use super::page::Page;
use super::passkey::relying_party;
use super::session::shown;
use crate::client::Client;
use crate::own_security::{
    By, Change, Changed, Device, NotChanged, Pop3, Refused, Security, Setting,
};
use crate::problem::Problem;
use crate::site::Desk;

/// All of it.
pub(super) async fn look(page: Page, State(desk): State<Arc<Desk>>) -> Result<Response, Problem> {
    let security = looked_up(&desk, &page).await?;
    Ok(json::answer(&listed(&security)))
}

pub(super) async fn looked_up(desk: &Desk, page: &Page) -> Result<Security, Problem> {
    let looked = desk.gate.own_security().look(page.account).await;
    looked.map_err(|fault| Problem::of_fault(&fault))
}

fn listed(security: &Security) -> Value {
    let device = |device: &Device| {
        json!({
            "name": device.name,
            "madeAt": json::date(device.added_s),
            "usedAt": device.used_s.map(json::date),
            "expiresAt": device.expires_s.map(json::date),
        })
    };
    let setting = |setting: &Setting| json!({"value": setting.value, "chosen": setting.is_chosen});
    let pop3 = |pop3: &Pop3| {
        json!({
            "device": pop3.device,
            "onDelete": setting(&pop3.on_delete),
            "show": setting(&pop3.show),
            "markRead": setting(&pop3.mark_read),
            "sentCopy": setting(&pop3.sent_copy),
            "downloaded": pop3.downloaded,
            "usedAt": pop3.last_s.map(json::date),
        })
    };
    json!({
        "passwordSetAt": json::date(security.password_set_s),
        "onlyAppPasswords": security.only_app_passwords,
        "appSetAt": security.app_added_s.map(json::date),
        "recoveryCodes": security.recovery_codes,
        "passkeys": security.passkeys.iter().map(device).collect::<Vec<_>>(),
        "appPasswords": security.app_passwords.iter().map(device).collect::<Vec<_>>(),
        "tokens": security.tokens.iter().map(device).collect::<Vec<_>>(),
        "pop3": security.pop3.iter().map(pop3).collect::<Vec<_>>(),
    })
}

/// Changes something.
pub(super) async fn change(
    page: Page,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let change: Change = json::read(&headers, body).await?;
    let changed = changed(&desk, &client, &page, change).await?;
    let changed = changed.map_err(|refused| {
        let (name, detail) = refusal(&refused);
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).named(name)
    })?;
    Ok(match changed {
        Changed::Done => StatusCode::NO_CONTENT.into_response(),
        Changed::Session(new) => {
            let cookie = cookie::set_session(new.session.stay, client.security, &new.secret);
            let mut answer = json::answer(&shown(&Page::of(&desk, new.session)));
            if let Some(cookie) = cookie {
                answer.headers_mut().append(header::SET_COOKIE, cookie);
            }
            answer
        }
        Changed::App(secret) => {
            let address = otpauth::address(&secret, &page.address, &desk.settings.hostname);
            let picture = otpauth::modules(&address)
                .map(|code| json!({"side": code.side, "path": code.path}));
            json::answer(&json!({"secret": words(&secret), "uri": address, "picture": picture}))
        }
        Changed::Codes(codes) => {
            json::answer(&json!({"recoveryCodes": codes.iter().map(words).collect::<Vec<_>>()}))
        }
        Changed::Made(secret) => json::answer(&json!({"secret": words(&secret)})),
    })
}

/// Changes something, after a proof where one is needed; or says what cannot be done.
pub(super) async fn changed(
    desk: &Desk,
    client: &Client,
    page: &Page,
    change: Change,
) -> Result<Result<Changed, Refused>, Problem> {
    if change.needs_proof() {
        page.must_be_fresh()?;
    }
    let (peer, party) = (client.peer(), relying_party(client, &desk.settings.hostname));
    let by = By { peer: &peer, party: party.as_ref() };
    match desk.gate.own_security().change(&page.session, change, by).await {
        Ok(changed) => Ok(Ok(changed)),
        Err(NotChanged::Refused(refused)) => Ok(Err(refused)),
        Err(NotChanged::Fault(fault)) => Err(Problem::of_fault(&fault)),
    }
}

/// A secret of ours, which is ASCII.
pub(super) fn words(secret: &Secret) -> &str {
    str::from_utf8(secret.expose()).unwrap_or_default()
}

/// What cannot be done: by a name for programs, and in words.
fn refusal(refused: &Refused) -> (&'static str, String) {
    match refused {
        Refused::WrongCode => ("code", "the code is not right".to_owned()),
        Refused::NothingBegun => {
            ("code", "no app is being set up, or it took too long; begin again".to_owned())
        }
        Refused::WrongPasskey => ("passkey", "the passkey was not taken".to_owned()),
        Refused::NoSecondFactor => ("second-factor", "there is no second factor".to_owned()),
        Refused::WeakPassword { characters_min } => {
            ("password", format!("a password needs at least {characters_min} characters"))
        }
        Refused::NameTaken => ("name", "there is one of that name already".to_owned()),
        Refused::NoSuchName => ("name", "there is none of that name".to_owned()),
        Refused::BadName { octets_max } => {
            let words = format!("a name needs 1 to {octets_max} octets and no control characters");
            ("name", words)
        }
        Refused::TooMany { max } => {
            ("too-many", format!("there are {max} already, which is the most"))
        }
        Refused::BadDays { max } => ("days", format!("it can be good for 1 to {max} days")),
        Refused::BadPop3(words) => ("pop3", words.clone()),
        Refused::Other(words) => ("refused", words.clone()),
    }
}
