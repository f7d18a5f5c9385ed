//! `[oauth]`: the identity provider whose access tokens let people in.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// An identity provider.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OauthSection {
    /// Its name in the tokens (`iss`).
    pub issuer: String,
    /// This host's name in the tokens (`aud`).
    pub audience: String,
    /// The file with its public keys, a JSON Web Key Set (RFC 7517). Read again when it changes.
    pub keys_file: PathBuf,
    /// The claim with the person's address.
    #[serde(default = "email")]
    pub address_claim: String,
    /// What the tokens must be good for (`scope`); none: anything.
    pub scope: Option<String>,
    /// The provider's OpenID configuration, told to programs whose token is refused.
    pub configuration_url: Option<String>,
}

fn email() -> String {
    "email".to_owned()
}

impl OauthSection {
    /// Checks what the types cannot; a fault comes with its key.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let said = |text: &str| !text.trim().is_empty() && !text.chars().any(char::is_control);
        for (key, text) in [
            ("oauth.issuer", &self.issuer),
            ("oauth.audience", &self.audience),
            ("oauth.address_claim", &self.address_claim),
        ] {
            if !said(text) {
                return Err((key, "it must not be empty".to_owned()));
            }
        }
        // RFC 6749, 3.3: no spaces in one scope, and several confuse programs (RFC 7628, 3.2.2).
        let one = |scope: &String| said(scope) && !scope.contains([' ', '"', '\\']);
        if !self.scope.iter().all(one) {
            return Err(("oauth.scope", "expected one scope, without spaces".to_owned()));
        }
        let secure = |url: &String| said(url) && url.starts_with("https://");
        if !self.configuration_url.iter().all(secure) {
            return Err(("oauth.configuration_url", "expected a URL with https://".to_owned()));
        }
        Ok(())
    }
}
