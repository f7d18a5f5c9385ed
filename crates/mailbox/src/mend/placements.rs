//! What was found elsewhere: of emails that are lost it is forgotten, so that they are fetched again. Of mirrored
//! messages it is, too, when their entries are gone and anything else was wrong: nobody may take for deleted here what
//! damage took.

use std::collections::BTreeSet;

use super::Mending;
use crate::transaction::looked_at_anew;
use crate::{PlacementState, layout};

pub(super) fn mend(mending: &mut Mending<'_>) {
    let mut forgotten = 0_u64;
    let mut anew = BTreeSet::new();
    let mut notes = Vec::new();
    for (key, placement) in std::mem::take(&mut mending.survey.placements) {
        if let PlacementState::Noted(_) = placement.state {
            notes.push(key);
        } else if is_forgotten(mending, &placement.state) {
            anew.extend(looked_at_anew(&key, &placement.state));
            mending.delete(key);
            forgotten = forgotten.saturating_add(1);
        }
    }
    for key in notes {
        if layout::placement_remote(&key).is_some_and(|remote| anew.contains(&remote)) {
            mending.delete(key);
        }
    }
    if forgotten > 0 {
        mending
            .done(|| format!("{forgotten} lost messages are fetched again where they were found"));
    }
}

fn is_forgotten(mending: &Mending<'_>, state: &PlacementState) -> bool {
    let Some(taken) = state.message() else { return false };
    let other = mending.survey.emails.get(&taken.email).is_some_and(|it| it.hash != taken.hash);
    if other || mending.lost.contains(&taken.email) {
        return true;
    }
    match state {
        PlacementState::Mirrored(mirrored) if !mending.report.done.is_empty() => {
            !mending.survey.entries.contains_key(&(mirrored.mailbox, mirrored.uid))
        }
        PlacementState::Mirrored(_)
        | PlacementState::Taken(_)
        | PlacementState::Noted(_)
        | PlacementState::Passed { .. } => false,
    }
}
