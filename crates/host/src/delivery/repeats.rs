//! Messages whose sender may not have read our answer: when they come again, they are acknowledged but not stored
//! again (RFC 1047). It must be certain that they are the same, for what is swallowed is lost: the octets, the sender,
//! the recipient as it was named in RCPT, and a Message-ID, without which two equal messages are two (each night's
//! report of a program). Only those whose connection ended before the client said anything more are remembered, so
//! that somebody who sends a message twice on purpose gets it twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use mailbox::{AccountId, Received, Timestamp};
use smtp::Address;
use smtp::delivery::Envelope;

/// How long a message may come again. Senders give up after days, but retry within hours.
const EXPECTED_S: i64 = 24 * 3600;
/// How many are remembered.
const EXPECTED_MAX: usize = 10_000;

/// A message on its way to an account: a hash of its octets, its envelope and the account. None for a message that is
/// never taken for another.
pub(super) type Key = Option<[u8; 32]>;

/// What was delivered last on a connection.
#[derive(Clone, Default)]
pub(super) struct Repeat(Arc<Mutex<Vec<[u8; 32]>>>);

impl Repeat {
    /// Notes what was just delivered.
    pub(super) fn note(&self, keys: impl IntoIterator<Item = Key>) {
        if let Ok(mut last) = self.0.lock() {
            *last = keys.into_iter().flatten().collect();
        }
    }
}

/// What may come again.
#[derive(Default)]
pub(super) struct Repeats(Mutex<HashMap<[u8; 32], Timestamp>>);

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
        let (Some(key), Ok(mut expected)) = (key, self.0.lock()) else { return false };
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

/// What makes a message the same when it comes again, but for whom it is for.
pub(super) struct Sameness {
    content: [u8; 32],
    from: String,
}

impl Sameness {
    /// None for a message without a Message-ID.
    pub(super) fn of(
        content: &Content,
        envelope: &Envelope,
        received: &Received,
    ) -> Option<Sameness> {
        message::decode_envelope(received.outline())?.message_id?;
        let from = envelope.from.as_ref().map(ToString::to_string).unwrap_or_default();
        Some(Sameness { content: content.finish(), from })
    }

    /// The key of what goes to an account, or elsewhere, because these recipients were named.
    pub(super) fn key<'a>(
        &self,
        account: AccountId,
        recipients: impl Iterator<Item = &'a Address>,
    ) -> [u8; 32] {
        let mut names: Vec<String> = recipients.map(ToString::to_string).collect();
        names.sort_unstable();
        self.keyed("to", account, &names)
    }

    /// The key of the copy in the sender's Sent. Not that of the copy in the sender's own Inbox, for those who write
    /// to themselves.
    pub(super) fn key_of_copy(&self, account: AccountId) -> [u8; 32] {
        self.keyed("sent by", account, &[])
    }

    fn keyed(&self, kind: &str, account: AccountId, names: &[String]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.content);
        hasher.update(&account.0.to_be_bytes());
        // No address holds a NUL.
        for text in [kind, self.from.as_str()].into_iter().chain(names.iter().map(String::as_str)) {
            hasher.update(text.as_bytes());
            hasher.update(b"\0");
        }
        hasher.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use mailbox::{AccountId, Timestamp};
    use smtp::Address;

    use super::{Content, EXPECTED_S, Repeat, Repeats, Sameness};

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
    }

    #[test]
    fn the_envelope_belongs_to_what_is_the_same() {
        let addresses = |text: &[&str]| -> Vec<Address> {
            text.iter().map(|text| text.parse().unwrap()).collect()
        };
        let key = |from: &str, to: &[&str], account| {
            let same = Sameness { content: [7; 32], from: from.to_owned() };
            same.key(AccountId(account), addresses(to).iter())
        };
        let first = key("a@b", &["x@y", "z@y"], 1);
        assert_eq!(first, key("a@b", &["z@y", "x@y"], 1));
        assert_ne!(first, key("a@c", &["x@y", "z@y"], 1));
        assert_ne!(first, key("a@b", &["x@y"], 1));
        assert_ne!(first, key("a@b", &["x@y", "z@y"], 2));
    }

    #[test]
    fn a_repeat_is_expected_once_and_not_for_ever() {
        let repeats = Repeats::default();
        let last = Repeat::default();
        last.note([None, Some([1; 32])]);
        assert!(!repeats.is_repeat(&Some([1; 32]), Timestamp(0)));
        repeats.expect(&last, Timestamp(0));
        assert!(repeats.is_repeat(&Some([1; 32]), Timestamp(10)));
        assert!(!repeats.is_repeat(&Some([1; 32]), Timestamp(10)));
        repeats.expect(&last, Timestamp(0));
        assert!(!repeats.is_repeat(&Some([1; 32]), Timestamp(EXPECTED_S)));
    }
}
