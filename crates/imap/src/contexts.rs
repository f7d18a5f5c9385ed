//! Contexts: searches whose results the client keeps, and hears what changes in them (RFC 5267, 4.3). Here is what they hold and
//! what is told; `server::contexts` looks for messages.

use std::sync::Arc;

use mailbox::search::Query;
use mailbox::{Collation, Difference, Entries, MailboxState, SortField, SortKey, Uid, UidSet};

use crate::fetch::Item;
use crate::limits::{CONTEXT_RANGES_MAX, CONTEXT_SORTED_MAX, CONTEXTS_MAX};
use crate::response::{Change, Esearch};
use crate::view::SequenceNumber;
use crate::wire::{By, SequenceSet};

/// The contexts of an open mailbox.
#[derive(Debug, Default)]
pub(crate) struct Contexts {
    all: Vec<Context>,
    /// What their results are of.
    seen: Option<Arc<MailboxState>>,
}

/// A search whose results are kept current.
#[derive(Debug)]
pub(crate) struct Context {
    tag: String,
    by: By,
    pub(crate) query: Query,
    /// How its texts are compared.
    pub(crate) collation: Collation,
    pub(crate) results: Results,
    /// What is told in a FETCH of messages that come and are among them (RFC 5465, 7). Empty: nothing.
    items: Arc<[Item]>,
}

/// The results, as the client has them.
#[derive(Debug)]
pub(crate) enum Results {
    /// In the order of the mailbox.
    Searched(UidSet),
    /// In the order of these keys.
    Sorted(Vec<SortKey>, Vec<Uid>),
}

/// Whether a context was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    /// It was.
    Yes,
    /// There are too many, or it is too large.
    TooMuch,
}

/// What happened in the mailbox since the results were told.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    gone: UidSet,
    /// New, or with other flags.
    pub(crate) touched: UidSet,
}

/// UIDs that come or go at a place, in their order. 0 stands for the place that the order of the mailbox says.
type Pairs = Vec<(u32, Vec<Uid>)>;

/// What changed in the results of one context.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Update {
    tag: String,
    by: By,
    removed: Pairs,
    added: Pairs,
    items: Arc<[Item]>,
}

impl Contexts {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether a context has this tag.
    pub(crate) fn has(&self, tag: &str) -> bool {
        self.all.iter().any(|context| context.tag == tag)
    }

    /// Begins a context with its results of a state.
    pub(crate) fn begin(
        &mut self,
        (tag, by): (&str, By),
        (query, collation): (Query, Collation),
        (results, items): (Results, &[Item]),
        state: &Arc<MailboxState>,
    ) -> Begun {
        if self.all.len() >= CONTEXTS_MAX || !results.fit() {
            return Begun::TooMuch;
        }
        self.seen = Some(Arc::clone(state));
        let (tag, items) = (tag.to_owned(), items.into());
        self.all.push(Context { tag, by, query, collation, results, items });
        Begun::Yes
    }

    /// Ends a context.
    pub(crate) fn cancel(&mut self, tag: &str) {
        self.all.retain(|context| context.tag != tag);
        if self.all.is_empty() {
            self.seen = None;
        }
    }

    /// Ends all; gives their tags.
    pub(crate) fn end(&mut self) -> Vec<String> {
        self.seen = None;
        self.all.drain(..).map(|context| context.tag).collect()
    }

    /// Ends those that have become too large; gives their tags.
    pub(crate) fn end_large(&mut self) -> Vec<String> {
        let large = self.all.iter().filter(|context| !context.results.fit());
        let large: Vec<String> = large.map(|context| context.tag.clone()).collect();
        large.iter().for_each(|tag| self.cancel(tag));
        large
    }

    /// What happened up to a state; none if there is nothing to bring up to it.
    pub(crate) fn changes(&self, state: &Arc<MailboxState>) -> Option<Changes> {
        let seen = self.seen.as_ref().filter(|seen| !Arc::ptr_eq(seen, state))?;
        let mut changes = Changes::default();
        for difference in seen.entries.differences(&state.entries) {
            match difference {
                Difference::Removed(_, entry) => changes.gone.insert(entry.uid),
                Difference::Added(_, entry) | Difference::Changed(_, entry) => {
                    changes.touched.insert(entry.uid);
                }
            }
        }
        Some(changes)
    }

    /// All of them, to be brought up to a state.
    pub(crate) fn bring_up(&mut self, state: &Arc<MailboxState>) -> &mut [Context] {
        if !self.all.is_empty() {
            self.seen = Some(Arc::clone(state));
        }
        &mut self.all
    }
}

impl Results {
    fn fit(&self) -> bool {
        match self {
            Results::Searched(uids) => uids.ranges().len() <= CONTEXT_RANGES_MAX,
            Results::Sorted(_, uids) => uids.len() <= CONTEXT_SORTED_MAX,
        }
    }
}

impl Context {
    fn update(&self, removed: Pairs, added: Pairs) -> Option<Update> {
        let (tag, by, items) = (self.tag.clone(), self.by, Arc::clone(&self.items));
        let is_new = !(removed.is_empty() && added.is_empty());
        is_new.then_some(Update { tag, by, removed, added, items })
    }

    /// Takes in which of what was touched matches; of results in the order of the mailbox.
    pub(crate) fn take_in(&mut self, changes: &Changes, matched: &UidSet) -> Option<Update> {
        let Results::Searched(uids) = &mut self.results else { return None };
        let removed = uids.intersection(&changes.lost(matched));
        let added = matched.difference(uids);
        *uids = uids.difference(&removed).union(&added);
        let pairs = |uids: UidSet| match uids.is_empty() {
            true => Vec::new(),
            false => vec![(0, uids.iter().collect())],
        };
        self.update(pairs(removed), pairs(added))
    }

    /// What has to be sorted anew, and by what, once it is known which of what was touched matches; of sorted results.
    pub(crate) fn to_sort(
        &self,
        changes: &Changes,
        matched: &UidSet,
    ) -> Option<(Vec<SortKey>, UidSet)> {
        let Results::Sorted(keys, uids) = &self.results else { return None };
        let before: UidSet = uids.iter().copied().collect();
        let now = before.difference(&changes.lost(matched)).union(matched);
        let moves = moves(keys) && !matched.is_empty();
        (moves || now != before).then(|| (keys.clone(), now))
    }

    /// Takes in what was sorted anew.
    pub(crate) fn take_in_sorted(
        &mut self,
        changes: &Changes,
        matched: &UidSet,
        sorted: Vec<Uid>,
    ) -> Option<Update> {
        let Results::Sorted(keys, uids) = &mut self.results else { return None };
        let before: UidSet = uids.iter().copied().collect();
        let moved = if moves(keys) { before.intersection(matched) } else { UidSet::new() };
        let gone = before.intersection(&changes.lost(matched)).union(&moved);
        let new = matched.difference(&before).union(&moved);
        let removed = places_of(uids, &gone, Counted::WithoutThoseBefore);
        let added = places_of(&sorted, &new, Counted::WithAll);
        *uids = sorted;
        self.update(removed, added)
    }
}

impl Changes {
    /// What is no longer among the results, if it was.
    fn lost(&self, matched: &UidSet) -> UidSet {
        self.gone.union(&self.touched.difference(matched))
    }
}

/// Whether messages that stay can move: emails never change, mod-sequences do.
fn moves(keys: &[SortKey]) -> bool {
    keys.iter().any(|key| key.field == SortField::ModSeq)
}

/// How the place of a message is counted among the results.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// Those that go and stand before it are gone by then.
    WithoutThoseBefore,
    /// Those that come and stand before it are there by then.
    WithAll,
}

/// The places of some of the results, ascending; those that stand side by side are one pair.
fn places_of(results: &[Uid], some: &UidSet, counted: Counted) -> Pairs {
    let mut pairs: Pairs = Vec::new();
    let (mut passed, mut was_one) = (0u32, false);
    for (place, uid) in (1u32..).zip(results) {
        let is_one = some.contains(*uid);
        if is_one {
            match pairs.last_mut().filter(|_| was_one) {
                Some((_, uids)) => uids.push(*uid),
                None if counted == Counted::WithAll => pairs.push((place, vec![*uid])),
                None => pairs.push((place.saturating_sub(passed), vec![*uid])),
            }
            passed = passed.saturating_add(1);
        }
        was_one = is_one;
    }
    pairs
}

impl Update {
    /// What to tell before removals from the mailbox are told, in the numbers of then.
    pub(crate) fn removals(&self, before: &Entries) -> Option<Esearch> {
        self.told(&self.removed, before, Change::RemoveFrom)
    }

    /// What to tell once all is told of the mailbox, in the numbers of then.
    pub(crate) fn additions(&self, after: &Entries) -> Option<Esearch> {
        self.told(&self.added, after, Change::AddTo)
    }

    /// Which of the messages that came are among the results now, and what is to be told of them; none: nothing is.
    pub(crate) fn asked(&self, came: &UidSet) -> Option<(UidSet, Arc<[Item]>)> {
        if self.items.is_empty() {
            return None;
        }
        let added: UidSet = self.added.iter().flat_map(|(_, uids)| uids).copied().collect();
        Some((added.intersection(came), Arc::clone(&self.items)))
    }

    fn told(
        &self,
        pairs: &Pairs,
        entries: &Entries,
        change: fn(Vec<(u32, SequenceSet)>) -> Change,
    ) -> Option<Esearch> {
        let number = |uid: &Uid| match self.by {
            By::Uid => Some(uid.number()),
            By::Number => entries.position(*uid).map(|at| SequenceNumber::at(at).number()),
        };
        let sets = pairs.iter().filter_map(|(place, uids)| {
            Some((*place, SequenceSet::from_numbers(uids.iter().filter_map(number))?))
        });
        let sets: Vec<_> = sets.collect();
        if sets.is_empty() {
            return None;
        }
        let mut told = Esearch::new(Some(self.tag.clone()), self.by);
        told.changes.push(change(sets));
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uids(numbers: &[u32]) -> Vec<Uid> {
        numbers.iter().filter_map(|number| Uid::new(*number)).collect()
    }

    #[test]
    fn places_are_those_at_the_time_when_a_pair_is_taken_in() {
        let results = uids(&[7, 3, 9, 1, 5, 8]);
        let some: UidSet = uids(&[3, 9, 5, 8]).into_iter().collect();
        let removed = places_of(&results, &some, Counted::WithoutThoseBefore);
        assert_eq!(removed, [(2, uids(&[3, 9])), (3, uids(&[5, 8]))]);
        let added = places_of(&results, &some, Counted::WithAll);
        assert_eq!(added, [(2, uids(&[3, 9])), (5, uids(&[5, 8]))]);
    }
}
