//! What a task says of itself: that long work begins, goes on, or is done.

use std::time::Duration;

use tokio::task::yield_now;

use crate::Turns;
use crate::state::{CURRENT, Which};

/// How long a task computes in the quick lane before `breathe` takes it into the slow one.
const QUICK_MAX: Duration = Duration::from_millis(1);
/// How long a task computes in the slow lane before `breathe` gives others their turn.
const SLOW_STEP: Duration = Duration::from_millis(10);

/// Changes to the slow lane: for work that is known to be long, or to wait inside calls that are not async. The turns
/// are those of the user it is done for; work that is nobody's brings none. A task in the slow lane stays there until it says `quick`.
pub async fn slow(turns: Option<&Turns>) {
    let changes = CURRENT.try_with(|lane| lane.change(Which::Slow(turns.cloned())));
    if changes.unwrap_or(false) {
        yield_now().await;
    }
}

/// Changes to the quick lane, from the next time that the task waits for something.
pub fn quick() {
    // There are no lanes outside of `run`.
    let _ = CURRENT.try_with(|lane| lane.change(Which::Quick));
}

/// Said in each round of a loop that may become long: work that has become long goes on in the slow lane, and there gives
/// others their turn now and then.
pub async fn breathe(turns: Option<&Turns>) {
    let long = CURRENT.try_with(|lane| {
        let long = lane.at_work() >= if lane.is_slow() { SLOW_STEP } else { QUICK_MAX };
        if long {
            lane.change(Which::Slow(turns.cloned()));
        }
        long
    });
    // Outside of lanes somebody else has a turn each time.
    if long.unwrap_or(true) {
        yield_now().await;
    }
}

/// Said in each round of a loop that is long because the client is sent much: others get their turn now and then, in whichever
/// lane the task is. To send is no long work, however much it is.
pub async fn give_way() {
    let long = CURRENT
        .try_with(|lane| lane.at_work() >= if lane.is_slow() { SLOW_STEP } else { QUICK_MAX });
    if long.unwrap_or(false) {
        yield_now().await;
    }
}

/// How long the task has computed in the slow lane up to its present poll; what it waited is not counted.
pub fn computed() -> Duration {
    CURRENT.try_with(|lane| lane.computed()).unwrap_or_default()
}
