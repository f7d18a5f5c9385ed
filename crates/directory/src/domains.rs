//! The domains whose mail is ours.

use mailbox::Fault;

use crate::address::Domain;
use crate::keys;
use crate::people::{People, PeopleError, Refusal, encode, under};
use crate::records::DomainRecord;

impl People {
    /// All domains, by name.
    pub fn domains(&self) -> Result<Vec<Domain>, Fault> {
        let found = under(&*self.snapshot()?, &keys::DOMAINS, usize::MAX)?;
        Ok(found
            .iter()
            .filter_map(|(key, _)| key.strip_prefix(keys::DOMAINS.as_slice()))
            .filter_map(|name| str::from_utf8(name).ok()?.parse().ok())
            .collect())
    }

    /// Whether a domain is ours.
    pub fn is_local(&self, domain: &Domain) -> Result<bool, Fault> {
        Ok(self.snapshot()?.get(&keys::domain(domain))?.is_some())
    }

    /// Adds a domain.
    pub async fn add_domain(&self, domain: &Domain) -> Result<(), PeopleError> {
        let added = self.now_s();
        self.change(|snapshot, batch| {
            let key = keys::domain(domain);
            if snapshot.get(&key)?.is_some() {
                return Err(Refusal::DomainExists(domain.clone()).into());
            }
            batch.checks.push((key.clone(), None));
            batch.puts.push((key, encode(&DomainRecord { added })?));
            Ok(())
        })
        .await
    }

    /// Adds a domain unless it is there.
    pub async fn ensure_domain(&self, domain: &Domain) -> Result<(), PeopleError> {
        match self.add_domain(domain).await {
            Err(PeopleError::Refused(Refusal::DomainExists(_))) => Ok(()),
            other => other,
        }
    }

    /// Removes a domain that has no addresses any more.
    pub async fn remove_domain(&self, domain: &Domain) -> Result<(), PeopleError> {
        self.change(|snapshot, batch| {
            let key = keys::domain(domain);
            let there = snapshot.get(&key)?;
            if there.is_none() {
                return Err(Refusal::NoSuchDomain(domain.clone()).into());
            }
            let routes = under(snapshot, &keys::routes_of(domain), usize::MAX)?;
            if let Some((first, _)) = routes.first() {
                let first = keys::routed(first).unwrap_or_default();
                let (domain, addresses) = (domain.clone(), routes.len());
                return Err(Refusal::DomainInUse { domain, addresses, first }.into());
            }
            batch.checks.push((key.clone(), there));
            batch.deletes.push(key);
            Ok(())
        })
        .await
    }
}
