//! The number of a message within one POP3 session: 1 for the first, fixed until the session ends (RFC 1939, 4).

use std::fmt;
use std::num::NonZeroU32;

/// A message number. It means nothing outside the session that gave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageNumber(NonZeroU32);

impl MessageNumber {
    /// Makes a message number; 0 is none.
    pub const fn new(number: u32) -> Option<MessageNumber> {
        match NonZeroU32::new(number) {
            Some(number) => Some(MessageNumber(number)),
            None => None,
        }
    }

    /// The number of the message at an index; none past the last number that there is.
    pub fn from_index(index: usize) -> Option<MessageNumber> {
        u32::try_from(index).ok()?.checked_add(1).and_then(MessageNumber::new)
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0.get()
    }

    /// The index of the message among the messages of the session.
    pub fn index(self) -> usize {
        usize::try_from(self.0.get()).unwrap_or(usize::MAX).saturating_sub(1)
    }
}

impl fmt::Display for MessageNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
