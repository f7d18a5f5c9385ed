//! What to try now and what comes of it. Pure: a record, outcomes and the time go in; the record comes out changed.

use mailbox::Timestamp;
use smtp::{Notify, Wanted};

use crate::limits::{LEASE_S, LIFE_S, PAUSES_S, RECIPIENTS_AT_ONCE, WARNING_AFTER_S};
use crate::transport::{Notifies, Outcome};
use crate::{Owed, Progress, Queued, QueuedRecipient, Said};

/// The recipients to try now, by their index, in parcels that any host takes.
pub(crate) fn due_parcels(queued: &Queued, now: Timestamp) -> Vec<Vec<usize>> {
    let due: Vec<usize> = queued
        .recipients
        .iter()
        .enumerate()
        .filter(|(_, recipient)| match recipient.progress {
            Progress::Waiting { next_at, .. } => next_at <= now.0,
            Progress::Sent | Progress::Failed => false,
        })
        .map(|(index, _)| index)
        .collect();
    due.chunks(RECIPIENTS_AT_ONCE).map(<[usize]>::to_vec).collect()
}

/// Takes the message for a try.
pub(crate) fn lease(queued: &mut Queued, now: Timestamp) {
    let until = now.0.saturating_add(LEASE_S);
    queued.leased_until = Some(until);
    queued.due = until;
    // From here on it may reach somebody, and cannot be called back.
    if let Some(held_until) = queued.held_until.take() {
        queued.released_at = Some(held_until);
    }
}

/// Gives the message back and sets when it is looked at next. `None`: it is over, and goes.
pub(crate) fn release(queued: &mut Queued, now: Timestamp) -> Option<()> {
    queued.leased_until = None;
    let due = queued.recipients.iter().filter_map(|recipient| match recipient.progress {
        // What is owed after a failure of ours is owed at once.
        _ if recipient.owed.is_some() => Some(now.0),
        Progress::Waiting { next_at, .. } => Some(next_at),
        Progress::Sent | Progress::Failed => None,
    });
    queued.due = due.min()?;
    Some(())
}

/// Enters what came of a try into the record.
pub fn settle(queued: &mut Queued, outcomes: &[(usize, Outcome)], now: Timestamp) {
    let (born, sender) = (queued.born_at(), queued.from.is_some());
    for (index, outcome) in outcomes {
        let Some(recipient) = queued.recipients.get_mut(*index) else { continue };
        let Progress::Waiting { tries, .. } = recipient.progress else { continue };
        let tries = tries.saturating_add(1);
        let owed = match outcome {
            Outcome::Sent { said, notifies } => {
                recipient.last = Some(said.clone());
                recipient.progress = Progress::Sent;
                // A host that knows of notifications takes that duty over (RFC 3461, 5.2.2).
                (*notifies == Notifies::No).then_some(Owed::Relayed)
            }
            Outcome::Refused { said } => {
                recipient.last = Some(said.clone());
                recipient.progress = Progress::Failed;
                Some(Owed::Failed)
            }
            Outcome::Deferred { said } => {
                recipient.last = Some(said.clone());
                defer(recipient, born, tries, now)
            }
        };
        // Nobody is told about mail from nobody: that is what stops notifications about notifications.
        recipient.owed = owed.filter(|owed| sender && wanted(recipient.notify(), *owed));
    }
}

fn defer(recipient: &mut QueuedRecipient, born: i64, tries: u32, now: Timestamp) -> Option<Owed> {
    let end = born.saturating_add(LIFE_S);
    if now.0 >= end {
        recipient.progress = Progress::Failed;
        // The last words of the other host stay; the status says that time was up (RFC 3463, 3.5).
        if let Some(said) = &mut recipient.last {
            said.status = "4.4.7".to_owned();
        }
        return Some(Owed::Failed);
    }
    let next_at = now.0.saturating_add(pause_s(tries)).min(end);
    recipient.progress = Progress::Waiting { next_at, tries };
    let late = now.0.saturating_sub(born) >= WARNING_AFTER_S && !recipient.warned;
    if late {
        recipient.warned = true;
    }
    late.then_some(Owed::Delayed)
}

/// How long to wait after so many tries, in seconds.
pub fn pause_s(tries: u32) -> i64 {
    let index = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    PAUSES_S.get(index).or(PAUSES_S.last()).copied().unwrap_or(WARNING_AFTER_S)
}

fn wanted(notify: Option<Notify>, owed: Owed) -> bool {
    let notify = notify.unwrap_or(Notify::USUAL);
    let wanted = match owed {
        Owed::Failed => notify.failure,
        Owed::Delayed => notify.delay,
        Owed::Relayed => notify.success,
    };
    wanted == Wanted::Yes
}

/// Strikes out what the sender has been told.
pub(crate) fn told(queued: &mut Queued, owed: Owed) {
    for recipient in queued.recipients.iter_mut().filter(|r| r.owed == Some(owed)) {
        recipient.owed = None;
    }
}

/// What comes of a message of which octets were lost here: nobody who waits for it will have it. All of them at once,
/// also those who are not due.
pub(crate) fn lost(queued: &Queued, now: Timestamp) -> Vec<(usize, Outcome)> {
    // RFC 3463, 3.4: other or undefined mail system status.
    let text = "the text of the message was lost: it is damaged on the disk of this host";
    let said = Said::new(None, "5.3.0", text, now);
    let waiting = |recipient: &QueuedRecipient| match recipient.progress {
        Progress::Waiting { .. } => true,
        Progress::Sent | Progress::Failed => false,
    };
    let waiting = queued.recipients.iter().enumerate().filter(|(_, recipient)| waiting(recipient));
    waiting.map(|(index, _)| (index, Outcome::Refused { said: said.clone() })).collect()
}

/// Enters that nothing was tried, for reasons of ours.
pub(crate) fn broken(now: Timestamp) -> Outcome {
    let text = "the message could not be read from the queue";
    Outcome::Refused { said: Said::new(None, "5.3.0", text, now) }
}

#[cfg(test)]
mod tests;
