//! The text of a queued message, read from the engine piece by piece.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::Engine;
use mailbox::{BodyHash, Fault};
use sasl::Ready;
use smtp::client::Body;

use crate::Queued;
use crate::limits::{PIECE_OCTETS, RETURNED_OCTETS_MAX, SALVAGED_PIECE_OCTETS};
use crate::notification::TextState;

/// The text of a queued message.
#[derive(Clone)]
pub(crate) struct Stored {
    engine: Arc<dyn Engine>,
    hash: BodyHash,
    text: Range<u64>,
    octets: u64,
}

/// What of a text can be returned to its sender.
pub(crate) struct Returnable {
    /// Its beginning.
    pub(crate) text: Vec<u8>,
    pub(crate) state: TextState,
}

impl Stored {
    /// The text of this message.
    pub(crate) fn of(engine: &Arc<dyn Engine>, queued: &Queued) -> Stored {
        let text = queued.skipped_octets..queued.octets;
        let octets = text.end.saturating_sub(text.start);
        Stored { engine: engine.clone(), hash: queued.body(), text, octets }
    }

    /// Whether octets of it are lost. A fault that may pass is none of that.
    pub(crate) async fn is_damaged(&self) -> bool {
        let mut reading = self.clone();
        loop {
            match reading.read() {
                Ok(Some(_)) => lane::breathe(None).await,
                Ok(None) => return false,
                Err(fault) => return fault.is_damaged(),
            }
        }
    }

    /// What can be returned: its beginning, or as much of its header as is whole.
    pub(crate) fn returnable(&self) -> Result<Returnable, Fault> {
        let start = self.text.start;
        let end = start.saturating_add(RETURNED_OCTETS_MAX).min(self.text.end);
        match self.engine.body(&self.hash, start..end) {
            Ok(text) => return Ok(Returnable { text: text.to_vec(), state: TextState::Kept }),
            Err(fault) if fault.is_damaged() => {}
            Err(fault) => return Err(fault),
        }
        let (mut text, mut at) = (Vec::new(), start);
        while at < end {
            let next = at.saturating_add(SALVAGED_PIECE_OCTETS).min(end);
            match self.engine.body(&self.hash, at..next) {
                Ok(piece) => text.extend_from_slice(&piece),
                Err(fault) if fault.is_damaged() => break,
                Err(fault) => return Err(fault),
            }
            at = next;
        }
        // A line that breaks off says something that nobody wrote.
        let last = text.iter().rposition(|octet| *octet == b'\n');
        text.truncate(last.map_or(0, |at| at.saturating_add(1)));
        Ok(Returnable { text, state: TextState::Lost })
    }

    fn read(&mut self) -> Result<Option<Bytes>, Fault> {
        if self.text.is_empty() {
            return Ok(None);
        }
        let end = self.text.start.saturating_add(PIECE_OCTETS).min(self.text.end);
        let piece = self.engine.body(&self.hash, self.text.start..end)?;
        let read = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if self.text.start.saturating_add(read) != end {
            return Err(Fault::new("the body is shorter than its record says"));
        }
        self.text.start = end;
        Ok(Some(piece))
    }
}

impl Body for Stored {
    fn octets(&self) -> u64 {
        self.octets
    }

    fn piece(&mut self) -> Ready<'_, io::Result<Option<Bytes>>> {
        let piece = self.read().map_err(io::Error::other);
        Box::pin(async move { piece })
    }
}
