//! Many users added in one go: their passwords are hashed beside each other, as fast as the processors can.

use std::sync::atomic::{AtomicBool, Ordering};

use directory::limits::HASHES_AT_ONCE_MAX;
use directory::{Address, NewUser, PeopleError};
use futures_util::StreamExt as _;
use futures_util::stream::{self, Stream};
use tokio::sync::mpsc;

use super::{Desk, DeskFault, parsed, quota_of};
use crate::answer::{Answer, Progress, RefusedUser, UsersAdded};
use crate::request::UserAsked;

/// So many are under way together: enough that somebody is ready whenever a hash is done.
const UNDER_WAY_MAX: usize = HASHES_AT_ONCE_MAX * 4;

/// What became of one.
enum Outcome {
    Added,
    There(String),
    Refused(RefusedUser),
}

impl Desk {
    /// Adds users. Who is there already stays as they are, so that the same users can be given again after it was cut short.
    /// The first one of an empty store brings the domain along.
    pub(super) async fn add_users(
        &self,
        users: Vec<UserAsked>,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Answer, DeskFault> {
        if let Some(first) = users.first()
            && self.people.domains()?.is_empty()
        {
            self.people.ensure_domain(parsed(&first.address)?.domain()).await?;
        }
        let of = u64::try_from(users.len()).ok();
        let fails = AtomicBool::new(false);
        let adding = stream::iter(until(&fails, users.into_iter()))
            .map(|user| self.add_one(user))
            .buffer_unordered(UNDER_WAY_MAX);
        let (mut became, fault) = gathered(adding, &fails, &mut |done| {
            // Whoever is behind with reading sees a later one.
            drop(progress.try_send(Progress { what: "adding users".to_owned(), done, of }));
        })
        .await;
        match fault {
            Some(fault) if became.added > 0 => {
                return Err(DeskFault::Midway { added: became.added, fault: Box::new(fault) });
            }
            Some(fault) => return Err(fault),
            None => {}
        }
        became.there.sort_unstable();
        became.refused.sort_unstable_by(|one, other| one.address.cmp(&other.address));
        Ok(Answer::UsersAdded(became))
    }

    async fn add_one(&self, user: UserAsked) -> Result<Outcome, DeskFault> {
        let UserAsked { address, password, quota } = user;
        let refused = |why: String| Outcome::Refused(RefusedUser { address: address.clone(), why });
        let parsed: Address = match parsed(&address) {
            Ok(parsed) => parsed,
            Err(refusal) => return Ok(refused(refusal.to_string())),
        };
        // No hash is made in vain: each takes longer than all else.
        match self.people.user(&parsed) {
            Ok(_) => return Ok(Outcome::There(address)),
            Err(fault @ PeopleError::Fault(_)) => return Err(fault.into()),
            Err(PeopleError::Refused(_) | PeopleError::Mail(_)) => {}
        }
        let quota = quota.map_or_else(|| self.settings.quota.get(), quota_of);
        let new = NewUser { address: parsed, password: password.secret(), quota };
        match self.people.add_user(new, self.settings.scram).await {
            Ok(_) => Ok(Outcome::Added),
            // By an alias: whoever is listed would have no mail of their own.
            Err(PeopleError::Refused(refusal)) => Ok(refused(refusal.to_string())),
            Err(PeopleError::Mail(refusal)) => Ok(refused(refusal.to_string())),
            Err(fault @ PeopleError::Fault(_)) => Err(fault.into()),
        }
    }
}

/// Gives no more once something has failed.
fn until<T>(fails: &AtomicBool, mut all: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    std::iter::from_fn(move || if fails.load(Ordering::Relaxed) { None } else { all.next() })
}

/// Gives what became of those who are added. After a fault, of which `fails` is told, those under way are waited for: so it is
/// known how many were added.
async fn gathered(
    adding: impl Stream<Item = Result<Outcome, DeskFault>>,
    fails: &AtomicBool,
    told: &mut (dyn FnMut(u64) + Send),
) -> (UsersAdded, Option<DeskFault>) {
    let mut adding = std::pin::pin!(adding);
    let mut became = UsersAdded::default();
    let mut fault = None;
    let mut done = 0_u64;
    while let Some(outcome) = adding.next().await {
        match outcome {
            Ok(Outcome::Added) => became.added = became.added.saturating_add(1),
            Ok(Outcome::There(address)) => became.there.push(address),
            Ok(Outcome::Refused(refused)) => became.refused.push(refused),
            Err(why) => {
                fails.store(true, Ordering::Relaxed);
                fault.get_or_insert(why);
                continue;
            }
        }
        done = done.saturating_add(1);
        told(done);
    }
    (became, fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn after_a_fault_no_more_are_begun_and_those_under_way_are_counted() {
        let begun = std::cell::Cell::new(0);
        let add = |number: usize| {
            begun.set(begun.get() + 1);
            async move {
                if number == 2 {
                    return Err(DeskFault::Words("the disk fails".to_owned()));
                }
                // All but the first few are still under way when the fault is heard of.
                for _ in 0..number {
                    tokio::task::yield_now().await;
                }
                Ok(Outcome::Added)
            }
        };
        let mut told = Vec::new();
        let fails = AtomicBool::new(false);
        let adding = stream::iter(until(&fails, 0..1_000)).map(add).buffer_unordered(UNDER_WAY_MAX);
        let (became, fault) = gathered(adding, &fails, &mut |done| told.push(done)).await;
        assert_eq!(fault.unwrap().to_string(), "the disk fails");
        assert!(begun.get() <= UNDER_WAY_MAX + 3, "{} were begun", begun.get());
        assert_eq!(usize::try_from(became.added).unwrap(), begun.get() - 1);
        assert_eq!(told.last(), Some(&became.added));
        let midway = DeskFault::Midway { added: 7, fault: Box::new(DeskFault::Words("x".into())) };
        assert!(midway.to_string().starts_with("7 users were added before this: x."));
    }
}
