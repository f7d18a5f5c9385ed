//! What the person at this end wants: which messages to take, and which to remove from the server.

use mailbox::Timestamp;

use super::HeaderHeld;
use super::keeper::{Held, Here, Known, Passed};
use crate::limits::PULLED_MESSAGE_OCTETS_MAX;

const DAY_S: i64 = 86_400;

/// What the person wants. The default takes everything and removes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// When messages are removed from the server.
    pub removal: Removal,
    /// Takes only the newest so many of the maildrop; none: all.
    pub newest: Option<u32>,
    /// Takes only what came since then; none: all. What has no date that can be read is taken. Needs TOP, or the whole
    /// message is fetched to see its date.
    pub since: Option<Timestamp>,
    /// Takes no larger messages, as LIST tells their sizes; none: all sizes.
    pub octets_max: Option<u64>,
    /// What to do with larger ones.
    pub larger: Larger,
    /// Takes at most so many messages in this run; none: all. The rest comes next time.
    pub messages_max: Option<u32>,
    /// Which messages come first.
    pub order: Order,
    /// Whether messages are removed where the server has no unique ids.
    pub without_ids: WithoutIds,
    /// No message has more octets than that, whatever LIST tells; the session ends with the first that does, and it is
    /// passed over from then on.
    pub octets_hard_max: u64,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            removal: Removal::Leave(Leave::default()),
            newest: None,
            since: None,
            octets_max: None,
            larger: Larger::Leave,
            messages_max: None,
            order: Order::default(),
            without_ids: WithoutIds::Leave,
            octets_hard_max: PULLED_MESSAGE_OCTETS_MAX,
        }
    }
}

/// Which messages come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The oldest: what comes is in the order in which it arrived.
    #[default]
    Oldest,
    /// The newest: what people wait for is there at once, however much there is.
    Newest,
}

/// When messages are removed from the server. Only what is held is ever removed: never what was refused, is too large, too
/// old, or of which only the header was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// In the session that takes them, and those that an earlier one took.
    AtOnce,
    /// They stay.
    Leave(Leave),
}

/// How long messages stay on the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leave {
    /// For so many days since they were taken; none: for ever.
    pub days: Option<u32>,
    /// Whether they go when they are deleted here.
    pub deleted_here: DeletedHere,
}

/// What becomes, on the server, of messages that are deleted here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeletedHere {
    /// They stay.
    #[default]
    Stay,
    /// They are removed.
    Go,
}

/// What to do with messages that are larger than the policy wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Larger {
    /// Nothing: they are only counted.
    Leave,
    /// Their header is taken, so that the person can see what waits. Needs TOP.
    TakeHeader,
}

/// Whether messages are removed where the server has no unique ids, so that they are only known by their header and
/// size, or by their content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutIds {
    /// They are not.
    Leave,
    /// They are. Two messages of one size with one header are then taken for copies of each other.
    Remove,
}

/// A message in question, as the server lists it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    pub(super) octets: Option<u64>,
    /// Whether it is among the newest that the policy wants.
    pub(super) newest: bool,
    /// Whether several messages have its name.
    pub(super) shared: bool,
    pub(super) date: Date,
}

/// When a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Date {
    /// Nobody has looked.
    Unknown,
    /// Somebody has looked, and may have found nothing.
    Seen(Option<Timestamp>),
}

/// What to do with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing, for this reason.
    Leave(Left),
    /// Remove it: the held message is durable.
    Remove(Box<Held>),
    /// Take it.
    Take,
    /// Take its header.
    TakeHeader,
    /// Look when it came, then decide.
    LookAtDate(Box<Passed>),
    /// See whether it is the message that is held, then decide.
    Verify(Box<Held>),
}

/// Why a message is left on the server as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Held,
    NotNewest,
    TooLarge,
    TooOld,
}

impl Policy {
    /// Decides about a message.
    pub(super) fn step(&self, known: Known, listed: Listed, now: Timestamp) -> Step {
        let passed = match known {
            Known::Wanted => return Step::Take,
            Known::Held(held) => return self.step_held(held, listed, now),
            Known::New => Passed::default(),
            Known::Passed(passed) => passed,
        };
        if !listed.newest {
            return Step::Leave(Left::NotNewest);
        }
        let octets = listed.octets.max(passed.octets_min).unwrap_or(0);
        if octets > self.octets_max.unwrap_or(self.octets_hard_max).min(self.octets_hard_max) {
            return match (self.larger, passed.header) {
                (Larger::TakeHeader, HeaderHeld::No) => Step::TakeHeader,
                (Larger::TakeHeader, HeaderHeld::Yes) | (Larger::Leave, _) => {
                    Step::Leave(Left::TooLarge)
                }
            };
        }
        let date = match (listed.date, passed.date) {
            (Date::Unknown, Some(date)) => Date::Seen(Some(date)),
            (date, _) => date,
        };
        match (self.since, date) {
            (Some(_), Date::Unknown) => Step::LookAtDate(Box::new(passed)),
            (Some(since), Date::Seen(Some(date))) if date < since => Step::Leave(Left::TooOld),
            (Some(_), Date::Seen(_)) | (None, _) => Step::Take,
        }
    }

    fn step_held(&self, held: Held, listed: Listed, now: Timestamp) -> Step {
        let due = self.is_due(held.since, held.here, now);
        // Another size: perhaps the server has given the id to another message. An id that several messages share
        // proves nothing when it comes to removing one of them.
        let resized = matches!((held.listed_octets, listed.octets), (Some(a), Some(b)) if a != b);
        if resized || (listed.shared && due) {
            Step::Verify(Box::new(held))
        } else if due {
            Step::Remove(Box::new(held))
        } else {
            Step::Leave(Left::Held)
        }
    }

    /// Whether a message that is held since then is to be removed now.
    pub(super) fn is_due(&self, since: Timestamp, here: Here, now: Timestamp) -> bool {
        match &self.removal {
            Removal::AtOnce => true,
            Removal::Leave(leave) => {
                let over = leave.days.is_some_and(|days| {
                    let stay_s = i64::from(days).saturating_mul(DAY_S);
                    now.0.saturating_sub(since.0) >= stay_s
                });
                let deleted = here == Here::Deleted && leave.deleted_here == DeletedHere::Go;
                over || deleted
            }
        }
    }
}

#[cfg(test)]
mod tests;
