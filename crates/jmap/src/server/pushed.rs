//! The states of the types that are kept in notes, for those who push them (RFC 8620, 7.1).

use mailbox::{AccountId, Fault};

use super::drawer::state_of;
use super::identity::Identity;
use super::ports::Notes;
use super::preferences::Preferences;
use super::rule::Rule;
use super::submission::Submission;
use super::vacation::Vacation;

/// The types, in the order in which their states are told.
pub const PUSHED_NOTES: [&str; 5] =
    ["Preferences", "Identity", "EmailSubmission", "VacationResponse", "Rule"];

/// Their states. Each is the one that `/get` tells once something of the type was changed.
pub fn note_states(notes: &dyn Notes, account: AccountId) -> Result<[u64; 5], Fault> {
    Ok([
        state_of::<Preferences>(notes, account)?,
        state_of::<Identity>(notes, account)?,
        state_of::<Submission>(notes, account)?,
        state_of::<Vacation>(notes, account)?,
        state_of::<Rule>(notes, account)?,
    ])
}
