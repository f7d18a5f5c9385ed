//! What was found elsewhere: of emails that are lost it is forgotten, so that they are fetched again.

use super::Mending;
use crate::PlacementState;

pub(super) fn mend(mending: &mut Mending<'_>) {
    let mut forgotten = 0_u64;
    for (key, placement) in std::mem::take(&mut mending.survey.placements) {
        let PlacementState::Taken(taken) = placement.state else { continue };
        let other = mending.survey.emails.get(&taken.email).is_some_and(|it| it.hash != taken.hash);
        if other || mending.lost.contains(&taken.email) {
            mending.delete(key);
            forgotten = forgotten.saturating_add(1);
        }
    }
    if forgotten > 0 {
        mending
            .done(|| format!("{forgotten} lost messages are fetched again where they were found"));
    }
}
