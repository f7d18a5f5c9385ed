//! SCRAM-SHA-256 and its PLUS form (RFC 5802, RFC 7677): keys, channel bindings, and what both ends share.

mod client;
pub(crate) mod message;
mod server;

pub use client::ScramClient;
pub use server::{Server, ServerFirst};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{Secret, prepare};

/// What SCRAM needs to check a password: the salt and the rounds that all keys of a name share, and a key for each
/// of its passwords. So app passwords work with SCRAM too.
#[derive(Clone)]
pub struct ScramSecret {
    /// As the password was hashed with it.
    pub salt: Vec<u8>,
    /// The iteration count.
    pub rounds: u32,
    /// One for each password; none: no proof will be right.
    pub keys: Vec<ScramKey>,
}

impl ScramSecret {
    /// Makes what is shown for a name that does not exist: the same each time, and like a real one.
    pub fn fake(server_secret: &[u8; 32], login: &str, rounds: u32) -> ScramSecret {
        let digest = hmac(server_secret, &[b"correio scram salt", login.as_bytes()]);
        let salt = digest.iter().copied().take(16).collect();
        ScramSecret { salt, rounds, keys: Vec::new() }
    }
}

/// The keys of one password. From them nobody can log in, but a password can be guessed: keep them as secret as
/// a password hash.
#[derive(Clone)]
pub struct ScramKey {
    /// The directory's own note, handed back when a proof fits this key.
    pub id: u64,
    /// StoredKey (RFC 5802, 3).
    pub stored: [u8; 32],
    /// ServerKey (RFC 5802, 3).
    pub server: [u8; 32],
}

impl ScramKey {
    /// Derives the keys of a password. Slow on purpose: run it off the async threads.
    pub fn derive(id: u64, password: &Secret, salt: &[u8], rounds: u32) -> ScramKey {
        let salted = salted(password, salt, rounds);
        let client_key = Zeroizing::new(hmac(salted.as_slice(), &[b"Client Key"]));
        ScramKey {
            id,
            stored: Sha256::digest(client_key.as_slice()).into(),
            server: hmac(salted.as_slice(), &[b"Server Key"]),
        }
    }
}

/// A random number that is used once, as printable text.
#[derive(Clone)]
pub struct Nonce(String);

impl Nonce {
    /// Makes a nonce of random octets.
    pub fn from_random(octets: [u8; 18]) -> Nonce {
        Nonce(URL_SAFE_NO_PAD.encode(octets))
    }

    /// Its text: letters, digits, `-` and `_`. POP3's greeting has one in its timestamp (RFC 1939, 7).
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[cfg(test)]
    pub(crate) fn from_text(text: &str) -> Nonce {
        Nonce(text.to_owned())
    }
}

/// What a proof can be bound to, so that nobody in between can pass it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelBinding {
    /// Its registered name: `tls-exporter` (RFC 9266) or `tls-server-end-point` (RFC 5929).
    pub name: &'static str,
    /// The octets that both ends derive from the TLS connection.
    pub octets: Vec<u8>,
}

/// What a client can do about channel binding (RFC 5802, 6).
#[derive(Clone, Debug)]
pub enum Binding {
    /// It cannot bind (`n`).
    Unable,
    /// It could, but the server does not offer it (`y`): the server finds out if somebody hid the offer.
    NotOffered,
    /// It binds (`p=`).
    To(ChannelBinding),
}

/// SaltedPassword (RFC 5802, 3).
fn salted(password: &Secret, salt: &[u8], rounds: u32) -> Zeroizing<[u8; 32]> {
    let prepared = str::from_utf8(password.expose())
        .map(|text| Secret::new(prepare(text)))
        .unwrap_or_else(|_| password.clone());
    let mut key = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(prepared.expose(), salt, rounds, key.as_mut_slice());
    key
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length; the error of the common interface cannot occur.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn xor(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut mixed = *left;
    mixed.iter_mut().zip(right).for_each(|(octet, other)| *octet ^= other);
    mixed
}

fn equal(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests;
