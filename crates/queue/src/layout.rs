//! The keys of the queue, in the engine's space `keys::QUEUE`.
//!
//! `Q m id` is a message (JSON), `Q s due id` its place in the schedule (empty), `Q n` the last id that was given, `Q h name` the id
//! of a message that is held, as long as it is.

use std::ops::Range;

use mailbox::{BodyHash, EmailId, Timestamp, keys};

/// A message in the queue. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u64);

impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

const MESSAGE: u8 = b'm';
const SCHEDULE: u8 = b's';
const LAST_ID: u8 = b'n';
const HELD: u8 = b'h';

pub(crate) fn message(id: MessageId) -> Vec<u8> {
    [&[keys::QUEUE, MESSAGE][..], &id.0.to_be_bytes()].concat()
}

pub(crate) fn all_messages() -> Range<Vec<u8>> {
    vec![keys::QUEUE, MESSAGE]..vec![keys::QUEUE, MESSAGE.saturating_add(1)]
}

pub(crate) fn message_id(key: &[u8]) -> Option<MessageId> {
    key.get(2..)?.try_into().ok().map(|id| MessageId(u64::from_be_bytes(id)))
}

pub(crate) fn schedule(due: Timestamp, id: MessageId) -> Vec<u8> {
    [&[keys::QUEUE, SCHEDULE][..], &at(due), &id.0.to_be_bytes()].concat()
}

pub(crate) fn whole_schedule() -> Range<Vec<u8>> {
    vec![keys::QUEUE, SCHEDULE]..vec![keys::QUEUE, SCHEDULE.saturating_add(1)]
}

pub(crate) fn scheduled(key: &[u8]) -> Option<(Timestamp, MessageId)> {
    let (due, id) = key.get(2..)?.split_first_chunk::<8>()?;
    let due = i64::try_from(u64::from_be_bytes(*due)).ok()?;
    Some((Timestamp(due), MessageId(u64::from_be_bytes(id.try_into().ok()?))))
}

pub(crate) fn last_id() -> Vec<u8> {
    vec![keys::QUEUE, LAST_ID]
}

pub(crate) fn held(name: &str) -> Vec<u8> {
    [&[keys::QUEUE, HELD][..], name.as_bytes()].concat()
}

pub(crate) fn body_reference(hash: &BodyHash, id: MessageId) -> Vec<u8> {
    keys::body_reference(hash, keys::NOBODY, EmailId(id.0))
}

/// Times before 1970 count as 1970, so that the order of keys is the order of times.
fn at(time: Timestamp) -> [u8; 8] {
    u64::try_from(time.0).unwrap_or_default().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::{MessageId, message, message_id, schedule, scheduled, whole_schedule};
    use mailbox::Timestamp;

    #[test]
    fn the_schedule_is_in_the_order_of_time() {
        let early = schedule(Timestamp(99), MessageId(7));
        let late = schedule(Timestamp(100), MessageId(1));
        assert!(early < late && whole_schedule().contains(&late));
        assert_eq!(scheduled(&late), Some((Timestamp(100), MessageId(1))));
        assert_eq!(message_id(&message(MessageId(3))), Some(MessageId(3)));
    }
}
