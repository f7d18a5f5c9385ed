//! Passkeys: keys of a phone, a computer or a security key that sign in place of a password (Web Authentication, Level 3).

pub(crate) mod ceremony;

use mailbox::engine::{Batch, Snapshot};
use mailbox::{AccountId, Fault};
use sasl::Secret;
use serde::{Deserialize, Serialize};

use self::ceremony::NewKey;
pub use self::ceremony::{ALGORITHMS, Assertion, Registration, RelyingParty};
use crate::app_passwords::{device_name, same_device};
use crate::factors::{FactorsRecord, fresh_recovery_codes};
use crate::hashing::sha256;
use crate::keys;
use crate::limits::{DEVICE_NAME_OCTETS_MAX, PASSKEYS_MAX};
use crate::people::{People, PeopleError, Refusal, encode, record};
use crate::records::Octets;

/// A passkey, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// The name that its owner gave it.
    pub name: String,
    /// What browsers know it by.
    pub credential_id: Vec<u8>,
    /// When it was made, in Unix seconds.
    pub added_s: i64,
    /// When it was last used.
    pub used_s: Option<i64>,
}

/// A passkey, as it is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PasskeyRecord {
    pub(crate) name: String,
    pub(crate) id: Octets,
    /// SubjectPublicKeyInfo.
    pub(crate) key: Octets,
    pub(crate) algorithm: i64,
    /// How often it signed, by its own count; always 0 where it is on many devices.
    pub(crate) counter: u32,
    pub(crate) added: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) used: Option<i64>,
}

impl PasskeyRecord {
    pub(crate) fn shown(&self) -> Passkey {
        Passkey {
            name: self.name.clone(),
            credential_id: self.id.0.clone(),
            added_s: self.added,
            used_s: self.used,
        }
    }
}

impl People {
    /// Adds a passkey under a name. Whoever has no recovery codes gets some, which are shown this once.
    pub(crate) async fn keep_passkey(
        &self,
        account: AccountId,
        name: &str,
        new: NewKey,
    ) -> Result<Vec<Secret>, PeopleError> {
        let fresh = fresh_recovery_codes()?;
        let name = device_name(name).ok_or(Refusal::DeviceName(DEVICE_NAME_OCTETS_MAX))?;
        let kept = PasskeyRecord {
            name,
            id: Octets(new.credential_id),
            key: Octets(new.public_key),
            algorithm: new.algorithm,
            counter: new.counter,
            added: self.now_s(),
            used: None,
        };
        let are_new = self
            .change_factors(account, |factors| {
                if factors
                    .passkeys
                    .iter()
                    .any(|there| there.id == kept.id || same_device(&there.name, &kept.name))
                {
                    return Err(Refusal::DeviceExists(kept.name.clone()).into());
                }
                if factors.passkeys.len() >= PASSKEYS_MAX {
                    return Err(Refusal::TooMany { what: "passkeys", max: PASSKEYS_MAX }.into());
                }
                factors.passkeys.push(kept.clone());
                Ok(factors.give(&fresh))
            })
            .await?;
        Ok(if are_new { fresh } else { Vec::new() })
    }

    /// Gives a passkey another name.
    pub async fn rename_passkey(
        &self,
        account: AccountId,
        name: &str,
        new: &str,
    ) -> Result<(), PeopleError> {
        let new = device_name(new).ok_or(Refusal::DeviceName(DEVICE_NAME_OCTETS_MAX))?;
        self.change_factors(account, |factors| {
            let is_other = |there: &&PasskeyRecord| !same_device(&there.name, name);
            let mut others = factors.passkeys.iter().filter(is_other);
            if others.any(|there| same_device(&there.name, &new)) {
                return Err(Refusal::DeviceExists(new.clone()).into());
            }
            let found = factors.passkeys.iter_mut().find(|it| same_device(&it.name, name));
            let found = found.ok_or_else(|| Refusal::NoSuchDevice(name.to_owned()))?;
            found.name.clone_from(&new);
            Ok(())
        })
        .await
    }

    /// Takes a passkey away.
    pub async fn remove_passkey(&self, account: AccountId, name: &str) -> Result<(), PeopleError> {
        self.change_factors(account, |factors| {
            let before = factors.passkeys.len();
            factors.passkeys.retain(|there| !same_device(&there.name, name));
            if factors.passkeys.len() == before {
                return Err(Refusal::NoSuchDevice(name.to_owned()).into());
            }
            Ok(())
        })
        .await
    }

    /// Whose passkey has this name among browsers.
    pub(crate) fn passkey_owner(&self, credential_id: &[u8]) -> Result<Option<AccountId>, Fault> {
        let key = keys::passkey_owner(&sha256(credential_id).0);
        Ok(record::<u32>(&*self.snapshot()?, &key)?.map(AccountId))
    }

    /// The passkey of a user with this name among browsers, and the user's own.
    pub(crate) fn passkey(
        &self,
        account: AccountId,
        credential_id: &[u8],
    ) -> Result<Option<(PasskeyRecord, Option<Octets>)>, Fault> {
        let kept: Option<FactorsRecord> = record(&*self.snapshot()?, &keys::factors(account))?;
        let Some(kept) = kept else { return Ok(None) };
        let handle = kept.handle;
        let found = kept.passkeys.into_iter().find(|passkey| passkey.id.0 == credential_id);
        Ok(found.map(|passkey| (passkey, handle)))
    }

    /// Takes note that a passkey signed. False: its count did not grow, so that there may be another with the same key (7.2, step 22).
    pub(crate) async fn note_signature(
        &self,
        account: AccountId,
        credential_id: &[u8],
        counter: u32,
    ) -> Result<bool, PeopleError> {
        let now = self.now_s();
        self.change_factors(account, |factors| {
            let mut passkeys = factors.passkeys.iter_mut();
            let Some(passkey) = passkeys.find(|passkey| passkey.id.0 == credential_id) else {
                return Ok(false);
            };
            let counts = counter > 0 || passkey.counter > 0;
            if counts && counter <= passkey.counter {
                return Ok(false);
            }
            (passkey.counter, passkey.used) = (counter, Some(now));
            Ok(true)
        })
        .await
    }

    /// What browsers know a user by: random octets, made when they are asked for first.
    pub(crate) async fn user_handle(&self, account: AccountId) -> Result<Vec<u8>, PeopleError> {
        let fresh = Octets(machine::random::<32>()?.to_vec());
        self.change_factors(account, |factors| {
            Ok(factors.handle.get_or_insert_with(|| fresh.clone()).0.clone())
        })
        .await
    }
}

/// Puts the owners of passkeys that came and went into a batch. One that somebody has already is refused.
pub(crate) fn follow_owners(
    snapshot: &dyn Snapshot,
    batch: &mut Batch,
    account: AccountId,
    (before, after): (&[PasskeyRecord], &[PasskeyRecord]),
) -> Result<(), PeopleError> {
    let has = |list: &[PasskeyRecord], id: &Octets| list.iter().any(|passkey| passkey.id == *id);
    for gone in before.iter().filter(|passkey| !has(after, &passkey.id)) {
        batch.deletes.push(keys::passkey_owner(&sha256(&gone.id.0).0));
    }
    for new in after.iter().filter(|passkey| !has(before, &passkey.id)) {
        let key = keys::passkey_owner(&sha256(&new.id.0).0);
        if snapshot.get(&key)?.is_some() {
            return Err(Refusal::DeviceExists(new.name.clone()).into());
        }
        batch.checks.push((key.clone(), None));
        batch.puts.push((key, encode(&account.0)?));
    }
    Ok(())
}
