//! How the host is known to push services: each push is signed by a key of its own (VAPID, RFC 8292).

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mailbox::Fault;
use serde_json::json;

/// For how long a signature is good, in seconds (RFC 8292, 2: no more than a day).
const GOOD_S: i64 = 12 * 3600;
/// How often a secret is hashed until it is a key: one in 2^32 is none.
const TRIES_MAX: u32 = 8;

/// Signs pushes.
pub(super) struct Signer {
    pair: EcdsaKeyPair,
    public: String,
    contact: String,
}

impl Signer {
    /// Signs with a key that is made of a secret, always the same of the same. Push services find the operator by `contact`, a URI.
    pub(super) fn new(secret: &[u8; 32], contact: String) -> Result<Signer, Fault> {
        let mut secret = *secret;
        for _ in 0..TRIES_MAX {
            if let Ok(key) = PrivateKey::from_private_key(&ECDH_P256, &secret) {
                let public = key.compute_public_key();
                let public = public.map_err(|_| Fault::new("no public key for pushes"))?;
                let signing = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let pair = EcdsaKeyPair::from_private_key_and_public_key(
                    signing,
                    &secret,
                    public.as_ref(),
                );
                let pair = pair.map_err(|_| Fault::new("no key that signs pushes"))?;
                return Ok(Signer {
                    pair,
                    public: URL_SAFE_NO_PAD.encode(public.as_ref()),
                    contact,
                });
            }
            secret = blake3::hash(&secret).into();
        }
        Err(Fault::new("no key for pushes can be made of the secret of the host"))
    }

    /// The public key, uncompressed, in base64 for URLs.
    pub(super) fn public(&self) -> &str {
        &self.public
    }

    /// The field `Authorization` of a push to somebody, such as `https://push.example.org` (RFC 8292, 3).
    pub(super) fn authorization(&self, audience: &str, now_s: i64) -> Option<String> {
        let head = json!({"typ": "JWT", "alg": "ES256"});
        let expires = now_s.saturating_add(GOOD_S);
        let claims = json!({"aud": audience, "exp": expires, "sub": self.contact});
        let [head, claims] = [head, claims].map(|it| URL_SAFE_NO_PAD.encode(it.to_string()));
        let signed = format!("{head}.{claims}");
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        let signature = URL_SAFE_NO_PAD.encode(signature.as_ref());
        Some(format!("vapid t={signed}.{signature}, k={}", self.public))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use serde_json::Value;

    use super::Signer;
    use crate::push::encrypt::tests::decoded;

    /// The claims of a field whose signature is right, and the key that signed it.
    pub(in crate::push) fn verified(field: &str) -> Option<(Value, String)> {
        let (token, key) = field.strip_prefix("vapid t=")?.split_once(", k=")?;
        let (signed, signature) = token.rsplit_once('.')?;
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decoded(key));
        public.verify(signed.as_bytes(), &decoded(signature)).ok()?;
        let (head, claims) = signed.split_once('.')?;
        let head: Value = serde_json::from_slice(&decoded(head)).ok()?;
        assert_eq!((&head["typ"], &head["alg"]), (&"JWT".into(), &"ES256".into()));
        Some((serde_json::from_slice(&decoded(claims)).ok()?, key.to_owned()))
    }

    #[test]
    fn the_example_of_rfc_8292_is_verified_and_so_is_what_we_sign() {
        // RFC 8292, 2.4.
        let example = "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1\
                       MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiU\
                       fnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h\
                       4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
        let (claims, _) = verified(example).unwrap();
        assert_eq!(claims["sub"], "mailto:push@example.com");
        assert!(verified(&example.replace("i3CY", "i3CZ")).is_none());
        let contact = "mailto:postmaster@example.org".to_owned();
        let signer = Signer::new(&[7; 32], contact.clone()).unwrap();
        let field = signer.authorization("https://push.example.net", 1_000_000).unwrap();
        let (claims, key) = verified(&field).unwrap();
        assert_eq!(claims["aud"], "https://push.example.net");
        assert_eq!(claims["exp"], 1_000_000 + 12 * 3600);
        assert_eq!(claims["sub"], contact);
        assert_eq!(key, signer.public());
        let again = Signer::new(&[7; 32], String::new()).unwrap();
        assert_eq!(again.public(), signer.public(), "the same after a start");
        assert_ne!(Signer::new(&[8; 32], String::new()).unwrap().public(), signer.public());
        // No such key; what is made of it is one.
        assert!(Signer::new(&[0xff; 32], String::new()).is_ok());
    }
}
