//! Our accounts at authorities, each with its key: made once, and kept.

use std::collections::BTreeMap;

use admin::blocking;
use instant_acme::{Account, AccountCredentials, ExternalAccountKey, NewAccount};
use machine::files;
use mailbox::Fault;
use serde::{Deserialize, Serialize};

use super::Acme;
use super::fault::AcmeFault;
use super::outgoing::Outgoing;

/// The accounts by the addresses of their directories: whoever tries another authority finds the old account again.
#[derive(Default, Deserialize, Serialize)]
#[serde(transparent)]
struct Accounts(BTreeMap<String, KeptAccount>);

#[derive(Deserialize, Serialize)]
struct KeptAccount {
    /// What the authority was told.
    contacts: Vec<String>,
    /// Its address and its key, as the library writes them.
    credentials: serde_json::Value,
}

impl Acme {
    /// Our account at the authority; it is made when there is none.
    pub(super) async fn account(&self, outgoing: &Outgoing) -> Result<Account, AcmeFault> {
        let mut all = self.read_accounts().await?;
        let mail: Vec<String> =
            self.contacts.iter().map(|address| format!("mailto:{address}")).collect();
        let contacts: Vec<&str> = mail.iter().map(String::as_str).collect();
        let builder = Account::builder_with_http(Box::new(outgoing.clone()));
        if let Some(kept) = all.0.get_mut(&self.directory) {
            let account = builder.from_credentials(credentials(&kept.credentials)?).await?;
            if kept.contacts != self.contacts {
                account.update_contacts(&contacts).await?;
                kept.contacts.clone_from(&self.contacts);
                self.write_accounts(&all).await?;
            }
            return Ok(account);
        }
        let new = NewAccount {
            contact: &contacts,
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let external =
            self.external.as_ref().map(|(id, key)| ExternalAccountKey::new(id.clone(), key));
        let made = builder.create(&new, self.directory.clone(), external.as_ref()).await?;
        let (account, credentials) = made;
        let credentials = serde_json::to_value(credentials)
            .map_err(|error| Fault::caused("the key of the account cannot be written", error))?;
        let kept = KeptAccount { contacts: self.contacts.clone(), credentials };
        all.0.insert(self.directory.clone(), kept);
        self.write_accounts(&all).await?;
        let (directory, url) = (&self.directory, super::fault::shown(account.id()));
        tracing::info!(directory, url, "an account at an authority was made");
        Ok(account)
    }

    /// Forgets an account that its authority does not know: the next order makes a new one.
    pub(super) async fn forget_account(&self) -> Result<(), AcmeFault> {
        let mut all = self.read_accounts().await?;
        if all.0.remove(&self.directory).is_some() {
            tracing::warn!(directory = self.directory, "the authority does not know our account");
            self.write_accounts(&all).await?;
        }
        Ok(())
    }

    async fn read_accounts(&self) -> Result<Accounts, Fault> {
        let path = self.folder.acme_accounts();
        if !path.exists() {
            return Ok(Accounts::default());
        }
        let cannot = format!("{} cannot be read", path.display());
        let text = blocking(move || files::read_text(&path)).await?;
        let text = text.map_err(|error| Fault::caused(cannot.clone(), error))?;
        serde_json::from_str(&text).map_err(|error| Fault::caused(cannot, error))
    }

    async fn write_accounts(&self, all: &Accounts) -> Result<(), Fault> {
        let path = self.folder.acme_accounts();
        let cannot = format!("{} cannot be written", path.display());
        let octets =
            serde_json::to_vec_pretty(all).map_err(|error| Fault::caused(cannot.clone(), error))?;
        let written = blocking(move || files::write_secret(&path, &octets)).await?;
        written.map_err(|error| Fault::caused(cannot, error))
    }
}

fn credentials(kept: &serde_json::Value) -> Result<AccountCredentials, Fault> {
    AccountCredentials::deserialize(kept)
        .map_err(|error| Fault::caused("the key of the account cannot be read", error))
}
