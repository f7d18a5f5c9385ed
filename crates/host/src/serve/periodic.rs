//! What the host does by itself: drop and forget what is due, give room on the disk back, and make some where it is short.

use std::sync::Arc;
use std::time::{Duration, Instant};

use admin::room::{Margins, RoomKeeper, Step};
use directory::People;
use mailbox::{AccountId, Accounts, Door, Error, Upkept, Who};
use store::Store;
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Phase, pop3_upkeep};

/// How long after the start the first round comes, so that it does not slow down the start.
const FIRST: Duration = Duration::from_secs(20);
/// How often it is looked whether something is due in an account. Only where it is, the account is opened.
const DUE_EVERY: Duration = Duration::from_secs(20);
/// Looking takes at most about such a part of the time, however many accounts there are.
const DUE_PART: u32 = 50;
/// How often every account is opened for it.
const ALL_EVERY: Duration = Duration::from_secs(24 * 3600);
/// How often it is looked whether room can be given back, or has to be made.
const ROOM_EVERY: Duration = Duration::from_secs(10);
/// The pause between two steps that give room back is at least so long, and as long as the step took: people come first.
const ROOM_PAUSE: Duration = Duration::from_millis(5);

/// Works until the host stops.
pub(super) async fn work(store: Store, people: Arc<People>, phase: watch::Receiver<Phase>) {
    let mut stopping = phase.clone();
    let keeper = RoomKeeper::new(store, people.accounts().clone(), Margins::default());
    tokio::select! {
        biased;
        _ = stopping.wait_for(|phase| *phase == Phase::Stopping) => {}
        () = upkeep(people.accounts(), &phase) => {}
        () = room(&keeper) => {}
        () = pop3_upkeep::work(people.accounts(), &phase) => {}
    }
}

/// Gives room back step by step. Each step is whole in itself, so that it can be left at any time.
async fn room(keeper: &RoomKeeper) {
    sleep(FIRST).await;
    loop {
        if let Err(error) = keeper.relieve().await {
            tracing::error!(%error, "no room can be made on the disk");
        }
        let begin = Instant::now();
        let pause = match keeper.step().await {
            Ok(Step::More) => begin.elapsed().max(ROOM_PAUSE),
            Ok(Step::Nothing) => ROOM_EVERY,
            Err(fault) => {
                tracing::error!(%fault, "room on the disk cannot be given back");
                ROOM_EVERY
            }
        };
        sleep(pause).await;
    }
}

/// Which accounts a round opens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opens {
    Due,
    All,
}

/// Drops what was expunged longer ago than the retention time, and forgets old changes.
async fn upkeep(accounts: &Accounts, phase: &watch::Receiver<Phase>) {
    let mut last_of_all: Option<Instant> = None;
    sleep(FIRST).await;
    loop {
        let begin = Instant::now();
        let opens = match last_of_all {
            Some(last) if last.elapsed() < ALL_EVERY => Opens::Due,
            Some(_) | None => Opens::All,
        };
        if opens == Opens::All {
            last_of_all = Some(begin);
        }
        match accounts.list() {
            Ok(all) => {
                for id in all {
                    if *phase.borrow() == Phase::Stopping {
                        return;
                    }
                    of_account(accounts, id, opens).await;
                    // People come first.
                    tokio::task::yield_now().await;
                }
            }
            Err(fault) => tracing::error!(%fault, "the accounts cannot be listed"),
        }
        sleep(begin.elapsed().saturating_mul(DUE_PART).max(DUE_EVERY)).await;
    }
}

async fn of_account(accounts: &Accounts, id: AccountId, opens: Opens) {
    match try_account(accounts, id, opens).await {
        Ok(Upkept { dropped, .. }) if dropped.messages > 0 => {
            let messages = dropped.messages;
            tracing::info!(user = accounts.name(id), messages, "retained mail was dropped");
        }
        Ok(_) => {}
        // It was removed just now.
        Err(Error::Refused(mailbox::Refused::NoSuchMailbox)) => {}
        Err(error) => {
            tracing::error!(user = accounts.name(id), %error, "upkeep of an account failed")
        }
    }
}

async fn try_account(accounts: &Accounts, id: AccountId, opens: Opens) -> Result<Upkept, Error> {
    let mut upkept = accounts.upkeep(id).await?;
    if opens == Opens::All || upkept.dropped.messages > 0 {
        let account = accounts.open(id, Who::at(Door::System))?;
        // A quota may have been lowered.
        upkept.dropped.plus(account.drop_excess().await?);
        // What POP3 devices had of messages that are gone is of no use any more.
        account.pop3_upkeep().await?;
    }
    Ok(upkept)
}
