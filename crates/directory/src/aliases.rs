//! Aliases: addresses that lead to users, or to other aliases; and the catch-all of a domain.

use std::collections::BTreeSet;

use mailbox::Fault;
use mailbox::engine::Snapshot;

use crate::address::{Address, Domain};
use crate::keys;
use crate::limits::{ALIAS_DEPTH_MAX, ALIAS_TARGETS_MAX};
use crate::people::{People, PeopleError, Refusal, decode, encode, record, under};
use crate::records::Route;

/// An alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The address; `@domain` for the catch-all.
    pub address: String,
    /// Where it leads.
    pub targets: Vec<String>,
}

/// An alias that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasSet {
    /// What it is now.
    pub alias: Alias,
    /// Where it led before; none: it is new.
    pub before: Option<Vec<String>>,
}

/// What an alias is named by.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    One(Address),
    CatchAll(Domain),
}

impl Name {
    fn parse(text: &str) -> Result<Name, Refusal> {
        let text = text.trim();
        let parsed = match text.strip_prefix('@') {
            Some(domain) => domain.parse().map(Name::CatchAll),
            None => text.parse().map(Name::One),
        };
        parsed.map_err(|fault| Refusal::Address { text: text.to_owned(), fault })
    }

    fn key(&self) -> Vec<u8> {
        match self {
            Name::One(address) => keys::route(address),
            Name::CatchAll(domain) => keys::catch_all(domain),
        }
    }

    fn domain(&self) -> &Domain {
        match self {
            Name::One(address) => address.domain(),
            Name::CatchAll(domain) => domain,
        }
    }
}

impl People {
    /// All aliases, by domain and address.
    pub fn aliases(&self) -> Result<Vec<Alias>, Fault> {
        let mut aliases = Vec::new();
        for (key, value) in under(&*self.snapshot()?, &keys::ROUTES, usize::MAX)? {
            if let (Route::Alias(targets), Some(address)) = (decode(&value)?, keys::routed(&key)) {
                aliases.push(Alias { address, targets });
            }
        }
        Ok(aliases)
    }

    /// Sets where an alias (`@domain`: the catch-all) leads, whether or not it is there.
    pub async fn set_alias(
        &self,
        name: &str,
        targets: &[Address],
    ) -> Result<AliasSet, PeopleError> {
        let name = Name::parse(name)?;
        if targets.len() > ALIAS_TARGETS_MAX || targets.is_empty() {
            let what = "targets of an alias (at least one)";
            return Err(Refusal::TooMany { what, max: ALIAS_TARGETS_MAX }.into());
        }
        let _routes = self.routes.lock().await;
        let unique: BTreeSet<String> = targets.iter().map(Address::to_string).collect();
        let unique: Vec<String> = unique.into_iter().collect();
        self.change(|snapshot, batch| {
            let domain = keys::domain(name.domain());
            let there = snapshot.get(&domain)?;
            if there.is_none() {
                return Err(Refusal::NoSuchDomain(name.domain().clone()).into());
            }
            batch.checks.push((domain, there));
            let key = name.key();
            let there = snapshot.get(&key)?;
            let before = match there.as_deref().map(decode).transpose()? {
                Some(Route::User(_)) => {
                    let taken = keys::routed(&key).unwrap_or_default();
                    return Err(Refusal::AddressTaken(taken).into());
                }
                Some(Route::Alias(targets)) => Some(targets),
                None => None,
            };
            for target in targets {
                must_lead_somewhere(snapshot, &name, target)?;
            }
            batch.checks.push((key.clone(), there));
            let address = keys::routed(&key).unwrap_or_default();
            batch.puts.push((key, encode(&Route::Alias(unique.clone()))?));
            let alias = Alias { address, targets: unique.clone() };
            Ok(AliasSet { alias, before })
        })
        .await
    }

    /// Removes an alias, and says what it was. Refused while other aliases lead to it.
    pub async fn remove_alias(&self, name: &str) -> Result<Alias, PeopleError> {
        let name = Name::parse(name)?;
        let _routes = self.routes.lock().await;
        if let Name::One(address) = &name {
            self.refuse_if_targeted(address)?;
        }
        self.change(|snapshot, batch| {
            let key = name.key();
            let there = snapshot.get(&key)?;
            let address = keys::routed(&key).unwrap_or_default();
            let targets = match there.as_deref().map(decode).transpose()? {
                Some(Route::Alias(targets)) => targets,
                Some(Route::User(_)) | None => return Err(Refusal::NoSuchAlias(address).into()),
            };
            batch.checks.push((key.clone(), there));
            batch.deletes.push(key);
            Ok(Alias { address, targets })
        })
        .await
    }

    pub(crate) fn refuse_if_targeted(&self, address: &Address) -> Result<(), PeopleError> {
        let text = address.to_string();
        match self.aliases()?.into_iter().find(|alias| alias.targets.contains(&text)) {
            Some(alias) => Err(Refusal::Targeted(alias.address).into()),
            None => Ok(()),
        }
    }
}

/// Follows all routes from a target: each must be there, none may lead back to the alias.
fn must_lead_somewhere(
    snapshot: &dyn Snapshot,
    name: &Name,
    target: &Address,
) -> Result<(), PeopleError> {
    let mut level = vec![target.clone()];
    let mut seen = BTreeSet::new();
    for _ in 0..ALIAS_DEPTH_MAX {
        let mut next = Vec::new();
        for address in level {
            if !seen.insert(address.clone()) {
                continue;
            }
            if matches!(name, Name::One(own) if *own == address) {
                return Err(Refusal::AliasDepth(ALIAS_DEPTH_MAX).into());
            }
            match record(snapshot, &keys::route(&address))? {
                None => return Err(Refusal::AliasTarget(address.to_string()).into()),
                Some(Route::User(_)) => {}
                Some(Route::Alias(targets)) => {
                    next.extend(targets.iter().filter_map(|target| target.parse().ok()));
                }
            }
        }
        if next.is_empty() {
            return Ok(());
        }
        level = next;
    }
    Err(Refusal::AliasDepth(ALIAS_DEPTH_MAX).into())
}
