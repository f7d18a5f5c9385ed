//! The ports of an archive: where messages go, and what remembers how far it came.

use imap::client::Fault;

use super::copying::Letters;
use super::receipt::{Copied, Receipt};

/// What went wrong beside the server.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Why a target took no more.
#[derive(Debug, thiserror::Error)]
pub enum TakeFault {
    /// The server, or the line to it, while messages were fetched.
    #[error(transparent)]
    Server(#[from] Fault),
    /// The target.
    #[error("{0}")]
    Target(Failure),
}

/// How much a target takes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// At most so many messages.
    pub messages: usize,
    /// At most so many octets, or one message.
    pub octets: u64,
}

impl Batch {
    /// All of it: the target is written as a whole, and begun anew after a cut.
    pub const ALL: Batch = Batch { messages: usize::MAX, octets: u64::MAX };
}

/// A message as it was read back from a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadBack {
    /// The mailbox that it is in.
    pub mailbox: String,
    /// The SHA-256 of its octets, in hexadecimal.
    pub sha256: String,
    /// Where it is, for people and for `restore`.
    pub place: String,
}

/// Where messages go.
pub trait ArchiveTarget {
    /// How much it takes at once.
    fn batch(&self) -> Batch;

    /// Takes messages until there are none. When it returns, all of them are durable.
    fn take(&mut self, letters: &mut Letters<'_>) -> impl Future<Output = Result<(), TakeFault>>;

    /// Reads all that it took back from where it is, to the last octet.
    fn read_back(
        &mut self,
        each: &mut (dyn FnMut(ReadBack) + Send),
    ) -> impl Future<Output = Result<(), Failure>>;
}

/// What remembers how far an archive came. What it was told is durable when it returns.
pub trait ArchiveRecord {
    /// Keeps a receipt in the place of the one before.
    fn keep(&mut self, receipt: &Receipt) -> Result<(), Failure>;

    /// Notes what was copied since, until the next receipt.
    fn note(&mut self, copied: &[Copied]) -> Result<(), Failure>;
}
