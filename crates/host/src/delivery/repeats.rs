//! Messages whose sender may not have heard our answer: when they come again, they are acknowledged but not stored
//! again (RFC 1047). Only those whose connection ended before the client said anything more are remembered, so that
//! somebody who sends a message twice on purpose gets it twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use mailbox::{AccountId, Timestamp};

/// How long a message may come again. Senders give up after days, but retry within hours.
const EXPECTED_S: i64 = 24 * 3600;
/// How many are remembered.
const EXPECTED_MAX: usize = 10_000;

/// A message for an account: a hash of the content, the sender and the account.
pub(super) type Key = [u8; 32];

/// What was delivered last on a connection.
#[derive(Clone, Default)]
pub(super) struct Repeat(Arc<Mutex<Vec<Key>>>);

impl Repeat {
    /// Notes what was just delivered.
    pub(super) fn note(&self, keys: Vec<Key>) {
        if let Ok(mut last) = self.0.lock() {
            *last = keys;
        }
    }
}

/// What may come again.
#[derive(Default)]
pub(super) struct Repeats(Mutex<HashMap<Key, Timestamp>>);

impl Repeats {
    /// Expects a delivery to come again.
    pub(super) fn expect(&self, repeat: &Repeat, now: Timestamp) {
        let (Ok(mut expected), Ok(last)) = (self.0.lock(), repeat.0.lock()) else { return };
        if expected.len() >= EXPECTED_MAX {
            expected.retain(|_, since| now.0.saturating_sub(since.0) < EXPECTED_S);
        }
        if expected.len() >= EXPECTED_MAX {
            expected.clear();
        }
        expected.extend(last.iter().map(|key| (*key, now)));
    }

    /// Whether this is a delivery that came again. It is expected only once.
    pub(super) fn is_repeat(&self, key: &Key, now: Timestamp) -> bool {
        let Ok(mut expected) = self.0.lock() else { return false };
        let since = expected.remove(key);
        since.is_some_and(|since| now.0.saturating_sub(since.0) < EXPECTED_S)
    }
}

/// Hashes what the sender sent, without the fields that we put before it.
pub(super) struct Content {
    hasher: blake3::Hasher,
    state: State,
}

enum State {
    /// In the Return-Path field: so many octets are left of it.
    ReturnPath(u64),
    /// In the Received field: whether the last octet ended a line.
    Received { line_ended: bool },
    /// In the message itself.
    Message,
}

impl Content {
    pub(super) fn new(return_path_octets: u64) -> Content {
        Content { hasher: blake3::Hasher::new(), state: State::ReturnPath(return_path_octets) }
    }

    pub(super) fn push(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while let Some((first, after)) = rest.split_first() {
            match &mut self.state {
                State::ReturnPath(0) => self.state = State::Received { line_ended: false },
                State::ReturnPath(left) => {
                    *left = left.saturating_sub(1);
                    rest = after;
                }
                // A line that does not begin with white space begins the next field (RFC 5322, 2.2.3).
                State::Received { line_ended: true } if !matches!(first, b' ' | b'\t') => {
                    self.state = State::Message;
                }
                State::Received { line_ended } => {
                    *line_ended = *first == b'\n';
                    rest = after;
                }
                State::Message => {
                    self.hasher.update(rest);
                    return;
                }
            }
        }
    }

    pub(super) fn finish(&self) -> [u8; 32] {
        self.hasher.finalize().into()
    }
}

/// The key of a delivery.
pub(super) fn key(content: &[u8; 32], from: &str, account: AccountId) -> Key {
    let mut hasher = blake3::Hasher::new_keyed(content);
    hasher.update(&account.0.to_be_bytes());
    hasher.update(from.as_bytes());
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use mailbox::{AccountId, Timestamp};

    use super::{Content, EXPECTED_S, Repeat, Repeats, key};

    #[test]
    fn a_message_that_came_again_is_known_by_its_own_octets_alone() {
        let message = b"Subject: x\r\n\r\nbody\r\n";
        let hash = |return_path: &[u8], received: &[u8], cut: usize| {
            let all = [return_path, received, message].concat();
            let mut content = Content::new(return_path.len() as u64);
            all.chunks(cut).for_each(|piece| content.push(piece));
            content.finish()
        };
        let first = hash(b"Return-Path: <a@b>\r\n", b"Received: from x\r\n\tby y; today\r\n", 1000);
        for cut in 1..80 {
            let again = hash(b"", b"Received: from zz\r\n by y;\r\n\ttomorrow\r\n", cut);
            assert_eq!(first, again, "cut every {cut} octets");
        }
        assert_ne!(key(&first, "a@b", AccountId(1)), key(&first, "a@b", AccountId(2)));
        assert_ne!(key(&first, "a@b", AccountId(1)), key(&first, "a@c", AccountId(1)));
    }

    #[test]
    fn a_repeat_is_expected_once_and_not_for_ever() {
        let repeats = Repeats::default();
        let last = Repeat::default();
        last.note(vec![[1; 32]]);
        assert!(!repeats.is_repeat(&[1; 32], Timestamp(0)));
        repeats.expect(&last, Timestamp(0));
        assert!(repeats.is_repeat(&[1; 32], Timestamp(10)));
        assert!(!repeats.is_repeat(&[1; 32], Timestamp(10)));
        repeats.expect(&last, Timestamp(0));
        assert!(!repeats.is_repeat(&[1; 32], Timestamp(EXPECTED_S)));
    }
}
