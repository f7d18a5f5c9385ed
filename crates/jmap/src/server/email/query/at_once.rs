//! What most lists of mail ask for is answered in one walk through memory: a mailbox, flags and sizes, the latest first.

use std::sync::Arc;

use mailbox::{Direction, Emails, Entry, Uid, UidSet};

use super::super::keywords::Named;
use super::condition::{Condition, Term};
use crate::standard::{Filter, Operator};

/// The indexes of the emails that match, ascending. None: more than memory has to be asked.
pub(super) fn matching(emails: &Emails, filter: &Filter<Condition>) -> Option<Vec<u32>> {
    let terms = terms(filter)?;
    let sets: Vec<Arc<UidSet>> = terms.iter().filter_map(|term| set(emails, term)).collect();
    let mut walks: Vec<Walk<'_>> = sets.iter().map(|set| Walk::of(set)).collect();
    let mut found = Vec::new();
    for (index, entry) in emails.all().entries.iter().enumerate() {
        let is_inside = walks.iter_mut().all(|walk| walk.has(entry.uid));
        if is_inside && terms.iter().all(|term| fits(term, entry)) {
            found.extend(u32::try_from(index));
        }
    }
    Some(found)
}

/// Those found in the order in which they came in. None: of one it is not known here when that was.
pub(super) fn by_arrival(emails: &Emails, found: &[u32], direction: Direction) -> Option<Vec<u32>> {
    let mut dated = Vec::with_capacity(found.len());
    for index in found {
        let entry = emails.all().entries.get(usize::try_from(*index).ok()?)?;
        dated.push((entry.arrived.time()?.time, *index));
    }
    // Those of one second stay in the order of the emails, from whichever end is sorted.
    match direction {
        Direction::Ascending => dated.sort_by_key(|(arrived, _)| *arrived),
        Direction::Descending => dated.sort_by_key(|(arrived, _)| std::cmp::Reverse(*arrived)),
    }
    Some(dated.into_iter().map(|(_, index)| index).collect())
}

/// What all has to be. None: it is not only that, or it is not in memory.
fn terms(filter: &Filter<Condition>) -> Option<Vec<&Term>> {
    let conditions: Vec<&Condition> = match filter {
        Filter::Condition(condition) => vec![condition],
        Filter::Operator(Operator::And, parts) => parts
            .iter()
            .map(|part| match part {
                Filter::Condition(condition) => Some(condition),
                Filter::Operator(..) => None,
            })
            .collect::<Option<_>>()?,
        Filter::Operator(Operator::Or | Operator::Not, _) => return None,
    };
    let terms: Vec<&Term> = conditions.into_iter().flat_map(|Condition(terms)| terms).collect();
    terms.iter().all(|term| is_in_memory(term)).then_some(terms)
}

fn is_in_memory(term: &Term) -> bool {
    match term {
        Term::InMailbox(Some(_))
        | Term::MinSize(_)
        | Term::MaxSize(_)
        | Term::Has(Named::System(_))
        | Term::HasNot(Named::System(_)) => true,
        Term::InMailbox(None)
        | Term::InOtherThan(_)
        | Term::Since(_)
        | Term::Before(_)
        | Term::AllInThreadHave(_)
        | Term::SomeInThreadHave(_)
        | Term::NoneInThreadHave(_)
        | Term::Has(Named::Other(_))
        | Term::HasNot(Named::Other(_))
        | Term::HasAttachment(_)
        | Term::Text(..) => false,
    }
}

fn set(emails: &Emails, term: &Term) -> Option<Arc<UidSet>> {
    if let Term::InMailbox(Some(id)) = term { Some(emails.in_mailbox(*id)) } else { None }
}

/// Whether an email is so, as far as its entry says it.
fn fits(term: &Term, entry: &Entry) -> bool {
    match term {
        Term::MinSize(octets) => u64::from(entry.octets) >= *octets,
        Term::MaxSize(octets) => u64::from(entry.octets) < *octets,
        Term::Has(Named::System(flag)) => entry.flags.contains(*flag),
        Term::HasNot(Named::System(flag)) => !entry.flags.contains(*flag),
        Term::InMailbox(_)
        | Term::InOtherThan(_)
        | Term::Since(_)
        | Term::Before(_)
        | Term::AllInThreadHave(_)
        | Term::SomeInThreadHave(_)
        | Term::NoneInThreadHave(_)
        | Term::Has(Named::Other(_))
        | Term::HasNot(Named::Other(_))
        | Term::HasAttachment(_)
        | Term::Text(..) => true,
    }
}

/// A set that is asked for ascending UIDs.
struct Walk<'s> {
    left: &'s [(Uid, Uid)],
}

impl<'s> Walk<'s> {
    fn of(set: &'s UidSet) -> Walk<'s> {
        Walk { left: set.ranges() }
    }

    fn has(&mut self, uid: Uid) -> bool {
        while let Some(((first, last), behind)) = self.left.split_first() {
            if uid <= *last {
                return uid >= *first;
            }
            self.left = behind;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use mailbox::{Uid, UidSet};

    use super::Walk;

    #[test]
    fn a_walk_finds_what_a_set_holds() {
        let uid = |number| Uid::new(number).unwrap();
        let set: UidSet = [2, 3, 7, 9, 10, 11].into_iter().map(uid).collect();
        let mut walk = Walk::of(&set);
        let held: Vec<u32> = (1..15).filter(|number| walk.has(uid(*number))).collect();
        assert_eq!(held, [2, 3, 7, 9, 10, 11]);
    }
}
