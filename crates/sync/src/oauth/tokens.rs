//! Tokens: what comes of a consent, and gets the next pair (RFC 6749, 5 and 6). What a server answers is read by what the RFC
//! says of it, and nothing else of it is believed.

use sasl::Secret;
use sasl::limits::TOKEN_OCTETS_MAX;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::web::{Answered, asked, form};
use super::{Asking, OAuthClient, OAuthFault, Web, WebAddress, WebRequest};
use crate::companion::Hidden;
use crate::limits::{REFRESH_TOKEN_OCTETS_MAX, TOKEN_LIFE_S_MAX};
use crate::network::Trust;
use crate::trouble::shown;

/// What lets the companion in, and gets it the next.
#[derive(Clone)]
pub struct Tokens {
    /// The token to log in with.
    pub access: Secret,
    /// When it ends, in seconds since 1970; none: nobody has said.
    pub expires_s: Option<i64>,
    /// Gets the next pair; none: when this one ends, the person is asked again.
    pub refresh: Option<Secret>,
}

/// The tokens as they are kept.
#[derive(Serialize, Deserialize)]
struct Text {
    access: Hidden,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_s: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<Hidden>,
}

impl Tokens {
    /// Reads them as they are kept; none: it is not what was written.
    pub fn read(kept: &Secret) -> Option<Tokens> {
        let text: Text = serde_json::from_slice(kept.expose()).ok()?;
        Some(Tokens {
            access: text.access.secret(),
            expires_s: text.expires_s,
            refresh: text.refresh.as_ref().map(Hidden::secret),
        })
    }

    /// Writes them as they are kept.
    pub fn write(&self) -> Secret {
        let hidden =
            |secret: &Secret| Hidden::new(String::from_utf8_lossy(secret.expose()).into_owned());
        let text = Text {
            access: hidden(&self.access),
            expires_s: self.expires_s,
            refresh: self.refresh.as_ref().map(hidden),
        };
        Secret::new(serde_json::to_vec(&text).unwrap_or_default())
    }
}

/// Asks for tokens. `pairs` is what they are given for; `now_s` counts from 1970.
pub(super) async fn granted(
    web: &dyn Web,
    (address, client): (&WebAddress, &OAuthClient),
    trust: &Trust,
    pairs: &[(&str, &str)],
    now_s: i64,
) -> Result<Tokens, OAuthFault> {
    let secret = client.secret.as_ref().map(Hidden::secret);
    let secret = secret.as_ref().and_then(|it| std::str::from_utf8(it.expose()).ok());
    let mut all = vec![("client_id", client.id.as_str())];
    all.extend(secret.map(|secret| ("client_secret", secret)));
    all.extend(pairs);
    let body = form(&all);
    let request = WebRequest { address, asking: Asking::Form(&body), trust };
    let answer = asked(web, request).await?;
    let answer = answer.ok_or_else(|| OAuthFault::NoServer { address: address.to_string() })?;
    if !answer.is_good() {
        return Err(refusal(&answer));
    }
    read(&answer, now_s)
}

/// Reads tokens (RFC 6749, 5.1).
fn read(answer: &Answered, now_s: i64) -> Result<Tokens, OAuthFault> {
    let wrong = OAuthFault::Answer("an access token");
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~+/=".contains(&octet);
    let access = answer.text("access_token").ok_or(wrong.clone())?;
    if access.len() > TOKEN_OCTETS_MAX || !access.bytes().all(fits) {
        return Err(wrong);
    }
    // Another type would have to be shown otherwise (RFC 6749, 7.1).
    let kind = answer.text("token_type").unwrap_or_default();
    if !kind.eq_ignore_ascii_case("bearer") {
        return Err(OAuthFault::Answer("a token of the type Bearer"));
    }
    let refresh = answer.text("refresh_token");
    let is_plain = |text: &str| {
        text.len() <= REFRESH_TOKEN_OCTETS_MAX && text.bytes().all(|it| (0x20..0x7f).contains(&it))
    };
    if !refresh.is_none_or(is_plain) {
        return Err(OAuthFault::Answer("a refresh token"));
    }
    let life_s = answer.seconds("expires_in").map(|life_s| life_s.min(TOKEN_LIFE_S_MAX));
    let life_s = life_s.and_then(|life_s| i64::try_from(life_s).ok());
    Ok(Tokens {
        access: Secret::new(access),
        expires_s: life_s.map(|life_s| now_s.saturating_add(life_s)),
        refresh: refresh.map(Secret::new),
    })
}

/// What a refusal means (RFC 6749, 5.2; RFC 8628, 3.5).
pub(super) fn refusal(answer: &Answered) -> OAuthFault {
    let code = answer.text("error").map(shown).unwrap_or_default();
    let said = answer.text("error_description").map(shown).unwrap_or_default();
    match code.as_str() {
        "access_denied" => OAuthFault::Denied,
        "expired_token" => OAuthFault::Expired,
        "temporarily_unavailable" => OAuthFault::Unavailable { host: said },
        "" => OAuthFault::Answer("a reason why it refuses"),
        _ => OAuthFault::Refused { code, said },
    }
}

/// Gets the next pair (RFC 6749, 6). What was granted and is over now is `Over`.
pub(super) async fn renewed(
    web: &dyn Web,
    grant: &super::Granted,
    trust: &Trust,
    refresh: &Secret,
    now_s: i64,
) -> Result<Tokens, OAuthFault> {
    let shown_token = Zeroizing::new(String::from_utf8_lossy(refresh.expose()).into_owned());
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", shown_token.as_str())];
    let to = (&grant.token_endpoint, &grant.client);
    match granted(web, to, trust, &pairs, now_s).await {
        // RFC 6749, 6: whoever gets no new one keeps the old one.
        Ok(tokens) => {
            Ok(Tokens { refresh: tokens.refresh.or_else(|| Some(refresh.clone())), ..tokens })
        }
        // A client that is not known any more has to be registered again, which a login does.
        Err(OAuthFault::Refused { code, said }) if IS_OVER.contains(&code.as_str()) => {
            Err(OAuthFault::Over { said: if said.is_empty() { code } else { said } })
        }
        Err(fault) => Err(fault),
    }
}

/// The refusals after which only a person can go on.
const IS_OVER: [&str; 5] = [
    "invalid_grant",
    "invalid_client",
    "unauthorized_client",
    // Microsoft and others: somebody has to look at a page.
    "interaction_required",
    "consent_required",
];

/// Gives a grant back, with all its tokens (RFC 7009).
pub async fn revoked(
    web: &dyn Web,
    grant: &super::Granted,
    trust: &Trust,
    tokens: &Tokens,
) -> Result<(), OAuthFault> {
    let Some(address) = &grant.revocation_endpoint else { return Ok(()) };
    let token = tokens.refresh.as_ref().unwrap_or(&tokens.access);
    let token = Zeroizing::new(String::from_utf8_lossy(token.expose()).into_owned());
    let body = form(&[("client_id", grant.client.id.as_str()), ("token", token.as_str())]);
    let request = WebRequest { address, asking: Asking::Form(&body), trust };
    let failed = |fault| OAuthFault::of_web(fault, address);
    let answer = web.ask(request).await.map_err(failed)?;
    match answer.status {
        200..300 => Ok(()),
        _ => Err(OAuthFault::Unavailable { host: address.host() }),
    }
}
