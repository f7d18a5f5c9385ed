//! What the host does by itself: drop what was retained long enough.

use std::sync::Arc;
use std::time::Duration;

use mailbox::{Door, Timestamp, Who};
use store::Store;
use tokio::sync::watch;

use super::Phase;
use crate::people::People;

/// How long after the start the first round comes, so that it does not slow down the start.
const FIRST: Duration = Duration::from_secs(60);
/// How often it comes.
const EVERY: Duration = Duration::from_secs(24 * 3600);

/// Works until the host stops.
pub(super) async fn work(_store: Store, people: Arc<People>, mut phase: watch::Receiver<Phase>) {
    let mut pause = FIRST;
    loop {
        tokio::select! {
            biased;
            _ = phase.wait_for(|phase| *phase == Phase::Stopping) => return,
            () = tokio::time::sleep(pause) => {}
        }
        drop_retained(&people, &phase).await;
        pause = EVERY;
    }
}

/// Drops for good what was expunged longer ago than the retention time, account by account.
async fn drop_retained(people: &People, phase: &watch::Receiver<Phase>) {
    let accounts = people.accounts();
    let now = accounts.clock().now();
    let before = Timestamp(now.0.saturating_sub(accounts.policy().retention_s));
    let all = match accounts.list() {
        Ok(all) => all,
        Err(fault) => {
            tracing::error!(%fault, "the accounts cannot be listed");
            return;
        }
    };
    for id in all {
        if *phase.borrow() == Phase::Stopping {
            return;
        }
        let dropped = match accounts.open(id, Who::at(Door::System)) {
            Ok(account) => account.drop_retained(before).await,
            Err(error) => Err(error),
        };
        match dropped {
            Ok(0) => {}
            Ok(messages) => tracing::info!(account = id.0, messages, "retained mail was dropped"),
            Err(error) => tracing::error!(account = id.0, %error, "retained mail stays"),
        }
    }
}
