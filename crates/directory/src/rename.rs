//! A user gets another address. The account stays the same one, with its mail, UIDs, passwords and history; whatever led to
//! the old address leads to the new one.

use std::collections::BTreeSet;

use mailbox::engine::{Batch, Snapshot};
use mailbox::{AccountId, Fault};

use crate::address::Address;
use crate::keys;
use crate::people::{People, PeopleError, Refusal, Revoked, decode, encode, under};
use crate::records::{Route, UserRecord};

/// What becomes of an address that a user had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldAddress {
    /// It is nobody's any more.
    Freed,
    /// It becomes an alias that leads to the user.
    Alias,
}

/// What followed an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renamed {
    /// The aliases that lead to the new address now.
    pub aliases: Vec<String>,
    /// How many identities of others are the new address now.
    pub identities: u64,
}

impl People {
    /// Gives a user another address. Sessions end: programs log in again, with the new name.
    pub async fn rename_user(
        &self,
        old: &Address,
        new: &Address,
        becomes: OldAddress,
    ) -> Result<Renamed, PeopleError> {
        if new.local().contains('+') {
            return Err(Refusal::SubAddress.into());
        }
        let _routes = self.routes.lock().await;
        let (account, _) = self.user_record(old)?;
        if old == new {
            return Err(Refusal::SameAddress(new.to_string()).into());
        }
        let renamed = self
            .change(|snapshot, batch| {
                take_route(snapshot, batch, old, new)?;
                let route = keys::route(old);
                batch.checks.push((route.clone(), snapshot.get(&route)?));
                match becomes {
                    OldAddress::Freed => batch.deletes.push(route),
                    OldAddress::Alias => {
                        let leads = Route::Alias(vec![new.to_string()]);
                        batch.puts.push((route, encode(&leads)?));
                    }
                }
                batch.puts.push((keys::route(new), encode(&Route::User(account.0))?));
                let user = keys::user(account);
                let there = snapshot.get(&user)?;
                let Some(octets) = &there else {
                    return Err(Refusal::NoSuchUser(old.to_string()).into());
                };
                let record = UserRecord { address: new.to_string(), ..decode(octets)? };
                batch.checks.push((user.clone(), there));
                batch.puts.push((user, encode(&record)?));
                let aliases = lead_on(snapshot, batch, old, new)?;
                let identities = follow(snapshot, batch, account, (old, new))?;
                Ok(Renamed { aliases, identities })
            })
            .await?;
        self.tell(old);
        self.tell(new);
        self.revoke(account, Revoked::All);
        Ok(renamed)
    }
}

/// Makes sure that an address can be a user's: it is nobody's, or an alias that leads to this very user and nobody else.
fn take_route(
    snapshot: &dyn Snapshot,
    batch: &mut Batch,
    old: &Address,
    new: &Address,
) -> Result<(), PeopleError> {
    let domain = keys::domain(new.domain());
    let there = snapshot.get(&domain)?;
    if there.is_none() {
        return Err(Refusal::NoSuchDomain(new.domain().clone()).into());
    }
    batch.checks.push((domain, there));
    let route = keys::route(new);
    let there = snapshot.get(&route)?;
    match there.as_deref().map(decode).transpose()? {
        None => {}
        Some(Route::Alias(targets)) if targets == [old.to_string()] => {}
        Some(Route::Alias(_) | Route::User(_)) => {
            return Err(Refusal::AddressTaken(new.to_string()).into());
        }
    }
    batch.checks.push((route, there));
    Ok(())
}

/// Has the aliases of one address lead to another, and names them.
fn lead_on(
    snapshot: &dyn Snapshot,
    batch: &mut Batch,
    old: &Address,
    new: &Address,
) -> Result<Vec<String>, Fault> {
    let itself = keys::route(new);
    let (old, new) = (old.to_string(), new.to_string());
    let mut named = Vec::new();
    for (key, value) in under(snapshot, &keys::ROUTES, usize::MAX)? {
        let Route::Alias(targets) = decode(&value)? else { continue };
        if key == itself || !targets.contains(&old) {
            continue;
        }
        let now =
            targets.into_iter().map(|target| if target == old { new.clone() } else { target });
        let now: BTreeSet<String> = now.collect();
        named.extend(keys::routed(&key));
        batch.checks.push((key.clone(), Some(value)));
        batch.puts.push((key, encode(&Route::Alias(now.into_iter().collect()))?));
    }
    Ok(named)
}

/// Lets others who may send from the old address send from the new one. The user needs neither as an identity.
fn follow(
    snapshot: &dyn Snapshot,
    batch: &mut Batch,
    account: AccountId,
    (old, new): (&Address, &Address),
) -> Result<u64, Fault> {
    let (from, to) = (old.to_string(), new.to_string());
    let mut others = 0u64;
    for (key, value) in under(snapshot, &keys::IDENTITIES, usize::MAX)? {
        let (Some(whose), Some(address)) = (keys::account(&key), keys::identity_address(&key))
        else {
            continue;
        };
        if whose == account && (address == from || address == to) {
            batch.deletes.push(key);
        } else if address == from {
            others = others.saturating_add(1);
            batch.deletes.push(key);
            batch.puts.push((keys::identity(whose, new), value));
        }
    }
    Ok(others)
}
