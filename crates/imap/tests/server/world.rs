//! A host in memory: three accounts on an engine that can be told to fail.

use std::ops::Deref;
use std::sync::Arc;

use conformance::MemoryMail;
use imap::server::{Introduced, Patience, ServerMetadata, Service, StartTls, Stopping};
use mailbox::{AccountId, Door, Policy};
use sasl::Security;

use crate::people::People;

pub(crate) struct World {
    pub(crate) service: Arc<Service>,
    mail: MemoryMail,
    /// How connections are protected from here on.
    pub(crate) security: Security,
}

/// What the people of `People` are called; the account is the place in the list, from 1.
const ADDRESSES: [&str; 3] = ["ana@example.org", "bob@example.org", "eva@example.org"];

fn address(account: AccountId) -> Option<String> {
    let index = usize::try_from(account.0).ok()?.checked_sub(1)?;
    ADDRESSES.get(index).map(|address| (*address).to_owned())
}

fn number(address: &str) -> Option<AccountId> {
    let account = (1..).zip(ADDRESSES).find(|(_, known)| *known == address);
    account.map(|(number, _)| AccountId(number))
}

impl World {
    pub(crate) async fn new() -> World {
        World::with_memory(1 << 30).await
    }

    /// A host that has so many octets of memory for the mailboxes in use.
    pub(crate) async fn with_memory(hot_octets_max: usize) -> World {
        let policy = Policy {
            message_octets_max: 1 << 20,
            retention_s: 14 * 24 * 3600,
            hot_octets_max,
            ..Policy::default()
        };
        let mail = MemoryMail::new(policy, Door::Delivery).await;
        mail.accounts.named_by(address);
        mail.accounts.numbered_by(number);
        let service = Arc::new(Service {
            accounts: mail.accounts.clone(),
            directory: Arc::new(People),
            host_name: "mail.example.org".into(),
            version: "1.2.3".into(),
            start_tls: StartTls::Offered,
            patience: Patience::default(),
            stopping: Stopping::never(),
            introduced: Introduced::nobody(),
            jmap_url: Some("https://mail.example.org/.well-known/jmap".into()),
            metadata: ServerMetadata {
                administrator: Some("mailto:postmaster@example.org".into()),
                comment: Some("Mail of the example".into()),
            },
        });
        World { service, mail, security: Security::Tls }
    }
}

/// What is in the accounts a world has of its own.
impl Deref for World {
    type Target = MemoryMail;

    fn deref(&self) -> &MemoryMail {
        &self.mail
    }
}
