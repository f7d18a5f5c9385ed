//! Remembers for a while which passwords were right and which wrong, so that busy clients do not pay for a slow hash
//! at each login. Keyed by a hash under a random key of this process: nothing here leads back to a password.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use mailbox::Timestamp;
use sasl::{Login, Secret};

use crate::address::Address;
use crate::limits::{VERDICT_RIGHT_S, VERDICT_WRONG_S, VERDICTS_MAX};

/// What is known of a name with a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is right.
    Right(Login),
    /// It is right, and opens pages alone.
    PagesOnly(Login),
    /// It is right, and the account is disabled.
    Disabled,
    /// It is wrong.
    Wrong,
}

struct Remembered {
    verdict: Verdict,
    whose: Box<str>,
    until_s: i64,
}

/// The memory.
pub(super) struct Verdicts {
    key: [u8; 32],
    by_hash: Mutex<HashMap<[u8; 32], Remembered>>,
    changes: AtomicU64,
}

/// The state of the directory when somebody was looked up: a verdict is kept only if nobody changed since.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Epoch(u64);

impl Verdicts {
    pub(super) fn new(key: [u8; 32]) -> Verdicts {
        Verdicts { key, by_hash: Mutex::default(), changes: AtomicU64::new(0) }
    }

    /// To be taken before the directory is read.
    pub(super) fn epoch(&self) -> Epoch {
        Epoch(self.changes.load(Ordering::SeqCst))
    }

    /// A name with a password, as one hash. The length keeps `ab`+`c` apart from `a`+`bc`.
    fn hash(&self, whose: &Address, password: &Secret) -> [u8; 32] {
        let whose = whose.to_string();
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&u64::try_from(whose.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(whose.as_bytes());
        hasher.update(password.expose());
        hasher.finalize().into()
    }

    /// What is known.
    pub(super) fn recall(
        &self,
        whose: &Address,
        password: &Secret,
        now: Timestamp,
    ) -> Option<Verdict> {
        let hash = self.hash(whose, password);
        let known = self.by_hash.lock().ok()?;
        let found = known.get(&hash)?;
        (found.until_s > now.0).then(|| found.verdict.clone())
    }

    /// Keeps a verdict.
    pub(super) fn keep(
        &self,
        whose: &Address,
        password: &Secret,
        verdict: Verdict,
        epoch: Epoch,
        now: Timestamp,
    ) {
        let seconds = match verdict {
            Verdict::Right(_) | Verdict::PagesOnly(_) | Verdict::Disabled => VERDICT_RIGHT_S,
            Verdict::Wrong => VERDICT_WRONG_S,
        };
        let until_s = now.0.saturating_add(seconds);
        let remembered = Remembered { verdict, whose: whose.to_string().into(), until_s };
        let hash = self.hash(whose, password);
        let Ok(mut known) = self.by_hash.lock() else { return };
        if self.changes.load(Ordering::SeqCst) != epoch.0 {
            return;
        }
        if known.len() >= VERDICTS_MAX {
            known.retain(|_, old| old.until_s > now.0);
        }
        if known.len() >= VERDICTS_MAX {
            // Guesses must not push out the people.
            known.retain(|_, old| old.verdict != Verdict::Wrong);
        }
        if known.len() >= VERDICTS_MAX {
            known.clear();
        }
        known.insert(hash, remembered);
    }

    /// Forgets all about one person.
    pub(super) fn forget(&self, whose: &Address) {
        let whose = whose.to_string();
        if let Ok(mut known) = self.by_hash.lock() {
            self.changes.fetch_add(1, Ordering::SeqCst);
            known.retain(|_, old| *old.whose != *whose);
        }
    }
}

#[cfg(test)]
mod tests {
    use mailbox::Timestamp;
    use sasl::{Login, Secret};

    use super::{Verdict, Verdicts};
    use crate::limits::{VERDICT_RIGHT_S, VERDICTS_MAX};

    fn right() -> Verdict {
        Verdict::Right(Login {
            account: 1,
            address: "a@d".to_owned(),
            device: None,
            credential: sasl::Credential::Password(7),
        })
    }

    #[test]
    fn a_verdict_is_kept_until_its_time_or_a_change() {
        let verdicts = Verdicts::new([7; 32]);
        let (ana, bob) = ("a@d".parse().unwrap(), "b@d".parse().unwrap());
        let password = Secret::new("secret");
        verdicts.keep(&ana, &password, right(), verdicts.epoch(), Timestamp(100));
        assert_eq!(verdicts.recall(&ana, &password, Timestamp(100)), Some(right()));
        assert_eq!(verdicts.recall(&bob, &password, Timestamp(100)), None);
        assert_eq!(verdicts.recall(&ana, &Secret::new("secrets"), Timestamp(100)), None);
        assert_eq!(verdicts.recall(&ana, &password, Timestamp(100 + VERDICT_RIGHT_S)), None);
        verdicts.forget(&bob);
        assert_eq!(verdicts.recall(&ana, &password, Timestamp(100)), Some(right()));
        let before = verdicts.epoch();
        verdicts.forget(&ana);
        assert_eq!(verdicts.recall(&ana, &password, Timestamp(100)), None);
        verdicts.keep(&ana, &password, right(), before, Timestamp(100));
        assert_eq!(verdicts.recall(&ana, &password, Timestamp(100)), None);
    }

    #[test]
    fn guesses_neither_fill_the_memory_nor_push_people_out() {
        let verdicts = Verdicts::new([7; 32]);
        let ana = "a@d".parse().unwrap();
        let password = Secret::new("secret");
        verdicts.keep(&ana, &password, right(), verdicts.epoch(), Timestamp(0));
        for number in 0..VERDICTS_MAX + 10 {
            let guess = Secret::new(number.to_string());
            verdicts.keep(&ana, &guess, Verdict::Wrong, verdicts.epoch(), Timestamp(0));
        }
        assert!(verdicts.by_hash.lock().unwrap().len() <= VERDICTS_MAX);
        assert_eq!(verdicts.recall(&ana, &password, Timestamp(1)), Some(right()));
    }
}
