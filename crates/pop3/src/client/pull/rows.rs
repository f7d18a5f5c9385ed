//! The maildrop as one list: what LIST and UIDL say, brought together, however strange.

use std::collections::BTreeMap;

use super::policy::{Date, Listed, Step};
use super::{Again, Identity, Name};
use crate::MessageNumber;
use crate::client::Listing;

/// A message of the maildrop.
pub(super) struct Row {
    pub(super) message: MessageNumber,
    /// The size that LIST told.
    pub(super) octets: Option<u64>,
    /// None until it is found out.
    pub(super) identity: Option<Identity>,
    /// Whether several messages have its unique id.
    pub(super) shared: bool,
    /// Whether it is among the newest that the policy wants.
    pub(super) newest: bool,
    /// Whether a message of its identity is held, but another one.
    pub(super) again: Again,
    pub(super) state: State,
}

/// How far a message has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing is decided.
    Open,
    /// It is decided what to do.
    Decided(Step),
    /// It was taken, or its header was.
    Taken,
    /// The server did not give it.
    Refused,
    /// There is no room for it in this run.
    Waiting,
}

impl Row {
    /// The message in question, as the policy wants to see it.
    pub(super) fn listed(&self, date: Date) -> Listed {
        Listed { octets: self.octets, newest: self.newest, shared: self.shared, date }
    }
}

/// The unique id of a message, when all that the server says of it agrees.
enum Id {
    Unknown,
    One(Box<[u8]>),
    Contradictory,
}

/// Brings together what the server says; in the order of the numbers, which is that of arrival nearly everywhere.
pub(super) fn merged(listing: Listing, newest: Option<u32>) -> Vec<Row> {
    let mut drafts: BTreeMap<MessageNumber, (Option<u64>, Id)> = BTreeMap::new();
    for scan in listing.scans.into_iter().flatten() {
        drafts.insert(scan.message, (Some(scan.octets), Id::Unknown));
    }
    for unique in listing.ids.into_iter().flatten() {
        let draft = drafts.entry(unique.message).or_insert((None, Id::Unknown));
        draft.1 = match &draft.1 {
            Id::Unknown => Id::One(unique.id),
            Id::One(other) if *other == unique.id => Id::One(unique.id),
            Id::One(_) | Id::Contradictory => Id::Contradictory,
        };
    }
    let wanted = newest.map_or(usize::MAX, |newest| usize::try_from(newest).unwrap_or(usize::MAX));
    let passed_over = drafts.len().saturating_sub(wanted);
    let row = |(index, (message, (octets, id))): (usize, (MessageNumber, (Option<u64>, Id)))| Row {
        message,
        octets,
        identity: match id {
            Id::One(id) => Some(Identity::of(Name::Unique(id))),
            Id::Unknown | Id::Contradictory => None,
        },
        shared: false,
        newest: index >= passed_over,
        again: Again::No,
        state: State::Open,
    };
    let mut rows: Vec<Row> = drafts.into_iter().enumerate().map(row).collect();
    number_copies(&mut rows);
    rows
}

/// Tells copies with one unique id apart by their order.
fn number_copies(rows: &mut [Row]) {
    let mut by_name: Vec<&mut Row> = rows.iter_mut().filter(|row| row.identity.is_some()).collect();
    // Stable: among equals the order of the numbers stays.
    by_name.sort_by(|a, b| a.identity.cmp(&b.identity));
    for copies in by_name.chunk_by_mut(|a, b| a.identity == b.identity) {
        let shared = copies.len() > 1;
        for (row, copy) in copies.iter_mut().zip(0..) {
            row.shared = shared;
            if let Some(identity) = &mut row.identity {
                identity.copy = copy;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::merged;
    use crate::MessageNumber;
    use crate::client::pull::Name;
    use crate::client::{Listing, Scan, UniqueId};

    fn rows(scans: &[(u32, u64)], ids: &[(u32, &str)], newest: Option<u32>) -> String {
        let message = |number: u32| MessageNumber::new(number).unwrap();
        let scans = scans.iter().map(|(n, octets)| Scan { message: message(*n), octets: *octets });
        let ids =
            ids.iter().map(|(n, id)| UniqueId { message: message(*n), id: id.as_bytes().into() });
        let listing = Listing { scans: Some(scans.collect()), ids: Some(ids.collect()) };
        let show = |row: &super::Row| {
            let octets = row.octets.map_or("?".to_owned(), |octets| octets.to_string());
            let id =
                row.identity.as_ref().map_or("-".to_owned(), |identity| match &identity.name {
                    Name::Unique(id) => format!("{}{}", String::from_utf8_lossy(id), identity.copy),
                    Name::Header(_) | Name::Content(_) => panic!("no unique id"),
                });
            let shared = if row.shared { "+" } else { "" };
            let newest = if row.newest { "" } else { " old" };
            format!("{} {octets} {id}{shared}{newest}", row.message)
        };
        merged(listing, newest).iter().map(show).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn two_listings_become_one() {
        for (scans, ids, newest, want) in [
            (&[(1, 5), (2, 6)][..], &[(1, "a"), (2, "b")][..], None, "1 5 a0, 2 6 b0"),
            (&[(2, 6), (1, 5)], &[(2, "b"), (1, "a")], Some(1), "1 5 a0 old, 2 6 b0"),
            (&[(1, 5)], &[(7, "g")], None, "1 5 -, 7 ? g0"),
            (&[(1, 5), (1, 6)], &[(1, "a"), (1, "a")], None, "1 6 a0"),
            (&[(1, 5)], &[(1, "a"), (1, "b"), (1, "a")], None, "1 5 -"),
            (
                &[(1, 5), (2, 6), (3, 7)],
                &[(1, "x"), (2, "y"), (3, "x")],
                Some(9),
                "1 5 x0+, 2 6 y0, 3 7 x1+",
            ),
            (&[(1, 5)], &[], Some(0), "1 5 - old"),
        ] {
            assert_eq!(rows(scans, ids, newest), want);
        }
    }
}
