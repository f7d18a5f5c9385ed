//! The contacts at one moment, as far as lists, queries and what changed need them. What cards say whole is read when it is asked for.

use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use cards::{Card, PhotoName, Summary};
use serde_json::{Map, Value};

use super::{Book, BookId, CardId, ContactsStates, Places};
use crate::engine::Snapshot;
use crate::hot::each;
use crate::meter::{Counted, Meter};
use crate::records::{CardRecord, ContactsHead, Gone, damaged};
use crate::{AccountId, Fault, layout};

/// What is known of a card without what it says.
#[derive(Debug)]
pub struct CardNote {
    /// Its number.
    pub id: CardId,
    /// The counter when it was made.
    pub created: u64,
    /// The counter when it last changed.
    pub changed: u64,
    /// Its address books, with its name in each.
    pub places: BTreeMap<BookId, String>,
    /// By what it is found and put in order.
    pub summary: Summary,
}

/// A card as it is kept.
#[derive(Clone, Debug)]
pub struct KeptCard {
    /// The JSContact object. Media with octets have the name of a photo as `blobId`.
    pub object: Map<String, Value>,
    /// The vCard that it was written as, if that is known.
    pub written: Option<String>,
    /// Its address books, with its name in each.
    pub places: BTreeMap<BookId, String>,
    /// The counter when it last changed.
    pub changed: u64,
    /// How many octets the object has as JSON.
    pub octets: usize,
}

/// The contacts at one moment.
#[derive(Debug)]
pub struct Contacts {
    pub(super) head: ContactsHead,
    books: Vec<Book>,
    cards: BTreeMap<CardId, Arc<CardNote>>,
    by_uid: HashMap<String, CardId>,
    by_name: HashMap<(BookId, String), CardId>,
    pub(super) gone: Vec<(u64, Gone)>,
    _counted: Counted,
}

/// The contacts at one moment, and what their cards say then.
pub struct ContactsAt {
    account: AccountId,
    contacts: Arc<Contacts>,
    snapshot: Arc<dyn Snapshot>,
}

impl Deref for ContactsAt {
    type Target = Contacts;

    fn deref(&self) -> &Contacts {
        &self.contacts
    }
}

impl ContactsAt {
    pub(crate) fn new(
        account: AccountId,
        contacts: Arc<Contacts>,
        snapshot: Arc<dyn Snapshot>,
    ) -> ContactsAt {
        ContactsAt { account, contacts, snapshot }
    }

    /// What a card says; none: there is none of that number.
    pub fn kept(&self, id: CardId) -> Result<Option<KeptCard>, Fault> {
        let key = layout::card(self.account, id);
        let Some(value) = self.snapshot.get(&key)? else { return Ok(None) };
        let read = CardRecord::read(&value).and_then(kept);
        read.map(Some).ok_or_else(|| damaged(&key))
    }

    /// The octets of a photo of a card.
    pub fn photo(&self, card: CardId, name: &PhotoName) -> Result<Option<Bytes>, Fault> {
        self.snapshot.get(&layout::photo(self.account, card, name))
    }
}

/// A record as a card. None: what it says cannot be read.
pub(super) fn kept(record: CardRecord) -> Option<KeptCard> {
    let CardRecord { content, written, places, changed, .. } = record;
    let object = Card::read(&content).ok()?;
    Some(KeptCard { object, written, places, changed, octets: content.len() })
}

impl Contacts {
    /// The counter at that moment.
    pub fn step(&self) -> u64 {
        self.head.step
    }

    /// When address books and cards last changed.
    pub fn states(&self) -> ContactsStates {
        ContactsStates { books: self.head.books_at, cards: self.head.cards_at }
    }

    /// The address book that new cards go to.
    pub fn default_book(&self) -> Option<BookId> {
        Some(BookId(self.head.default_book)).filter(|book| book.0 > 0)
    }

    /// All address books, by their numbers.
    pub fn books(&self) -> &[Book] {
        &self.books
    }

    /// An address book.
    pub fn book(&self, id: BookId) -> Option<&Book> {
        self.books.iter().find(|book| book.id == id)
    }

    /// A card.
    pub fn card(&self, id: CardId) -> Option<&Arc<CardNote>> {
        self.cards.get(&id)
    }

    /// All cards, by their numbers.
    pub fn cards(&self) -> impl ExactSizeIterator<Item = &Arc<CardNote>> {
        self.cards.values()
    }

    /// The card with a uid.
    pub fn with_uid(&self, uid: &str) -> Option<&Arc<CardNote>> {
        self.card(*self.by_uid.get(uid)?)
    }

    /// The card that has a name in an address book.
    pub fn with_name(&self, book: BookId, name: &str) -> Option<&Arc<CardNote>> {
        self.card(*self.by_name.get(&(book, name.to_owned()))?)
    }

    /// Reads the contacts. What did not change since `before` is taken from there.
    pub(crate) fn read(
        account: AccountId,
        head: ContactsHead,
        snapshot: &dyn Snapshot,
        meter: &Meter,
        before: Option<&Contacts>,
    ) -> Result<Contacts, Fault> {
        let mut books = Vec::new();
        each(snapshot, &layout::all(account, layout::Kind::Book), |key, value| {
            let (number, _) = layout::take32(layout::tail(key))?;
            books.push(Book::read(BookId(number), value)?);
            Some(())
        })?;
        let mut cards = BTreeMap::new();
        let (mut by_uid, mut by_name) = (HashMap::new(), HashMap::new());
        let mut octets = 0usize;
        each(snapshot, &layout::all(account, layout::Kind::Card), |key, value| {
            let (number, _) = layout::take64(layout::tail(key))?;
            let record = CardRecord::read(value)?;
            let known = before.and_then(|before| before.card(CardId(number)));
            let note = match known.filter(|known| known.changed == record.changed) {
                Some(known) => Arc::clone(known),
                None => Arc::new(note_of(CardId(number), record)?),
            };
            by_uid.insert(note.summary.uid.clone(), note.id);
            for (book, name) in &note.places {
                by_name.insert((*book, name.clone()), note.id);
            }
            octets = octets.saturating_add(note.octets());
            cards.insert(note.id, note);
            Some(())
        })?;
        let mut gone = Vec::new();
        each(snapshot, &layout::all(account, layout::Kind::ContactsGone), |key, value| {
            let (at, _) = layout::take64(layout::tail(key))?;
            gone.push((at, Gone::read(value)?));
            octets = octets.saturating_add(150);
            Some(())
        })?;
        let _counted = meter.count(octets);
        Ok(Contacts { head, books, cards, by_uid, by_name, gone, _counted })
    }
}

fn note_of(id: CardId, record: CardRecord) -> Option<CardNote> {
    let summary = Summary::of(&Card::read(&record.content).ok()?);
    let CardRecord { created, changed, places, .. } = record;
    Some(CardNote { id, created, changed, places, summary })
}

impl CardNote {
    /// About how much memory it takes, with what finds it by uid and name.
    fn octets(&self) -> usize {
        let names =
            self.places.values().map(|name| name.len().saturating_mul(2).saturating_add(120));
        let uid = self.summary.uid.len().saturating_add(150);
        names.fold(self.summary.octets().saturating_add(uid), usize::saturating_add)
    }

    /// Whether it lies in an address book.
    pub fn is_in(&self, book: BookId) -> bool {
        self.places.contains_key(&book)
    }

    /// Its name in an address book.
    pub fn name_in(&self, book: BookId) -> Option<&str> {
        self.places.get(&book).map(String::as_str)
    }
}

/// Reads the head of the contacts.
pub(crate) fn read_head(
    account: AccountId,
    snapshot: &dyn Snapshot,
) -> Result<Option<ContactsHead>, Fault> {
    let key = layout::contacts_head(account);
    let value = snapshot.get(&key)?;
    value.map(|value| ContactsHead::read(&value).ok_or_else(|| damaged(&key))).transpose()
}

/// What is left of a place when a card went from it: its address book and its name there.
pub(super) fn places(gone: &Gone) -> Option<(CardId, &Places)> {
    use crate::records::Went;
    match &gone.what {
        Went::Card(card, places) | Went::FromBooks(card, places) => Some((*card, places)),
        Went::Book(_) => None,
    }
}
