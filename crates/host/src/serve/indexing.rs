//! Brings the indexes for searches up to the mail, behind delivery: whoever searches before reads more, and finds the same.

use std::time::{Duration, Instant};

use mailbox::{AccountId, Accounts, Indexed};
use tokio::sync::watch;
use tokio::time::sleep;

use super::Phase;

/// How often it is looked whether mail came.
const EVERY: Duration = Duration::from_secs(2);
/// Looking takes at most about such a part of the time, however many accounts there are.
const PART: u32 = 50;
/// How long an account is left alone whose index cannot be made.
const FAILED: Duration = Duration::from_secs(300);

/// Works until the host stops.
pub(super) async fn work(accounts: Accounts, mut phase: watch::Receiver<Phase>) {
    tokio::select! {
        biased;
        _ = phase.wait_for(|phase| *phase == Phase::Stopping) => {}
        () = rounds(&accounts) => {}
    }
}

async fn rounds(accounts: &Accounts) {
    // A disk in trouble would be told of every two seconds.
    let mut failed: Option<(AccountId, Instant)> = None;
    loop {
        sleep(EVERY).await;
        let begin = Instant::now();
        match accounts.list() {
            Ok(all) => {
                for id in all {
                    let is_left_alone =
                        failed.is_some_and(|(one, since)| one == id && since.elapsed() < FAILED);
                    if !is_left_alone && !of_account(accounts, id).await {
                        failed = Some((id, Instant::now()));
                    }
                    tokio::task::yield_now().await;
                }
            }
            Err(fault) => tracing::error!(%fault, "the accounts cannot be listed"),
        }
        sleep(begin.elapsed().saturating_mul(PART).min(FAILED)).await;
    }
}

/// Brings the index of one account up to date. Says whether that can be done.
async fn of_account(accounts: &Accounts, id: AccountId) -> bool {
    loop {
        match accounts.index(id).await {
            Ok(Indexed::Emails(_) | Indexed::Merged) => tokio::task::yield_now().await,
            Ok(Indexed::Idle | Indexed::Busy) => return true,
            Err(error) => {
                tracing::warn!(user = accounts.name(id), %error, "the index for searches is not up to date");
                return false;
            }
        }
    }
}
