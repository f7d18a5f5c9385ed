//! What is kept of contacts, read key by key.

use std::collections::{BTreeMap, BTreeSet};

use cards::{Card, PhotoName};

use crate::contacts::{Book, BookId, CardId};
use crate::layout::{self, Kind};
use crate::records::{self, CardRecord, ContactsHead, Gone};

/// What is known of a card.
pub(crate) struct CardSurvey {
    pub(crate) uid: String,
    pub(crate) record: CardRecord,
}

/// The contacts of an account.
#[derive(Default)]
pub(crate) struct ContactsSurvey {
    pub(crate) head: Option<ContactsHead>,
    pub(crate) books: BTreeMap<BookId, Book>,
    pub(crate) cards: BTreeMap<CardId, CardSurvey>,
    pub(crate) uids: BTreeMap<String, CardId>,
    pub(crate) names: BTreeMap<(BookId, String), CardId>,
    pub(crate) photos: BTreeSet<(CardId, PhotoName)>,
    /// The steps at which something went.
    pub(crate) gone: BTreeSet<u64>,
}

impl ContactsSurvey {
    /// Takes a key. None: damaged.
    pub(super) fn take(&mut self, kind: Kind, tail: &[u8], value: &[u8]) -> Option<()> {
        if kind == Kind::ContactsHead {
            self.head = Some(ContactsHead::read(value)?);
        } else if kind == Kind::Book {
            let book = BookId(layout::take32(tail)?.0);
            self.books.insert(book, Book::read(book, value)?);
        } else if kind == Kind::Card {
            let card = CardId(layout::take64(tail)?.0);
            let record = CardRecord::read(value)?;
            let object = Card::read(&record.content).ok()?;
            let uid = object.get("uid")?.as_str()?.to_owned();
            self.cards.insert(card, CardSurvey { uid, record });
        } else if kind == Kind::CardUid {
            let uid = std::str::from_utf8(tail).ok()?.to_owned();
            self.uids.insert(uid, records::read_number(value)?);
        } else if kind == Kind::CardName {
            let (book, name) = layout::take32(tail)?;
            let name = std::str::from_utf8(name).ok()?.to_owned();
            self.names.insert((BookId(book), name), records::read_number(value)?);
        } else if kind == Kind::Photo {
            let (card, name) = layout::take64(tail)?;
            let name = PhotoName::read(std::str::from_utf8(name).ok()?)?;
            // What it is named by is what it holds.
            if PhotoName::of(value) != name {
                return None;
            }
            self.photos.insert((CardId(card), name));
        } else {
            Gone::read(value)?;
            self.gone.insert(layout::take64(tail)?.0);
        }
        Some(())
    }
}

impl ContactsSurvey {
    /// How many octets all cards have.
    pub(crate) fn octets(&self) -> u64 {
        self.cards.values().map(|card| card.record.octets()).fold(0, u64::saturating_add)
    }
}
