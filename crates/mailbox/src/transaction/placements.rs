//! Placements, as an operation reads and changes them.

use std::collections::BTreeSet;

use super::Transaction;
use crate::records::{damaged, read_placement, write_placement};
use crate::{EmailId, Fault, Placement, PlacementName, PlacementState, RemoteId, layout};

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
        for (key, value) in self.range(&range, usize::MAX)? {
            let placement = read_placement(&value).ok_or_else(|| damaged(&key))?;
            match placement.state {
                PlacementState::Taken(taken) if emails.contains(&taken.email) => self.delete(key),
                PlacementState::Taken(_) | PlacementState::Passed { .. } => {}
            }
        }
        Ok(())
    }
}
