//! From the numbers and UIDs of a command to the messages it means (RFC 9051, 9: sequence-set).

use std::ops::Range;

use mailbox::{Uid, UidSet};

use super::limits::QUICK_ENTRIES_MAX;
use super::{outcome::Stop, session::Session};
use crate::view::View;
use crate::wire::{By, Messages, Point, SequenceSet};

impl Session<'_> {
    /// The index ranges of the messages a command names, ascending.
    pub(crate) fn find(&self, by: By, messages: &Messages) -> Result<Vec<Range<usize>>, Stop> {
        find(self.view()?, by, messages)
    }

    /// The UIDs of the messages a command names. Work on many goes on in the slow lane.
    pub(crate) async fn find_uids(&mut self, by: By, messages: &Messages) -> Result<UidSet, Stop> {
        let indexes = find(self.view()?, by, messages)?;
        if indexes.iter().map(Range::len).fold(0, usize::saturating_add) > QUICK_ENTRIES_MAX {
            self.channel.slow().await;
        }
        Ok(self.view()?.uids_at(&indexes))
    }
}

/// The index ranges of the messages that are named.
pub(crate) fn find(view: &View, by: By, messages: &Messages) -> Result<Vec<Range<usize>>, Stop> {
    match (messages, by) {
        (Messages::Saved, _) => Ok(view.indexes_of_uids(view.saved())),
        (Messages::Set(set), By::Uid) => Ok(view.indexes_of_uids(&uids(view, set))),
        (Messages::Set(set), By::Number) => numbers(view, set),
    }
}

/// The index ranges of those of the messages that there are: a search for others finds nothing.
pub(crate) fn find_present(view: &View, numbers: &Messages) -> Vec<Range<usize>> {
    let set = match numbers {
        Messages::Saved => return view.indexes_of_uids(view.saved()),
        Messages::Set(set) => set,
    };
    let count = view.entries().len();
    let ranges = set.resolve(u32::try_from(count).unwrap_or(u32::MAX)).into_iter();
    let indexes = ranges.map(|(first, last)| {
        let start = usize::try_from(first).unwrap_or(usize::MAX).saturating_sub(1);
        start..usize::try_from(last).unwrap_or(usize::MAX).min(count)
    });
    indexes.filter(|range| !range.is_empty()).collect()
}

/// The UIDs of a set, where `*` is the last one in the view.
pub(crate) fn uids(view: &View, set: &SequenceSet) -> UidSet {
    let last = view.entries().last().map_or(0, |last| last.uid.number());
    to_uids(set.resolve(last))
}

/// Ranges of numbers as UIDs.
pub(crate) fn to_uids(ranges: impl IntoIterator<Item = (u32, u32)>) -> UidSet {
    let ranges = ranges.into_iter().filter_map(|(a, b)| Some((Uid::new(a)?, Uid::new(b)?)));
    UidSet::from_ranges(ranges)
}

fn numbers(view: &View, set: &SequenceSet) -> Result<Vec<Range<usize>>, Stop> {
    let count = view.entries().len();
    // `1:*` of an empty mailbox is what many programs send without looking at EXISTS first. It means nothing.
    if count == 0 && set.mentions_last() {
        return Ok(Vec::new());
    }
    let mut indexes = Vec::new();
    for (first, last) in set.resolve(u32::try_from(count).unwrap_or(u32::MAX)) {
        let start = usize::try_from(first).unwrap_or(usize::MAX).saturating_sub(1);
        let end = usize::try_from(last).unwrap_or(usize::MAX);
        if end > count {
            return Err(Stop::Bad(format!("There is no message {last}, only 1 to {count}").into()));
        }
        indexes.push(start..end);
    }
    Ok(indexes)
}

/// UIDs as they are written; none if there are none.
pub(crate) fn to_set(uids: &UidSet) -> Option<SequenceSet> {
    let point = |uid: &Uid| Point::new(uid.number());
    let ranges = uids.ranges().iter();
    SequenceSet::from_ranges(ranges.filter_map(|(first, last)| point(first).zip(point(last))))
}
