//! Identities: addresses that somebody may send from although they do not lead to them, such as noreply@ or the one at a
//! former provider.

use mailbox::engine::Snapshot;
use mailbox::{AccountId, Fault};

use crate::address::Address;
use crate::keys;
use crate::limits::IDENTITIES_MAX;
use crate::people::{People, PeopleError, Refusal, encode, under};
use crate::records::IdentityRecord;

impl People {
    /// The identities of a user, by address.
    pub fn identities(&self, address: &Address) -> Result<Vec<String>, PeopleError> {
        let account = self.user(address)?.account;
        let found = under(&*self.snapshot()?, &keys::identities(account), IDENTITIES_MAX)?;
        let address = |(key, _): &(Vec<u8>, _)| keys::identity_address(key).map(str::to_owned);
        Ok(found.iter().filter_map(address).collect())
    }

    /// Lets a user send from an address, of this host or another.
    pub async fn add_identity(
        &self,
        address: &Address,
        identity: &Address,
    ) -> Result<(), PeopleError> {
        let account = self.user(address)?.account;
        let added = self.now_s();
        self.change(|snapshot, batch| {
            self.still_there(snapshot, batch, account, address)?;
            let key = keys::identity(account, identity);
            if snapshot.get(&key)?.is_some() {
                return Err(Refusal::IdentityExists(identity.to_string()).into());
            }
            if under(snapshot, &keys::identities(account), IDENTITIES_MAX)?.len() >= IDENTITIES_MAX
            {
                return Err(Refusal::TooMany { what: "identities", max: IDENTITIES_MAX }.into());
            }
            batch.checks.push((key.clone(), None));
            batch.puts.push((key, encode(&IdentityRecord { added })?));
            Ok(())
        })
        .await
    }

    /// Takes an identity back.
    pub async fn remove_identity(
        &self,
        address: &Address,
        identity: &Address,
    ) -> Result<(), PeopleError> {
        let account = self.user(address)?.account;
        self.change(|snapshot, batch| {
            let key = keys::identity(account, identity);
            let there = snapshot.get(&key)?;
            if there.is_none() {
                return Err(Refusal::NoSuchIdentity(identity.to_string()).into());
            }
            batch.checks.push((key.clone(), there));
            batch.deletes.push(key);
            Ok(())
        })
        .await
    }
}

/// Whether an address, or what it is without its sub-address, is an identity of a user.
pub(crate) fn is_identity(
    snapshot: &dyn Snapshot,
    account: AccountId,
    address: &Address,
) -> Result<bool, Fault> {
    if snapshot.get(&keys::identity(account, address))?.is_some() {
        return Ok(true);
    }
    let Some(base) = address.without_sub_address() else { return Ok(false) };
    Ok(snapshot.get(&keys::identity(account, &base))?.is_some())
}
