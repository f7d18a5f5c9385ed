//! Challenges for passkeys: random, for one purpose, good for a few minutes and once. They prove themselves, so that whoever asks for many
//! makes nobody hold anything; only those that were answered rightly are remembered until their time is over.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use machine::random;
use mailbox::{AccountId, Fault};
use sasl::Secret;
use subtle::ConstantTimeEq;

use crate::hashing::sha256;
use crate::limits::{CHALLENGE_S, CHALLENGES_USED_MAX};

/// What a challenge is for.
#[derive(Clone, Copy)]
pub enum Purpose<'a> {
    /// To log in, whoever it is.
    LogIn,
    /// To log in after the password, with this ticket.
    SecondFactor(&'a Secret),
    /// To prove once more, in this session.
    Confirm(AccountId, u64),
    /// To add a key to this account.
    Add(AccountId),
}

/// Gives challenges and knows its own.
pub(in super::super) struct Challenges {
    key: [u8; 32],
    used: Mutex<HashMap<Vec<u8>, i64>>,
}

const NONCE_OCTETS: usize = 16;

impl Challenges {
    pub(in super::super) fn new(key: [u8; 32]) -> Challenges {
        Challenges { key, used: Mutex::default() }
    }

    /// A new one: a nonce, when it ends, and a proof of both and the purpose.
    pub(super) fn make(&self, purpose: Purpose<'_>, now_s: i64) -> Result<Vec<u8>, Fault> {
        let nonce = random::<NONCE_OCTETS>()?;
        let ends = now_s.saturating_add(CHALLENGE_S).to_be_bytes();
        let proof = self.proof(purpose, &nonce, ends);
        Ok([nonce.as_slice(), &ends, proof.as_bytes()].concat())
    }

    /// Whether one is ours, for this purpose, and not over.
    pub(super) fn is_good(&self, challenge: &[u8], purpose: Purpose<'_>, now_s: i64) -> bool {
        let Some((nonce, rest)) = challenge.split_at_checked(NONCE_OCTETS) else { return false };
        let Some((ends, proof)) = rest.split_first_chunk::<8>() else { return false };
        let ours = self.proof(purpose, nonce, *ends);
        bool::from(ours.as_bytes().as_slice().ct_eq(proof)) && now_s < i64::from_be_bytes(*ends)
    }

    /// Takes one that was answered rightly, once.
    pub(super) fn take(&self, challenge: &[u8], now_s: i64) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, ends| now_s < *ends);
        // As many people as this do not log in within minutes.
        if used.len() >= CHALLENGES_USED_MAX {
            return false;
        }
        used.insert(challenge.to_vec(), now_s.saturating_add(CHALLENGE_S)).is_none()
    }

    fn proof(&self, purpose: Purpose<'_>, nonce: &[u8], ends: [u8; 8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(nonce);
        hasher.update(&ends);
        match purpose {
            Purpose::LogIn => hasher.update(b"log in"),
            Purpose::SecondFactor(ticket) => {
                hasher.update(b"factor").update(&sha256(ticket.expose()).0)
            }
            Purpose::Confirm(account, session) => hasher
                .update(b"confirm")
                .update(&account.0.to_be_bytes())
                .update(&session.to_be_bytes()),
            Purpose::Add(account) => hasher.update(b"add").update(&account.0.to_be_bytes()),
        };
        hasher.finalize()
    }
}

#[cfg(test)]
mod tests {
    use mailbox::AccountId;
    use sasl::Secret;

    use super::{Challenges, Purpose};
    use crate::limits::{CHALLENGE_S, CHALLENGES_USED_MAX};

    #[test]
    fn a_challenge_is_for_one_purpose_of_one_user_and_for_a_while() {
        let challenges = Challenges::new([7; 32]);
        let (one, other) = (Secret::new("one"), Secret::new("other"));
        let purposes = [
            Purpose::LogIn,
            Purpose::SecondFactor(&one),
            Purpose::SecondFactor(&other),
            Purpose::Confirm(AccountId(1), 7),
            Purpose::Confirm(AccountId(1), 8),
            Purpose::Confirm(AccountId(2), 7),
            Purpose::Add(AccountId(1)),
            Purpose::Add(AccountId(2)),
        ];
        for (index, purpose) in purposes.into_iter().enumerate() {
            let challenge = challenges.make(purpose, 100).unwrap();
            for (at, asked) in purposes.into_iter().enumerate() {
                assert_eq!(challenges.is_good(&challenge, asked, 100), at == index);
            }
            assert!(challenges.is_good(&challenge, purpose, 99 + CHALLENGE_S));
            assert!(!challenges.is_good(&challenge, purpose, 100 + CHALLENGE_S));
            assert!(!Challenges::new([8; 32]).is_good(&challenge, purpose, 100));
            for at in 0..challenge.len() {
                let mut changed = challenge.clone();
                changed[at] ^= 1;
                assert!(!challenges.is_good(&changed, purpose, 100), "octet {at}");
            }
        }
        assert!(!challenges.is_good(b"", Purpose::LogIn, 100));
    }

    #[test]
    fn so_many_that_were_answered_are_remembered() {
        let challenges = Challenges::new([7; 32]);
        for number in 0..CHALLENGES_USED_MAX {
            assert!(challenges.take(&number.to_be_bytes(), 0));
        }
        assert!(!challenges.take(b"one more", 0));
        assert!(challenges.take(b"one more", CHALLENGE_S), "the others are over");
        assert!(!challenges.take(b"one more", CHALLENGE_S));
    }
}
