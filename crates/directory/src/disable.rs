//! Users are disabled and enabled again: nobody logs in meanwhile, and mail is taken as ever.

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

    async fn set_disabled(&self, address: &Address, disabled: bool) -> Result<User, PeopleError> {
        let (account, _) = self.user_record(address)?;
        let record = self
            .change(|snapshot, batch| {
                let key = keys::user(account);
                let there = snapshot.get(&key)?;
                let Some(octets) = &there else {
                    return Err(Refusal::NoSuchUser(address.to_string()).into());
                };
                let record = UserRecord { disabled, ..decode(octets)? };
                batch.checks.push((key.clone(), there));
                if disabled {
                    People::drop_page_sessions(snapshot, batch, account)?;
                }
                batch.puts.push((key, encode(&record)?));
                Ok(record)
            })
            .await?;
        // What is remembered of right passwords holds no more.
        self.tell(address);
        Ok(shown(account, &record)?)
    }
}
