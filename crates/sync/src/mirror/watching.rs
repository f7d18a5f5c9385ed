//! Waiting at the provider until something changes there.

use std::collections::BTreeMap;
use std::time::Duration;

use imap::client::{Fault, Selected};
use imap::commands::{Event, EventGroup, Filter, StatusItem};
use imap::response::MailboxStatus;
use imap::sources::Source;
use tokio::time::{Instant, sleep};

use crate::limits::{FOLDERS_MAX, LOOK_AGAIN_S, STOP_LOOKED_AT_MS};
use crate::session::Imap;

/// Waits at the provider until something changes there.
///
/// All of the person's folders are watched with NOTIFY (RFC 5465), where the server has it; else the Inbox with IDLE (RFC 9051,
/// 6.3.13). All folders are looked at again after `LOOK_AGAIN_S`, by one question for all of them.
#[derive(Debug, Default)]
pub struct Watcher {
    /// How the Inbox was when it was last looked at.
    last: Option<State>,
    /// How the other folders were, as far as that was told.
    figures: BTreeMap<String, Figures>,
    /// Whether the server has refused NOTIFY.
    is_refused: bool,
}

/// What changes when something changes in a folder.
type Figures = [Option<u64>; 4];

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

/// Whether somebody wants it to stop.
type Stops<'s> = dyn FnMut() -> bool + Send + 's;

/// How long is waited for news before it is looked whether to stop.
const STEP: Duration = Duration::from_millis(STOP_LOOKED_AT_MS);

impl Watcher {
    /// Waits until something may have changed, it is time to look again, or somebody wants it to stop.
    pub async fn wait(&mut self, client: &mut Imap, stops: &mut Stops<'_>) -> Result<(), Fault> {
        let state = State::of(&client.examine("INBOX").await?);
        // It may have changed between the mirror and now.
        if self.last.replace(state) != Some(state) {
            return Ok(());
        }
        let begun = Instant::now();
        let mut is_over = || stops() || begun.elapsed() >= Duration::from_secs(LOOK_AGAIN_S);
        if client.can("NOTIFY") && !self.is_refused {
            match client.watch_with_status(groups()).await {
                Ok(told) => return self.notified(client, told, &mut is_over).await,
                // It may not tell of these events (RFC 5465, 5).
                Err(Fault::Refused(_)) => self.is_refused = true,
                Err(fault) => return Err(fault),
            }
        }
        if !client.can("IDLE") && !client.can("IMAP4rev2") {
            while !is_over() {
                sleep(STEP).await;
            }
            return client.noop().await;
        }
        let mut idling = client.idle().await?;
        while !is_over() {
            if idling.next(STEP).await?.is_some() {
                break;
            }
        }
        idling.done().await
    }

    /// Waits for news of any folder; then asks for no more of it, so that none comes between the answers of a mirror.
    async fn notified(
        &mut self,
        client: &mut Imap,
        told: Vec<MailboxStatus>,
        is_over: &mut (dyn FnMut() -> bool + Send),
    ) -> Result<(), Fault> {
        let figures: BTreeMap<_, _> =
            told.into_iter().take(FOLDERS_MAX).map(|status| figures(&status)).collect();
        // Those that changed between the mirror and now.
        let is_new = self.figures != figures;
        self.figures = figures;
        while !is_new && !is_over() {
            if client.listen(STEP).await?.is_some() {
                break;
            }
        }
        client.watch(Vec::new()).await
    }
}

fn figures(status: &MailboxStatus) -> (String, Figures) {
    let items = [
        StatusItem::MESSAGES,
        StatusItem::UIDNEXT,
        StatusItem::UIDVALIDITY,
        StatusItem::HIGHESTMODSEQ,
    ];
    (status.mailbox.0.clone(), items.map(|item| status.number(item)))
}

/// All that a mirror would do something about.
fn groups() -> Vec<EventGroup> {
    let messages = || vec![Event::MessageNew(Vec::new()), Event::MessageExpunge, Event::FlagChange];
    let others = [messages(), vec![Event::MailboxName]].concat();
    vec![
        EventGroup { mailboxes: Filter::Selected, events: messages() },
        EventGroup { mailboxes: Filter::Others(Source::Personal), events: others },
    ]
}
