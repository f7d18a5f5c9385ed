//! What the host does by itself: drop what was retained long enough, and rewrite segments in which little lives.

use std::sync::Arc;
use std::time::Duration;

use directory::People;
use mailbox::{Accounts, Door, Timestamp, Who};
use store::{Rewriting, Store};
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Phase, pop3_upkeep};

/// How long after the start the first round comes, so that it does not slow down the start.
const FIRST: Duration = Duration::from_secs(60);
/// How often retained mail is dropped.
const DROP_EVERY: Duration = Duration::from_secs(24 * 3600);
/// How often it is looked whether a segment is worth rewriting.
const REWRITE_EVERY: Duration = Duration::from_secs(300);
/// The pause between two steps of rewriting, so that people come first.
const REWRITE_PAUSE: Duration = Duration::from_millis(50);

/// Works until the host stops.
pub(super) async fn work(store: Store, people: Arc<People>, phase: watch::Receiver<Phase>) {
    let mut stopping = phase.clone();
    tokio::select! {
        biased;
        _ = stopping.wait_for(|phase| *phase == Phase::Stopping) => {}
        () = drop_retained(&people, &phase) => {}
        () = rewrite(store, people.accounts()) => {}
        () = pop3_upkeep::work(people.accounts(), &phase) => {}
    }
}

/// Rewrites step by step. Each step is whole in itself, so that it can be left at any time.
async fn rewrite(store: Store, accounts: &Accounts) {
    sleep(FIRST).await;
    loop {
        let stepping = store.clone();
        let stepped = accounts.apart(move || stepping.rewrite_step()).await;
        let pause = match stepped {
            Ok(Ok(Rewriting::Working { .. })) => REWRITE_PAUSE,
            Ok(Ok(Rewriting::Removed { segment })) => {
                tracing::info!(segment, "a segment was rewritten");
                REWRITE_PAUSE
            }
            Ok(Ok(Rewriting::Nothing)) => REWRITE_EVERY,
            Ok(Err(fault)) | Err(fault) => {
                tracing::error!(%fault, "a segment cannot be rewritten");
                REWRITE_EVERY
            }
        };
        sleep(pause).await;
    }
}

/// Drops for good what was expunged longer ago than the retention time, account by account.
async fn drop_retained(people: &People, phase: &watch::Receiver<Phase>) {
    let mut pause = FIRST;
    loop {
        sleep(pause).await;
        pause = DROP_EVERY;
        let accounts = people.accounts();
        let now = accounts.clock().now();
        let before = Timestamp(now.0.saturating_sub(accounts.policy().retention_s));
        let all = match accounts.list() {
            Ok(all) => all,
            Err(fault) => {
                tracing::error!(%fault, "the accounts cannot be listed");
                continue;
            }
        };
        for id in all {
            if *phase.borrow() == Phase::Stopping {
                return;
            }
            let dropped = match accounts.open(id, Who::at(Door::System)) {
                // Then what POP3 devices had of those messages is of no use any more.
                Ok(account) => match account.drop_retained(before).await {
                    Ok(dropped) => account.pop3_upkeep().await.map(|_| dropped),
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            };
            match dropped {
                Ok(0) => {}
                Ok(messages) => {
                    tracing::info!(account = id.0, messages, "retained mail was dropped");
                }
                Err(error) => tracing::error!(account = id.0, %error, "retained mail stays"),
            }
        }
    }
}
