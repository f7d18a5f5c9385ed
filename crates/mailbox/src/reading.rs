//! What the model wants to know of a message before it is kept: its outline, its date, and the ids that make threads.

use bytes::Bytes;
use message::{HeaderText, Scanner, SentDate, ThreadKeys};

use crate::limits::THREAD_IDS_MAX;
use crate::records::{id_hash, write_sort_content};
use crate::{Flags, Timestamp};

/// What is known of a message without its octets.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// As `message::Outline::decode` reads it.
    pub(crate) outline: Bytes,
    /// The Date field: in UTC, and its day as written.
    pub(crate) sent: Option<(Timestamp, i32)>,
    /// Hashes of Message-ID, In-Reply-To and References, in the order in which a thread is looked for.
    pub(crate) thread_hashes: Vec<u64>,
    /// What it is sorted and threaded by: `records::write_sort_content`.
    pub(crate) sort: Bytes,
    /// Of `Flags::INTERNAL` those that its entries have.
    pub(crate) marks: Flags,
    /// How many octets are missing until every line ends with CRLF.
    pub(crate) line_ends_missing: u64,
}

/// Takes a message apart as its octets arrive.
#[derive(Default)]
pub(crate) struct Reading {
    scanner: Scanner,
    last: Option<u8>,
    bare: u64,
}

impl Reading {
    pub(crate) fn push(&mut self, octets: &[u8]) {
        self.scanner.push(octets);
        for at in memchr::memchr_iter(b'\n', octets) {
            let before = match at.checked_sub(1) {
                Some(before) => octets.get(before).copied(),
                None => self.last,
            };
            if before != Some(b'\r') {
                self.bare = self.bare.saturating_add(1);
            }
        }
        self.last = octets.last().copied().or(self.last);
    }

    /// About how many octets of memory it takes.
    pub(crate) fn held_octets(&self) -> usize {
        self.scanner.held_octets()
    }

    /// How many octets are missing until every line ends with CRLF, the last one too.
    fn line_ends_missing(&self) -> u64 {
        self.bare.saturating_add(match self.last {
            None | Some(b'\n') => 0,
            Some(b'\r') => 1,
            Some(_) => 2,
        })
    }

    pub(crate) fn finish(self) -> Content {
        let line_ends_missing = self.line_ends_missing();
        let header = self.scanner.header();
        let sent = SentDate::of_header(header).map(|date| (Timestamp(date.unix_s), date.day));
        let keys = ThreadKeys::of_header(header);
        let (outline, header_text) = self.scanner.finish_with_headers();
        let outline = Bytes::from(outline.into_octets());
        let sort = write_sort_content(&outline, &keys);
        let uneven = if line_ends_missing > 0 { Flags::UNEVEN } else { Flags::NONE };
        let marks = match header_text {
            HeaderText::Ascii => uneven,
            HeaderText::Utf8 => uneven.with(Flags::UTF8_HEADER),
        };
        let thread_hashes = thread_hashes(&keys);
        Content { outline, sent, thread_hashes, sort, marks, line_ends_missing }
    }
}

/// The message's own id, then those it refers to, the nearest first.
fn thread_hashes(keys: &ThreadKeys) -> Vec<u64> {
    let mut hashes: Vec<u64> = Vec::new();
    for id in keys.message_id.iter().chain(keys.references.iter().rev()) {
        let hash = id_hash(id.as_octets());
        if hashes.len() < THREAD_IDS_MAX && !hashes.contains(&hash) {
            hashes.push(hash);
        }
    }
    hashes
}
