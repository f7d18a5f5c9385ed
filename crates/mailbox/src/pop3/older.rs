//! Which mail of the Inbox is older than what a device shows.

use std::sync::Mutex;

use crate::engine::Snapshot;
use crate::limits::SINCE_CACHES_MAX;
use crate::lock::lock;
use crate::records::{self, damaged};
use crate::{AccountId, Fault, MailboxState, Timestamp, UidSet, UidValidity, layout};

/// Which UIDs of a mailbox came in before some time, as far as was looked: that never changes, so each email is looked
/// at once and not at each login.
#[derive(Clone, Debug)]
pub(crate) struct Older {
    since: Timestamp,
    uid_validity: UidValidity,
    looked: UidSet,
    older: UidSet,
}

/// The UIDs of a state that came in before a time. What is found out goes into `cache`.
pub(crate) fn older(
    cache: &Mutex<Vec<Older>>,
    account: AccountId,
    state: &MailboxState,
    since: Timestamp,
    snapshot: &dyn Snapshot,
) -> Result<UidSet, Fault> {
    let fits = |older: &Older| (older.since, older.uid_validity) == (since, state.uid_validity);
    let known = lock(cache).iter().find(|older| fits(older)).cloned();
    let mut known = known.unwrap_or(Older {
        since,
        uid_validity: state.uid_validity,
        looked: UidSet::new(),
        older: UidSet::new(),
    });
    let present: UidSet = state.entries.iter().map(|entry| entry.uid).collect();
    let fresh = present.difference(&known.looked);
    if fresh.is_empty() {
        return Ok(known.older);
    }
    let mut found = Vec::new();
    for entry in state.entries.of(&fresh) {
        let key = layout::email(account, entry.email);
        let Some(value) = snapshot.get(&key)? else { continue };
        let email = records::read_email(entry.email, &value).ok_or_else(|| damaged(&key))?;
        if email.internal_date.time < since {
            found.push((entry.uid, entry.uid));
        }
    }
    known.older = known.older.union(&UidSet::from_ranges(found));
    // What is gone is not looked for again.
    known.looked = present;
    known.older = known.older.intersection(&known.looked);
    let mut kept = lock(cache);
    kept.retain(|older| !fits(older));
    kept.truncate(SINCE_CACHES_MAX.saturating_sub(1));
    kept.insert(0, known.clone());
    Ok(known.older)
}
