//! Placements, as an operation reads and changes them.

use std::collections::BTreeSet;

use super::Transaction;
use crate::records::{damaged, read_placement, write_placement};
use crate::{EmailId, Fault, Placement, PlacementName, PlacementState, RemoteId, layout};

/// Of which remote all must be looked at anew, because this is forgotten: a mirror asks only for what is new, so that what
/// it knows of folders has to be forgotten with it.
pub(crate) fn looked_at_anew(key: &[u8], forgotten: &PlacementState) -> Option<RemoteId> {
    match forgotten {
        PlacementState::Mirrored(_) => layout::placement_remote(key),
        PlacementState::Taken(_) | PlacementState::Noted(_) | PlacementState::Passed { .. } => None,
    }
}

impl Transaction<'_, '_> {
    /// What is known of a message that was found elsewhere.
    pub(crate) fn placement(
        &mut self,
        remote: RemoteId,
        name: &PlacementName,
    ) -> Result<Option<Placement>, Fault> {
        let key = layout::placement(self.account(), remote, name);
        let value = self.get(&key)?;
        value.map(|value| read_placement(&value).ok_or_else(|| damaged(&key))).transpose()
    }

    /// Sets what is known of it.
    pub(crate) fn place(
        &mut self,
        remote: RemoteId,
        name: &PlacementName,
        placement: Option<&Placement>,
    ) {
        let key = layout::placement(self.account(), remote, name);
        match placement {
            Some(placement) => self.put(key, write_placement(placement)),
            None => self.delete(key),
        }
    }

    /// Forgets where some emails were found.
    pub(crate) fn forget_placements(&mut self, emails: &BTreeSet<EmailId>) -> Result<(), Fault> {
        let range = layout::all(self.account(), layout::Kind::Placement);
        let mut found = Vec::new();
        let mut anew = BTreeSet::new();
        for (key, value) in self.range(&range, usize::MAX)? {
            let state = read_placement(&value).ok_or_else(|| damaged(&key))?.state;
            if state.message().is_some_and(|taken| emails.contains(&taken.email)) {
                anew.extend(looked_at_anew(&key, &state));
                self.delete(key);
            } else if let PlacementState::Noted(_) = state {
                found.push((key, state));
            }
        }
        for (key, _) in found {
            if layout::placement_remote(&key).is_some_and(|remote| anew.contains(&remote)) {
                self.delete(key);
            }
        }
        Ok(())
    }
}
