//! The damaged bodies of which somebody said that they know: `check` is quiet about them. One key each, in the space for
//! settings.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use bytes::Bytes;
use mailbox::engine::{Batch, CommitError, Engine};
use mailbox::{BodyHash, Fault, keys};

/// `S d` and the name of the body.
const SPACE: [u8; 2] = [keys::SETTINGS, b'd'];
const END: [u8; 2] = [keys::SETTINGS, b'e'];

fn key(hash: &BodyHash) -> Vec<u8> {
    [&SPACE[..], &hash.0].concat()
}

/// What was acknowledged.
pub(super) fn read(engine: &dyn Engine) -> Result<BTreeSet<BodyHash>, Fault> {
    let mut found = BTreeSet::new();
    engine.snapshot()?.range(&SPACE..&END, &mut |key, _| {
        let hash = key.get(2..).and_then(|rest| rest.try_into().ok());
        found.extend(hash.map(BodyHash));
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// Acknowledges what is damaged now, and forgets what is not any more.
pub(super) async fn write(engine: &dyn Engine, damaged: &BTreeSet<BodyHash>) -> Result<(), Fault> {
    let before = read(engine)?;
    let puts = damaged.difference(&before).map(|hash| (key(hash), Bytes::new())).collect();
    let deletes = before.difference(damaged).map(key).collect();
    match engine.commit(Batch { puts, deletes, ..Batch::default() }).await {
        Ok(()) => Ok(()),
        Err(CommitError::Fault(fault)) => Err(fault),
        Err(error @ (CommitError::Conflict | CommitError::NoSpace)) => {
            Err(Fault::caused("what was acknowledged cannot be noted", error))
        }
    }
}
