//! The records of the directory as they lie in the engine: JSON, so that fields can be added. Octets are base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sasl::{ScramKey, ScramSecret};
use serde::{Deserialize, Serialize};

/// The note of the main password on its SCRAM key; app passwords have numbers from 1.
pub(crate) const MAIN_PASSWORD: u64 = 0;

/// A domain.
#[derive(Serialize, Deserialize)]
pub(crate) struct DomainRecord {
    pub(crate) added: i64,
}

/// An identity.
#[derive(Serialize, Deserialize)]
pub(crate) struct IdentityRecord {
    pub(crate) added: i64,
}

/// Where mail for an address goes.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Route {
    /// To this account.
    User(u32),
    /// To these addresses.
    Alias(Vec<String>),
}

/// A user.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct UserRecord {
    /// The first address.
    pub(crate) address: String,
    /// When the user was added.
    pub(crate) added: i64,
    /// When the password was last set.
    pub(crate) password_set: i64,
    /// The Argon2id hash, as a PHC string.
    pub(crate) hash: String,
    /// The salt of all SCRAM keys of the user.
    pub(crate) scram_salt: Octets,
    /// The rounds of all SCRAM keys of the user.
    pub(crate) scram_rounds: u32,
    /// The SCRAM keys of the password, if they are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scram: Option<ScramRecord>,
    /// Whether the password opens pages alone, and programs need app passwords or tokens.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) only_app_passwords: bool,
    /// Whether nobody may log in. Mail is taken all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) disabled: bool,
}

/// An app password.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AppPasswordRecord {
    /// The device.
    pub(crate) name: String,
    /// When it was made.
    pub(crate) added: i64,
    /// Its SHA-256: 128 random bits need no slow hash.
    pub(crate) sha256: Octets,
    /// Its SCRAM keys, if they are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scram: Option<ScramRecord>,
    /// The app password itself, when it is to be good for APOP: MD5 can only be checked with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) apop: Option<Octets>,
}

/// An access token.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct TokenRecord {
    /// The device.
    pub(crate) name: String,
    /// When it was made.
    pub(crate) added: i64,
    /// When it ends; none: when it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<i64>,
    /// Its SHA-256: 256 random bits need no slow hash. Of a grant it is that of the refresh token.
    pub(crate) sha256: Octets,
    /// What a program has that was let in by consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grant: Option<GrantRecord>,
}

/// What is kept of a grant.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct GrantRecord {
    /// The SHA-256 of the identifier of the program.
    pub(crate) program: Octets,
    /// The SHA-256 of the refresh tokens that were given out for the one in use, the oldest first; once one of them is used, all the
    /// others are over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) successors: Vec<Octets>,
}

/// A session of a page.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PageSessionRecord {
    /// The SHA-256 of its secret, which is 256 random bits.
    pub(crate) sha256: Octets,
    /// When it was made.
    pub(crate) made: i64,
    /// When its user last proved to be its owner.
    pub(crate) proven: i64,
    /// What the browser calls itself.
    pub(crate) program: String,
    /// From where its user logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    /// For how long it is good.
    #[serde(default, skip_serializing_if = "Stay::is_long")]
    pub(crate) stay: Stay,
}

/// For how long a browser stays logged in, as its user said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stay {
    /// On their own computer: two weeks after it was last used.
    #[default]
    Long,
    /// On a computer of others: some hours.
    Brief,
}

impl Stay {
    fn is_long(&self) -> bool {
        *self == Stay::Long
    }
}

/// Whose a token or the session of a page is.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct TokenOwner {
    pub(crate) account: u32,
    pub(crate) id: u64,
}

/// The SCRAM keys of a password.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ScramRecord {
    stored: Octets,
    server: Octets,
}

impl ScramRecord {
    pub(crate) fn new(key: &ScramKey) -> ScramRecord {
        ScramRecord { stored: Octets(key.stored.to_vec()), server: Octets(key.server.to_vec()) }
    }

    fn key(&self, id: u64) -> Option<ScramKey> {
        let stored = self.stored.0.as_slice().try_into().ok()?;
        Some(ScramKey { id, stored, server: self.server.0.as_slice().try_into().ok()? })
    }
}

impl UserRecord {
    /// What SCRAM needs, with the keys of the app passwords. None if no keys are stored at all.
    pub(crate) fn scram_secret(&self, apps: &[(u64, AppPasswordRecord)]) -> Option<ScramSecret> {
        let own = self.scram.iter().filter(|_| !self.only_app_passwords);
        let own = own.filter_map(|record| record.key(MAIN_PASSWORD));
        let theirs = apps.iter().filter_map(|(id, app)| app.scram.as_ref()?.key(*id));
        let keys: Vec<ScramKey> = own.chain(theirs).collect();
        (!keys.is_empty()).then(|| ScramSecret {
            salt: self.scram_salt.0.clone(),
            rounds: self.scram_rounds,
            keys,
        })
    }
}

/// Octets, in base64 when written down.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Octets(pub(crate) Vec<u8>);

impl Serialize for Octets {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Octets, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Octets).map_err(serde::de::Error::custom)
    }
}
