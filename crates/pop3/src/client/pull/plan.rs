//! What a pull would do, found out without taking or removing anything.

use mailbox::Timestamp;

use super::policy::{Left, Step};
use super::{Go, Here, Interrupted, Keeper, Policy, Progress, PullFault, Run, State};
use crate::client::{Client, Stream};

/// What a pull would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// How many messages the server lists.
    pub listed: u32,
    /// How many would be taken.
    pub take: u32,
    /// How many octets those have, if the server's sizes are right.
    pub take_octets: u64,
    /// Of how many only the header would be taken.
    pub headers: u32,
    /// How many would be removed from the server, those among them that would be taken first.
    pub remove: u32,
    /// How many are held.
    pub held: u32,
    /// How many would be left because they are not among the newest, too large or too old.
    pub left: u32,
    /// How many would have to be looked at first: they have no unique ids, or their sizes have changed.
    pub unsure: u32,
}

/// Finds out what [`super::pull`] would do, and ends the session. Nothing is taken or removed.
pub async fn plan<S: Stream, K: Keeper>(
    mut client: Client<S>,
    keeper: &mut K,
    policy: &Policy,
    now: Timestamp,
) -> Result<Plan, Interrupted> {
    let mut watch = |_: Progress| Go::On;
    let mut run = Run::new(keeper, policy, now, &mut watch);
    let planned = run.planned(&mut client).await;
    planned.map_err(|fault| Interrupted { fault, summary: Box::new(run.summary) })
}

impl<K: Keeper> Run<'_, K> {
    async fn planned<S: Stream>(&mut self, client: &mut Client<S>) -> Result<Plan, PullFault> {
        let rows = self.listed(client).await?;
        let mut plan = Plan { listed: self.summary.listed, ..Plan::default() };
        let goes_at_once = self.policy.is_due(self.now, Here::Kept, self.now);
        let mut room = self.policy.messages_max.unwrap_or(u32::MAX);
        for row in &rows {
            let count = match &row.state {
                State::Decided(Step::Take) if room > 0 => {
                    room = room.saturating_sub(1);
                    plan.take_octets = plan.take_octets.saturating_add(row.octets.unwrap_or(0));
                    if goes_at_once {
                        plan.remove = plan.remove.saturating_add(1);
                    }
                    &mut plan.take
                }
                State::Decided(Step::Remove(_)) => {
                    plan.remove = plan.remove.saturating_add(1);
                    &mut plan.held
                }
                State::Decided(Step::Leave(Left::Held)) => &mut plan.held,
                State::Open | State::Decided(Step::LookAtDate(_) | Step::Verify(_)) => {
                    &mut plan.unsure
                }
                State::Decided(Step::TakeHeader) => &mut plan.headers,
                State::Decided(Step::Take | Step::Leave(_))
                | State::Taken
                | State::Refused
                | State::Waiting => &mut plan.left,
            };
            *count = count.saturating_add(1);
        }
        client.delete_and_quit(&[]).await?;
        Ok(plan)
    }
}
