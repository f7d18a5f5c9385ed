//! The domains whose mail is ours.

use mailbox::Fault;
use mailbox::engine::Snapshot;

use crate::address::{Address, Domain};
use crate::keys;
use crate::limits::BARE_NAME_DOMAINS_MAX;
use crate::people::{People, PeopleError, Refusal, decode, encode, record, under};
use crate::records::{DomainRecord, Route};

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

    /// The domain in which somebody is who logs in without saying it: the only one that has a user of that name; where none
    /// has, the host's own; where several have, one in which nobody is. It takes as long for each name.
    pub(crate) fn domain_of_bare(&self, local: &str, home: &Domain) -> Result<Domain, Fault> {
        let snapshot = self.snapshot()?;
        let found = under(&*snapshot, &keys::DOMAINS, BARE_NAME_DOMAINS_MAX.saturating_add(1))?;
        if found.len() > BARE_NAME_DOMAINS_MAX {
            return Ok(home.clone());
        }
        let mut with: Option<Domain> = None;
        let mut several = false;
        for (key, _) in &found {
            let name = key.strip_prefix(keys::DOMAINS.as_slice()).unwrap_or_default();
            let domain: Option<Domain> =
                str::from_utf8(name).ok().and_then(|name| name.parse().ok());
            let Some(address) = domain.and_then(|domain| Address::new(local, domain).ok()) else {
                continue;
            };
            if let Some(Route::User(_)) = record(&*snapshot, &keys::route(&address))? {
                several |= with.is_some();
                with = Some(address.domain().clone());
            }
        }
        Ok(match with {
            Some(_) if several => Domain::nowhere(),
            Some(domain) => domain,
            None => home.clone(),
        })
    }

    /// Whether a domain is ours.
    pub fn is_local(&self, domain: &Domain) -> Result<bool, Fault> {
        Ok(self.snapshot()?.get(&keys::domain(domain))?.is_some())
    }

    /// Adds a domain.
    pub async fn add_domain(&self, domain: &Domain) -> Result<(), PeopleError> {
        let added = self.now_s();
        let _routes = self.routes.lock().await;
        self.change(|snapshot, batch| {
            let key = keys::domain(domain);
            if snapshot.get(&key)?.is_some() {
                return Err(Refusal::DomainExists(domain.clone()).into());
            }
            refuse_if_led_to(snapshot, domain)?;
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

/// Makes sure that no alias leads to another host of that domain: its mail would go nowhere.
fn refuse_if_led_to(snapshot: &dyn Snapshot, domain: &Domain) -> Result<(), PeopleError> {
    for (key, value) in under(snapshot, &keys::ROUTES, usize::MAX)? {
        let Route::Alias(targets) = decode(&value)? else { continue };
        let there = |target: &&String| {
            target.parse::<Address>().is_ok_and(|address| address.domain() == domain)
        };
        if let Some(target) = targets.iter().find(there) {
            let (alias, target) = (keys::routed(&key).unwrap_or_default(), target.clone());
            return Err(Refusal::DomainTargeted { alias, target }.into());
        }
    }
    Ok(())
}
