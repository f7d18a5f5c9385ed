//! Where mail for an address goes: the user, through aliases, sub-addresses, the catch-all, and at last the
//! postmaster that every domain must have (RFC 5321, 4.5.1).

use std::collections::{BTreeMap, BTreeSet};

use mailbox::engine::Snapshot;
use mailbox::{AccountId, Fault};

use crate::address::Address;
use crate::identities::is_identity;
use crate::keys;
use crate::limits::ALIAS_DEPTH_MAX;
use crate::people::{People, record, under};
use crate::records::{Route, UserRecord};

/// Somebody who gets the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The account.
    pub account: AccountId,
    /// The user's first address.
    pub address: String,
}

/// Where an address leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leads {
    /// Everybody of this host who gets the mail, each once.
    pub people: Vec<Recipient>,
    /// The addresses of other hosts that get it, each once.
    pub elsewhere: Vec<String>,
}

impl People {
    /// Everybody whom an address of this host leads to, here. Empty: there is no such address, or it leads elsewhere alone.
    pub fn resolve(&self, address: &Address) -> Result<Vec<Recipient>, Fault> {
        Ok(self.leads(address)?.people)
    }

    /// Where an address of this host leads. Nowhere: there is no such address.
    pub fn leads(&self, address: &Address) -> Result<Leads, Fault> {
        let snapshot = self.snapshot()?;
        let (mut accounts, mut elsewhere) = (BTreeMap::new(), BTreeSet::new());
        let mut level: Vec<String> = vec![address.to_string()];
        let mut seen = BTreeSet::new();
        for depth in 0..=ALIAS_DEPTH_MAX {
            let mut next = Vec::new();
            for written in level {
                let Ok(address) = written.parse::<Address>() else { continue };
                if !seen.insert(address.clone()) {
                    continue;
                }
                let route = match depth {
                    0 => first_route(&*snapshot, &address)?,
                    _ => record(&*snapshot, &keys::route(&address))?,
                };
                match route {
                    None if depth > 0
                        && snapshot.get(&keys::domain(address.domain()))?.is_none() =>
                    {
                        elsewhere.insert(written);
                    }
                    None => {}
                    Some(Route::User(account)) => {
                        let account = AccountId(account);
                        let user: Option<UserRecord> = record(&*snapshot, &keys::user(account))?;
                        accounts.extend(user.map(|user| (account, user.address)));
                    }
                    Some(Route::Alias(targets)) => next.extend(targets),
                }
            }
            if next.is_empty() {
                break;
            }
            level = next;
        }
        let recipient = |(account, address)| Recipient { account, address };
        let people = accounts.into_iter().map(recipient).collect();
        Ok(Leads { people, elsewhere: elsewhere.into_iter().collect() })
    }

    /// Whether somebody may send with this address: it leads to them, or is an identity that they were given.
    pub fn may_send_as(&self, account: AccountId, address: &Address) -> Result<bool, Fault> {
        if self.resolve(address)?.iter().any(|recipient| recipient.account == account) {
            return Ok(true);
        }
        is_identity(&*self.snapshot()?, account, address)
    }
}

/// The exact address; without its sub-address; the catch-all; the postmaster.
fn first_route(snapshot: &dyn Snapshot, address: &Address) -> Result<Option<Route>, Fault> {
    if let Some(route) = record(snapshot, &keys::route(address))? {
        return Ok(Some(route));
    }
    if let Some(base) = address.without_sub_address()
        && let Some(route) = record(snapshot, &keys::route(&base))?
    {
        return Ok(Some(route));
    }
    if let Some(route) = record(snapshot, &keys::catch_all(address.domain()))? {
        return Ok(Some(route));
    }
    let postmaster = address.local() == "postmaster";
    if !postmaster || snapshot.get(&keys::domain(address.domain()))?.is_none() {
        return Ok(None);
    }
    let first_user = under(snapshot, &keys::USERS, 1)?;
    Ok(first_user.first().and_then(|(key, _)| keys::account(key)).map(|a| Route::User(a.0)))
}
