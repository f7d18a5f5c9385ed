//! Tokens signed with keys that are made here.

use std::path::PathBuf;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use machine::files;
use mailbox::Timestamp;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData as _};
use serde_json::{Value, json};

use super::jws::Algorithm;
use super::{Issuer, Unfit};
use crate::oauth::OauthSection;

pub(in crate::logins) const NOW: Timestamp = Timestamp(1_000_000_000);

/// A provider with one key, whose public half lies in a file.
pub(in crate::logins) struct Provider {
    folder: tempfile::TempDir,
    private: Private,
    public: Value,
}

enum Private {
    Elliptic(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Private {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Private::Elliptic(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Private::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }
}

impl Provider {
    pub(in crate::logins) fn new(algorithm: Algorithm) -> Provider {
        let folder = tempfile::tempdir().unwrap();
        let (private, public) = if algorithm == Algorithm::Es256 {
            let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
            let point = pair.der_bytes();
            let (x, y) = (&point[1..33], &point[33..65]);
            let public = json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": "ec",
                    "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)});
            let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, pair.serialized_der()).unwrap();
            (Private::Elliptic(pair), public)
        } else {
            let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
            let (n, e) = modulus_and_exponent(pair.der_bytes());
            let public = json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "rsa",
                    "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e)});
            (Private::Rsa(RsaKeyPair::from_pkcs8(pair.serialized_der()).unwrap()), public)
        };
        let provider = Provider { folder, private, public };
        provider.publish(&json!({"keys": [provider.public]}));
        provider
    }

    fn keys_file(&self) -> PathBuf {
        self.folder.path().join("keys.json")
    }

    fn publish(&self, keys: &Value) {
        files::write_secret(&self.keys_file(), keys.to_string().as_bytes()).unwrap();
    }

    pub(in crate::logins) fn section(&self) -> OauthSection {
        OauthSection {
            issuer: "https://id.example".to_owned(),
            audience: "mail.example.org".to_owned(),
            keys_file: self.keys_file(),
            address_claim: "email".to_owned(),
            scope: None,
            configuration_url: Some("https://id.example/openid".to_owned()),
        }
    }

    fn issuer(&self) -> Issuer {
        Issuer::new(self.section()).unwrap()
    }

    fn header(&self) -> Value {
        let algorithm = match self.private {
            Private::Elliptic(_) => "ES256",
            Private::Rsa(_) => "RS256",
        };
        json!({"alg": algorithm, "typ": "JWT", "kid": self.public["kid"]})
    }

    pub(in crate::logins) fn token(&self, claims: &Value) -> String {
        self.token_under(&self.header(), claims)
    }

    fn token_under(&self, header: &Value, claims: &Value) -> String {
        signed(header, claims, |message| self.private.sign(message))
    }
}

/// A token with these two parts, and a signature that is made over both.
fn signed(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// A token signed with a shared secret.
fn under_secret(kid: &str, secret: &[u8]) -> String {
    let header = json!({"alg": "HS256", "typ": "JWT", "kid": kid});
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    signed(&header, &claims(&json!({})), |message| hmac::sign(&key, message).as_ref().to_vec())
}

/// Both numbers of an RSA public key in DER: a SEQUENCE of two INTEGERs with long lengths.
fn modulus_and_exponent(der: &[u8]) -> (&[u8], &[u8]) {
    assert_eq!((der[..2].to_vec(), der[4..6].to_vec()), (vec![0x30, 0x82], vec![0x02, 0x82]));
    let octets = usize::from(der[6]) * 256 + usize::from(der[7]);
    let (modulus, rest) = der[8..].split_at(octets);
    (&modulus[1..], &rest[2..])
}

/// The claims of a good token, with some of them replaced; null takes one away.
pub(in crate::logins) fn claims(other: &Value) -> Value {
    let mut claims = json!({"iss": "https://id.example", "aud": "mail.example.org",
        "email": "ana@example.org", "exp": NOW.0 + 300, "iat": NOW.0});
    for (name, value) in other.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

fn check(issuer: &Issuer, token: &str) -> Result<String, Unfit> {
    issuer.check(token.as_bytes(), NOW).map(|address| address.to_string())
}

#[test]
fn a_token_signed_by_the_provider_names_its_person() {
    for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
        let provider = Provider::new(algorithm);
        let issuer = provider.issuer();
        for other in [
            json!({}),
            json!({"aud": ["other", "mail.example.org"]}),
            json!({"exp": NOW.0 - 59}),
            json!({"exp": 1_000_000_300.5}),
            json!({"nbf": NOW.0 + 59}),
            json!({"email": "Ana@Example.org", "email_verified": true}),
        ] {
            let token = provider.token(&claims(&other));
            assert_eq!(check(&issuer, &token).unwrap(), "ana@example.org", "{other}");
        }
    }
}

#[test]
fn each_claim_is_looked_at() {
    let provider = Provider::new(Algorithm::Es256);
    let mut section = provider.section();
    section.scope = Some("mail".to_owned());
    let issuer = Issuer::new(section).unwrap();
    for (good, other) in [
        (true, json!({"scope": "profile mail"})),
        (true, json!({"scp": ["mail"]})),
        (false, json!({})),
        (false, json!({"scope": "mailbox"})),
        (false, json!({"scope": "mail", "iss": "https://id.example/"})),
        (false, json!({"scope": "mail", "iss": ["https://id.example"]})),
        (false, json!({"scope": "mail", "iss": null})),
        (false, json!({"scope": "mail", "aud": "other"})),
        (false, json!({"scope": "mail", "aud": null})),
        (false, json!({"scope": "mail", "exp": null})),
        (false, json!({"scope": "mail", "exp": "soon"})),
        (false, json!({"scope": "mail", "exp": NOW.0 - 61})),
        (false, json!({"scope": "mail", "nbf": NOW.0 + 61})),
        (false, json!({"scope": "mail", "nbf": "x"})),
        (false, json!({"scope": "mail", "email": null})),
        (false, json!({"scope": "mail", "email": "ana"})),
        (false, json!({"scope": "mail", "email_verified": false})),
        (false, json!({"scope": "mail", "email_verified": "false"})),
    ] {
        let token = provider.token(&claims(&other));
        assert_eq!(check(&issuer, &token).is_ok(), good, "{other}");
    }
    let over = provider.token(&claims(&json!({"scope": "mail", "exp": NOW.0 - 61})));
    assert_eq!(check(&issuer, &over), Err(Unfit::Expired));
}

/// A token with this header and whatever signature.
fn forged(header: &Value, signature: &[u8]) -> String {
    signed(header, &claims(&json!({})), |_| signature.to_vec())
}

#[test]
fn nothing_unsigned_or_signed_otherwise_passes() {
    let provider = Provider::new(Algorithm::Rs256);
    let issuer = provider.issuer();
    let other = Provider::new(Algorithm::Rs256);
    assert!(check(&issuer, &other.token(&claims(&json!({})))).is_err());
    for token in [
        forged(&json!({"alg": "none", "typ": "JWT"}), b""),
        forged(&json!({"alg": "None"}), b""),
        forged(&json!({"alg": "RS256", "kid": "rsa"}), b""),
        forged(&json!({"alg": "RS256", "kid": "rsa"}), &[0; 256]),
        forged(&json!({"alg": "ES256"}), &[0; 64]),
        "a.b.c".to_owned(),
        "..".to_owned(),
        String::new(),
    ] {
        assert!(check(&issuer, &token).is_err(), "{token}");
    }
    // The public key as a shared secret, in the forms in which an attacker has it.
    for secret in [
        files::read_text(&provider.keys_file()).unwrap().into_bytes(),
        provider.public["n"].as_str().unwrap().into(),
        URL_SAFE_NO_PAD.decode(provider.public["n"].as_str().unwrap()).unwrap(),
    ] {
        assert!(check(&issuer, &under_secret("rsa", &secret)).is_err());
    }
    // A changed claim under the right signature.
    let good = provider.token(&claims(&json!({})));
    let signature = good.rsplit('.').next().unwrap();
    let bob = provider.token(&claims(&json!({"email": "bob@example.org"})));
    let mixed = format!("{}.{signature}", bob.rsplit_once('.').unwrap().0);
    assert!(check(&issuer, &mixed).is_err());
}

#[test]
fn a_secret_among_the_keys_checks_nothing() {
    let provider = Provider::new(Algorithm::Es256);
    let secret = json!({"kty": "oct", "kid": "ec", "alg": "HS256", "k": "c2VjcmV0"});
    provider.publish(&json!({"keys": [secret, provider.public]}));
    let issuer = provider.issuer();
    assert!(check(&issuer, &under_secret("ec", b"secret")).is_err());
    assert!(check(&issuer, &provider.token(&claims(&json!({})))).is_ok());
}

#[test]
fn other_kinds_of_tokens_are_no_access_tokens() {
    let provider = Provider::new(Algorithm::Es256);
    let issuer = provider.issuer();
    for (good, kind) in [
        (true, Some("at+jwt")),
        (true, Some("application/at+JWT")),
        (true, None),
        (false, Some("logout+jwt")),
        (false, Some("dpop+jwt")),
    ] {
        let mut header = provider.header();
        header["typ"] = json!(kind);
        let token = provider.token_under(&header, &claims(&json!({})));
        assert_eq!(check(&issuer, &token).is_ok(), good, "{kind:?}");
    }
    let mut header = provider.header();
    header["crit"] = json!(["b64"]);
    let token = provider.token_under(&header, &claims(&json!({})));
    assert!(check(&issuer, &token).is_err());
}

#[test]
fn changed_keys_are_read_and_broken_ones_are_not_taken() {
    let provider = Provider::new(Algorithm::Es256);
    let issuer = provider.issuer();
    let token = provider.token(&claims(&json!({})));
    assert!(check(&issuer, &token).is_ok());
    // Nothing usable: what was read before stays in force.
    for broken in [json!({"keys": []}), json!([]), json!({"keys": [{"kty": "EC"}]})] {
        provider.publish(&broken);
        assert!(check(&issuer, &token).is_ok(), "{broken}");
    }
    files::remove_if_there(&provider.keys_file()).unwrap();
    assert!(check(&issuer, &token).is_ok());
    // Rotated: the old key is good no more.
    let next = Provider::new(Algorithm::Es256);
    provider.publish(&json!({"keys": [next.public]}));
    assert!(check(&issuer, &token).is_err());
    assert!(check(&issuer, &next.token(&claims(&json!({})))).is_ok());
    // For encryption, or for another algorithm: of no use.
    for (name, value) in [("use", "enc"), ("alg", "ES384")] {
        let mut key = provider.public.clone();
        key[name] = json!(value);
        provider.publish(&json!({"keys": [key, next.public]}));
        assert!(check(&issuer, &token).is_err(), "{name}");
    }
}

#[test]
fn a_key_that_is_no_key_is_left_out() {
    let [ec, rsa] = [Algorithm::Es256, Algorithm::Rs256].map(Provider::new);
    for (provider, name, value) in [
        (&ec, "x", json!("AA")),
        (&ec, "y", ec.public["x"].clone()),
        (&ec, "y", Value::Null),
        (&ec, "crv", json!("P-384")),
        (&rsa, "n", json!("")),
        (&rsa, "e", json!("+/")),
        (&rsa, "kty", json!("EC")),
        (&rsa, "alg", json!("PS256")),
    ] {
        let mut key = provider.public.clone();
        key[name] = value;
        provider.publish(&json!({"keys": [key]}));
        assert!(Issuer::new(provider.section()).is_err(), "{name}");
    }
}

#[test]
fn a_host_does_not_start_without_the_keys() {
    let provider = Provider::new(Algorithm::Es256);
    files::remove_if_there(&provider.keys_file()).unwrap();
    assert!(Issuer::new(provider.section()).is_err());
    provider.publish(&json!({"keys": []}));
    assert!(Issuer::new(provider.section()).is_err());
}
