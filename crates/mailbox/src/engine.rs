//! The port to what keeps mail: an ordered key-value store with atomic, durable batches, and bodies named by
//! their hash. An engine knows no protocol and no mail; every engine passes the suite of `conformance`.

use std::any::Any;
use std::future::Future;
use std::ops::{ControlFlow, Range};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

pub use lane::Reads;

use crate::{BodyHash, Fault};

/// A future that a port gives back.
pub type Ready<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a range calls with each key and its value.
pub type Visit<'v> = &'v mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>;

/// What keeps the keys and bodies of all accounts.
pub trait Engine: Send + Sync + 'static {
    /// A consistent view of what is committed. Cheap; reads may touch the disk.
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault>;

    /// Commits a batch whole or not at all. `Ok` means durable; batches become visible only when durable, in the
    /// order in which they are answered. Batches that wait at the same time share one sync.
    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>>;

    /// Begins a body too large to be held in memory; its octets go to the disk as they arrive.
    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault>;

    /// Reads octets of a committed body. A range past its end is cut to what there is.
    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault>;

    /// Reads octets of a body that is staged and perhaps not committed yet. A range past its end is cut to what there is. An
    /// engine that cannot read what its writers took says so.
    fn staged(&self, body: &StagedBody, range: Range<u64>) -> Result<Bytes, Fault> {
        match &body.source {
            BodySource::Memory(octets) => Ok(cut(octets, range)),
            BodySource::Engine(_) => Err(Fault::new("a body cannot be read before it is kept")),
        }
    }

    /// Waits until little of what was committed stays in memory alone. Work that commits much and that nobody waits for asks
    /// this after each of its commits: `commit` itself holds nobody up before it must. An engine that keeps nothing back is
    /// always settled.
    fn settled(&self) -> Ready<'static, ()> {
        Box::pin(std::future::ready(()))
    }

    /// Says how much room the disk has left for new mail, when the engine knows.
    fn space_left_octets(&self) -> Option<u64>;

    /// Says whether `snapshot`, what it gives, and `body` may wait, as an engine across a network does. Then all who read are
    /// run on threads that may wait (`Accounts::in_lanes`), and hundreds of reads can be under way at once.
    fn reads(&self) -> Reads {
        Reads::AtOnce
    }
}

/// The octets of a range, as far as they are there.
pub fn cut(octets: &Bytes, range: Range<u64>) -> Bytes {
    let within = |at: u64| usize::try_from(at).map_or(octets.len(), |at| at.min(octets.len()));
    let (start, end) = (within(range.start), within(range.end));
    octets.slice(start.min(end)..end)
}

/// A consistent view of the keys.
pub trait Snapshot: Send + Sync {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Fault>;

    /// The values of some keys, in their order. An engine across a network asks for all at once.
    fn values(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Bytes>>, Fault> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    /// Visits the keys from `range.start` up to, not including, `range.end`, ascending, until told to break.
    fn range(&self, range: Range<&[u8]>, visit: Visit<'_>) -> Result<(), Fault>;

    /// The highest key of the range with its value.
    fn last(&self, range: Range<&[u8]>) -> Result<Option<(Bytes, Bytes)>, Fault>;
}

/// Takes the octets of a large body as they arrive. Dropped before it ends, it leaves nothing behind.
pub trait BodyWriter: Send {
    /// Takes more octets; waits for the disk, so that a fast peer cannot fill the memory.
    fn write(&mut self, octets: Bytes) -> Ready<'_, Result<(), Fault>>;

    /// About how many octets of memory it takes now.
    fn held_octets(&self) -> usize {
        0
    }

    /// Ends the body. What comes back is the engine's own note of where the octets lie, for `Batch::bodies`; while it
    /// lives they stay.
    fn finish(self: Box<Self>) -> Ready<'static, Result<Arc<dyn Any + Send + Sync>, Fault>>;
}

/// One atomic change. The checks are looked at first; then puts and deletes are carried out (no key stands in both);
/// a body is kept once, and is whole afterwards: octets of it that the engine has and that are damaged give way. Whether
/// another account has a body with its hash already must not show in how long the commit
/// takes, where the octets come in memory: a stranger could find out what others got (docs/adr/0013-equal-times.md).
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Keys that must still have these values (`None`: must be absent), or the batch is refused as `Conflict`.
    pub checks: Vec<(Vec<u8>, Option<Bytes>)>,
    /// Keys to set. In no particular order, each at most once.
    pub puts: Vec<(Vec<u8>, Bytes)>,
    /// Keys to remove; absent ones are no fault.
    pub deletes: Vec<Vec<u8>>,
    /// Bodies to keep, with the key that refers to each: the body lives as long as one of its reference keys does.
    /// The reference key itself must be among the puts (see `keys::body_reference`).
    pub bodies: Vec<StagedBody>,
}

/// A body on its way in: complete and hashed, not yet committed. Clones share the octets.
#[derive(Clone)]
pub struct StagedBody {
    /// The BLAKE3 hash of the octets.
    pub hash: BodyHash,
    /// How many octets.
    pub octets: u64,
    /// Where they are.
    pub source: BodySource,
}

/// Where the octets of a staged body are.
#[derive(Clone)]
pub enum BodySource {
    /// In memory.
    Memory(Bytes),
    /// With the engine that gave this note out (`BodyWriter::finish`).
    Engine(Arc<dyn Any + Send + Sync>),
}

impl std::fmt::Debug for StagedBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StagedBody")
            .field("hash", &self.hash)
            .field("octets", &self.octets)
            .finish()
    }
}

/// Why a batch was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A check did not hold: somebody else committed in between. Nothing changed; read again and retry at once.
    #[error("another change came in between")]
    Conflict,
    /// The disk has no room. Nothing changed; batches without bodies may still pass.
    #[error("the disk is full")]
    NoSpace,
    /// The engine failed. Nothing changed; or, if the fault is of the kind `FaultKind::Unknown`, nobody knows.
    #[error(transparent)]
    Fault(#[from] Fault),
}
