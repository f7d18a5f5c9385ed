//! `pull`: takes what is new in a maildrop, and removes there what is to be removed and is safe here.

use mailbox::Timestamp;
pub use pop3::client::pull::Plan as PullPlan;
use pop3::client::pull::{
    DeletedHere, Interrupted, Larger, Leave, Order, Policy, PullFault, Removal, Summary, Watch,
    WithoutIds, plan, pull,
};

use crate::companion::AtProvider;
use crate::folders::LocalFolders;
use crate::keeper::MailKeeper;
use crate::local::LocalMail;
use crate::session::Pop3;

/// What a pull is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What becomes of the mail there.
    pub at_provider: AtProvider,
    /// Larger messages stay there; none: as large as the account here takes.
    pub octets_max: Option<u64>,
    /// Whether messages without unique ids may be removed: only where somebody has said so for this pull.
    pub without_ids: WithoutIds,
    /// Which messages, and how much of them.
    pub extent: Extent,
}

/// Which messages are taken, and how much of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// All, whole.
    #[default]
    Whole,
    /// Of all that are not here their headers.
    Headers {
        /// What the account is called here.
        account: String,
    },
    /// Those of these short names, whole, and no others.
    These(Vec<String>),
}

impl Wanted {
    fn keeper<L: LocalMail>(&self, local: L, now: Timestamp) -> MailKeeper<L> {
        let keeper = MailKeeper::new(local, now);
        match &self.extent {
            Extent::Whole => keeper,
            Extent::Headers { account } => keeper.of_account(account),
            Extent::These(bodies) => keeper.with_bodies(bodies),
        }
    }

    fn policy(&self, message_octets_max: u64) -> Policy {
        let leave = |days, deleted_here| Removal::Leave(Leave { days, deleted_here });
        let octets_max = self.octets_max.unwrap_or(u64::MAX).min(message_octets_max);
        let (octets_max, larger) = match self.extent {
            Extent::Whole => (octets_max, Larger::Leave),
            // None is so small.
            Extent::Headers { .. } => (0, Larger::TakeHeader),
            Extent::These(_) => (0, Larger::Leave),
        };
        Policy {
            removal: match self.at_provider {
                AtProvider::Keep => leave(None, DeletedHere::Stay),
                AtProvider::Move => Removal::AtOnce,
                AtProvider::KeepDays(days) => leave(Some(days), DeletedHere::Stay),
                AtProvider::UntilLocalDelete => leave(None, DeletedHere::Go),
            },
            octets_max: Some(octets_max),
            larger,
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
    /// How many messages are new here, whole. Fewer than were taken, where a server gave again what was here.
    pub new: u64,
    /// The short names that no message at the provider has.
    pub not_met: Vec<String>,
    /// Why it did not come to its end; none: it did.
    pub fault: Option<PullFault>,
}

/// Pulls, with a session that has just logged in; gives the account back with what was done.
pub async fn pulled<L: LocalFolders>(
    client: Pop3,
    local: L,
    wanted: &Wanted,
    now: Timestamp,
    watch: &mut Watch<'_>,
) -> (L, PullDone) {
    let policy = wanted.policy(local.message_octets_max());
    let mut keeper = wanted.keeper(local, now);
    let done = pull(client, &mut keeper, &policy, now, watch).await;
    let replaced = keeper.replace_headers().await;
    let not_met = keeper.bodies_not_met();
    let (local, appended) = keeper.into_local();
    let (summary, fault) = match done {
        Ok(summary) => (summary, replaced.err().map(PullFault::Keeper)),
        Err(Interrupted { fault, summary }) => (*summary, Some(fault)),
    };
    // A header is no message.
    let new = appended.saturating_sub(u64::from(summary.headers));
    (local, PullDone { summary, new, not_met, fault })
}

/// Finds out what a pull would do, and does nothing.
pub async fn planned<L: LocalMail>(
    client: Pop3,
    local: L,
    wanted: &Wanted,
    now: Timestamp,
) -> (L, Result<PullPlan, PullFault>) {
    let policy = wanted.policy(local.message_octets_max());
    let mut keeper = wanted.keeper(local, now);
    let plan = plan(client, &mut keeper, &policy, now).await;
    (keeper.into_local().0, plan.map_err(|interrupted| interrupted.fault))
}
