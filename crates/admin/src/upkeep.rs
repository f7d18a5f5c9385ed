//! Check, repair, backup and restore: the store's own, every account, and what lies beside them in the data folder.

mod acknowledged;
mod aside;
mod backup;
mod check;
mod naming;
mod noted;
mod record;
mod repair;
mod scrub;
#[cfg(test)]
mod tests;

use store::Report;

pub use self::aside::{aside, bring_back_aside, extract_aside};
pub use self::backup::{Copying, back_up, claim, restore};
pub(crate) use self::backup::{read_beside, write_beside};
pub use self::check::{Acknowledge, Found, InStore, check_closed, check_open};
pub(crate) use self::naming::Naming;
pub(crate) use self::noted::{Noted, NotedBackup};
pub use self::noted::{last_backup_s, recall_damaged};
pub use self::repair::{Damaged, repair_closed, repair_open};
pub use self::scrub::{Scrub, Scrubbed};
use crate::answer::Progress;

/// Takes steps of progress.
pub type Steps<'a> = &'a mut (dyn FnMut(Progress) + Send);

fn pass_on(report: &Report<'_>, steps: Steps<'_>) {
    match report {
        Report::Progress { doing, done, of } => {
            steps(Progress { what: (*doing).to_owned(), done: *done, of: Some(*of) });
        }
        // They are listed at the end.
        Report::Finding(_) => {}
    }
}
