//! Where a client gets the text of a message from.

use std::io;

use bytes::Bytes;
use sasl::Ready;

/// The text of a message, read piece by piece.
pub trait Body: Send {
    /// How many octets it has.
    fn octets(&self) -> u64;

    /// Reads the next piece; none at the end.
    fn piece(&mut self) -> Ready<'_, io::Result<Option<Bytes>>>;
}

/// A text that is in memory.
#[derive(Clone, Debug)]
pub struct Whole {
    octets: u64,
    text: Option<Bytes>,
}

impl Whole {
    /// Makes a body of octets.
    pub fn new(text: impl Into<Bytes>) -> Whole {
        let text = text.into();
        Whole { octets: u64::try_from(text.len()).unwrap_or(u64::MAX), text: Some(text) }
    }
}

impl Body for Whole {
    fn octets(&self) -> u64 {
        self.octets
    }

    fn piece(&mut self) -> Ready<'_, io::Result<Option<Bytes>>> {
        let text = self.text.take();
        Box::pin(async move { Ok(text) })
    }
}
