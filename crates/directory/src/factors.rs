//! Second factors of those who log in to pages: codes of an authenticator app (RFC 6238), passkeys, and recovery codes for whoever lost
//! them.
//!
//! The secret of an app has to be kept as it is, for the host computes with it. Recovery codes are 80 random bits and kept as hashes.
//! A code of either kind is good once.

use machine::{random, readable};
use mailbox::engine::{Batch, Snapshot};
use mailbox::{AccountId, Fault};
use sasl::Secret;
use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Totp};

use crate::address::Address;
use crate::hashing::sha256;
use crate::keys;
use crate::limits::{CODE_SKEW_STEPS, CODE_STEP_S, RECOVERY_CODES, TOTP_BEGUN_S};
use crate::passkeys::{Passkey, PasskeyRecord, follow_owners};
use crate::people::{People, PeopleError, Refusal, decode, encode, record};
use crate::records::Octets;

/// What somebody has besides the password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Factors {
    /// When an authenticator app was set up, in Unix seconds; none: there is none.
    pub totp_added_s: Option<i64>,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
    /// The passkeys, in the order in which they were made.
    pub passkeys: Vec<Passkey>,
}

impl Factors {
    /// Whether a login takes more than the password.
    pub fn are_asked(&self) -> bool {
        self.totp_added_s.is_some() || !self.passkeys.is_empty()
    }
}

/// The second factors of a user, as they are kept.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FactorsRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    totp: Option<TotpRecord>,
    /// One that is being set up, and does not count yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    begun: Option<BegunRecord>,
    /// The SHA-256 of each recovery code.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recovery: Vec<Octets>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) passkeys: Vec<PasskeyRecord>,
    /// What browsers know the user by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) handle: Option<Octets>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TotpRecord {
    secret: Octets,
    added: i64,
    /// The time step of the last code that was taken.
    last_step: u64,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct BegunRecord {
    secret: Octets,
    begun: i64,
}

/// What became of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Right,
    Wrong,
}

impl FactorsRecord {
    /// What the owner may see.
    fn shown(&self) -> Factors {
        Factors {
            totp_added_s: self.totp.as_ref().map(|totp| totp.added),
            recovery_codes: self.recovery.len(),
            passkeys: self.passkeys.iter().map(PasskeyRecord::shown).collect(),
        }
    }

    /// Takes a code, if it is right, so that it is good no more.
    fn take(&mut self, code: &str, now_s: i64) -> Code {
        if let Some(digits) = digits(code) {
            let Some(totp) = &mut self.totp else { return Code::Wrong };
            let step = right_step(&totp.secret, &digits, now_s);
            return match step.filter(|step| *step > totp.last_step) {
                Some(step) => {
                    totp.last_step = step;
                    Code::Right
                }
                None => Code::Wrong,
            };
        }
        let hash = Secret::new(sha256(&plain_recovery_code(code)).0);
        let before = self.recovery.len();
        self.recovery.retain(|kept| !hash.equals(&kept.0));
        if self.recovery.len() < before { Code::Right } else { Code::Wrong }
    }

    /// Gives recovery codes to whoever has none, and says whether it did.
    pub(crate) fn give(&mut self, codes: &[Secret]) -> bool {
        let are_new = self.recovery.is_empty();
        if are_new {
            self.renew(codes);
        }
        are_new
    }

    /// Gives new recovery codes for the old ones.
    fn renew(&mut self, codes: &[Secret]) {
        let hash = |code: &Secret| match str::from_utf8(code.expose()) {
            Ok(text) => sha256(&plain_recovery_code(text)),
            Err(_) => sha256(code.expose()),
        };
        self.recovery = codes.iter().map(hash).collect();
    }

    /// Without a second factor nobody is asked for a recovery code.
    fn tidy(&mut self) {
        if self.totp.is_none() && self.passkeys.is_empty() {
            self.recovery.clear();
        }
    }
}

/// Six digits, however they are grouped.
fn digits(code: &str) -> Option<String> {
    let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let fits = digits.len() == 6 && digits.bytes().all(|octet| octet.is_ascii_digit());
    fits.then_some(digits)
}

/// A recovery code as it is hashed: without what only groups it, and with the letters that are easily taken for digits as those.
fn plain_recovery_code(code: &str) -> Vec<u8> {
    let letters = code.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
    let plain: String = letters
        .map(|letter| match letter.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            letter => letter,
        })
        .collect();
    plain.into_bytes()
}

/// The time step of which a code is the right one, of this and its neighbours (RFC 6238, 5.2).
fn right_step(secret: &Octets, code: &str, now_s: i64) -> Option<u64> {
    let totp = totp_of(secret)?;
    totp.check(code, u64::try_from(now_s).ok()?)
}

/// SHA-1, six digits, thirty seconds: what all apps understand.
fn totp_of(secret: &Octets) -> Option<Totp> {
    let builder = Builder::new().with_secret(secret.0.clone().into_boxed_slice());
    let builder = builder.with_skew(CODE_SKEW_STEPS).with_step_duration(CODE_STEP_S);
    builder.build().ok()
}

pub(crate) fn fresh_recovery_codes() -> Result<Vec<Secret>, Fault> {
    (0..RECOVERY_CODES).map(|_| Ok(Secret::new(readable(&random::<10>()?)))).collect()
}

impl People {
    /// Puts the removal of all that a user has besides the password into a batch.
    pub(crate) fn drop_factors(
        snapshot: &dyn Snapshot,
        batch: &mut Batch,
        account: AccountId,
    ) -> Result<(), PeopleError> {
        let key = keys::factors(account);
        if let Some(kept) = record::<FactorsRecord>(snapshot, &key)? {
            follow_owners(snapshot, batch, account, (&kept.passkeys, &[]))?;
            batch.deletes.push(key);
        }
        Ok(())
    }

    /// Takes all second factors of a user away, for whoever lost them.
    pub async fn reset_factors(&self, address: &Address) -> Result<(), PeopleError> {
        let (account, _) = self.user_record(address)?;
        self.change_factors(account, |kept| {
            *kept = FactorsRecord { handle: kept.handle.take(), ..FactorsRecord::default() };
            Ok(())
        })
        .await
    }

    /// What somebody has besides the password.
    pub fn factors(&self, account: AccountId) -> Result<Factors, Fault> {
        let kept: Option<FactorsRecord> = record(&*self.snapshot()?, &keys::factors(account))?;
        Ok(kept.unwrap_or_default().shown())
    }

    /// Begins to set an authenticator app up: the secret that it is to have, in base 32. It counts once a code of it was right.
    pub async fn begin_totp(&self, account: AccountId) -> Result<Secret, PeopleError> {
        let secret = Octets(random::<20>()?.to_vec());
        let begun = BegunRecord { secret: secret.clone(), begun: self.now_s() };
        self.change_factors(account, |kept| {
            kept.begun = Some(begun.clone());
            Ok(())
        })
        .await?;
        let text = totp_rs::Secret::from(secret.0).to_base32();
        Ok(Secret::new(text.into_bytes()))
    }

    /// Has the app that is being set up count, by a code of it. Whoever has no recovery codes gets some, which are shown this once.
    pub async fn confirm_totp(
        &self,
        account: AccountId,
        code: &str,
    ) -> Result<Vec<Secret>, PeopleError> {
        let (now, fresh) = (self.now_s(), fresh_recovery_codes()?);
        let are_new = self
            .change_factors(account, |kept| {
                let begun = kept.begun.take();
                let in_time = |begun: &BegunRecord| now.saturating_sub(begun.begun) < TOTP_BEGUN_S;
                let begun = begun.filter(in_time).ok_or(Refusal::NothingBegun)?;
                let step = digits(code).and_then(|code| right_step(&begun.secret, &code, now));
                let last_step = step.ok_or(Refusal::WrongCode)?;
                kept.totp = Some(TotpRecord { secret: begun.secret, added: now, last_step });
                Ok(kept.give(&fresh))
            })
            .await?;
        Ok(if are_new { fresh } else { Vec::new() })
    }

    /// Takes the authenticator app away, and what somebody began to set up.
    pub async fn remove_totp(&self, account: AccountId) -> Result<(), PeopleError> {
        self.change_factors(account, |kept| {
            (kept.totp, kept.begun) = (None, None);
            Ok(())
        })
        .await
    }

    /// Makes recovery codes anew, which are shown this once; older ones are good no more.
    pub async fn new_recovery_codes(&self, account: AccountId) -> Result<Vec<Secret>, PeopleError> {
        let fresh = fresh_recovery_codes()?;
        self.change_factors(account, |kept| {
            if !kept.shown().are_asked() {
                return Err(Refusal::NoSecondFactor.into());
            }
            kept.renew(&fresh);
            Ok(())
        })
        .await?;
        Ok(fresh)
    }

    /// Takes a code of an app or a recovery code, if it is right: it is good no more then.
    pub(crate) async fn take_code(
        &self,
        account: AccountId,
        code: &str,
    ) -> Result<Code, PeopleError> {
        let now = self.now_s();
        self.change_factors(account, |kept| Ok(kept.take(code, now))).await
    }

    /// Changes what is kept of a user. What cannot be done changes nothing.
    pub(crate) async fn change_factors<T>(
        &self,
        account: AccountId,
        change: impl Fn(&mut FactorsRecord) -> Result<T, PeopleError>,
    ) -> Result<T, PeopleError> {
        self.change(|snapshot, batch: &mut Batch| {
            let (key, user) = (keys::factors(account), keys::user(account));
            let (there, of_user) = (snapshot.get(&key)?, snapshot.get(&user)?);
            if of_user.is_none() {
                return Err(Refusal::NoSuchUser(account.0.to_string()).into());
            }
            let before: FactorsRecord =
                there.as_deref().map(decode).transpose()?.unwrap_or_default();
            let mut after = before.clone();
            let done = change(&mut after)?;
            after.tidy();
            if after != before {
                batch.checks.extend([(key.clone(), there), (user, of_user)]);
                let passkeys = (before.passkeys.as_slice(), after.passkeys.as_slice());
                follow_owners(snapshot, batch, account, passkeys)?;
                batch.puts.push((key, encode(&after)?));
            }
            Ok(done)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::{FactorsRecord, TotpRecord, digits, plain_recovery_code, right_step};
    use crate::factors::Code;
    use crate::records::Octets;

    /// The secret of RFC 6238, appendix B, for SHA-1.
    fn secret() -> Octets {
        Octets(b"12345678901234567890".to_vec())
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Its codes have eight digits; the last six are those of six.
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(right_step(&secret(), code, time), u64::try_from(time / 30).ok(), "{time}");
        }
    }

    #[test]
    fn a_code_is_good_a_step_early_and_a_step_late_and_once() {
        for (now, want) in [
            (1_111_111_111 - 61, Code::Wrong),
            (1_111_111_111 - 31, Code::Right),
            (1_111_111_111, Code::Right),
            (1_111_111_111 + 58, Code::Right),
            (1_111_111_111 + 59, Code::Wrong),
        ] {
            let totp = TotpRecord { secret: secret(), added: 0, last_step: 0 };
            let mut kept = FactorsRecord { totp: Some(totp), ..FactorsRecord::default() };
            assert_eq!(kept.take("050 471", now), want, "{now}");
            assert_eq!(kept.take("050471", now), Code::Wrong, "{now}");
        }
        // An earlier code is not good after a later one, either.
        let totp = TotpRecord { secret: secret(), added: 0, last_step: 1_111_111_111 / 30 };
        let mut kept = FactorsRecord { totp: Some(totp), ..FactorsRecord::default() };
        assert_eq!(kept.take("081804", 1_111_111_111), Code::Wrong);
    }

    #[test]
    fn what_is_typed_is_read_as_it_was_meant() {
        assert_eq!(digits(" 123 456\n").as_deref(), Some("123456"));
        for none in ["", "12345", "1234567", "12345a", "\u{661}23456", "-12345"] {
            assert_eq!(digits(none), None, "{none}");
        }
        assert_eq!(plain_recovery_code("AB-cO il"), b"abc011");
    }
}
