//! Which lines of the change log come from one handle. The log says who made a change, but two sessions of one device look the
//! same there; and a session that tells its client what others do leaves out what that client did itself (RFC 5465, 5).

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::Account;
use crate::ModSeq;
use crate::limits::OWN_CHANGES_MAX;
use crate::lock::lock;

/// What was changed through a handle and its clones: counters of the account, oldest first. Each range is of one operation, which
/// counted from its start, not included, to its end, included.
#[derive(Default)]
pub(super) struct OwnChanges(Mutex<VecDeque<Range<ModSeq>>>);

impl OwnChanges {
    /// Takes note of what an operation counted. The oldest is forgotten where there are too many.
    pub(super) fn note(&self, made: Range<ModSeq>) {
        if made.is_empty() {
            return;
        }
        let mut all = lock(&self.0);
        match all.back_mut() {
            Some(last) if last.end == made.start => last.end = made.end,
            Some(_) | None => all.push_back(made),
        }
        if all.len() > OWN_CHANGES_MAX {
            all.pop_front();
        }
    }
}

impl OwnChanges {
    fn has(&self, modseq: ModSeq) -> bool {
        let all = lock(&self.0);
        let at = all.partition_point(|made| made.end < modseq);
        all.get(at).is_some_and(|made| made.start < modseq)
    }

    fn forget(&self, up_to: ModSeq) {
        let mut all = lock(&self.0);
        while all.front().is_some_and(|made| made.end <= up_to) {
            all.pop_front();
        }
        if all.is_empty() {
            all.shrink_to_fit();
        }
    }
}

impl Account {
    /// A handle that remembers what is changed through it and its clones, until `forget_own_changes` is called.
    #[must_use]
    pub fn noting_own_changes(&self) -> Account {
        Account { own: Some(Arc::default()), ..self.clone() }
    }

    /// Whether a line of the change log was made through this handle, as far as that is remembered.
    pub fn is_own_change(&self, modseq: ModSeq) -> bool {
        self.own.as_deref().is_some_and(|own| own.has(modseq))
    }

    /// Forgets what was changed through this handle up to a counter.
    pub fn forget_own_changes(&self, up_to: ModSeq) {
        if let Some(own) = &self.own {
            own.forget(up_to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_what_was_counted_and_goes_once_it_is_known() {
        let own = OwnChanges::default();
        for (before, after) in [(3, 5), (5, 6), (9, 9), (10, 11)] {
            own.note(ModSeq(before)..ModSeq(after));
        }
        let held = || (0..14).filter(|modseq| own.has(ModSeq(*modseq))).collect::<Vec<u64>>();
        assert_eq!(held(), [4, 5, 6, 11]);
        own.forget(ModSeq(5));
        assert_eq!(held(), [4, 5, 6, 11], "half of a range is kept");
        own.forget(ModSeq(7));
        assert_eq!(held(), [11]);
        own.forget(ModSeq(11));
        assert!(held().is_empty());
    }

    #[test]
    fn the_oldest_are_forgotten_where_there_are_too_many() {
        let own = OwnChanges::default();
        for number in 0..=u64::try_from(OWN_CHANGES_MAX).unwrap() {
            own.note(ModSeq(number * 3)..ModSeq(number * 3 + 1));
        }
        assert!(!own.has(ModSeq(1)) && own.has(ModSeq(4)));
    }
}
