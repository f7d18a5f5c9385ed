//! Puts emails in order (RFC 8621, 4.4.2).
//!
//! The model sorts by what is kept of messages; keywords are asked here. Where they stand between other keys, the model says which emails
//! are equal so far: sorted from the one end and from the other, those that are equal keep the order of the mailbox.

use mailbox::{Collation, Direction, Emails, Ranked, SortField, SortKey, UidSet};

use super::super::keywords::{self, Named};
use super::at_once;
use super::find::{all_in_thread_have, having, some_in_thread_have};
use crate::error::MethodError;
use crate::limits::QUICK_EMAILS_MAX;
use crate::server::Context;
use crate::standard::Comparator;

/// By what emails are sorted.
#[derive(Debug)]
pub(super) struct Sort {
    segments: Vec<Segment>,
    collation: Collation,
}

#[derive(Debug)]
enum Segment {
    /// What the model sorts by.
    Keys(Vec<SortKey>),
    Keyword(Whose, Named, Direction),
}

/// Whose keywords count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Email,
    AllOfThread,
    SomeOfThread,
}

const FIELDS: [(&str, SortField); 6] = [
    ("receivedAt", SortField::Arrival),
    ("sentAt", SortField::Date),
    ("size", SortField::Size),
    ("from", SortField::DisplayFrom),
    ("to", SortField::DisplayTo),
    ("subject", SortField::Subject),
];

const KEYWORDS: [(&str, Whose); 3] = [
    ("hasKeyword", Whose::Email),
    ("allInThreadHaveKeyword", Whose::AllOfThread),
    ("someInThreadHaveKeyword", Whose::SomeOfThread),
];

/// Where nothing is said: what came last comes first.
const USUAL: SortKey = SortKey { field: SortField::Arrival, direction: Direction::Descending };

fn unsupported(description: impl Into<String>) -> MethodError {
    MethodError::UnsupportedSort { description: description.into() }
}

impl Sort {
    pub(super) fn of(sort: &[Comparator]) -> Result<Sort, MethodError> {
        let mut sorted = Sort { segments: Vec::new(), collation: Collation::default() };
        let mut collations = Vec::new();
        for comparator in sort {
            let direction =
                if comparator.is_ascending { Direction::Ascending } else { Direction::Descending };
            let property = comparator.property.as_str();
            let collation = comparator.collation()?;
            if let Some((_, field)) = FIELDS.iter().find(|(name, _)| *name == property) {
                if field.is_text() {
                    collations.push(collation);
                }
                let key = SortKey { field: *field, direction };
                match sorted.segments.last_mut() {
                    Some(Segment::Keys(keys)) => keys.push(key),
                    Some(Segment::Keyword(..)) | None => {
                        sorted.segments.push(Segment::Keys(vec![key]));
                    }
                }
            } else if let Some((_, whose)) = KEYWORDS.iter().find(|(name, _)| *name == property) {
                let named = comparator.more.get("keyword").and_then(|keyword| keyword.as_str());
                let named = named.and_then(keywords::named);
                let named = named.ok_or_else(|| unsupported(format!("{property}: no keyword")))?;
                sorted.segments.push(Segment::Keyword(*whose, named, direction));
            } else {
                return Err(unsupported(property));
            }
        }
        if let Some(first) = collations.first() {
            if collations.iter().any(|other| other != first) {
                return Err(unsupported("texts by several collations"));
            }
            sorted.collation = *first;
        }
        if sorted.segments.is_empty() {
            sorted.segments.push(Segment::Keys(vec![USUAL]));
        }
        Ok(sorted)
    }

    /// Whether the order depends on other emails of threads.
    pub(super) fn is_of_threads(&self) -> bool {
        let is = |segment: &Segment| match segment {
            Segment::Keyword(whose, ..) => *whose != Whose::Email,
            Segment::Keys(_) => false,
        };
        self.segments.iter().any(is)
    }
}

impl Context {
    /// Sorts emails, named by their indexes among all, ascending.
    pub(super) async fn sorted(
        &self,
        emails: &Emails,
        found: Vec<u32>,
        sort: &Sort,
    ) -> Result<Vec<u32>, MethodError> {
        if let [Segment::Keys(keys)] = sort.segments.as_slice()
            && let [SortKey { field: SortField::Arrival, direction }] = keys.as_slice()
            && let Some(sorted) = at_once::by_arrival(emails, &found, *direction)
        {
            return Ok(sorted);
        }
        if found.len() > QUICK_EMAILS_MAX {
            lane::slow(Some(self.account.turns())).await;
        }
        if let [Segment::Keys(keys)] = sort.segments.as_slice() {
            return self.by_keys(emails, &found, keys, sort.collation).await;
        }
        let mut ranks: Vec<Vec<u32>> = Vec::with_capacity(sort.segments.len());
        for segment in &sort.segments {
            ranks.push(match segment {
                Segment::Keys(keys) => self.ranks(emails, &found, keys, sort.collation).await?,
                Segment::Keyword(whose, keyword, direction) => {
                    by_keyword(emails, &found, *whose, keyword, *direction)
                }
            });
            lane::breathe(Some(self.account.turns())).await;
        }
        let mut places: Vec<usize> = (0..found.len()).collect();
        places.sort_by(|one, other| {
            let compared = ranks.iter().map(|rank| rank.get(*one).cmp(&rank.get(*other)));
            compared.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        Ok(places.into_iter().filter_map(|place| found.get(place).copied()).collect())
    }

    async fn by_keys(
        &self,
        emails: &Emails,
        found: &[u32],
        keys: &[SortKey],
        collation: Collation,
    ) -> Result<Vec<u32>, MethodError> {
        let ranked = Ranked { indexes: found, relevancies: &[] };
        let sorted = self.account.sort_by(emails.all(), ranked, keys, collation).await;
        sorted.map_err(|error| self.not_done(&error))
    }

    /// The rank of each; those that the keys do not tell apart have the same.
    async fn ranks(
        &self,
        emails: &Emails,
        found: &[u32],
        keys: &[SortKey],
        collation: Collation,
    ) -> Result<Vec<u32>, MethodError> {
        let forward = self.by_keys(emails, found, keys, collation).await?;
        let turned = |key: &SortKey| SortKey { direction: key.direction.turned(), ..*key };
        let back: Vec<SortKey> = keys.iter().map(turned).collect();
        let backward = self.by_keys(emails, found, &back, collation).await?;
        Ok(ranks(found, &forward, &backward))
    }
}

/// Equal ones stand in the same order in both, so that the first of them says in the second list where they all end in the first.
fn ranks(found: &[u32], forward: &[u32], backward: &[u32]) -> Vec<u32> {
    let place_of = |index: &u32| found.binary_search(index).ok();
    let mut back_at = vec![0_usize; found.len()];
    for (at, index) in backward.iter().enumerate() {
        if let Some(slot) = place_of(index).and_then(|place| back_at.get_mut(place)) {
            *slot = at;
        }
    }
    let mut ranks = vec![0_u32; found.len()];
    let (mut rank, mut end) = (0_u32, 0_usize);
    for (at, index) in forward.iter().enumerate() {
        let Some(place) = place_of(index) else { continue };
        if at >= end {
            rank = u32::try_from(at).unwrap_or(u32::MAX);
            let back = back_at.get(place).copied().unwrap_or_default();
            end = found.len().saturating_sub(back);
        }
        if let Some(slot) = ranks.get_mut(place) {
            *slot = rank;
        }
    }
    ranks
}

/// 0 for those that have the keyword not, 1 for those that have it; the other way round where they come first.
fn by_keyword(
    emails: &Emails,
    found: &[u32],
    whose: Whose,
    keyword: &Named,
    direction: Direction,
) -> Vec<u32> {
    let having: UidSet = match whose {
        Whose::Email => having(emails, keyword),
        Whose::AllOfThread => all_in_thread_have(emails, keyword),
        Whose::SomeOfThread => some_in_thread_have(emails, keyword),
    };
    let rank = |index: &u32| {
        let entry = usize::try_from(*index).ok().and_then(|at| emails.all().entries.get(at));
        let has = entry.is_some_and(|entry| having.contains(entry.uid));
        u32::from(has == (direction == Direction::Ascending))
    };
    found.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::ranks;

    #[test]
    fn equal_ones_have_one_rank() {
        // By a key that is 2, 1, 2, 1, 3 for these.
        let found = [3, 5, 6, 8, 9];
        let forward = [5, 8, 3, 6, 9];
        let backward = [9, 3, 6, 5, 8];
        assert_eq!(ranks(&found, &forward, &backward), [2, 0, 2, 0, 4]);
        assert!(ranks(&[], &[], &[]).is_empty());
    }
}
