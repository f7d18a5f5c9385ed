//! What is told of new messages in a FETCH of their own: what NOTIFY asks for all, and what searches with UPDATE ask for those that
//! they find (RFC 5465, 5.2 and 7).

use std::collections::BTreeMap;
use std::sync::Arc;

use mailbox::UidSet;

use super::outcome::Stop;
use super::session::Session;
use crate::commands::fetch;
use crate::contexts::Update;
use crate::fetch::Item;
use crate::notify::OfOpen;

/// Some messages, and what is told of each of them.
pub(super) type Arrival = (UidSet, Vec<Item>);

/// New messages of which something is told, each once.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Arrivals {
    /// Of which searches ask something.
    pub(super) in_results: Vec<Arrival>,
    /// Of which only NOTIFY does.
    pub(super) others: Vec<Arrival>,
}

impl Session<'_> {
    /// What is to be told of messages that came.
    pub(super) fn arrivals(&self, came: &UidSet, updates: &[Update]) -> Arrivals {
        let of_all: &[Item] = match self.watch.as_deref().map(|watch| &watch.open) {
            Some(OfOpen::Messages { items, .. }) => items,
            Some(OfOpen::Nothing) | None => &[],
        };
        let asked = updates.iter().filter_map(|update| update.asked(came)).collect::<Vec<_>>();
        gathered(came, of_all, &asked)
    }

    /// Prints a FETCH for each.
    pub(super) async fn print_arrivals(&mut self, arrivals: &[Arrival]) -> Result<(), Stop> {
        for (uids, items) in arrivals {
            Box::pin(fetch::tell(self, uids, items)).await?;
        }
        Ok(())
    }
}

/// One answer for each message, with all that is asked of it.
fn gathered(came: &UidSet, of_all: &[Item], asked: &[(UidSet, Arc<[Item]>)]) -> Arrivals {
    // Messages by which of those who ask have them among their results.
    let mut groups: BTreeMap<Vec<usize>, UidSet> = BTreeMap::new();
    if asked.is_empty() {
        groups.insert(Vec::new(), came.clone());
    } else {
        for uid in came.iter() {
            let askers = asked.iter().enumerate().filter(|(_, (uids, _))| uids.contains(uid));
            groups.entry(askers.map(|(index, _)| index).collect()).or_default().insert(uid);
        }
    }
    let mut arrivals = Arrivals::default();
    for (askers, uids) in groups {
        let mut items = of_all.to_vec();
        for (_, more) in askers.iter().filter_map(|index| asked.get(*index)) {
            let more: Vec<Item> = more.iter().filter(|it| !items.contains(it)).cloned().collect();
            items.extend(more);
        }
        if items.is_empty() || uids.is_empty() {
            continue;
        }
        let place = if askers.is_empty() { &mut arrivals.others } else { &mut arrivals.in_results };
        place.push((uids, items));
    }
    arrivals
}

#[cfg(test)]
mod tests {
    use mailbox::Uid;

    use super::*;
    use crate::fetch::items;

    #[test]
    fn each_message_has_one_answer_with_all_that_is_asked_of_it() {
        let uids = |numbers: &[u32]| -> UidSet {
            numbers.iter().filter_map(|number| Uid::new(*number)).collect()
        };
        let (uid, flags, modseq): (Item, Item, Item) =
            (items::Uid.into(), items::Flags.into(), items::ModSeq.into());
        let came = uids(&[4, 5, 6, 9]);
        let asked = [
            (uids(&[5, 9]), Arc::from(vec![uid.clone(), flags.clone()])),
            (uids(&[9]), Arc::from(vec![modseq.clone(), flags.clone()])),
        ];
        let gathered = gathered(&came, std::slice::from_ref(&uid), &asked);
        assert_eq!(gathered.others, [(uids(&[4, 6]), vec![uid.clone()])]);
        let both = vec![uid.clone(), flags.clone()];
        let all = vec![uid, flags, modseq];
        assert_eq!(gathered.in_results, [(uids(&[5]), both), (uids(&[9]), all)]);
        assert_eq!(super::gathered(&came, &[], &[]), Arrivals::default());
    }
}
