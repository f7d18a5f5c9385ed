//! What changed among the contacts since a state of theirs.

use std::collections::BTreeMap;

use super::view::places;
use super::{BookId, CardId, Contacts};
use crate::records::Went;

/// What changed among objects of a type since a state, in the order in which it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactsChanged<I> {
    /// The state up to which this tells.
    pub to: u64,
    /// Whether there is more behind it.
    pub has_more: bool,
    /// What came.
    pub created: Vec<I>,
    /// What was there and became another.
    pub updated: Vec<I>,
    /// What went.
    pub destroyed: Vec<I>,
}

/// What became of a name in an address book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardPlace {
    /// This card has it.
    There(CardId),
    /// No card has it any more.
    Gone,
}

/// A name in an address book that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceChange {
    /// The state from which on it is so.
    pub at: u64,
    /// The name.
    pub name: String,
    /// What became of it.
    pub place: CardPlace,
}

/// An object that changed: when last, when it came, and whether it is there.
struct Change<I> {
    at: u64,
    id: I,
    created: u64,
    is_there: bool,
}

impl Contacts {
    /// The cards that changed since a state, `most` of them. None: it is not known any more, or never was a state.
    pub fn card_changes(&self, since: u64, most: u64) -> Option<ContactsChanged<CardId>> {
        let there = self.cards().map(|card| Change {
            at: card.changed,
            id: card.id,
            created: card.created,
            is_there: true,
        });
        let gone = self.gone.iter().filter_map(|(at, gone)| match &gone.what {
            Went::Card(id, _) => {
                Some(Change { at: *at, id: *id, created: gone.created, is_there: false })
            }
            Went::FromBooks(..) | Went::Book(_) => None,
        });
        self.changes(since, most, self.states().cards, there.chain(gone))
    }

    /// The address books that changed since a state, in the same way. The cards in them do not count.
    pub fn book_changes(&self, since: u64, most: u64) -> Option<ContactsChanged<BookId>> {
        let there = self.books().iter().map(|book| Change {
            at: book.changed,
            id: book.id,
            created: book.created,
            is_there: true,
        });
        let gone = self.gone.iter().filter_map(|(at, gone)| match &gone.what {
            Went::Book(id) => {
                Some(Change { at: *at, id: *id, created: gone.created, is_there: false })
            }
            Went::Card(..) | Went::FromBooks(..) => None,
        });
        self.changes(since, most, self.states().books, there.chain(gone))
    }

    fn is_known(&self, since: u64) -> bool {
        (self.head.floor..=self.head.step).contains(&since)
    }

    fn changes<I>(
        &self,
        since: u64,
        most: u64,
        now: u64,
        all: impl Iterator<Item = Change<I>>,
    ) -> Option<ContactsChanged<I>> {
        if !self.is_known(since) {
            return None;
        }
        // What came and went since then was never there.
        let is_told = |it: &Change<I>| it.at > since && (it.is_there || it.created <= since);
        let mut told: Vec<_> = all.filter(is_told).collect();
        told.sort_by_key(|it| it.at);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let has_more = told.len() > most;
        told.truncate(most);
        let last = told.last().map(|it| it.at).filter(|_| has_more);
        let mut changed = ContactsChanged {
            to: last.unwrap_or(now.max(since)),
            has_more,
            created: Vec::new(),
            updated: Vec::new(),
            destroyed: Vec::new(),
        };
        for it in told {
            let list = match (it.is_there, it.created > since) {
                (false, _) => &mut changed.destroyed,
                (true, true) => &mut changed.created,
                (true, false) => &mut changed.updated,
            };
            list.push(it.id);
        }
        Some(changed)
    }

    /// The names of an address book that changed since a state, with what became of each, in the order in which they did (RFC 6578,
    /// 3.4). None: it is not known any more.
    pub fn place_changes(&self, book: BookId, since: u64) -> Option<Vec<PlaceChange>> {
        if !self.is_known(since) {
            return None;
        }
        let mut changed: BTreeMap<&str, u64> = BTreeMap::new();
        for (at, gone) in self.gone.iter().filter(|(at, _)| *at > since) {
            if let Some(name) = places(gone).and_then(|(_, places)| places.get(&book)) {
                changed.insert(name, *at);
            }
        }
        for card in self.cards().filter(|card| card.changed > since) {
            if let Some(name) = card.name_in(book) {
                changed.insert(name, card.changed);
            }
        }
        let told = changed.into_iter().map(|(name, at)| {
            // A name that went from one card may be that of another.
            let card = self.with_name(book, name);
            let place = card.map_or(CardPlace::Gone, |card| CardPlace::There(card.id));
            PlaceChange { at, name: name.to_owned(), place }
        });
        let mut told: Vec<_> = told.collect();
        told.sort_by_key(|change| change.at);
        Some(told)
    }
}
