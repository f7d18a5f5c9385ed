//! The directory of people: domains, users, app passwords, aliases. Kept in the engine's own space for it, changed
//! by whole batches, and asked by logins and by delivery.

#[cfg(test)]
mod tests;

use std::sync::{Arc, RwLock};

use bytes::Bytes;
use mailbox::engine::{Batch, CommitError, Snapshot};
use mailbox::{AccountId, Accounts, Fault};
use serde::{Serialize, de::DeserializeOwned};

use crate::address::{Address, AddressFault, Domain};
use crate::hashing::NewHashes;
use crate::keys;
use crate::records::{Route, UserRecord};

/// Where the secret of the host lies.
const SECRET: [u8; 2] = [mailbox::keys::SETTINGS, b's'];

/// What is called when somebody's passwords or routes changed.
type Listener = Box<dyn Fn(&Address) + Send + Sync>;

/// What is called when something that let somebody in was taken back.
type Guard = Box<dyn Fn(AccountId, Revoked<'_>) + Send + Sync>;

/// What was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked<'a> {
    /// The user, or the password.
    All,
    /// The app password or token of this device.
    Device(&'a str),
    /// The session of a page with this number.
    Page(u64),
}

/// All people of the host.
pub struct People {
    pub(crate) accounts: Accounts,
    listeners: RwLock<Vec<Listener>>,
    guards: RwLock<Vec<Guard>>,
    /// Held while something changes that others may lead to: no alias comes to lead to an address that goes just then.
    pub(crate) routes: tokio::sync::Mutex<()>,
    pub(crate) hashes: NewHashes,
}

/// Why the directory did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PeopleError {
    /// Understood, and nothing changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The mail model refused.
    #[error(transparent)]
    Mail(mailbox::Refused),
    /// Ours.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What the directory refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The domain is not one of ours.
    #[error("{0} is not a domain of this host; add it with `correio domain add {0}`")]
    NoSuchDomain(Domain),
    /// The domain is there already.
    #[error("the domain {0} is there already")]
    DomainExists(Domain),
    /// Aliases lead to addresses of another host that would be this one's.
    #[error(
        "the alias {alias} leads to {target} on another host, which would be an address of this one and is nobody's; change \
         that alias first"
    )]
    DomainTargeted {
        /// One of them.
        alias: String,
        /// Where it leads.
        target: String,
    },
    /// The domain still has addresses.
    #[error(
        "the domain {domain} still has {addresses} addresses (the first is {first}); remove them first"
    )]
    DomainInUse {
        /// The domain.
        domain: Domain,
        /// How many.
        addresses: usize,
        /// One of them.
        first: String,
    },
    /// The address is taken.
    #[error("the address {0} is taken")]
    AddressTaken(String),
    /// It is the user's address already.
    #[error("{0} is the address of that user already")]
    SameAddress(String),
    /// An address with `+` would never be reached by its own name.
    #[error("an address of a user cannot have a + (what follows it is the sub-address)")]
    SubAddress,
    /// There is no such user.
    #[error("there is no user {0}")]
    NoSuchUser(String),
    /// There is no such alias.
    #[error("there is no alias {0}")]
    NoSuchAlias(String),
    /// The target of an alias leads nowhere.
    #[error("{0} is neither a user nor an alias of this host, and its domain is one of this host")]
    AliasTarget(String),
    /// Other aliases lead here.
    #[error("the alias {0} leads to it; change or remove that first")]
    Targeted(String),
    /// An alias would lead to itself, or through too many others.
    #[error("aliases lead in a circle, or through more than {0} others")]
    AliasDepth(usize),
    /// The password is too short.
    #[error("a password needs at least {0} characters")]
    WeakPassword(usize),
    /// There is a device of that name.
    #[error("there is an app password named {0} already")]
    DeviceExists(String),
    /// There is none of that name.
    #[error("there is no app password named {0}")]
    NoSuchDevice(String),
    /// It says nothing about POP3; in words.
    #[error("{0}")]
    Pop3(String),
    /// A code of an authenticator app is not the right one.
    #[error("the code is not right")]
    WrongCode,
    /// What a browser says of a new passkey does not fit.
    #[error("the passkey was not taken: {0}")]
    WrongPasskey(&'static str),
    /// There is nothing to confirm.
    #[error("nothing is being set up, or it took too long; begin again")]
    NothingBegun,
    /// Recovery codes are for a second factor.
    #[error("there is no second factor")]
    NoSecondFactor,
    /// There is an identity of that address.
    #[error("{0} is an identity of that user already")]
    IdentityExists(String),
    /// There is none.
    #[error("{0} is no identity of that user")]
    NoSuchIdentity(String),
    /// There is a token of that name.
    #[error("there is an access token named {0} already")]
    TokenExists(String),
    /// There is none of that name.
    #[error("there is no access token named {0}")]
    NoSuchToken(String),
    /// A token cannot live that long, or no time at all.
    #[error("an access token can be good for 1 to {0} days, or until it is removed")]
    TokenDays(u32),
    /// The name of a device is empty, too long or has odd characters.
    #[error("the name of a device needs 1 to {0} octets and no control characters")]
    DeviceName(usize),
    /// A limit.
    #[error("too many {what} (at most {max})")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// A text is no address.
    #[error("{}: {fault}", plain(text))]
    Address {
        /// The text.
        text: String,
        /// What is wrong.
        fault: AddressFault,
    },
}

/// A text that was typed, on one line and without what could drive a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

impl From<mailbox::Error> for PeopleError {
    fn from(error: mailbox::Error) -> PeopleError {
        match error {
            mailbox::Error::Refused(refused) => PeopleError::Mail(refused),
            mailbox::Error::Fault(fault) => PeopleError::Fault(fault),
        }
    }
}

impl People {
    /// Opens the directory that lies beside these accounts.
    pub fn new(accounts: Accounts) -> People {
        let engine = Arc::clone(accounts.engine());
        accounts.named_by(move |account| {
            let user: Option<UserRecord> =
                record(&*engine.snapshot().ok()?, &keys::user(account)).ok()?;
            user.map(|user| user.address)
        });
        let engine = Arc::clone(accounts.engine());
        accounts.numbered_by(move |address| {
            let address: Address = address.parse().ok()?;
            let route: Option<Route> =
                record(&*engine.snapshot().ok()?, &keys::route(&address)).ok()?;
            match route? {
                Route::User(account) => Some(AccountId(account)),
                Route::Alias(_) => None,
            }
        });
        let (listeners, guards) = (RwLock::default(), RwLock::default());
        let (routes, hashes) = (tokio::sync::Mutex::default(), NewHashes::default());
        People { accounts, listeners, guards, routes, hashes }
    }

    /// The accounts of these people.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Calls back after each change of a user: their passwords must be checked anew.
    pub fn on_change(&self, listener: impl Fn(&Address) + Send + Sync + 'static) {
        if let Ok(mut listeners) = self.listeners.write() {
            listeners.push(Box::new(listener));
        }
    }

    pub(crate) fn tell(&self, changed: &Address) {
        if let Ok(listeners) = self.listeners.read() {
            listeners.iter().for_each(|listener| listener(changed));
        }
    }

    /// Calls back when something that let somebody in was taken back: who came in with it must go.
    pub fn on_revoke(&self, guard: impl Fn(AccountId, Revoked<'_>) + Send + Sync + 'static) {
        if let Ok(mut guards) = self.guards.write() {
            guards.push(Box::new(guard));
        }
    }

    pub(crate) fn revoke(&self, account: AccountId, revoked: Revoked<'_>) {
        if let Ok(guards) = self.guards.read() {
            guards.iter().for_each(|guard| guard(account, revoked));
        }
    }

    pub(crate) fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        self.accounts.engine().snapshot()
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.accounts.clock().now().0
    }

    /// A key of this host for one purpose that stays the same over restarts.
    pub async fn key_for(&self, purpose: &str) -> Result<[u8; 32], PeopleError> {
        Ok(blake3::derive_key(purpose, &self.secret().await?))
    }

    /// A secret of this host that stays the same over restarts.
    pub(crate) async fn secret(&self) -> Result<[u8; 32], PeopleError> {
        let fresh = machine::random::<32>()?;
        self.change(|snapshot, batch| match People::kept_secret(snapshot)? {
            Some(secret) => Ok(secret),
            None => {
                let key = SECRET.to_vec();
                batch.checks.push((key.clone(), snapshot.get(&key)?));
                batch.puts.push((key, Bytes::copy_from_slice(&fresh)));
                Ok(fresh)
            }
        })
        .await
    }

    /// The same, if it was ever needed.
    pub(crate) fn kept_secret(snapshot: &dyn Snapshot) -> Result<Option<[u8; 32]>, Fault> {
        Ok(snapshot.get(&SECRET)?.and_then(|octets| octets.as_ref().try_into().ok()))
    }

    /// Builds a batch from what is there and commits it; again when somebody else came in between.
    pub(crate) async fn change<T>(
        &self,
        build: impl Fn(&dyn Snapshot, &mut Batch) -> Result<T, PeopleError>,
    ) -> Result<T, PeopleError> {
        const TRIES_MAX: u32 = 32;
        for _ in 0..TRIES_MAX {
            let mut batch = Batch::default();
            let built = {
                let snapshot = self.snapshot()?;
                build(&*snapshot, &mut batch)?
            };
            if batch.puts.is_empty() && batch.deletes.is_empty() {
                return Ok(built);
            }
            match self.accounts.engine().commit(batch).await {
                Ok(()) => return Ok(built),
                Err(CommitError::Conflict) => {}
                Err(CommitError::NoSpace) => {
                    return Err(PeopleError::Mail(mailbox::Refused::NoSpace));
                }
                Err(CommitError::Fault(fault)) => return Err(fault.into()),
            }
        }
        Err(Fault::new("the directory changes too fast to be changed").into())
    }
}

/// Reads a record.
pub(crate) fn record<T: DeserializeOwned>(
    snapshot: &dyn Snapshot,
    key: &[u8],
) -> Result<Option<T>, Fault> {
    snapshot.get(key)?.map(|octets| decode(&octets)).transpose()
}

pub(crate) fn decode<T: DeserializeOwned>(octets: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(octets)
        .map_err(|error| Fault::caused("a record of the directory cannot be read", error))
}

pub(crate) fn encode<T: Serialize>(record: &T) -> Result<Bytes, Fault> {
    serde_json::to_vec(record)
        .map(Bytes::from)
        .map_err(|error| Fault::caused("a record of the directory cannot be written", error))
}

/// All keys with a prefix, and their values. For listings; `most` bounds them.
pub(crate) fn under(
    snapshot: &dyn Snapshot,
    prefix: &[u8],
    most: usize,
) -> Result<Vec<(Vec<u8>, Bytes)>, Fault> {
    let mut end = prefix.to_vec();
    // No key of the directory has an octet 0xff after its prefix: the texts are UTF-8, and numbers are below 2^31.
    end.push(0xff);
    let mut found = Vec::new();
    snapshot.range(prefix..end.as_slice(), &mut |key, value| {
        found.push((key.to_vec(), Bytes::copy_from_slice(value)));
        if found.len() >= most {
            std::ops::ControlFlow::Break(())
        } else {
            std::ops::ControlFlow::Continue(())
        }
    })?;
    Ok(found)
}
