//! Finds a provider's server of OAuth: by what stands in the file of the accounts, by what everybody can know, and by what the
//! server says of itself (RFC 8414), or the host whose mail it is says of its server (RFC 9728). Registers there, where that is
//! possible (RFC 7591).

use serde_json::json;

use super::web::{Answered, asked};
use super::{
    Asking, OAuthClient, OAuthFault, OAuthServer, ProviderSettings, Web, WebAddress, WebRequest,
    known,
};
use crate::companion::Hidden;
use crate::limits::CLIENT_ID_OCTETS_MAX;
use crate::network::Trust;

/// What the mail of a person is called where nobody says it: hosts of ours, and others after them.
const SCOPES: [&str; 2] = ["mail", "offline_access"];

/// Finds the server of a provider, and as whom the program is registered there, if that is known. `name` is one in the file, a
/// large provider's, or an address such as `https://mail.example.org`.
pub async fn found(
    web: &dyn Web,
    name: &str,
    settings: Option<&ProviderSettings>,
    trust: &Trust,
) -> Result<(OAuthServer, Option<OAuthClient>), OAuthFault> {
    let usual = known(name).map(|(settings, _)| settings).unwrap_or_default();
    let mut all = settings.cloned().unwrap_or_default().or(usual);
    if all.issuer.is_none() && all.token_endpoint.is_none() {
        all.issuer = Some(address_of(name)?);
    }
    let client = all.client_id.map(|id| OAuthClient { id, secret: all.client_secret });
    let mut server = match (&all.issuer, &all.token_endpoint) {
        // All that matters stands in the file.
        (_, Some(token)) if all.authorization_endpoint.is_some() => named(token.clone()),
        (Some(issuer), _) => described(web, issuer, trust).await?,
        (None, Some(token)) => named(token.clone()),
        (None, None) => return Err(OAuthFault::NoServer { address: name.to_owned() }),
    };
    server.token = all.token_endpoint.unwrap_or(server.token);
    server.authorization = all.authorization_endpoint.or(server.authorization);
    server.device = all.device_authorization_endpoint.or(server.device);
    server.revocation = all.revocation_endpoint.or(server.revocation);
    server.scope = all.scope.or(server.scope);
    server.redirect = all.redirect.unwrap_or(server.redirect);
    server.more = all.more.or(server.more);
    Ok((server, client))
}

/// A name as an address: `mail.example.org` is `https://mail.example.org`.
fn address_of(name: &str) -> Result<WebAddress, OAuthFault> {
    match name.contains("://") {
        true => name.parse(),
        false if name.contains('.') => format!("https://{name}").parse(),
        false => Err(OAuthFault::NoServer { address: name.to_owned() }),
    }
}

fn named(token: WebAddress) -> OAuthServer {
    OAuthServer {
        issuer: None,
        authorization: None,
        token,
        device: None,
        registration: None,
        revocation: None,
        scope: None,
        redirect: super::Redirect::default(),
        more: None,
        says_its_name: false,
    }
}

/// What a server says of itself; or what the host at that address says of who lets programs in to it.
async fn described(
    web: &dyn Web,
    at: &WebAddress,
    trust: &Trust,
) -> Result<OAuthServer, OAuthFault> {
    if let Some(server) = said_by(web, at, trust).await? {
        return Ok(server);
    }
    let place = at.well_known("oauth-protected-resource")?;
    let request = WebRequest { address: &place, asking: Asking::Get, trust };
    let none = || OAuthFault::NoServer { address: at.to_string() };
    let resource = asked(web, request).await?.filter(Answered::is_good).ok_or_else(none)?;
    // RFC 9728, 3.3: what is described has to be what was asked about.
    let said = resource.text("resource").unwrap_or_default();
    if said.trim_end_matches('/') != at.as_str().trim_end_matches('/') {
        let (expected, said) = (at.to_string(), crate::trouble::shown(said));
        return Err(OAuthFault::OtherServer { expected, said });
    }
    let servers = resource.object.get("authorization_servers").and_then(|it| it.as_array());
    let first = servers.and_then(|servers| servers.first()).and_then(|it| it.as_str());
    let issuer: WebAddress = first.ok_or_else(none)?.parse()?;
    // Another host: its certificate is not the one that a person may have pinned.
    let trust = if issuer.host() == at.host() { trust } else { &Trust::Usual };
    said_by(web, &issuer, trust).await?.ok_or_else(none)
}

/// What a server says of itself (RFC 8414); none: it says nothing.
async fn said_by(
    web: &dyn Web,
    issuer: &WebAddress,
    trust: &Trust,
) -> Result<Option<OAuthServer>, OAuthFault> {
    for word in ["oauth-authorization-server", "openid-configuration"] {
        let address = issuer.well_known(word)?;
        let request = WebRequest { address: &address, asking: Asking::Get, trust };
        let Some(said) = asked(web, request).await?.filter(Answered::is_good) else { continue };
        // RFC 8414, 3.3: the name has to be the one that was asked, else one server could speak for another.
        let name = said.text("issuer").unwrap_or_default();
        if name.trim_end_matches('/') != issuer.as_str().trim_end_matches('/') {
            let (expected, said) = (issuer.to_string(), crate::trouble::shown(name));
            return Err(OAuthFault::OtherServer { expected, said });
        }
        let token = said.address("token_endpoint")?;
        let token = token.ok_or(OAuthFault::Answer("the address where tokens are"))?;
        let says = |name: &str| said.object.get(name).and_then(serde_json::Value::as_bool);
        return Ok(Some(OAuthServer {
            issuer: Some(name.to_owned()),
            authorization: said.address("authorization_endpoint")?,
            device: said.address("device_authorization_endpoint")?,
            registration: said.address("registration_endpoint")?,
            revocation: said.address("revocation_endpoint")?,
            scope: scope_of(&said),
            says_its_name: says("authorization_response_iss_parameter_supported") == Some(true),
            ..named(token)
        }));
    }
    Ok(None)
}

fn scope_of(said: &Answered) -> Option<String> {
    let there = said.object.get("scopes_supported")?.as_array()?;
    let has = |scope: &&str| there.iter().any(|it| it.as_str() == Some(scope));
    let known: Vec<&str> = SCOPES.into_iter().filter(has).collect();
    if known.is_empty() { None } else { Some(known.join(" ")) }
}

/// Registers the program at a server, under a name that its owner will know again (RFC 7591, 3).
pub async fn registered(
    web: &dyn Web,
    server: &OAuthServer,
    program: &str,
    trust: &Trust,
) -> Result<OAuthClient, OAuthFault> {
    let none = || OAuthFault::NoClient { provider: server.token.host() };
    let address = server.registration.as_ref().ok_or_else(none)?;
    let mut grants = vec!["refresh_token"];
    grants.extend(server.authorization.as_ref().map(|_| "authorization_code"));
    grants.extend(server.device.as_ref().map(|_| super::device::GRANT));
    let asked_for = json!({
        "client_name": program,
        "redirect_uris": [server.redirect.to_string()],
        "grant_types": grants,
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": server.scope,
    });
    let text = asked_for.to_string();
    let request = WebRequest { address, asking: Asking::Json(&text), trust };
    let answer = asked(web, request).await?.ok_or_else(none)?;
    if !answer.is_good() {
        return Err(super::tokens::refusal(&answer));
    }
    let fits = |id: &&str| id.len() <= CLIENT_ID_OCTETS_MAX && !id.chars().any(char::is_control);
    let id = answer.text("client_id").filter(fits);
    let id = id.ok_or(OAuthFault::Answer("the identifier of a client"))?.to_owned();
    let secret = answer.text("client_secret").filter(fits).map(|it| Hidden::new(it.to_owned()));
    Ok(OAuthClient { id, secret })
}
