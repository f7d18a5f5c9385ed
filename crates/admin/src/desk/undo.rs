//! Brings back what was removed: what one change took, or all that a device or a door did.

use mailbox::operations::Retained;
use mailbox::{Account, Door, Error, ModSeq, Refused, Timestamp};

use super::DeskFault;
use crate::answer::Answer;
use crate::request::{DOORS, Removed};

/// So many groups are looked at. An account that has more is brought back in several rounds.
const GROUPS_MAX: usize = 100_000;

/// What can be brought back of what is meant, newest first.
pub(super) fn retained(
    account: &Account,
    removed: &Removed,
    most: usize,
) -> Result<Vec<Retained>, DeskFault> {
    if removed.device.is_none() && removed.over.is_none() {
        return Ok(account.retained(most)?);
    }
    let wanted = Wanted::of(removed)?;
    let mut groups = account.retained(GROUPS_MAX)?;
    groups.retain(|group| wanted.is(group));
    groups.truncate(most);
    Ok(groups)
}

/// Brings back all that is meant.
pub(super) async fn bring_back_all(
    account: &Account,
    removed: &Removed,
) -> Result<Answer, DeskFault> {
    let mut changes: Vec<ModSeq> =
        retained(account, removed, GROUPS_MAX)?.iter().map(|group| group.modseq).collect();
    // A change that removed from several mailboxes is listed once for each.
    changes.dedup();
    if changes.is_empty() {
        let words =
            "nothing of the kind can be brought back; `correio user retained` lists what can";
        return Err(DeskFault::Words(words.to_owned()));
    }
    bring_back(account, &changes).await
}

/// Brings back what these changes removed, each of them whole or not at all, in this order.
pub(super) async fn bring_back(account: &Account, changes: &[ModSeq]) -> Result<Answer, DeskFault> {
    let (mut messages, mut done) = (0u64, 0u64);
    for change in changes {
        match account.bring_back(*change, None).await {
            Ok(back) => {
                let back = u64::try_from(back.entries.len()).unwrap_or(u64::MAX);
                messages = messages.saturating_add(back);
                done = done.saturating_add(1);
            }
            // Somebody else brought it back just now.
            Err(Error::Refused(Refused::NoSuchMessage)) if changes.len() > 1 => {}
            Err(Error::Refused(refused)) if done > 0 => {
                return Err(DeskFault::Words(format!(
                    "{messages} messages of {done} changes were brought back, then: {refused}; the rest can still be brought back"
                )));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Answer::BroughtBack { messages, changes: done })
}

/// Drops for good all that could be brought back.
pub(super) async fn purge(account: &Account) -> Result<Answer, DeskFault> {
    let dropped = account.drop_oldest(u64::MAX, Timestamp(i64::MAX)).await?;
    Ok(Answer::Purged { messages: dropped.messages, octets: dropped.octets.0 })
}

/// What is meant, understood.
struct Wanted {
    device: Option<String>,
    over: Option<Door>,
}

impl Wanted {
    fn of(removed: &Removed) -> Result<Wanted, DeskFault> {
        let over = removed.over.as_deref().map(door).transpose()?;
        Ok(Wanted { device: removed.device.as_deref().map(folded), over })
    }

    fn is(&self, group: &Retained) -> bool {
        let device = group.who.device.as_deref().map(folded);
        let by_device = self.device.is_none() || self.device == device;
        by_device && self.over.is_none_or(|over| over == group.who.door)
    }
}

/// Devices are the same whatever the case of their letters.
fn folded(device: &str) -> String {
    device.trim().to_lowercase()
}

fn door(name: &str) -> Result<Door, DeskFault> {
    let found = DOORS.iter().find(|(known, _)| *known == name);
    found.map(|(_, door)| *door).ok_or_else(|| {
        let known: Vec<&str> = DOORS.iter().map(|(name, _)| *name).collect();
        DeskFault::Words(format!("{name} is no way in; there are {}", known.join(", ")))
    })
}
