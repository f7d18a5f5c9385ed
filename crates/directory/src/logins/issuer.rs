//! Access tokens of an identity provider: JSON Web Tokens (RFC 7519, RFC 9068), checked with the provider's public
//! keys, which lie in a file. Only RS256 and ES256: no token is ever checked with a key as a shared secret, nor
//! taken without a signature.

pub(super) mod jws;
#[cfg(test)]
pub(super) mod tests;

use std::sync::{Arc, Mutex};

use machine::files;
use mailbox::{Fault, Timestamp};
use serde_json::{Map, Value};

use self::jws::{Algorithm, Jws, Key};
use crate::address::Address;
use crate::limits::{TOKEN_KEYS_MAX, TOKEN_LEEWAY_S};
use crate::oauth::OauthSection;

/// The provider.
pub(super) struct Issuer {
    section: OauthSection,
    keys: Mutex<Keys>,
}

struct Keys {
    /// Of the file when it was read.
    stamp: files::Stamp,
    keys: Arc<[Key]>,
}

/// Why a token lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It was good, and its time is over.
    Expired,
    /// It is not good; why, for the log.
    Wrong(&'static str),
}

impl Issuer {
    /// Reads the keys.
    pub(super) fn new(section: OauthSection) -> Result<Issuer, Fault> {
        let path = &section.keys_file;
        let unreadable =
            |why: String| Fault::new(format!("oauth.keys_file: {}: {why}", path.display()));
        // The stamp first: what changes in between is read again.
        let stamp = files::stamp(path).map_err(|error| unreadable(error.to_string()))?;
        let keys = read(path).map_err(unreadable)?;
        Ok(Issuer { section, keys: Mutex::new(Keys { stamp, keys }) })
    }

    /// The keys as they are in the file now; if it cannot be read, as they were.
    fn keys(&self) -> Arc<[Key]> {
        let Ok(mut kept) = self.keys.lock() else { return Arc::new([]) };
        let path = &self.section.keys_file;
        match files::stamp(path) {
            Ok(stamp) if stamp == kept.stamp => {}
            Ok(stamp) => {
                match read(path) {
                    Ok(keys) => {
                        tracing::info!(keys = keys.len(), "read the identity provider's keys");
                        kept.keys = keys;
                    }
                    Err(why) => {
                        tracing::warn!(path = %path.display(), why, "keeping the old keys");
                    }
                }
                kept.stamp = stamp;
            }
            Err(error) => tracing::warn!(path = %path.display(), %error, "keeping the old keys"),
        }
        Arc::clone(&kept.keys)
    }

    /// Checks a token, and gives the address that it is for.
    pub(super) fn check(&self, token: &[u8], now: Timestamp) -> Result<Address, Unfit> {
        let claims = self.signed(token)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(self.section.issuer.as_str()) {
            return Err(Unfit::Wrong("it is from another issuer"));
        }
        if !claims.get("aud").is_some_and(|aud| names(aud, &self.section.audience)) {
            return Err(Unfit::Wrong("it is for another audience"));
        }
        let scopes = [claims.get("scope"), claims.get("scp")];
        if let Some(scope) = &self.section.scope
            && !scopes.into_iter().flatten().any(|scopes| lists(scopes, scope))
        {
            return Err(Unfit::Wrong("it has not the scope"));
        }
        let expires = claims.get("exp").and_then(seconds);
        let expires = expires.ok_or(Unfit::Wrong("it does not say when it ends"))?;
        let begins = match claims.get("nbf") {
            None => i64::MIN,
            Some(begins) => seconds(begins).ok_or(Unfit::Wrong("it begins at no time"))?,
        };
        if begins > now.0.saturating_add(TOKEN_LEEWAY_S) {
            return Err(Unfit::Wrong("it is not good yet"));
        }
        let claim = self.section.address_claim.as_str();
        // Some providers let people write any address into their profile.
        let verified = |said: &Value| said.as_bool() == Some(true) || said.as_str() == Some("true");
        let unverified = claims.get("email_verified").is_some_and(|said| !verified(said));
        if claim == "email" && unverified {
            return Err(Unfit::Wrong("its address is not verified"));
        }
        let address = text(claim).ok_or(Unfit::Wrong("it has no address"))?;
        let address = address.parse().map_err(|_| Unfit::Wrong("its address is none"))?;
        if expires <= now.0.saturating_sub(TOKEN_LEEWAY_S) {
            return Err(Unfit::Expired);
        }
        Ok(address)
    }

    /// The claims of a token that is rightly signed.
    fn signed(&self, token: &[u8]) -> Result<Map<String, Value>, Unfit> {
        let token = Jws::parse(token).ok_or(Unfit::Wrong("it is no signed JWT"))?;
        let header = &token.header;
        let Some(algorithm) = Algorithm::named(&header.alg) else {
            return Err(Unfit::Wrong("it is signed neither with RS256 nor with ES256"));
        };
        if header.crit.is_some() {
            return Err(Unfit::Wrong("it asks for something that is not known here"));
        }
        // RFC 9068, 2.1; many providers still write JWT. What else there is (logout tokens, DPoP) is no access token.
        let kind = header.typ.as_deref().unwrap_or("JWT").to_ascii_lowercase();
        if !matches!(kind.strip_prefix("application/").unwrap_or(&kind), "jwt" | "at+jwt") {
            return Err(Unfit::Wrong("it is no access token"));
        }
        let keys = self.keys();
        let mut fitting = keys.iter().filter(|key| {
            let named = key.id.is_none() || header.kid.is_none() || key.id == header.kid;
            key.algorithm == algorithm && named
        });
        let claims = fitting.find_map(|key| token.claims(key));
        claims.ok_or(Unfit::Wrong("it is signed with none of the keys"))
    }
}

/// Whether an audience names us: it is a text or a list of texts (RFC 7519, 4.1.3).
fn names(audience: &Value, us: &str) -> bool {
    match audience {
        Value::String(one) => one == us,
        Value::Array(many) => many.iter().any(|one| one.as_str() == Some(us)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// Whether scopes have one: texts with spaces between (RFC 9068, 2.2.3); some providers write a list.
fn lists(scopes: &Value, scope: &str) -> bool {
    match scopes {
        Value::String(text) => text.split(' ').any(|one| one == scope),
        Value::Array(many) => many.iter().any(|one| one.as_str() == Some(scope)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// A time in Unix seconds; some providers write fractions (RFC 7519, 2).
fn seconds(time: &Value) -> Option<i64> {
    let Value::Number(number) = time else { return None };
    number.to_string().split('.').next()?.parse().ok()
}

fn read(path: &std::path::Path) -> Result<Arc<[Key]>, String> {
    let text = files::read_text(path).map_err(|error| error.to_string())?;
    let set: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let all = set.get("keys").and_then(Value::as_array).ok_or("it has no list \"keys\"")?;
    let keys: Arc<[Key]> = all.iter().take(TOKEN_KEYS_MAX).filter_map(Key::from_jwk).collect();
    if keys.is_empty() {
        return Err("it has no RSA or P-256 key for signatures".to_owned());
    }
    Ok(keys)
}
