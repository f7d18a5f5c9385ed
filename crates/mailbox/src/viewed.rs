//! What a user has seen of another's mailbox, and how the mailbox looks with that (ADR 22): the entries of the owner, each with the
//! user's own `\Seen` and a mod-sequence that rises with it. A look is made of the one before it by what is different.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::engine::Snapshot;
use crate::hot::each;
use crate::limits::{VIEWED_CHUNK_UIDS, VIEWED_KEPT_MAX};
use crate::records::{self, Viewed, ViewedRun, read_viewed_head};
use crate::{
    AccessList, AccountId, Difference, Entry, Fault, Flags, MailboxId, MailboxState, ModSeq,
    SeenBy, Uid, UidSet, layout,
};

/// What a user has seen of a mailbox.
#[derive(Clone, Debug, Default)]
pub(crate) struct ViewedRuns {
    /// By the first UID, ascending.
    runs: Vec<Run>,
    pub(crate) highest: ModSeq,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    first: u32,
    last: u32,
    viewed: Viewed,
    modseq: ModSeq,
}

impl ViewedRuns {
    /// Reads what is kept.
    pub(crate) fn read(
        snapshot: &dyn Snapshot,
        (owner, mailbox, user): (AccountId, MailboxId, AccountId),
    ) -> Result<ViewedRuns, Fault> {
        let mut all = ViewedRuns::default();
        each(snapshot, &layout::viewed_by(owner, mailbox, user), |key, value| {
            all.take(key, value)
        })?;
        Ok(all)
    }

    /// Takes a key of `layout::viewed_by` with its value, in the order of the keys.
    pub(crate) fn take(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match layout::take_viewed(layout::tail(key))?.2 {
            None => self.highest = read_viewed_head(value)?,
            Some(chunk) => {
                let start = chunk.checked_mul(VIEWED_CHUNK_UIDS)?;
                for run in records::read_viewed(value)? {
                    let first = start.checked_add(run.first)?;
                    let last = first.checked_add(run.count.checked_sub(1)?)?;
                    let ViewedRun { viewed, modseq, .. } = run;
                    self.runs.push(Run { first, last, viewed, modseq });
                }
            }
        }
        Some(())
    }

    fn of(&self, uid: Uid) -> Option<&Run> {
        let behind = self.runs.partition_point(|run| run.first <= uid.number());
        self.runs.get(behind.checked_sub(1)?).filter(|run| uid.number() <= run.last)
    }

    /// The UIDs of which something was said after a mod-sequence.
    fn since(&self, since: ModSeq) -> UidSet {
        let new = self.runs.iter().filter(|run| run.modseq > since);
        let ranges = new.filter_map(|run| Some((Uid::new(run.first.max(1))?, Uid::new(run.last)?)));
        UidSet::from_ranges(ranges)
    }
}

/// How the entries of a mailbox look to somebody who is not its owner.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// What the user has seen; none: `\Seen` is everybody's.
    runs: Option<ViewedRuns>,
    /// No entry has a lower mod-sequence.
    since: ModSeq,
}

impl Look {
    /// None: as they look to the owner.
    pub(crate) fn of(
        access: Option<&AccessList>,
        runs: impl FnOnce() -> Result<ViewedRuns, Fault>,
    ) -> Result<Option<Look>, Fault> {
        let Some(access) = access else { return Ok(None) };
        let runs = match access.seen_by {
            SeenBy::Everybody if access.seen_since == ModSeq(0) => return Ok(None),
            SeenBy::Everybody => None,
            SeenBy::EachUser => Some(runs()?),
        };
        Ok(Some(Look { runs, since: access.seen_since }))
    }

    /// Whether `\Seen` is the user's own.
    pub(crate) fn is_own(&self) -> bool {
        self.runs.is_some()
    }

    /// An entry as it looks.
    pub(crate) fn entry(&self, entry: &Entry) -> Entry {
        let mut shown = Entry { modseq: entry.modseq.max(self.since), ..*entry };
        if let Some(runs) = &self.runs {
            let run = runs.of(entry.uid);
            shown.flags = match run.map(|run| run.viewed) {
                Some(Viewed::Seen) => entry.flags.with(Flags::SEEN),
                Some(Viewed::Unseen) | None => entry.flags.without(Flags::SEEN),
            };
            shown.modseq = run.map_or(shown.modseq, |run| shown.modseq.max(run.modseq));
        }
        shown
    }

    /// The highest mod-sequence of what the user has seen.
    fn highest(&self) -> ModSeq {
        self.runs.as_ref().map_or(ModSeq(0), |runs| runs.highest)
    }

    /// Whether nothing of it is older than that.
    fn is_as_of(&self, since: ModSeq, own: bool) -> bool {
        self.since == since && self.is_own() == own
    }
}

/// How mailboxes look to users, as far as somebody is using them.
#[derive(Default)]
pub(crate) struct Views {
    kept: HashMap<(MailboxId, AccountId), View>,
}

/// How a mailbox looked to a user.
#[derive(Clone)]
pub(crate) struct View {
    /// The owner's state that it was made of.
    base: Arc<MailboxState>,
    /// The account's counter before that was taken.
    counter: ModSeq,
    look: Look,
    pub(crate) shown: Arc<MailboxState>,
}

impl Views {
    pub(crate) fn get(&self, mailbox: MailboxId, user: AccountId) -> Option<&View> {
        self.kept.get(&(mailbox, user))
    }

    pub(crate) fn keep(&mut self, user: AccountId, view: View) {
        let key = (view.shown.id, user);
        if self.kept.len() >= VIEWED_KEPT_MAX && !self.kept.contains_key(&key) {
            // Each can be made anew: which goes does not matter.
            if let Some(other) = self.kept.keys().next().copied() {
                self.kept.remove(&other);
            }
        }
        self.kept.insert(key, view);
    }
}

impl View {
    /// Whether this is how the state looks still, where the account's counter stands there.
    pub(crate) fn is_of(
        &self,
        base: &Arc<MailboxState>,
        counter: ModSeq,
        access: &AccessList,
    ) -> bool {
        self.counter == counter
            && Arc::ptr_eq(&self.base, base)
            && self.look.is_as_of(access.seen_since, access.seen_by == SeenBy::EachUser)
    }

    /// How a state looks. `counter` is that of the account before the state was taken, and `look` was read after that: so nothing up
    /// to the state's own moment is missing in it.
    pub(crate) fn new(
        before: Option<&View>,
        base: Arc<MailboxState>,
        counter: ModSeq,
        look: Look,
    ) -> View {
        let known = before.filter(|before| {
            before.look.is_as_of(look.since, look.is_own()) && before.base.id == base.id
        });
        let entries = match known {
            Some(before) => changed(before, &base, &look),
            None => {
                let differing = base.entries.iter().map(|entry| (entry, look.entry(entry)));
                let set: Vec<Entry> = differing
                    .filter(|(entry, shown)| *entry != shown)
                    .map(|(_, shown)| shown)
                    .collect();
                base.entries.changed(&set, &[])
            }
        };
        // What the user did after the counter may have come with changes of the mailbox that the state lacks.
        let own = look.highest().min(counter);
        let highest_modseq = base.highest_modseq.max(look.since).max(own);
        let shown =
            Arc::new(MailboxState { entries, highest_modseq, ..MailboxState::clone(&base) });
        View { base, counter, look, shown }
    }
}

/// The entries of a look that was made before, brought up to a state.
fn changed(before: &View, base: &MailboxState, look: &Look) -> crate::Entries {
    let mut set = BTreeMap::new();
    let mut removed = Vec::new();
    for difference in before.base.entries.differences(&base.entries) {
        match difference {
            Difference::Removed(_, entry) => removed.push(entry.uid),
            Difference::Added(_, entry) | Difference::Changed(_, entry) => {
                set.insert(entry.uid, look.entry(&entry));
            }
        }
    }
    if let Some(runs) = &look.runs {
        for entry in base.entries.of(&runs.since(before.look.highest())) {
            set.insert(entry.uid, look.entry(entry));
        }
    }
    let set: Vec<Entry> = set.into_values().collect();
    before.shown.entries.changed(&set, &removed)
}

/// Says of some UIDs of a chunk that they are seen, or not any more, over what was said before. All counted from the chunk's first.
pub(crate) fn mark(
    before: &[ViewedRun],
    marked: &[u32],
    viewed: Viewed,
    modseq: ModSeq,
) -> Vec<ViewedRun> {
    let mut all: BTreeMap<u32, (Viewed, ModSeq)> = BTreeMap::new();
    for run in before {
        for uid in run.first..run.first.saturating_add(run.count) {
            all.insert(uid, (run.viewed, run.modseq));
        }
    }
    all.extend(marked.iter().map(|uid| (*uid, (viewed, modseq))));
    let mut runs: Vec<ViewedRun> = Vec::new();
    for (uid, (viewed, modseq)) in all {
        match runs.last_mut() {
            Some(run)
                if run.first.saturating_add(run.count) == uid
                    && (run.viewed, run.modseq) == (viewed, modseq) =>
            {
                run.count = run.count.saturating_add(1);
            }
            _ => runs.push(ViewedRun { first: uid, count: 1, viewed, modseq }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_side_by_side_become_one_run() {
        let runs = mark(&[], &[3, 4, 5, 900], Viewed::Seen, ModSeq(7));
        assert_eq!(
            runs.iter().map(|run| (run.first, run.count)).collect::<Vec<_>>(),
            [(3, 3), (900, 1)]
        );
        let runs = mark(&runs, &[4], Viewed::Unseen, ModSeq(9));
        let found: Vec<_> = runs.iter().map(|run| (run.first, run.count, run.modseq.0)).collect();
        assert_eq!(found, [(3, 1, 7), (4, 1, 9), (5, 1, 7), (900, 1, 7)]);
    }

    proptest! {
        /// Whatever is marked in whatever order, the last mark of each UID is what is read.
        #[test]
        fn the_last_mark_counts(marks in prop::collection::vec((0..VIEWED_CHUNK_UIDS, 1..60u32, any::<bool>()), 0..30)) {
            let (mut runs, mut model) = (Vec::new(), BTreeMap::new());
            for (step, (first, count, seen)) in marks.into_iter().enumerate() {
                let viewed = if seen { Viewed::Seen } else { Viewed::Unseen };
                let modseq = ModSeq(step as u64 + 1);
                let uids: Vec<u32> = (first..(first + count).min(VIEWED_CHUNK_UIDS)).collect();
                runs = mark(&runs, &uids, viewed, modseq);
                model.extend(uids.into_iter().map(|uid| (uid, (viewed, modseq))));
                let value = records::write_viewed(&runs);
                prop_assert_eq!(records::read_viewed(&value), Some(runs.clone()));
            }
            let mut found = BTreeMap::new();
            for run in runs {
                found.extend((run.first..run.first + run.count).map(|uid| (uid, (run.viewed, run.modseq))));
            }
            prop_assert_eq!(found, model);
        }
    }
}
