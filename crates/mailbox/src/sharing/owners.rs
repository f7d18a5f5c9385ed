//! Which accounts share something with whom, so that nobody who lists mailboxes looks through all accounts. It follows from the
//! access lists alone and is made of them once, when it is first asked for, and kept current by each commit that changes one: so it
//! is never kept on the disk, and can never be wrong there.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard};

use super::Grantee;
use crate::engine::Snapshot;
use crate::lock::lock;
use crate::records::{Head, Leaving, Record};
use crate::{AccountId, Fault, keys, layout};

/// Owners by those about whom they have entries.
#[derive(Default)]
pub(crate) struct Owners {
    /// None: nobody has asked yet.
    known: Mutex<Option<Known>>,
}

#[derive(Default)]
struct Known {
    owners: HashMap<Grantee, BTreeSet<AccountId>>,
    grantees: HashMap<AccountId, BTreeSet<Grantee>>,
}

impl Owners {
    /// Whether `of` answers without reading access lists.
    pub(crate) fn is_known(&self) -> bool {
        lock(&self.known).is_some()
    }

    /// The accounts that give a user something, without the user's own, ascending. The first who asks has all access lists read.
    pub(crate) fn of(
        &self,
        user: AccountId,
        snapshot: impl FnOnce() -> Result<std::sync::Arc<dyn Snapshot>, Fault>,
    ) -> Result<Vec<AccountId>, Fault> {
        let mut known = self.locked(snapshot)?;
        let Some(known) = known.as_mut() else { return Ok(Vec::new()) };
        let of = |grantee| known.owners.get(&grantee).into_iter().flatten().copied();
        let all: BTreeSet<AccountId> = of(Grantee::User(user)).chain(of(Grantee::Anyone)).collect();
        Ok(all.into_iter().filter(|owner| *owner != user).collect())
    }

    /// The accounts that have an entry for a user in some access list.
    pub(crate) fn naming(
        &self,
        user: AccountId,
        snapshot: impl FnOnce() -> Result<std::sync::Arc<dyn Snapshot>, Fault>,
    ) -> Result<Vec<AccountId>, Fault> {
        let known = self.locked(snapshot)?;
        let owners = known.as_ref().and_then(|known| known.owners.get(&Grantee::User(user)));
        Ok(owners.into_iter().flatten().copied().collect())
    }

    /// Takes note of all whom an account gives something.
    pub(crate) fn note(&self, owner: AccountId, grantees: BTreeSet<Grantee>) {
        if let Some(known) = &mut *lock(&self.known) {
            known.set(owner, grantees);
        }
    }

    fn locked(
        &self,
        snapshot: impl FnOnce() -> Result<std::sync::Arc<dyn Snapshot>, Fault>,
    ) -> Result<MutexGuard<'_, Option<Known>>, Fault> {
        let mut known = lock(&self.known);
        if known.is_none() {
            // Under the lock: a commit that this does not see is noted once it is let go.
            *known = Some(Known::read(&*snapshot()?)?);
        }
        Ok(known)
    }
}

impl Known {
    fn read(snapshot: &dyn Snapshot) -> Result<Known, Fault> {
        let mut known = Known::default();
        let mut start = vec![keys::ACCOUNT];
        let end = layout::successor(&start);
        loop {
            let mut found = None;
            snapshot.range(&start..&end, &mut |key, _| {
                found = layout::account_of(key);
                ControlFlow::Break(())
            })?;
            let Some(owner) = found else { return Ok(known) };
            start = layout::account(owner).end;
            let head = snapshot.get(&layout::head(owner))?.and_then(|value| Head::read(&value));
            if head.is_some_and(|head| head.leaving == Leaving::Yes) {
                continue;
            }
            let mut grantees = BTreeSet::new();
            let mailboxes = layout::all(owner, layout::Kind::Mailbox);
            snapshot.range(layout::borrow(&mailboxes), &mut |_, value| {
                // What cannot be read is told by whoever opens that account.
                let list = Record::read(value).and_then(|record| record.access);
                grantees.extend(list.iter().flat_map(|list| list.grantees()));
                ControlFlow::Continue(())
            })?;
            known.set(owner, grantees);
        }
    }

    fn set(&mut self, owner: AccountId, grantees: BTreeSet<Grantee>) {
        let before = match grantees.is_empty() {
            true => self.grantees.remove(&owner),
            false => self.grantees.insert(owner, grantees.clone()),
        };
        for gone in before.unwrap_or_default().difference(&grantees) {
            if let Some(owners) = self.owners.get_mut(gone) {
                owners.remove(&owner);
                if owners.is_empty() {
                    self.owners.remove(gone);
                }
            }
        }
        for grantee in grantees {
            self.owners.entry(grantee).or_default().insert(owner);
        }
    }
}
