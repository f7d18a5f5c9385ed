//! "Keep until every device has it": which messages all devices have.

use std::collections::{BTreeMap, HashMap};

use crate::Fault;
use crate::pop3::Device;
use crate::records::{self, Identity, Seen};
use crate::transaction::Transaction;

/// Of some messages those that a device has deleted and that all those it waits for have, with the first such device.
/// `waiting` says which devices each one waits for.
pub(super) fn complete(
    transaction: &mut Transaction<'_, '_>,
    waiting: &BTreeMap<Option<Device>, Vec<Device>>,
    messages: &[Identity],
) -> Result<Vec<(Identity, Option<Device>)>, Fault> {
    let mut chunks = Chunks::default();
    let mut found = Vec::new();
    for message in messages {
        for (device, devices) in waiting {
            let own = chunks.of(transaction, device, message)?;
            if own.is_none_or(|seen| seen.hidden.is_none()) {
                continue;
            }
            let mut all = true;
            for other in devices {
                all = all && chunks.of(transaction, &Some(other.clone()), message)?.is_some();
            }
            if all {
                found.push((*message, device.clone()));
                break;
            }
        }
    }
    Ok(found)
}

/// The values of states that were read, each once.
#[derive(Default)]
struct Chunks(HashMap<Option<Device>, HashMap<u64, Vec<Seen>>>);

impl Chunks {
    /// What a device has seen of a message: hidden or downloaded, it has it.
    fn of(
        &mut self,
        transaction: &mut Transaction<'_, '_>,
        device: &Option<Device>,
        message: &Identity,
    ) -> Result<Option<Seen>, Fault> {
        let chunk = records::seen_chunk(message.email);
        let known = self.0.get(device).is_some_and(|chunks| chunks.contains_key(&chunk));
        if !known {
            let states = transaction.seen(device.as_ref(), chunk)?;
            self.0.entry(device.clone()).or_default().insert(chunk, states);
        }
        let states = self.0.get(device).and_then(|chunks| chunks.get(&chunk));
        Ok(states.and_then(|states| {
            let index = states.binary_search_by_key(message, |seen| seen.identity).ok()?;
            states.get(index).copied()
        }))
    }
}
