//! Many users added in one go: their passwords are hashed beside each other, as fast as the processors can.

use directory::limits::HASHES_AT_ONCE_MAX;
use directory::{Address, NewUser, PeopleError};
use futures_util::StreamExt as _;
use futures_util::stream;
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
        let mut became = UsersAdded::default();
        let mut adding =
            stream::iter(users).map(|user| self.add_one(user)).buffer_unordered(UNDER_WAY_MAX);
        let mut done = 0_u64;
        while let Some(outcome) = adding.next().await {
            match outcome? {
                Outcome::Added => became.added = became.added.saturating_add(1),
                Outcome::There(address) => became.there.push(address),
                Outcome::Refused(refused) => became.refused.push(refused),
            }
            done = done.saturating_add(1);
            // Whoever is behind with reading sees a later one.
            drop(progress.try_send(Progress { what: "adding users".to_owned(), done, of }));
        }
        drop(adding);
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
