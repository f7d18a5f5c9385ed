//! `pull`: takes what is new in a maildrop, and removes there what is to be removed and is safe here.

use mailbox::Timestamp;
pub use pop3::client::pull::Plan as PullPlan;
use pop3::client::pull::{
    DeletedHere, Interrupted, Larger, Leave, Order, Policy, Removal, Summary, Watch, WithoutIds,
    plan, pull,
};

use crate::companion::AtProvider;
use crate::keeper::MailKeeper;
use crate::local::LocalMail;
use crate::session::Pop3;

/// What a pull is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What becomes of the mail there.
    pub at_provider: AtProvider,
    /// Larger messages stay there; none: as large as the account here takes.
    pub octets_max: Option<u64>,
    /// Whether messages without unique ids may be removed: only where somebody has said so for this pull.
    pub without_ids: WithoutIds,
}

impl Wanted {
    fn policy(&self, message_octets_max: u64) -> Policy {
        let leave = |days, deleted_here| Removal::Leave(Leave { days, deleted_here });
        Policy {
            removal: match self.at_provider {
                AtProvider::Keep => leave(None, DeletedHere::Stay),
                AtProvider::Move => Removal::AtOnce,
                AtProvider::KeepDays(days) => leave(Some(days), DeletedHere::Stay),
                AtProvider::UntilLocalDelete => leave(None, DeletedHere::Go),
            },
            octets_max: Some(self.octets_max.unwrap_or(u64::MAX).min(message_octets_max)),
            larger: Larger::Leave,
            order: Order::Newest,
            without_ids: self.without_ids,
            octets_hard_max: message_octets_max,
            ..Policy::default()
        }
    }
}

/// What a pull came to.
#[derive(Debug)]
pub struct PullDone {
    /// What was done at the provider.
    pub summary: Summary,
    /// How many messages are new here. Fewer than were taken, where a server gave again what was here.
    pub new: u64,
    /// Why it did not come to its end; none: it did.
    pub fault: Option<pop3::client::pull::PullFault>,
}

/// Pulls, with a session that has just logged in; gives the account back with what was done.
pub async fn pulled<L: LocalMail>(
    client: Pop3,
    local: L,
    wanted: &Wanted,
    now: Timestamp,
    watch: &mut Watch<'_>,
) -> (L, PullDone) {
    let policy = wanted.policy(local.message_octets_max());
    let mut keeper = MailKeeper::new(local, now);
    let done = pull(client, &mut keeper, &policy, now, watch).await;
    let (local, new) = keeper.into_local();
    let done = match done {
        Ok(summary) => PullDone { summary, new, fault: None },
        Err(Interrupted { fault, summary }) => {
            PullDone { summary: *summary, new, fault: Some(fault) }
        }
    };
    (local, done)
}

/// Finds out what a pull would do, and does nothing.
pub async fn planned<L: LocalMail>(
    client: Pop3,
    local: L,
    wanted: &Wanted,
    now: Timestamp,
) -> (L, Result<PullPlan, pop3::client::pull::PullFault>) {
    let policy = wanted.policy(local.message_octets_max());
    let mut keeper = MailKeeper::new(local, now);
    let plan = plan(client, &mut keeper, &policy, now).await;
    (keeper.into_local().0, plan.map_err(|interrupted| interrupted.fault))
}
