//! Users are disabled and enabled again: nobody logs in meanwhile, and mail is taken as ever. Or their password opens pages alone.

use mailbox::engine::{Batch, Snapshot};
use mailbox::{AccountId, Fault};

use crate::address::Address;
use crate::keys;
use crate::people::{People, PeopleError, Refusal, Revoked, decode, encode};
use crate::records::UserRecord;
use crate::users::{User, shown};

impl People {
    /// Lets nobody log in as this user, whatever the password; sessions end.
    pub async fn disable_user(&self, address: &Address) -> Result<User, PeopleError> {
        let user = self.set_disabled(address, true).await?;
        self.revoke(user.account, Revoked::All);
        Ok(user)
    }

    /// Lets the user log in again, with the same passwords.
    pub async fn enable_user(&self, address: &Address) -> Result<User, PeopleError> {
        self.set_disabled(address, false).await
    }

    /// Says whether the password opens pages alone, and programs need app passwords or tokens. What is connected by the password
    /// ends; pages do as well, and come back.
    pub async fn set_only_app_passwords(
        &self,
        address: &Address,
        only: bool,
    ) -> Result<User, PeopleError> {
        let user = self
            .change_user(address, |_, _, _, record| {
                record.only_app_passwords = only;
                Ok(())
            })
            .await?;
        if only {
            self.revoke(user.account, Revoked::All);
        }
        Ok(user)
    }

    async fn set_disabled(&self, address: &Address, disabled: bool) -> Result<User, PeopleError> {
        self.change_user(address, |snapshot, batch, account, record| {
            record.disabled = disabled;
            if disabled {
                People::drop_page_sessions(snapshot, batch, account)?;
            }
            Ok(())
        })
        .await
    }

    async fn change_user(
        &self,
        address: &Address,
        change: impl Fn(&dyn Snapshot, &mut Batch, AccountId, &mut UserRecord) -> Result<(), Fault>,
    ) -> Result<User, PeopleError> {
        let (account, _) = self.user_record(address)?;
        let record = self
            .change(|snapshot, batch| {
                let key = keys::user(account);
                let there = snapshot.get(&key)?;
                let Some(octets) = &there else {
                    return Err(Refusal::NoSuchUser(address.to_string()).into());
                };
                let mut record: UserRecord = decode(octets)?;
                batch.checks.push((key.clone(), there));
                change(snapshot, batch, account, &mut record)?;
                batch.puts.push((key, encode(&record)?));
                Ok(record)
            })
            .await?;
        // What is remembered of right passwords holds no more.
        self.tell(address);
        Ok(shown(account, &record)?)
    }
}
