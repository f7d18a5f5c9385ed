//! What sessions came to, counted for whoever watches the host.

use std::sync::atomic::{AtomicU64, Ordering};

use mailbox::Pop3Closed;

/// What sessions came to, all together.
#[derive(Debug, Default)]
pub struct Tally {
    /// Sessions in which somebody logged in.
    pub sessions: AtomicU64,
    /// Messages that were sent whole.
    pub retrieved: AtomicU64,
    /// Messages that were removed at QUIT.
    pub removed: AtomicU64,
    /// Messages that were hidden from a device at QUIT.
    pub hidden: AtomicU64,
    /// Messages that were moved at QUIT.
    pub moved: AtomicU64,
}

impl Tally {
    /// Counts a session that begins.
    pub(crate) fn begun(&self) {
        add(&self.sessions, 1);
    }

    /// Counts what a session retrieved. That is so even when nothing could be made of its end.
    pub(crate) fn retrieved(&self, messages: u64) {
        add(&self.retrieved, messages);
    }

    /// Counts what came of a session.
    pub(crate) fn closed(&self, closed: &Pop3Closed) {
        add(&self.removed, closed.removed);
        add(&self.hidden, closed.hidden);
        add(&self.moved, closed.moved);
    }
}

fn add(count: &AtomicU64, more: u64) {
    // Wraps after 2^64.
    count.fetch_add(more, Ordering::Relaxed);
}
