//! Asking for consent without a browser here: a short code, which the person types in on any device (RFC 8628).

use std::time::Duration;

use sasl::Secret;
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use super::tokens::{granted, refusal};
use super::web::{asked, form};
use super::{Asking, OAuthClient, OAuthFault, OAuthServer, Tokens, Web, WebAddress, WebRequest};
use crate::limits::{
    CONSENT_TIMEOUT_S, DEVICE_CODE_OCTETS_MAX, DEVICE_INTERVAL_S, USER_CODE_CHARACTERS_MAX,
};
use crate::network::Trust;

/// What this way is called at the server.
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// How much less often is asked after `slow_down`, in seconds (RFC 8628, 3.5).
const SLOWER_S: u64 = 5;

/// What a person is shown, and what is asked with meanwhile.
pub struct DeviceCode {
    /// To be typed in.
    pub user_code: String,
    /// On this page.
    pub page: WebAddress,
    /// A page that knows the code already.
    pub page_with_code: Option<WebAddress>,
    /// For how long, in seconds.
    pub life_s: u64,
    code: Secret,
    interval_s: u64,
}

/// Begins (RFC 8628, 3.1).
pub async fn begun(
    web: &dyn Web,
    server: &OAuthServer,
    client: &OAuthClient,
    trust: &Trust,
) -> Result<DeviceCode, OAuthFault> {
    let address = server.device.as_ref().ok_or(OAuthFault::NoFlow { wanted: "device" })?;
    let mut pairs = vec![("client_id", client.id.as_str())];
    pairs.extend(server.scope.as_deref().map(|scope| ("scope", scope)));
    let body = form(&pairs);
    let request = WebRequest { address, asking: Asking::Form(&body), trust };
    let answer = asked(web, request).await?;
    let answer = answer.ok_or(OAuthFault::NoFlow { wanted: "device" })?;
    if !answer.is_good() {
        return Err(refusal(&answer));
    }
    let wrong = || OAuthFault::Answer("a code for a person");
    let code = answer.text("device_code").filter(|it| it.len() <= DEVICE_CODE_OCTETS_MAX);
    let user_code = crate::trouble::shown(answer.text("user_code").unwrap_or_default());
    if user_code.is_empty() || user_code.chars().count() > USER_CODE_CHARACTERS_MAX {
        return Err(wrong());
    }
    // Google called it verification_url before there was an RFC.
    let page = match answer.address("verification_uri")? {
        Some(page) => page,
        None => answer.address("verification_url")?.ok_or_else(wrong)?,
    };
    let (usual_s, most_s) = DEVICE_INTERVAL_S;
    Ok(DeviceCode {
        user_code,
        page,
        page_with_code: answer.address("verification_uri_complete")?,
        life_s: answer.seconds("expires_in").unwrap_or(CONSENT_TIMEOUT_S).min(CONSENT_TIMEOUT_S),
        code: Secret::new(code.ok_or_else(wrong)?),
        interval_s: answer.seconds("interval").unwrap_or(usual_s).clamp(1, most_s),
    })
}

/// Asks until the person has decided, or the time is over (RFC 8628, 3.4). `now_s` counts from 1970, when this begins.
pub async fn decided(
    web: &dyn Web,
    server: &OAuthServer,
    client: &OAuthClient,
    trust: &Trust,
    (device, now_s): (&DeviceCode, i64),
) -> Result<Tokens, OAuthFault> {
    let (begun, life) = (Instant::now(), Duration::from_secs(device.life_s));
    let (_, most_s) = DEVICE_INTERVAL_S;
    let mut interval_s = device.interval_s;
    let code = Zeroizing::new(String::from_utf8_lossy(device.code.expose()).into_owned());
    let pairs = [("grant_type", GRANT), ("device_code", code.as_str())];
    loop {
        sleep(Duration::from_secs(interval_s)).await;
        if begun.elapsed() >= life {
            return Err(OAuthFault::Expired);
        }
        let passed_s = i64::try_from(begun.elapsed().as_secs()).unwrap_or(0);
        let now_s = now_s.saturating_add(passed_s);
        match granted(web, (&server.token, client), trust, &pairs, now_s).await {
            Err(OAuthFault::Refused { code, .. }) if code == "authorization_pending" => {}
            Err(OAuthFault::Refused { code, .. }) if code == "slow_down" => {
                interval_s = interval_s.saturating_add(SLOWER_S).min(most_s);
            }
            // Whoever asks a server that is in trouble asks it less often (RFC 8628, 3.5).
            Err(OAuthFault::Web { .. } | OAuthFault::Unavailable { .. }) => {
                interval_s = interval_s.saturating_mul(2).min(most_s);
            }
            other => return other,
        }
    }
}
