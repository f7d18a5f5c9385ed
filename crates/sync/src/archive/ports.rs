//! The ports of archives and migrations: where messages come from and go to, and what remembers how far it came.

use imap::client::Fault;

use super::receipt::{Copied, Receipt};
use crate::Go;
use crate::letter::Letter;

/// What went wrong beside a server.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Why messages cannot be given or taken any more.
#[derive(Debug, thiserror::Error)]
pub enum EndFault {
    /// The server at that end, or the line to it.
    #[error(transparent)]
    Server(#[from] Fault),
    /// What is on this computer.
    #[error("{0}")]
    Local(Failure),
}

impl EndFault {
    /// What is on this computer.
    pub fn local(failure: impl Into<Failure>) -> EndFault {
        EndFault::Local(failure.into())
    }
}

/// Why a source gives no more.
pub type SourceFault = EndFault;

/// Why a target takes no more.
pub type TargetFault = EndFault;

/// Why messages could not be carried on.
#[derive(Debug, thiserror::Error)]
pub enum TakeFault {
    /// The source.
    #[error("{0}")]
    Source(SourceFault),
    /// The target.
    #[error("{0}")]
    Target(TargetFault),
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

/// One message that is to be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The index of its folder in the receipt.
    pub folder: usize,
    /// Its UID there.
    pub uid: u32,
    /// How many octets it has, as it is listed.
    pub listed_octets: u64,
}

/// What a source gave.
#[derive(Debug, Default)]
pub struct Given {
    /// The messages, in order.
    pub copied: Vec<Copied>,
    /// How many it did not give, or not whole.
    pub not_given: u64,
    /// How many are too large.
    pub too_large: u64,
    /// Whether somebody stopped it.
    pub stopped: bool,
}

/// Messages on their way.
pub trait LetterSource: Send {
    /// How many there may still be.
    fn expected(&self) -> u64;

    /// The next message; none after the last one.
    fn next(&mut self) -> impl Future<Output = Result<Option<Letter>, SourceFault>> + Send;
}

/// Where messages come from.
pub trait CopySource {
    /// Gives some messages of a receipt, which are in order, to a target. `progress` hears how many octets each has.
    fn give<T: ArchiveTarget>(
        &mut self,
        receipt: &Receipt,
        some: Vec<Wanted>,
        target: &mut T,
        progress: &mut (dyn FnMut(u64) -> Go + Send),
    ) -> impl Future<Output = Result<Given, TakeFault>>;
}

/// Where messages go.
pub trait ArchiveTarget {
    /// How much it takes at once.
    fn batch(&self) -> Batch;

    /// Takes messages until there are none. When it returns, all of them are durable.
    fn take<S: LetterSource>(
        &mut self,
        letters: &mut S,
    ) -> impl Future<Output = Result<(), TakeFault>>;

    /// Reads all that it took back from where it is, to the last octet.
    fn read_back(
        &mut self,
        each: &mut (dyn FnMut(ReadBack) + Send),
    ) -> impl Future<Output = Result<(), TargetFault>>;
}

/// What remembers how far it came. What it was told is durable when it returns.
pub trait ArchiveRecord {
    /// Keeps a receipt in the place of the one before.
    fn keep(&mut self, receipt: &Receipt) -> Result<(), Failure>;

    /// Notes what was copied since, until the next receipt.
    fn note(&mut self, copied: &[Copied]) -> Result<(), Failure>;
}
