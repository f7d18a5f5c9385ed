//! Waiting at the provider until something changes there.

use std::time::Duration;

use imap::client::{Fault, Selected};
use tokio::time::{Instant, sleep};

use crate::limits::{LOOK_AGAIN_S, STOP_LOOKED_AT_MS};
use crate::session::Imap;

/// Waits at the provider until something changes there.
///
/// The Inbox is watched with IDLE (RFC 9051, 6.3.13), where the server has it; other folders are looked at again after
/// `LOOK_AGAIN_S`, by one question for all of them.
#[derive(Debug, Default)]
pub struct Watcher {
    /// How the Inbox was when it was last looked at.
    last: Option<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    exists: u32,
    uid_next: Option<u32>,
    modseq: Option<u64>,
}

impl State {
    fn of(selected: &Selected) -> State {
        let modseq = selected.highest_modseq.map(|modseq| modseq.0);
        State { exists: selected.exists, uid_next: selected.uid_next, modseq }
    }
}

impl Watcher {
    /// Waits until something may have changed, it is time to look again, or somebody wants it to stop.
    pub async fn wait(
        &mut self,
        client: &mut Imap,
        stops: &mut (dyn FnMut() -> bool + Send),
    ) -> Result<(), Fault> {
        let state = State::of(&client.examine("INBOX").await?);
        // It may have changed between the mirror and now.
        if self.last.replace(state) != Some(state) {
            return Ok(());
        }
        let begun = Instant::now();
        let step = Duration::from_millis(STOP_LOOKED_AT_MS);
        let is_over = |stops: &mut (dyn FnMut() -> bool + Send)| {
            stops() || begun.elapsed() >= Duration::from_secs(LOOK_AGAIN_S)
        };
        if !client.can("IDLE") && !client.can("IMAP4rev2") {
            while !is_over(stops) {
                sleep(step).await;
            }
            return client.noop().await;
        }
        let mut idling = client.idle().await?;
        while !is_over(stops) {
            if idling.next(step).await?.is_some() {
                break;
            }
        }
        idling.done().await
    }
}
