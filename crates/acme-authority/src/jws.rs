//! Questions come signed (RFC 8555, 6.2): the signature, the nonce and the address in it have to be right.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::answers::problem;
use crate::{Authority, Ways};

/// The key of customers, as bytes; clients have it in base64url.
pub const CUSTOMER_KEY: &[u8] = b"a key that two have agreed upon..";

/// A question.
pub(crate) struct Asked {
    /// Who asks; none: somebody without an account.
    pub(crate) account: Option<String>,
    /// The key that is in it.
    pub(crate) jwk: Option<Value>,
    /// What is asked; null: only to see something.
    pub(crate) payload: Value,
}

impl Authority {
    /// Takes a question apart, and checks all of it.
    pub(crate) fn asked(&self, url: &str, body: &[u8]) -> Result<Asked, Response> {
        let wrong = |kind: &str, detail: &str| {
            self.state().seen.wrong.push(format!("{kind}: {detail}"));
            problem(400, kind, detail)
        };
        let malformed = |what: &str| wrong("malformed", what);
        let jws: Value = serde_json::from_slice(body).map_err(|_| malformed("no JSON"))?;
        let part = |name: &str| jws[name].as_str().unwrap_or_default().to_owned();
        let (protected, payload) = (part("protected"), part("payload"));
        let header: Value = serde_json::from_slice(&octets(&protected)).unwrap_or_default();
        if header["url"] != format!("{}{url}", self.origin) {
            return Err(wrong("unauthorized", "the address is another"));
        }
        let (account, jwk) = (header["kid"].as_str(), header.get("jwk").cloned());
        let known = account.map(|account| self.state().accounts.get(account).cloned());
        let key = match (&known, &jwk) {
            (Some(Some(known)), None) => known.key.clone(),
            (Some(None), None) => {
                return Err(problem(400, "accountDoesNotExist", "there is no such account"));
            }
            (None, Some(jwk)) => point(jwk),
            _ => return Err(malformed("kid or jwk, and not both")),
        };
        let signed = format!("{protected}.{payload}");
        let signature = octets(&part("signature"));
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key);
        if header["alg"] != "ES256" || key.verify(signed.as_bytes(), &signature).is_err() {
            return Err(malformed("the signature is wrong"));
        }
        let nonce = header["nonce"].as_str().unwrap_or_default();
        let is_known = self.state().nonces.remove(nonce);
        if self.state().ways == Ways::BadNonces && is_known && nonce.ends_with(['1', '4', '7']) {
            return Err(problem(400, "badNonce", "that one is stale"));
        }
        if !is_known {
            return Err(wrong("badNonce", "it was not given, or is used"));
        }
        let payload = serde_json::from_slice(&octets(&payload)).unwrap_or(Value::Null);
        Ok(Asked { account: account.map(str::to_owned), jwk, payload })
    }
}

/// The customer to whom an account is bound (RFC 8555, 7.3.4); none if the binding is wrong.
pub(crate) fn customer(binding: &Value, jwk: &Value) -> Option<String> {
    let protected = binding["protected"].as_str()?;
    let payload = binding["payload"].as_str()?;
    let header: Value = serde_json::from_slice(&octets(protected)).ok()?;
    let bound: Value = serde_json::from_slice(&octets(payload)).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, CUSTOMER_KEY);
    let signature = octets(binding["signature"].as_str()?);
    hmac::verify(&key, format!("{protected}.{payload}").as_bytes(), &signature).ok()?;
    (bound["x"] == jwk["x"] && header["alg"] == "HS256").then(|| header["kid"].as_str())??;
    header["kid"].as_str().map(str::to_owned)
}

/// What stands at the end of every answer to a challenge (RFC 7638).
pub(crate) fn thumbprint(jwk: &Value) -> String {
    let text = format!(
        "{{\"crv\":{},\"kty\":{},\"x\":{},\"y\":{}}}",
        jwk["crv"], jwk["kty"], jwk["x"], jwk["y"]
    );
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

pub(crate) fn octets(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap_or_default()
}

/// A public key as a point that is not compressed (SEC 1, 2.3.3).
pub(crate) fn point(jwk: &Value) -> Vec<u8> {
    let part = |name: &str| octets(jwk[name].as_str().unwrap_or_default());
    [vec![4], part("x"), part("y")].concat()
}
