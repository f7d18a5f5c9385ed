//! The addresses of bodies and their pictures, signed (HMAC-SHA-256, RFC 2104).

use std::sync::PoisonError;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use mailbox::{AccountId, Timestamp};
use sha2::Sha256;

use super::{Bodies, RemotePictures};
use crate::id::Id;
use crate::limits::{SAFE_BODY_ADDRESS_S, SAFE_BODY_KEY_S};

/// What an address leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signed {
    /// A body, as a page.
    Body {
        /// Of whom.
        account: AccountId,
        /// The part of an email.
        blob: Id,
        /// Whether pictures from elsewhere are shown.
        pictures: Pictures,
        /// For which colours.
        scheme: Scheme,
    },
    /// A picture in the email.
    Part {
        /// Of whom.
        account: AccountId,
        /// The part of an email.
        blob: Id,
    },
    /// A picture from elsewhere, fetched by the host.
    Remote {
        /// Who asks for it.
        account: AccountId,
        /// Where it is.
        url: String,
    },
}

/// Whether pictures from elsewhere are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// They are not.
    Blocked,
    /// They are.
    Shown,
}

/// For which colours a body is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground: plain text, and HTML that says that it is made for that.
    Dark,
    /// Light text on a dark ground, also where HTML is made for a light one: its colours are turned around.
    Darkened,
}

/// The key that signs, and the one before it.
pub(super) struct Keys {
    now: [u8; 32],
    before: [u8; 32],
    since: Timestamp,
}

impl Keys {
    pub(super) fn new(key: [u8; 32], since: Timestamp) -> Keys {
        Keys { now: key, before: key, since }
    }

    /// Goes on to the next key when it is time. From a key the one before it cannot be told.
    fn turn(&mut self, now: Timestamp) {
        let age_s = now.0.saturating_sub(self.since.0);
        if (0..SAFE_BODY_KEY_S).contains(&age_s) {
            return;
        }
        self.before = self.now;
        self.now = mac(&self.now, b"the next key");
        self.since = now;
    }
}

fn mac(key: &[u8; 32], octets: &[u8]) -> [u8; 32] {
    keyed(key)
        .map(|keyed| keyed.chain_update(octets).finalize().into_bytes().into())
        .unwrap_or_default()
}

/// An HMAC takes keys of any length.
fn keyed(key: &[u8; 32]) -> Option<Hmac<Sha256>> {
    Hmac::<Sha256>::new_from_slice(key).ok()
}

/// Stands between the parts of what is signed; no id and no URL has it.
const BETWEEN: char = '\n';

impl Bodies {
    /// The path of an address that is good from now on, and until when.
    pub(super) fn sign(&self, signed: &Signed) -> (String, Timestamp) {
        let now = self.clock.now();
        let until = Timestamp(now.0.saturating_add(SAFE_BODY_ADDRESS_S));
        let folder = match signed {
            Signed::Body { .. } | Signed::Part { .. } => "body",
            Signed::Remote { .. } => "body/picture",
        };
        let said = format!("{}{BETWEEN}{}", until.0, signed.written());
        let key = {
            let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            keys.turn(now);
            keys.now
        };
        let signature = URL_SAFE_NO_PAD.encode(mac(&key, said.as_bytes()));
        let said = URL_SAFE_NO_PAD.encode(said);
        (format!("{}/{folder}/{said}.{signature}", self.settings.base_path), until)
    }

    /// What the last part of a path leads to. None: it was never signed, not by us, or too long ago.
    pub fn verify(&self, text: &str) -> Option<Signed> {
        let (said, signature) = text.split_once('.')?;
        let said = URL_SAFE_NO_PAD.decode(said).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let now = self.clock.now();
        let keys = {
            let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            keys.turn(now);
            [keys.now, keys.before]
        };
        // In constant time.
        let is_by = |key: &[u8; 32]| {
            keyed(key)
                .is_some_and(|keyed| keyed.chain_update(&said).verify_slice(&signature).is_ok())
        };
        keys.iter().find(|key| is_by(key))?;
        let (until, written) = str::from_utf8(&said).ok()?.split_once(BETWEEN)?;
        if until.parse::<i64>().ok()? < now.0 {
            return None;
        }
        Signed::read(written)
    }

    /// Who fetches pictures from elsewhere.
    pub fn remote(&self) -> RemotePictures {
        self.settings.remote
    }
}

impl Signed {
    fn written(&self) -> String {
        let (kind, account, rest) = match self {
            Signed::Body { account, blob, pictures, scheme } => {
                let options = match (pictures, scheme) {
                    (Pictures::Blocked, Scheme::Light) => "b",
                    (Pictures::Shown, Scheme::Light) => "bp",
                    (Pictures::Blocked, Scheme::Dark) => "bd",
                    (Pictures::Shown, Scheme::Dark) => "bpd",
                    (Pictures::Blocked, Scheme::Darkened) => "bx",
                    (Pictures::Shown, Scheme::Darkened) => "bpx",
                };
                (options, account, blob.as_str())
            }
            Signed::Part { account, blob } => ("i", account, blob.as_str()),
            Signed::Remote { account, url } => ("r", account, url.as_str()),
        };
        format!("{kind}{BETWEEN}{account}{BETWEEN}{rest}")
    }

    fn read(written: &str) -> Option<Signed> {
        let mut parts = written.splitn(3, BETWEEN);
        let (kind, account, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let account = AccountId(account.parse().ok()?);
        let blob = || Id::try_from(rest.to_owned()).ok();
        let body =
            |pictures, scheme| Some(Signed::Body { account, blob: blob()?, pictures, scheme });
        match kind {
            "b" => body(Pictures::Blocked, Scheme::Light),
            "bp" => body(Pictures::Shown, Scheme::Light),
            "bd" => body(Pictures::Blocked, Scheme::Dark),
            "bpd" => body(Pictures::Shown, Scheme::Dark),
            "bx" => body(Pictures::Blocked, Scheme::Darkened),
            "bpx" => body(Pictures::Shown, Scheme::Darkened),
            "i" => Some(Signed::Part { account, blob: blob()? }),
            "r" => Some(Signed::Remote { account, url: rest.to_owned() }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mailbox::{AccountId, SetClock, Timestamp};

    use super::{Pictures, Scheme, Signed};
    use crate::id::Id;
    use crate::limits::{SAFE_BODY_ADDRESS_S, SAFE_BODY_KEY_S};
    use crate::server::{Bodies, BodySettings};

    fn all() -> Vec<Signed> {
        let (account, blob) = (AccountId(7), Id::try_from("B1-2".to_owned()).unwrap());
        let mut all = vec![
            Signed::Part { account, blob: blob.clone() },
            Signed::Remote { account, url: "https://x.example/?a=b&c".to_owned() },
        ];
        for pictures in [Pictures::Blocked, Pictures::Shown] {
            for scheme in [Scheme::Light, Scheme::Dark, Scheme::Darkened] {
                all.push(Signed::Body { account, blob: blob.clone(), pictures, scheme });
            }
        }
        all
    }

    fn last(path: &str) -> &str {
        path.rsplit('/').next().unwrap()
    }

    #[test]
    fn what_was_signed_is_read_until_its_time_is_over() {
        let clock = Arc::new(SetClock::at(Timestamp(1_000_000)));
        let shared = Arc::clone(&clock);
        let settings = BodySettings { base_path: "/mail".to_owned(), ..BodySettings::default() };
        let bodies = Bodies::new(settings, [1; 32], shared);
        for signed in all() {
            clock.set(Timestamp(1_000_000));
            let (path, until) = bodies.sign(&signed);
            assert!(path.starts_with("/mail/body/"), "{path}");
            assert_eq!(bodies.verify(last(&path)), Some(signed.clone()));
            clock.set(until);
            assert_eq!(bodies.verify(last(&path)), Some(signed));
            clock.set(Timestamp(until.0 + 1));
            assert_eq!(bodies.verify(last(&path)), None);
        }
    }

    #[test]
    fn what_was_altered_or_signed_by_others_is_not() {
        let clock = Arc::new(SetClock::at(Timestamp(1_000_000)));
        let ours = Bodies::new(BodySettings::default(), [1; 32], Arc::<SetClock>::clone(&clock));
        let theirs = Bodies::new(BodySettings::default(), [2; 32], Arc::<SetClock>::clone(&clock));
        for signed in all() {
            let (path, _) = ours.sign(&signed);
            let text = last(&path);
            assert_eq!(theirs.verify(text), None);
            for at in 0..text.len() {
                let mut altered = text.as_bytes().to_vec();
                altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
                let altered = String::from_utf8(altered).unwrap();
                // The last letter of base64 may hold bits that mean nothing; those are refused as well.
                assert_eq!(ours.verify(&altered), None, "{at}");
            }
            assert_eq!(ours.verify(&text[..text.len() - 1]), None);
            assert_eq!(ours.verify(text.split('.').next().unwrap()), None);
        }
        for text in ["", ".", "a.b", "\u{e9}"] {
            assert_eq!(ours.verify(text), None);
        }
    }

    #[test]
    fn keys_change_and_what_the_one_before_signed_is_good_for_its_time() {
        let clock = Arc::new(SetClock::at(Timestamp(1_000_000)));
        let bodies = Bodies::new(BodySettings::default(), [1; 32], Arc::<SetClock>::clone(&clock));
        clock.set(Timestamp(1_000_000 + SAFE_BODY_KEY_S - 1));
        let signed = all().remove(0);
        let (before, until) = bodies.sign(&signed);
        clock.set(Timestamp(until.0));
        let (after, _) = bodies.sign(&signed);
        assert_eq!(bodies.verify(last(&before)), Some(signed.clone()));
        assert_eq!(bodies.verify(last(&after)), Some(signed.clone()));
        assert_ne!(bodies.keys.lock().unwrap().now, [1; 32]);
        const { assert!(SAFE_BODY_KEY_S > SAFE_BODY_ADDRESS_S) };
        // A clock that goes back does not bring a key back.
        clock.set(Timestamp(0));
        assert!(bodies.verify(last(&after)).is_some());
    }
}
