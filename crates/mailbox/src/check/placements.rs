//! What was found elsewhere is an email that was given its number here, with the octets that came.

use super::{About, Checked};
use crate::survey::Survey;

pub(super) fn check(survey: &Survey, checked: &mut Checked) {
    for placement in survey.placements.values() {
        let Some(taken) = placement.state.message() else { continue };
        let email = taken.email;
        let about = About::Email(email);
        let given = survey.head.as_ref().is_none_or(|head| email.0 < head.next_email);
        checked.must(given, about, || {
            format!("email {email}, which was found elsewhere, has a number to come")
        });
        let same = survey.emails.get(&email).is_none_or(|known| known.hash == taken.hash);
        checked.must(same, about, || {
            format!("email {email} has not the octets with which it was found elsewhere")
        });
    }
}
