//! Aliases: addresses that lead to users, to other aliases, or to other hosts; and the catch-all of a domain.

use std::collections::BTreeSet;
use std::str::FromStr;

use mailbox::Fault;
use mailbox::engine::Snapshot;

use crate::address::{Address, AddressFault, Domain};
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

/// Where an alias leads: to an address of this host, or of another, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasTarget {
    address: Address,
    written: String,
}

impl AliasTarget {
    /// As it is kept: one form for addresses of this host; what the local part of another host's means is known there
    /// alone (RFC 5321, 2.4).
    fn kept(&self, snapshot: &dyn Snapshot) -> Result<String, Fault> {
        let here = snapshot.get(&keys::domain(self.address.domain()))?.is_some();
        Ok(if here { self.address.to_string() } else { self.written.clone() })
    }
}

impl FromStr for AliasTarget {
    type Err = AddressFault;

    fn from_str(text: &str) -> Result<AliasTarget, AddressFault> {
        let address: Address = text.parse()?;
        let local = text.trim().rsplit_once('@').map_or("", |(local, _)| local);
        let written = format!("{local}@{}", address.domain());
        Ok(AliasTarget { address, written })
    }
}

impl From<Address> for AliasTarget {
    fn from(address: Address) -> AliasTarget {
        let written = address.to_string();
        AliasTarget { address, written }
    }
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
        targets: &[impl Into<AliasTarget> + Clone],
    ) -> Result<AliasSet, PeopleError> {
        let name = Name::parse(name)?;
        if targets.len() > ALIAS_TARGETS_MAX || targets.is_empty() {
            let what = "targets of an alias (at least one)";
            return Err(Refusal::TooMany { what, max: ALIAS_TARGETS_MAX }.into());
        }
        let _routes = self.routes.lock().await;
        let targets: Vec<AliasTarget> = targets.iter().cloned().map(Into::into).collect();
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
            let mut unique = BTreeSet::new();
            for target in &targets {
                must_lead_somewhere(snapshot, &name, &target.address)?;
                unique.insert(target.kept(snapshot)?);
            }
            let unique: Vec<String> = unique.into_iter().collect();
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

/// Follows all routes from a target: each must be there or lead to another host, none may lead back to the alias.
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
                None if snapshot.get(&keys::domain(address.domain()))?.is_none() => {}
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
