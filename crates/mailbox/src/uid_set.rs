//! A set of UIDs, kept as ranges: 100,000 neighbours cost as much as one.

use crate::Uid;

/// A set of UIDs: ascending ranges that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UidSet {
    ranges: Vec<(Uid, Uid)>,
}

impl UidSet {
    /// The empty set.
    pub const fn new() -> UidSet {
        UidSet { ranges: Vec::new() }
    }

    /// All UIDs.
    pub fn all() -> UidSet {
        UidSet { ranges: vec![(Uid::MIN, Uid::MAX)] }
    }

    /// Takes ranges in any order, each with its ends in any order; `n log n` in their number.
    pub fn from_ranges(ranges: impl IntoIterator<Item = (Uid, Uid)>) -> UidSet {
        let mut sorted: Vec<(Uid, Uid)> =
            ranges.into_iter().map(|(a, b)| (a.min(b), a.max(b))).collect();
        sorted.sort_unstable();
        let mut set = UidSet::new();
        for range in sorted {
            set.push(range);
        }
        set
    }

    /// Appends a range that begins at or after the last one's beginning.
    fn push(&mut self, (first, last): (Uid, Uid)) {
        match self.ranges.last_mut() {
            Some(end) if end.1.next().is_none_or(|next| first <= next) => end.1 = end.1.max(last),
            _ => self.ranges.push((first, last)),
        }
    }

    /// Adds one UID. Quick at the end; otherwise linear in the number of ranges.
    pub fn insert(&mut self, uid: Uid) {
        if self.ranges.last().is_none_or(|last| last.0 <= uid) {
            self.push((uid, uid));
        } else if !self.contains(uid) {
            let ranges = std::mem::take(&mut self.ranges);
            *self = UidSet::from_ranges(ranges.into_iter().chain([(uid, uid)]));
        }
    }

    /// Adds all UIDs of another set.
    pub fn union(&self, other: &UidSet) -> UidSet {
        UidSet::from_ranges(self.ranges.iter().chain(&other.ranges).copied())
    }

    /// The UIDs that are in both sets.
    pub fn intersection(&self, other: &UidSet) -> UidSet {
        let mut found = UidSet::new();
        let (mut ours, mut theirs) =
            (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        while let (Some(a), Some(b)) = (ours.peek(), theirs.peek()) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                found.push((first, last));
            }
            if a.1 < b.1 {
                ours.next()
            } else {
                theirs.next()
            };
        }
        found
    }

    /// The UIDs of this set that are not in the other.
    pub fn difference(&self, other: &UidSet) -> UidSet {
        let mut found = UidSet::new();
        let mut theirs = other.ranges.iter().peekable();
        for (first, last) in &self.ranges {
            let mut from = Some(*first);
            while theirs.next_if(|range| range.1 < *first).is_some() {}
            while let (Some(start), Some(range)) = (from, theirs.peek())
                && range.0 <= *last
            {
                if let Some(before) = Uid::new(range.0.number().saturating_sub(1))
                    && start <= before
                {
                    found.push((start, before));
                }
                from = range.1.next();
                if range.1 >= *last {
                    from = from.filter(|from| from <= last);
                    break;
                }
                theirs.next();
            }
            if let Some(start) = from
                && start <= *last
            {
                found.push((start, *last));
            }
        }
        found
    }

    /// Whether a UID is in the set.
    pub fn contains(&self, uid: Uid) -> bool {
        let after = self.ranges.partition_point(|range| range.0 <= uid);
        after.checked_sub(1).and_then(|index| self.ranges.get(index)).is_some_and(|r| uid <= r.1)
    }

    /// The ranges, ascending.
    pub fn ranges(&self) -> &[(Uid, Uid)] {
        &self.ranges
    }

    /// The UIDs, ascending. Beware of `UidSet::all`.
    pub fn iter(&self) -> impl Iterator<Item = Uid> {
        self.ranges
            .iter()
            .flat_map(|range| (range.0.number()..=range.1.number()).filter_map(Uid::new))
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many UIDs are in it.
    pub fn len(&self) -> u64 {
        let octets = |(first, last): &(Uid, Uid)| {
            u64::from(last.number().saturating_sub(first.number())).saturating_add(1)
        };
        self.ranges.iter().map(octets).fold(0, u64::saturating_add)
    }
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> UidSet {
        UidSet::from_ranges(uids.into_iter().map(|uid| (uid, uid)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn uid(number: u32) -> Uid {
        Uid::new(number).unwrap()
    }

    proptest! {
        #[test]
        fn a_set_holds_what_was_put_in(
            numbers in prop::collection::vec(1u32..60, 0..80),
            others in prop::collection::vec(1u32..60, 0..40),
        ) {
            let plain: BTreeSet<u32> = numbers.iter().copied().collect();
            let built: UidSet = numbers.iter().map(|n| uid(*n)).collect();
            let mut grown = UidSet::new();
            numbers.iter().for_each(|n| grown.insert(uid(*n)));
            prop_assert_eq!(&built, &grown);
            prop_assert_eq!(built.iter().map(Uid::number).collect::<Vec<_>>(), plain.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(built.len(), plain.len() as u64);
            for n in 1..62 {
                prop_assert_eq!(built.contains(uid(n)), plain.contains(&n));
            }
            let others: BTreeSet<u32> = others.into_iter().collect();
            let other: UidSet = others.iter().map(|n| uid(*n)).collect();
            let both: UidSet = plain.intersection(&others).map(|n| uid(*n)).collect();
            let less: UidSet = plain.difference(&others).map(|n| uid(*n)).collect();
            prop_assert_eq!(built.intersection(&other), both);
            prop_assert_eq!(built.difference(&other), less);
            for pair in built.ranges().windows(2) {
                prop_assert!(pair[0].1.number() + 1 < pair[1].0.number());
            }
        }
    }

    #[test]
    fn the_last_uid_does_not_overflow() {
        let mut set = UidSet::all();
        set.insert(Uid::MAX);
        assert_eq!(set.ranges(), [(Uid::MIN, Uid::MAX)]);
        assert_eq!(set.len(), u64::from(u32::MAX));
    }
}
