//! Heals a message whose octets are damaged, when a sound copy of it comes along (docs/adr/0011-damage.md).

use std::ops::ControlFlow;

use bytes::Bytes;

use super::Account;
use crate::engine::{Batch, CommitError, StagedBody};
use crate::limits::HEALED_PIECE_OCTETS;
use crate::{BodyHash, Error, Fault, Refused, keys};

/// Whether a message was healed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Healed {
    /// Its octets were damaged, and are whole now.
    Yes,
    /// They are whole, or the account has no such message.
    No,
}

impl Account {
    /// Puts the octets of a message in the place of those that the account has of it, if these cannot be read. Reads them
    /// to their end for that.
    pub async fn heal(&self, body: &StagedBody) -> Result<Healed, Error> {
        let Some(key) = self.any_reference(&body.hash)? else { return Ok(Healed::No) };
        if !self.is_damaged(&body.hash, body.octets).await? {
            return Ok(Healed::No);
        }
        let batch = Batch {
            checks: vec![(key.clone(), Some(Bytes::new()))],
            puts: vec![(key, Bytes::new())],
            deletes: Vec::new(),
            bodies: vec![body.clone()],
        };
        match self.shared().ports.engine.commit(batch).await {
            Ok(()) => {
                self.shared().ports.damaged.forget([body.hash]);
                Ok(Healed::Yes)
            }
            // Its last copy was dropped for good meanwhile.
            Err(CommitError::Conflict) => Ok(Healed::No),
            Err(CommitError::NoSpace) => Err(Refused::NoSpace.into()),
            Err(CommitError::Fault(fault)) => Err(fault.into()),
        }
    }

    /// A key by which some email of this account refers to a body.
    fn any_reference(&self, hash: &BodyHash) -> Result<Option<Vec<u8>>, Fault> {
        let all = |email| keys::body_reference(hash, self.id(), crate::EmailId(email));
        let mut found = None;
        let (first, last) = (all(0), all(u64::MAX));
        self.shared().ports.engine.snapshot()?.range(&first..&last, &mut |key, _| {
            found = Some(key.to_vec());
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    async fn is_damaged(&self, hash: &BodyHash, octets: u64) -> Result<bool, Fault> {
        let mut at = 0_u64;
        while at < octets {
            let end = at.saturating_add(HEALED_PIECE_OCTETS).min(octets);
            match self.shared().ports.body(hash, at..end) {
                Ok(_) => {}
                Err(fault) if fault.is_damaged() => return Ok(true),
                Err(fault) => return Err(fault),
            }
            at = end;
            lane::breathe(Some(self.turns())).await;
        }
        Ok(false)
    }
}
