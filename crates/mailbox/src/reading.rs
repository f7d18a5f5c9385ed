//! What the model wants to know of a message before it is kept: its outline, its date, and the ids that make threads.

use bytes::Bytes;

use crate::Timestamp;

/// What is known of a message without its octets.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// As `message::Outline::decode` reads it.
    pub(crate) outline: Bytes,
    /// The Date field: in UTC, and its day as written.
    pub(crate) sent: Option<(Timestamp, i32)>,
    /// Hashes of Message-ID, In-Reply-To and References, in the order in which a thread is looked for.
    pub(crate) thread_hashes: Vec<u64>,
}

/// Takes a message apart as its octets arrive.
#[derive(Default)]
pub(crate) struct Reading {}

impl Reading {
    pub(crate) fn push(&mut self, _octets: &[u8]) {}

    pub(crate) fn finish(self) -> Content {
        Content::default()
    }
}
