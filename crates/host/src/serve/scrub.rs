//! The scrub of the host: when it reads on, and how fast.

use std::sync::Arc;
use std::time::Duration;

use admin::upkeep::{Scrub, Scrubbed, recall_damaged};
use directory::People;
use mailbox::Fault;
use store::Store;
use tokio::sync::watch;
use tokio::time::sleep;

use super::Phase;
use crate::config::ScrubSection;
use crate::metrics::ScrubTally;
use crate::varying::Varying;

/// How long after the start it begins.
const FIRST: Duration = Duration::from_secs(120);
/// How often it is looked whether a round is due, and how long after a failure it is tried again.
const LOOK_EVERY: Duration = Duration::from_secs(3600);
/// How many steps are done between two notes of where it stands: a restart repeats so many.
const STEPS_PER_NOTE: u32 = 64;

/// Works until the host stops: each step is whole in itself.
pub(super) async fn until_the_end(
    (store, people): (Store, Arc<People>),
    section: Arc<Varying<ScrubSection>>,
    tally: Arc<ScrubTally>,
    mut phase: watch::Receiver<Phase>,
) {
    tokio::select! {
        biased;
        _ = phase.wait_for(|phase| *phase == Phase::Stopping) => {}
        () = work(store, &people, section, tally) => {}
    }
}

async fn work(
    store: Store,
    people: &Arc<People>,
    section: Arc<Varying<ScrubSection>>,
    tally: Arc<ScrubTally>,
) {
    let accounts = people.accounts().clone();
    let recalled = people.accounts().apart(move || recall_damaged(&accounts)).await;
    if let Err(fault) = recalled.and_then(|done| done) {
        tracing::warn!(%fault, "what was found damaged before cannot be recalled");
    }
    sleep(FIRST).await;
    loop {
        let section = *section.get();
        if section.every_days > 0
            && let Err(fault) = rounds(&store, people, section, &tally).await
        {
            tracing::error!(%fault, "the scrub cannot go on; it is tried again in an hour");
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Reads on, if a round is due, to its end.
async fn rounds(
    store: &Store,
    people: &Arc<People>,
    section: ScrubSection,
    tally: &ScrubTally,
) -> Result<(), Fault> {
    let engine = people.accounts().engine();
    let mut scrub = Scrub::read(&**engine)?;
    tally.set(scrub.last());
    let every_s = i64::from(section.every_days).saturating_mul(24 * 3600);
    let mut steps = 0u32;
    while scrub.is_due(people.accounts().clock().now(), every_s) {
        let (mut stepping, store, asking) = (scrub, store.clone(), Arc::clone(people));
        let step = move || {
            let done = stepping.step(&store, &asking);
            (stepping, done)
        };
        let (stepped, done) = people.accounts().apart(step).await?;
        scrub = stepped;
        match done? {
            Scrubbed::Read(octets) => {
                steps = steps.wrapping_add(1);
                if steps.is_multiple_of(STEPS_PER_NOTE) {
                    scrub.save(&**engine).await?;
                }
                sleep(pause(octets, section.speed.0)).await;
            }
            Scrubbed::Round => {
                scrub.save(&**engine).await?;
                tally.set(scrub.last());
            }
        }
    }
    Ok(())
}

/// How long to wait after so many octets to read so many in a second.
fn pause(octets: u64, octets_per_second: u64) -> Duration {
    let milliseconds = octets.saturating_mul(1_000).checked_div(octets_per_second).unwrap_or(1_000);
    Duration::from_millis(milliseconds.clamp(10, 60_000))
}
