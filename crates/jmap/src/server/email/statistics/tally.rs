//! Counts by something, and the rows that come of it.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;

use mailbox::{EmailId, MailboxId};
use serde_json::{Map, Value, json};

use super::content::Kind;
use crate::server::ids;

/// One email as it is counted in one row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    pub(super) email: EmailId,
    pub(super) octets: u64,
    /// In how many places; each takes its octets.
    pub(super) places: u64,
    pub(super) is_unread: bool,
}

/// What is counted of one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) emails: u64,
    pub(super) unread: u64,
    pub(super) places: u64,
    pub(super) octets: u64,
    /// The last of the emails, by their numbers.
    pub(super) last: EmailId,
}

impl Row {
    pub(super) fn add(&mut self, counted: &Counted) {
        let Counted { email, octets, places, is_unread } = *counted;
        self.emails = self.emails.saturating_add(1);
        self.unread = self.unread.saturating_add(u64::from(is_unread));
        self.places = self.places.saturating_add(places);
        self.octets = self.octets.saturating_add(octets.saturating_mul(places));
        self.last = self.last.max(email);
    }

    fn join(&mut self, other: &Row) {
        self.emails = self.emails.saturating_add(other.emails);
        self.unread = self.unread.saturating_add(other.unread);
        self.places = self.places.saturating_add(other.places);
        self.octets = self.octets.saturating_add(other.octets);
    }

    pub(super) fn object(&self) -> Map<String, Value> {
        let Row { emails, unread, places, octets, .. } = *self;
        let figures =
            [("emails", emails), ("unread", unread), ("places", places), ("octets", octets)];
        figures.into_iter().map(|(name, figure)| (name.to_owned(), figure.into())).collect()
    }
}

/// Counts by something.
pub(super) struct Tally<K> {
    rows: HashMap<K, Row>,
    /// How many values are told apart.
    most: usize,
    /// What is beyond them.
    beyond: Row,
}

/// The rows that take most, and all others together.
pub(super) struct Groups<K> {
    pub(super) list: Vec<(K, Row)>,
    pub(super) others: Row,
}

impl<K> Default for Tally<K> {
    fn default() -> Tally<K> {
        Tally::bounded(usize::MAX)
    }
}

impl<K> Tally<K> {
    pub(super) fn bounded(most: usize) -> Tally<K> {
        Tally { rows: HashMap::new(), most, beyond: Row::default() }
    }
}

impl<K: Hash + Ord + Clone> Tally<K> {
    pub(super) fn add(&mut self, key: K, counted: &Counted) {
        let row = if self.rows.len() < self.most || self.rows.contains_key(&key) {
            self.rows.entry(key).or_default()
        } else {
            &mut self.beyond
        };
        row.add(counted);
    }

    pub(super) fn groups(&self, most: usize) -> Groups<K> {
        let mut list: Vec<(K, Row)> =
            self.rows.iter().map(|(key, row)| (key.clone(), *row)).collect();
        list.sort_by(|one, other| {
            (Reverse(one.1.octets), &one.0).cmp(&(Reverse(other.1.octets), &other.0))
        });
        let mut others = self.beyond;
        list.iter().skip(most).for_each(|(_, row)| others.join(row));
        list.truncate(most);
        Groups { list, others }
    }
}

impl<K: Hash + Ord + Clone + Key> Tally<K> {
    /// The rows, each with its value under a name.
    pub(super) fn rows(&self, most: usize, name: &str) -> Value {
        let Groups { list, others } = self.groups(most);
        let row = |(key, row): (K, Row)| {
            let mut object = row.object();
            object.insert(name.to_owned(), key.value());
            object
        };
        let list: Vec<Map<String, Value>> = list.into_iter().map(row).collect();
        json!({"list": list, "others": others.object()})
    }
}

/// Something that is counted by.
pub(super) trait Key {
    fn value(&self) -> Value;
}

impl Key for MailboxId {
    fn value(&self) -> Value {
        json!(ids::mailbox(*self))
    }
}

impl Key for i64 {
    fn value(&self) -> Value {
        json!(self)
    }
}

impl Key for bool {
    fn value(&self) -> Value {
        json!(self)
    }
}

impl Key for Kind {
    fn value(&self) -> Value {
        json!(self)
    }
}

#[cfg(test)]
mod tests {
    use mailbox::EmailId;

    use super::{Counted, Tally};

    #[test]
    fn values_beyond_the_bound_are_counted_together() {
        let mut tally = Tally::bounded(2);
        for (key, octets) in [(1_i64, 5), (2, 7), (3, 100), (1, 5), (4, 1)] {
            let email = EmailId(1);
            tally.add(key, &Counted { email, octets, places: 1, is_unread: true });
        }
        let groups = tally.groups(1);
        assert_eq!(groups.list.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [1]);
        assert_eq!((groups.others.octets, groups.others.emails), (108, 3));
    }
}
