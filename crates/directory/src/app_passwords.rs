//! App passwords: one for each device, shown once, revoked by its name.

use bytes::Bytes;
use machine::{random, readable};
use mailbox::engine::Batch;
use mailbox::{AccountId, Fault};
use sasl::Secret;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::hashing::{ScramKeys, scram_keys, sha256};
use crate::keys;
use crate::limits::{APP_PASSWORDS_MAX, DEVICE_NAME_OCTETS_MAX};
use crate::people::{People, PeopleError, Refusal, Revoked, decode, encode, under};
use crate::records::{AppPasswordRecord, Octets};
use crate::users::Stored;

/// A use is noted at most this often, in seconds, so that a busy device costs no writing.
const USE_NOTED_EVERY_S: i64 = 3600;

/// An app password, as it is listed.
#[derive(Clone, Debug)]
pub struct AppPassword {
    /// The device.
    pub name: String,
    /// When it was made, in Unix seconds.
    pub added_s: i64,
    /// When it was last used, to the hour.
    pub used_s: Option<i64>,
    /// What is kept of it.
    pub kept: Kept,
}

/// What is kept of an app password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Hashes, from which nobody can log in.
    #[default]
    Hashes,
    /// The app password itself too, for APOP: whoever reads the data folder can log in with it.
    Secret,
}

/// An app password just made. Its text is not kept, and cannot be shown again.
pub struct NewAppPassword(pub Secret);

impl People {
    pub(crate) fn app_password_records(
        &self,
        account: AccountId,
    ) -> Result<Vec<(u64, AppPasswordRecord)>, Fault> {
        under(&*self.snapshot()?, &keys::app_passwords(account), APP_PASSWORDS_MAX)?
            .iter()
            .filter_map(|(key, value)| Some((keys::id_at_end(key)?, value)))
            .map(|(id, value)| Ok((id, decode(value)?)))
            .collect()
    }

    /// The app passwords of a user, in the order in which they were made.
    pub fn app_passwords(&self, address: &Address) -> Result<Vec<AppPassword>, PeopleError> {
        let user = self.user(address)?;
        let snapshot = self.snapshot()?;
        let mut listed = Vec::new();
        for (id, record) in self.app_password_records(user.account)? {
            let used = snapshot.get(&keys::last_use(user.account, id))?;
            listed.push(AppPassword {
                name: record.name,
                added_s: record.added,
                used_s: used.as_deref().and_then(seconds),
                kept: if record.apop.is_some() { Kept::Secret } else { Kept::Hashes },
            });
        }
        Ok(listed)
    }

    /// Makes an app password for a device.
    pub async fn add_app_password(
        &self,
        address: &Address,
        device: &str,
        keys_kept: ScramKeys,
        kept: Kept,
    ) -> Result<NewAppPassword, PeopleError> {
        let device = device_name(device).ok_or(Refusal::DeviceName(DEVICE_NAME_OCTETS_MAX))?;
        let stored =
            self.stored(address)?.ok_or_else(|| Refusal::NoSuchUser(address.to_string()))?;
        if stored.apps.iter().any(|(_, app)| same_device(&app.name, &device)) {
            return Err(Refusal::DeviceExists(device).into());
        }
        if stored.apps.len() >= APP_PASSWORDS_MAX {
            return Err(Refusal::TooMany { what: "app passwords", max: APP_PASSWORDS_MAX }.into());
        }
        // Random, so that the number of a revoked one never comes back with its last use.
        let id = u64::from_be_bytes(random()?) >> 1 | 1;
        let password = Secret::new(readable(&random::<16>()?));
        let scram = match keys_kept {
            ScramKeys::Omit => None,
            ScramKeys::Store => {
                let Stored { record, .. } = stored;
                Some(scram_keys(id, &password, record.scram_salt.0, record.scram_rounds).await?)
            }
        };
        let record = AppPasswordRecord {
            name: device,
            added: self.now_s(),
            sha256: sha256(password.expose()),
            scram,
            apop: match kept {
                Kept::Hashes => None,
                Kept::Secret => Some(Octets(password.expose().to_vec())),
            },
        };
        let account = stored.account;
        self.change(|snapshot, batch| {
            self.still_there(snapshot, batch, account, address)?;
            let key = keys::app_password(account, id);
            batch.checks.push((key.clone(), None));
            batch.puts.push((key, encode(&record)?));
            if kept == Kept::Secret {
                batch.puts.push((keys::apop_mark(account, id), Bytes::new()));
            }
            Ok(())
        })
        .await?;
        self.tell(address);
        Ok(NewAppPassword(password))
    }

    pub(crate) fn still_there(
        &self,
        snapshot: &dyn mailbox::engine::Snapshot,
        batch: &mut Batch,
        account: AccountId,
        address: &Address,
    ) -> Result<(), PeopleError> {
        let user = keys::user(account);
        let there = snapshot.get(&user)?;
        if there.is_none() {
            return Err(Refusal::NoSuchUser(address.to_string()).into());
        }
        batch.checks.push((user, there));
        Ok(())
    }

    /// Revokes the app password of a device, and says what it was named.
    pub async fn remove_app_password(
        &self,
        address: &Address,
        device: &str,
    ) -> Result<String, PeopleError> {
        let user = self.user(address)?;
        let records = self.app_password_records(user.account)?;
        let exactly = records.iter().find(|(_, app)| app.name == device.trim());
        let (id, app) = exactly
            .or_else(|| records.iter().find(|(_, app)| same_device(&app.name, device.trim())))
            .ok_or_else(|| Refusal::NoSuchDevice(device.to_owned()))?;
        self.change(|_, batch| {
            batch.deletes.push(keys::app_password(user.account, *id));
            batch.deletes.push(keys::last_use(user.account, *id));
            batch.deletes.push(keys::apop_mark(user.account, *id));
            Ok(())
        })
        .await?;
        self.tell(address);
        self.revoke(user.account, Revoked::Device(&app.name));
        Ok(app.name.clone())
    }

    /// Whether anybody has an app password that is good for APOP.
    pub(crate) fn has_apop(&self) -> Result<bool, Fault> {
        Ok(!under(&*self.snapshot()?, &keys::APOP_MARKS, 1)?.is_empty())
    }

    /// Notes that an app password or token was used, at most once an hour. Failing to do so keeps nobody out.
    pub(crate) async fn note_use(&self, account: AccountId, id: u64) {
        let now = self.now_s();
        let key = keys::last_use(account, id);
        let noted = self.snapshot().and_then(|snapshot| snapshot.get(&key));
        let recent = |used: i64| now.saturating_sub(used) < USE_NOTED_EVERY_S;
        if noted.is_ok_and(|noted| noted.as_deref().and_then(seconds).is_some_and(recent)) {
            return;
        }
        let noted = self
            .change(|_, batch| {
                batch.puts.push((key.clone(), Bytes::copy_from_slice(&now.to_be_bytes())));
                Ok(())
            })
            .await;
        if let Err(error) = noted {
            tracing::warn!(%error, "the use of an app password or token could not be noted");
        }
    }
}

impl Stored {
    /// The app passwords that are good for APOP, in clear: number, device and secret.
    pub(crate) fn apop_secrets(&self) -> impl Iterator<Item = (u64, &str, &[u8])> {
        self.apps.iter().filter_map(|(id, app)| {
            let secret = app.apop.as_ref()?;
            Some((*id, app.name.as_str(), secret.0.as_slice()))
        })
    }

    /// The app password that this is, if it is one: its number and device.
    pub(crate) fn app_password(&self, password: &Secret) -> Option<(u64, &str)> {
        let hash = Secret::new(sha256(password.expose()).0);
        self.apps
            .iter()
            .find(|(_, app)| hash.equals(&app.sha256.0))
            .map(|(id, app)| (*id, app.name.as_str()))
    }

    /// The device of an app password.
    pub(crate) fn device(&self, id: u64) -> Option<&str> {
        self.apps.iter().find(|(app, _)| *app == id).map(|(_, app)| app.name.as_str())
    }
}

/// The name of a device as it is kept: 1 to 64 octets without control characters.
pub(crate) fn device_name(text: &str) -> Option<String> {
    let name = text.trim();
    let fits = !name.is_empty() && name.len() <= DEVICE_NAME_OCTETS_MAX;
    (fits && !name.chars().any(char::is_control)).then(|| name.to_owned())
}

/// Devices are told apart without regard to case.
pub fn same_device(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

pub(crate) fn seconds(octets: &[u8]) -> Option<i64> {
    octets.first_chunk::<8>().map(|octets| i64::from_be_bytes(*octets))
}
