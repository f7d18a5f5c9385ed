//! States of types of objects: the account's counter when they last changed, in decimal (RFC 8620, 1.6.2).

use mailbox::{Changed, Emails, ModSeq};

use super::Context;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::{CHANGES_IDS_MAX, QUICK_CHANGES_MAX};
use crate::standard::{Changes, ChangesAnswer};

/// Reads a state that a client says it knows. One that is none of ours cannot be told from.
pub(super) fn read(state: &str) -> Result<ModSeq, MethodError> {
    let number: Option<u64> = state.parse().ok();
    let number = number.filter(|number| number.to_string() == state);
    number.map(ModSeq).ok_or(MethodError::CannotCalculateChanges)
}

impl Context {
    /// Said before the log is read back to a state: where that is far, others shall not wait for it.
    pub(super) async fn look_back(&self, emails: &Emails, since: ModSeq) {
        if emails.modseq().0.saturating_sub(since.0) > QUICK_CHANGES_MAX {
            lane::slow(Some(self.account.turns())).await;
        }
    }
}

/// Of how many objects one answer tells.
pub(super) fn most(asked: &Changes) -> Option<u64> {
    let most = asked.most.map_or(CHANGES_IDS_MAX, |most| most.get().min(CHANGES_IDS_MAX));
    Some(most)
}

/// What changed, as the answer to a client.
pub(super) fn answer<I: Copy>(
    asked: Changes,
    changed: Changed<I>,
    id: impl Fn(I) -> Id,
) -> ChangesAnswer {
    let ids = |list: &[I]| list.iter().map(|it| id(*it)).collect();
    ChangesAnswer {
        account_id: asked.account,
        old_state: asked.since,
        new_state: changed.to.to_string(),
        has_more_changes: changed.has_more,
        created: ids(&changed.created),
        updated: ids(&changed.updated),
        destroyed: ids(&changed.destroyed),
    }
}

/// The state to tell after a `/set`. A client that knew the old one takes it that nothing but its own changes lies between the two
/// (RFC 8620, 5.3); where somebody else changed something as well, it stays with the old one and asks what changed.
pub(super) fn after<I: PartialEq>(
    old: ModSeq,
    now: ModSeq,
    changed: Option<&Changed<I>>,
    is_own: impl Fn(&I) -> bool,
) -> ModSeq {
    let all = |changed: &Changed<I>| {
        let mut ids = changed.created.iter().chain(&changed.updated).chain(&changed.destroyed);
        ids.all(&is_own)
    };
    if changed.is_some_and(all) { now } else { old }
}

#[cfg(test)]
mod tests {
    use mailbox::{Changed, EmailId, ModSeq};

    use super::{after, read};

    #[test]
    fn only_what_we_would_write_is_a_state() {
        assert_eq!(read("7").unwrap(), ModSeq(7));
        for other in ["", "07", "+7", "-1", "x", "18446744073709551616"] {
            assert!(read(other).is_err(), "{other}");
        }
    }

    #[test]
    fn after_a_set_the_state_covers_nothing_unknown() {
        let changed = |created: &[u64]| Changed {
            to: ModSeq(9),
            has_more: false,
            created: created.iter().map(|id| EmailId(*id)).collect(),
            updated: vec![],
            destroyed: vec![EmailId(1)],
        };
        let is_own = |id: &EmailId| id.0 <= 2;
        let state = |changed: Option<Changed<EmailId>>| {
            after(ModSeq(5), ModSeq(9), changed.as_ref(), is_own)
        };
        assert_eq!(state(Some(changed(&[2]))), ModSeq(9));
        assert_eq!(state(Some(changed(&[2, 3]))), ModSeq(5));
        assert_eq!(state(None), ModSeq(5));
    }
}
