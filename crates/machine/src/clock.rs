//! The real clock behind the port of the mail model.

use mailbox::{Clock, Timestamp};

/// The time of day as the machine knows it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_second())
    }
}
