//! Signed tokens in their compact form (JSON Web Signature, RFC 7515, 3.1) and the public keys that check them (JSON
//! Web Key, RFC 7517): RS256 and ES256 (RFC 7518, 3.3 and 3.4), and nothing else.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// A coordinate of P-256, always whole (RFC 7518, 6.2.1.2).
const COORDINATE_OCTETS: usize = 32;
/// Begins a point that is written with both of its coordinates (SEC 1, 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::logins) enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA over P-256 with SHA-256.
    Es256,
}

impl Algorithm {
    /// Reads the name that RFC 7518 gives it; letters of another case make another name (RFC 7515, 4.1.1).
    pub(super) fn named(name: &str) -> Option<Algorithm> {
        match name {
            "RS256" => Some(Algorithm::Rs256),
            "ES256" => Some(Algorithm::Es256),
            _ => None,
        }
    }
}

/// What a token says about its own signature (RFC 7515, 4.1). Nothing of it is to be believed.
#[derive(Deserialize)]
pub(super) struct Header {
    /// The algorithm's name.
    pub(super) alg: String,
    /// Which key signed it.
    pub(super) kid: Option<String>,
    /// What kind of token it is.
    pub(super) typ: Option<String>,
    /// Extensions without which it must not be taken.
    pub(super) crit: Option<IgnoredAny>,
}

/// A token taken apart; its signature is not checked yet.
pub(super) struct Jws<'a> {
    pub(super) header: Header,
    /// Header and payload as they were sent, with the dot between: what the signature covers.
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Takes a token apart; `None` if it is no signed one.
    pub(super) fn parse(token: &'a [u8]) -> Option<Jws<'a>> {
        let (signed, signature) = str::from_utf8(token).ok()?.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Jws { header, signed, payload, signature })
    }

    /// The claims in the payload, if this key signed them.
    pub(super) fn claims(&self, key: &Key) -> Option<Map<String, Value>> {
        key.key.verify_sig(self.signed.as_bytes(), &self.signature).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(self.payload).ok()?).ok()
    }
}

/// A public key of the provider.
pub(super) struct Key {
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    key: ParsedPublicKey,
}

/// The members of a JSON Web Key that matter here (RFC 7517, 4; RFC 7518, 6.2.1 and 6.3.1).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    r#use: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl Key {
    /// Reads a key for signatures; `None` for others, which are for other uses or for programs to come.
    pub(super) fn from_jwk(value: &Value) -> Option<Key> {
        let jwk = Jwk::deserialize(value).ok()?;
        if jwk.r#use.is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let number = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
        let (algorithm, key) = match jwk.kty.as_str() {
            "RSA" => {
                let components = RsaPublicKeyComponents { n: number(jwk.n)?, e: number(jwk.e)? };
                let key = components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256);
                (Algorithm::Rs256, key.ok()?)
            }
            "EC" if jwk.crv.as_deref() == Some("P-256") => {
                let coordinates = [number(jwk.x)?, number(jwk.y)?];
                if coordinates.iter().any(|number| number.len() != COORDINATE_OCTETS) {
                    return None;
                }
                let point = [&[UNCOMPRESSED][..], &coordinates.concat()].concat();
                (Algorithm::Es256, ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()?)
            }
            _ => return None,
        };
        if jwk.alg.is_some_and(|name| Algorithm::named(&name) != Some(algorithm)) {
            return None;
        }
        Some(Key { id: jwk.kid, algorithm, key })
    }
}
