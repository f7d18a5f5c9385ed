//! Which bodies that come in need not be written because they are there already (docs/adr/0013-equal-times.md), and which
//! of those are not whole: nobody shares a damaged one (docs/adr/0011-damage.md).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use mailbox::engine::Batch;
use mailbox::{BodyHash, Fault, keys};

use crate::shared::Shared;

/// Bodies are read in pieces of this size.
const PIECE_OCTETS: u64 = 1 << 20;

/// For each body that a batch refers to, what the keys begin with by which its accounts refer to it.
pub(crate) struct Owners<'b>(HashMap<BodyHash, Vec<&'b [u8]>>);

impl<'b> Owners<'b> {
    pub(crate) fn of(batch: &'b Batch) -> Owners<'b> {
        let mut owners: HashMap<BodyHash, Vec<&[u8]>> = HashMap::new();
        if !batch.bodies.is_empty() {
            for (key, _) in &batch.puts {
                let prefix = keys::references_of_account(key);
                if let (Some(hash), Some(prefix)) = (keys::referenced_body(key), prefix) {
                    owners.entry(hash).or_default().push(prefix);
                }
            }
        }
        Owners(owners)
    }

    /// Whether an account that the batch is for has the body already; not where the index is damaged.
    pub(crate) fn have(
        &self,
        hash: &BodyHash,
        mut has_prefix: impl FnMut(&[u8]) -> Result<bool, Fault>,
    ) -> Result<bool, Fault> {
        for prefix in self.0.get(hash).into_iter().flatten() {
            match has_prefix(prefix) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(fault) if fault.is_damaged() => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(false)
    }
}

/// The bodies of a batch that an account of it has already, but that cannot be read to their end. Only those are read:
/// what only others have is written in any case, and to read it would tell that they have it.
pub(crate) async fn unsound(shared: &Arc<Shared>, batch: &Batch) -> HashSet<BodyHash> {
    let (view, owners) = (shared.view(), Owners::of(batch));
    let mut unsound = HashSet::new();
    for body in &batch.bodies {
        // Where this cannot be told, the committer says what is the matter.
        let is_own = owners.have(&body.hash, |prefix| view.has_prefix(prefix));
        if !is_own.unwrap_or(false) {
            continue;
        }
        let mut at = 0_u64;
        while at < body.octets {
            let end = at.saturating_add(PIECE_OCTETS).min(body.octets);
            if let Err(fault) = shared.read_body(&body.hash, at..end) {
                tracing::info!(hash = %body.hash, %fault, "a body comes in whole, and takes the place of a damaged one");
                unsound.insert(body.hash);
                break;
            }
            at = end;
            // A small one is read in one go: batches that are brought one after another stay in that order.
            if at < body.octets {
                tokio::task::yield_now().await;
            }
        }
    }
    unsound
}
