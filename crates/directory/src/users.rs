//! Users: an address, a password and an account each.

use bytes::Bytes;
use machine::random;
use mailbox::operations::Quota;
use mailbox::{Account, AccountId, Door, Fault, Who};
use sasl::{Secret, limits::ROUNDS_STORED};

use crate::address::Address;
use crate::hashing::ScramKeys;
use crate::keys;
use crate::limits::PASSWORD_CHARACTERS_MIN;
use crate::people::{People, PeopleError, Refusal, Revoked, decode, encode, record, under};
use crate::records::{AppPasswordRecord, Octets, Route, UserRecord};

/// What a user may fill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserQuota {
    /// Octets; none: no limit.
    pub octets_max: Option<u64>,
    /// Messages; none: no limit.
    pub messages_max: Option<u64>,
}

/// Somebody to be added.
pub struct NewUser {
    /// The address.
    pub address: Address,
    /// The password.
    pub password: Secret,
    /// What they may fill.
    pub quota: UserQuota,
}

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// The account.
    pub account: AccountId,
    /// The first address.
    pub address: Address,
    /// When the user was added, in Unix seconds.
    pub added_s: i64,
    /// When the password was last set.
    pub password_set_s: i64,
    /// Whether SCRAM keys of the password are stored.
    pub scram: bool,
    /// Whether the password opens pages alone, and programs need app passwords or tokens.
    pub only_app_passwords: bool,
    /// Whether nobody may log in; mail is taken all the same.
    pub disabled: bool,
}

/// A user with what is kept of the passwords.
pub(crate) struct Stored {
    pub(crate) account: AccountId,
    pub(crate) record: UserRecord,
    pub(crate) apps: Vec<(u64, AppPasswordRecord)>,
}

impl People {
    /// All users, in the order in which they were added.
    pub fn users(&self) -> Result<Vec<User>, Fault> {
        let snapshot = self.snapshot()?;
        under(&*snapshot, &keys::USERS, usize::MAX)?
            .iter()
            .filter_map(|(key, value)| Some((keys::account(key)?, value)))
            .map(|(account, value)| shown(account, &decode(value)?))
            .collect()
    }

    /// Whether there is any user.
    pub fn is_empty(&self) -> Result<bool, Fault> {
        Ok(under(&*self.snapshot()?, &keys::USERS, 1)?.is_empty())
    }

    /// The user of a first address.
    pub fn user(&self, address: &Address) -> Result<User, PeopleError> {
        let (account, record) = self.user_record(address)?;
        Ok(shown(account, &record)?)
    }

    /// The user of an account.
    pub fn user_of(&self, account: AccountId) -> Result<Option<User>, Fault> {
        let kept = record(&*self.snapshot()?, &keys::user(account))?;
        kept.map(|kept: UserRecord| shown(account, &kept)).transpose()
    }

    pub(crate) fn user_record(
        &self,
        address: &Address,
    ) -> Result<(AccountId, UserRecord), PeopleError> {
        let snapshot = self.snapshot()?;
        let missing = || Refusal::NoSuchUser(address.to_string());
        let account = match record(&*snapshot, &keys::route(address))? {
            Some(Route::User(account)) => AccountId(account),
            Some(Route::Alias(_)) | None => return Err(missing().into()),
        };
        let record = record(&*snapshot, &keys::user(account))?.ok_or_else(missing)?;
        Ok((account, record))
    }

    /// A user with all that is kept of the passwords, for logging in.
    pub(crate) fn stored(&self, address: &Address) -> Result<Option<Stored>, Fault> {
        let (account, record) = match self.user_record(address) {
            Ok(found) => found,
            Err(PeopleError::Fault(fault)) => return Err(fault),
            Err(PeopleError::Refused(_) | PeopleError::Mail(_)) => return Ok(None),
        };
        let apps = self.app_password_records(account)?;
        Ok(Some(Stored { account, record, apps }))
    }

    /// Adds a user with an empty account.
    pub async fn add_user(&self, new: NewUser, keys_kept: ScramKeys) -> Result<User, PeopleError> {
        strong_enough(&new.password)?;
        if new.address.local().contains('+') {
            return Err(Refusal::SubAddress.into());
        }
        let salt = random::<16>()?.to_vec();
        let hashes = &self.hashes;
        let hashed = hashes.hash(&new.password, keys_kept, salt.clone(), ROUNDS_STORED).await?;
        let now = self.now_s();
        let record = UserRecord {
            address: new.address.to_string(),
            added: now,
            password_set: now,
            hash: hashed.hash,
            scram_salt: Octets(salt),
            scram_rounds: ROUNDS_STORED,
            scram: hashed.scram,
            only_app_passwords: false,
            disabled: false,
        };
        let account = self
            .change(|snapshot, batch| {
                let domain = keys::domain(new.address.domain());
                let there = snapshot.get(&domain)?;
                if there.is_none() {
                    return Err(Refusal::NoSuchDomain(new.address.domain().clone()).into());
                }
                batch.checks.push((domain, there));
                let route = keys::route(&new.address);
                if snapshot.get(&route)?.is_some() {
                    return Err(Refusal::AddressTaken(new.address.to_string()).into());
                }
                let next = snapshot.get(&keys::NEXT_ACCOUNT)?;
                let account = next_account(next.as_deref())?;
                let after = account.0.saturating_add(1).to_be_bytes();
                batch.checks.push((keys::NEXT_ACCOUNT.to_vec(), next));
                batch.puts.push((keys::NEXT_ACCOUNT.to_vec(), Bytes::copy_from_slice(&after)));
                batch.checks.push((route.clone(), None));
                batch.puts.push((route, encode(&Route::User(account.0))?));
                batch.puts.push((keys::user(account), encode(&record)?));
                Ok(account)
            })
            .await?;
        let opened = self.open(account, Who::at(Door::Admin)).await?;
        if new.quota != UserQuota::default() {
            opened.set_quota(new.quota.octets_max, new.quota.messages_max).await?;
        }
        self.tell(&new.address);
        Ok(shown(account, &record)?)
    }

    /// Opens the account of a user, and makes it when a crash came between adding the user and making it.
    pub async fn open(&self, account: AccountId, who: Who) -> Result<Account, mailbox::Error> {
        match self.accounts.open(account, who.clone()) {
            Err(mailbox::Error::Refused(mailbox::Refused::NoSuchMailbox)) => {
                match self.accounts.create(account, &who).await {
                    // Somebody else made it in between.
                    Err(mailbox::Error::Refused(mailbox::Refused::MailboxExists)) => {
                        self.accounts.open(account, who)
                    }
                    other => other,
                }
            }
            other => other,
        }
    }

    /// Makes the accounts of users that were added just before a crash.
    pub async fn make_missing_accounts(&self) -> Result<(), PeopleError> {
        for user in self.users()? {
            self.open(user.account, Who::at(Door::Admin)).await?;
        }
        Ok(())
    }

    /// Sets a new password. App passwords stay, sessions of pages end.
    pub async fn set_password(
        &self,
        address: &Address,
        password: &Secret,
        keys_kept: ScramKeys,
    ) -> Result<(), PeopleError> {
        strong_enough(password)?;
        let (account, old) = self.user_record(address)?;
        let (salt, rounds) = (old.scram_salt.0, old.scram_rounds);
        let hashed = self.hashes.hash(password, keys_kept, salt, rounds).await?;
        let now = self.now_s();
        self.change(|snapshot, batch| {
            let key = keys::user(account);
            let there = snapshot.get(&key)?;
            let Some(octets) = &there else {
                return Err(Refusal::NoSuchUser(address.to_string()).into());
            };
            let mut record: UserRecord = decode(octets)?;
            record.hash.clone_from(&hashed.hash);
            record.scram.clone_from(&hashed.scram);
            record.password_set = now;
            batch.checks.push((key.clone(), there));
            People::drop_page_sessions(snapshot, batch, account)?;
            batch.puts.push((key, encode(&record)?));
            Ok(())
        })
        .await?;
        self.tell(address);
        self.revoke(account, Revoked::All);
        Ok(())
    }

    /// Sets what a user may fill.
    pub async fn set_quota(&self, address: &Address, quota: UserQuota) -> Result<(), PeopleError> {
        let user = self.user(address)?;
        let account = self.open(user.account, Who::at(Door::Admin)).await?;
        Ok(account.set_quota(quota.octets_max, quota.messages_max).await?)
    }

    /// What a user fills and may fill.
    pub async fn quota(&self, address: &Address) -> Result<Quota, PeopleError> {
        let user = self.user(address)?;
        Ok(self.open(user.account, Who::at(Door::Admin)).await?.quota()?)
    }

    /// Removes a user with all mail, for good. Refused while aliases lead there.
    pub async fn remove_user(&self, address: &Address) -> Result<(), PeopleError> {
        let _routes = self.routes.lock().await;
        let (account, _) = self.user_record(address)?;
        self.refuse_if_targeted(address)?;
        self.change(|snapshot, batch| {
            let (user, route) = (keys::user(account), keys::route(address));
            let there = snapshot.get(&user)?;
            if there.is_none() {
                return Err(Refusal::NoSuchUser(address.to_string()).into());
            }
            batch.checks.push((user.clone(), there));
            batch.deletes.push(user);
            batch.deletes.push(route);
            People::drop_factors(snapshot, batch, account)?;
            for (key, _) in under(snapshot, &keys::app_passwords(account), usize::MAX)? {
                if let Some(id) = keys::id_at_end(&key) {
                    batch.deletes.push(keys::last_use(account, id));
                    batch.deletes.push(keys::apop_mark(account, id));
                }
                batch.deletes.push(key);
            }
            People::drop_tokens(snapshot, batch, account)?;
            People::drop_page_sessions(snapshot, batch, account)?;
            let identities = under(snapshot, &keys::identities(account), usize::MAX)?;
            let notes = under(snapshot, &keys::notes(account), usize::MAX)?;
            batch.deletes.extend(identities.into_iter().chain(notes).map(|(key, _)| key));
            // The mail goes in many commits; should they be cut short, the next start goes on from this note.
            batch.puts.push((keys::removed(account), Bytes::new()));
            Ok(())
        })
        .await?;
        self.tell(address);
        self.revoke(account, Revoked::All);
        self.sweep(account).await
    }

    /// Removes what is left of users whose removal was cut short.
    pub async fn sweep_removed(&self) -> Result<(), PeopleError> {
        let left = under(&*self.snapshot()?, &keys::REMOVED, usize::MAX)?;
        for account in left.iter().filter_map(|(key, _)| keys::account(key)) {
            self.sweep(account).await?;
        }
        Ok(())
    }

    async fn sweep(&self, account: AccountId) -> Result<(), PeopleError> {
        match self.accounts.remove(account).await {
            Ok(()) | Err(mailbox::Error::Refused(_)) => {}
            Err(mailbox::Error::Fault(fault)) => return Err(fault.into()),
        }
        self.change(|_, batch| {
            batch.deletes.push(keys::removed(account));
            Ok(())
        })
        .await
    }
}

pub(crate) fn shown(account: AccountId, record: &UserRecord) -> Result<User, Fault> {
    let address = record
        .address
        .parse()
        .map_err(|fault| Fault::caused("an address in the directory cannot be read", fault))?;
    Ok(User {
        account,
        address,
        added_s: record.added,
        password_set_s: record.password_set,
        scram: record.scram.is_some(),
        only_app_passwords: record.only_app_passwords,
        disabled: record.disabled,
    })
}

fn next_account(stored: Option<&[u8]>) -> Result<AccountId, Fault> {
    let number = match stored {
        None => 1,
        Some(octets) => {
            let octets = octets
                .try_into()
                .map_err(|_| Fault::new("the next account number cannot be read"))?;
            u32::from_be_bytes(octets)
        }
    };
    if number >= 1 << 31 {
        return Err(Fault::new("there are no account numbers left"));
    }
    Ok(AccountId(number))
}

fn strong_enough(password: &Secret) -> Result<(), Refusal> {
    let long_enough = str::from_utf8(password.expose())
        .is_ok_and(|text| text.chars().count() >= PASSWORD_CHARACTERS_MIN);
    if long_enough { Ok(()) } else { Err(Refusal::WeakPassword(PASSWORD_CHARACTERS_MIN)) }
}
