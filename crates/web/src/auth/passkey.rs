//! Passkeys: what a browser has to be told for one to sign or to be made, and the script of our pages that asks it.

use std::sync::{Arc, LazyLock};

use axum::extract::{Extension, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sasl::Security;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::guard;
use super::html::Maker;
use super::json::{self, Typed};
use super::page::Page;
use crate::client::Client;
use crate::page_logins::{ChallengeFor, PasskeyChallenge, RelyingParty};
use crate::problem::Problem;
use crate::setup::xml::text;
use crate::site::Desk;

const SCRIPT: &str = include_str!("passkeys.js");

/// How long a browser asks its user, in milliseconds; as long as a challenge is good.
const TIMEOUT_MS: u32 = 300_000;

/// What a page with the script may do: run it and nothing else, and ask us.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{hash}'; connect-src 'self'; style-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// What a page with the script may do.
pub(super) fn policy() -> HeaderValue {
    POLICY.clone()
}

/// The script as it stands at the end of a page.
pub(super) fn script(base: &str) -> String {
    format!("<script data-base=\"{base}\">{SCRIPT}</script>\n")
}

/// What a page shows to those whose browser knows passkeys: a button, and room for what did not work.
pub(super) fn part(
    maker: &Maker<'_>,
    way: &str,
    label: &str,
    (next, ticket): (&str, &str),
) -> String {
    let (next, ticket, failed) = (text(next), text(ticket), maker.words.passkey_failed);
    format!(
        "<div data-passkeys hidden>\n<p class=\"or\"><span>{}</span></p>\n<p role=\"alert\" hidden>{failed}</p>\n\
         <button type=\"button\" class=\"quiet\" data-passkey=\"{way}\" data-next=\"{next}\" data-ticket=\"{ticket}\">{label}</button>\n</div>\n",
        maker.words.or
    )
}

/// The host, as browsers know it: passkeys are bound to its real name. None where it is reached by another.
pub(super) fn relying_party<'a>(client: &Client, hostname: &'a str) -> Option<RelyingParty<'a>> {
    let origin = client.origin(hostname);
    let host = client.host.as_deref().unwrap_or(hostname);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let is_ours = host.eq_ignore_ascii_case(hostname)
        || host.to_ascii_lowercase().ends_with(&format!(".{}", hostname.to_ascii_lowercase()));
    let is_fit = client.security == Security::Tls && is_ours;
    is_fit.then_some(RelyingParty { id: hostname, origin: origin.to_ascii_lowercase() })
}

/// The same for what takes a passkey in any case.
pub(super) fn needed<'a>(desk: &'a Desk, client: &Client) -> Result<RelyingParty<'a>, Problem> {
    let hostname = desk.settings.hostname.as_str();
    relying_party(client, hostname).ok_or_else(|| {
        let detail = format!("passkeys are for https://{hostname} alone");
        Problem::new(axum::http::StatusCode::CONFLICT, detail).named("passkey")
    })
}

/// What a page asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
enum Asked {
    Login {},
    Factor { ticket: Typed },
    Confirm {},
    Add {},
}

/// Says what the browser has to be told.
pub(super) async fn options(
    page: Option<Page>,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Result<Response, Problem> {
    let (Parts { headers, .. }, body) = request.into_parts();
    guard::check(&Method::POST, &headers, &client, &desk.settings.hostname)?;
    let party = needed(&desk, &client)?;
    let asked: Asked = json::read(&headers, body).await?;
    let of_page = || page.as_ref().ok_or_else(Problem::logged_out);
    let wanted = match &asked {
        Asked::Login {} => ChallengeFor::LogIn,
        Asked::Factor { ticket } => ChallengeFor::SecondFactor(&ticket.0),
        Asked::Confirm {} => ChallengeFor::Confirm(&of_page()?.session),
        Asked::Add {} => {
            let page = of_page()?;
            page.must_be_fresh()?;
            ChallengeFor::Add(&page.session)
        }
    };
    let challenge = desk.gate.page_logins().passkey_challenge(wanted).await;
    let challenge = challenge.map_err(|fault| Problem::of_fault(&fault))?;
    Ok(json::answer(&match asked {
        Asked::Login {} | Asked::Confirm {} => to_sign(&challenge, &party, "required"),
        Asked::Factor { .. } => to_sign(&challenge, &party, "preferred"),
        Asked::Add {} => {
            let address = &of_page()?.address;
            to_make(&challenge, &party, address, &desk.settings.hostname)
        }
    }))
}

fn credentials(ids: &[Vec<u8>]) -> Value {
    let credential = |id: &Vec<u8>| json!({"type": "public-key", "id": URL_SAFE_NO_PAD.encode(id)});
    ids.iter().map(credential).collect()
}

/// PublicKeyCredentialRequestOptionsJSON (Web Authentication, 5.5).
fn to_sign(challenge: &PasskeyChallenge, party: &RelyingParty<'_>, verification: &str) -> Value {
    json!({
        "challenge": URL_SAFE_NO_PAD.encode(&challenge.octets),
        "rpId": party.id,
        "allowCredentials": credentials(&challenge.passkeys),
        "userVerification": verification,
        "timeout": TIMEOUT_MS,
    })
}

/// PublicKeyCredentialCreationOptionsJSON (Web Authentication, 5.4).
fn to_make(
    challenge: &PasskeyChallenge,
    party: &RelyingParty<'_>,
    address: &str,
    hostname: &str,
) -> Value {
    let algorithm = |algorithm: &i64| json!({"type": "public-key", "alg": algorithm});
    json!({
        "challenge": URL_SAFE_NO_PAD.encode(&challenge.octets),
        "rp": {"id": party.id, "name": hostname},
        "user": {
            "id": URL_SAFE_NO_PAD.encode(&challenge.user_handle),
            "name": address,
            "displayName": address,
        },
        "pubKeyCredParams": challenge.algorithms.iter().map(algorithm).collect::<Vec<_>>(),
        "excludeCredentials": credentials(&challenge.passkeys),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "required",
        },
        "attestation": "none",
        "timeout": TIMEOUT_MS,
    })
}

#[cfg(test)]
mod tests {
    use sasl::Security;

    use super::relying_party;
    use crate::client::Client;

    #[test]
    fn passkeys_are_bound_to_the_real_name_of_the_host() {
        for (host, security, want) in [
            ("mail.example.org", Security::Tls, Some("https://mail.example.org")),
            ("mail.example.org:8443", Security::Tls, Some("https://mail.example.org:8443")),
            ("MAIL.example.org", Security::Tls, Some("https://mail.example.org")),
            ("web.mail.example.org", Security::Tls, Some("https://web.mail.example.org")),
            ("mail.example.org", Security::Loopback, None),
            ("localhost", Security::Tls, None),
            ("evilmail.example.org", Security::Tls, None),
            ("mail.example.org.evil.example", Security::Tls, None),
            ("[::1]:8443", Security::Tls, None),
        ] {
            let client = Client { address: None, security, host: Some(host.to_owned()) };
            let party = relying_party(&client, "mail.example.org");
            assert_eq!(party.map(|party| party.origin).as_deref(), want, "{host}");
        }
    }
}
