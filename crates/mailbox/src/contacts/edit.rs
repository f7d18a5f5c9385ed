//! Changing contacts: the steps of one edit, which is committed as a whole. Each step is done whole or refused.

use std::collections::BTreeMap;

use bytes::Bytes;
use cards::limits::{CARD_OCTETS_MAX, PHOTO_OCTETS_MAX, PHOTOS_MAX, UID_OCTETS_MAX};
use cards::{Card, PhotoName};

use super::view::{KeptCard, kept};
use super::{Book, BookFields, BookId, CardId, ContactsRefused, ContactsStates, NotEdited, Places};
use crate::limits::{
    BOOK_DESCRIPTION_OCTETS_MAX, BOOK_NAME_OCTETS_MAX, BOOKS_MAX, CARDS_MAX, CONTACTS_GONE_MAX,
    CONTACTS_OCTETS_MAX, RESOURCE_OCTETS_MAX,
};
use crate::operations::{ContactsChange, What};
use crate::records::{self, CardRecord, ContactsHead, Gone, Went, damaged};
use crate::transaction::Transaction;
use crate::{Error, Fault, Who, layout};

/// What becomes of the cards of an address book that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Where there are any, it stays.
    Keep,
    /// They go from it, and for good where they are in no other.
    Remove,
}

/// An edit of the contacts at work.
pub struct ContactsEdit<'e, 'g, 's> {
    transaction: &'e mut Transaction<'g, 's>,
    head: ContactsHead,
    before: Option<ContactsHead>,
    did: ContactsChange,
}

type Step<T> = Result<T, NotEdited>;

impl<'e, 'g, 's> ContactsEdit<'e, 'g, 's> {
    pub(crate) fn begin(transaction: &'e mut Transaction<'g, 's>) -> Result<Self, Fault> {
        let key = layout::contacts_head(transaction.account());
        let before = match transaction.get(&key)? {
            None => None,
            Some(value) => Some(ContactsHead::read(&value).ok_or_else(|| damaged(&key))?),
        };
        let first = ContactsHead { next_book: 1, next_card: 1, ..ContactsHead::default() };
        Ok(ContactsEdit {
            transaction,
            head: before.unwrap_or(first),
            before,
            did: ContactsChange::default(),
        })
    }

    /// Ends the edit: notes what it did, if it did anything.
    pub(crate) fn finish(self, who: &Who) -> Result<(), Error> {
        let ContactsEdit { transaction, mut head, before, did } = self;
        if before == Some(head) || head.step == 0 {
            return Ok(());
        }
        let account = transaction.account();
        if head.gone > CONTACTS_GONE_MAX {
            let surplus = head.gone.saturating_sub(CONTACTS_GONE_MAX);
            let most = usize::try_from(surplus).unwrap_or(usize::MAX);
            let range = layout::all(account, layout::Kind::ContactsGone);
            for key in transaction.range(&range, most)?.into_keys().take(most) {
                let step = layout::take64(layout::tail(&key)).map(|(step, _)| step);
                head.floor = step.ok_or_else(|| damaged(&key))?;
                head.gone = head.gone.saturating_sub(1);
                transaction.delete(key);
            }
        }
        transaction.put(layout::contacts_head(account), head.write());
        let modseq = transaction.next_modseq();
        transaction.log(modseq, who, &What::Contacts(did));
        Ok(())
    }

    fn step(&mut self) -> u64 {
        self.head.step = self.head.step.saturating_add(1);
        self.head.step
    }

    /// When address books and cards last changed.
    pub fn states(&self) -> ContactsStates {
        ContactsStates { books: self.head.books_at, cards: self.head.cards_at }
    }

    // ---- address books

    /// Makes the first address book, by this name, where there never was one.
    pub fn make_first(&mut self, name: &str) -> Step<()> {
        if self.head.step > 0 {
            return Ok(());
        }
        let fields =
            BookFields { name: name.to_owned(), is_subscribed: true, ..BookFields::default() };
        let first = self.add_book(fields, None)?;
        self.head.default_book = first.0;
        Ok(())
    }

    /// The address book that new cards go to.
    pub fn default_book(&self) -> Option<BookId> {
        Some(BookId(self.head.default_book)).filter(|book| book.0 > 0)
    }

    /// All address books, by their numbers.
    pub fn books(&mut self) -> Result<Vec<Book>, Fault> {
        let range = layout::all(self.transaction.account(), layout::Kind::Book);
        let kept = self.transaction.range(&range, usize::MAX)?;
        let read = kept.into_iter().map(|(key, value)| {
            let number = layout::take32(layout::tail(&key)).map(|(number, _)| BookId(number));
            let book = number.and_then(|number| Book::read(number, &value));
            book.ok_or_else(|| damaged(&key))
        });
        read.collect()
    }

    /// An address book; none: there is none of that number.
    pub fn book(&mut self, id: BookId) -> Result<Option<Book>, Fault> {
        let key = layout::book(self.transaction.account(), id);
        let value = self.transaction.get(&key)?;
        value.map(|value| Book::read(id, &value).ok_or_else(|| damaged(&key))).transpose()
    }

    fn known_book(&mut self, id: BookId) -> Step<Book> {
        Ok(self.book(id)?.ok_or(ContactsRefused::NoSuchBook)?)
    }

    /// Makes an address book, reached by `path` or by one that is made up.
    pub fn add_book(&mut self, fields: BookFields, path: Option<&str>) -> Step<BookId> {
        check_fields(&fields)?;
        let books = self.books()?;
        if u64::try_from(books.len()).unwrap_or(u64::MAX) >= BOOKS_MAX {
            return Err(ContactsRefused::TooMany { what: "address books", max: BOOKS_MAX }.into());
        }
        let is_taken = |path: &str| books.iter().any(|book| book.path == path);
        let id = BookId(self.head.next_book);
        let path = match path {
            Some(path) => {
                check_resource(path)?;
                if is_taken(path) {
                    return Err(ContactsRefused::NameTaken.into());
                }
                path.to_owned()
            }
            None => free_name(&format!("D{}", id.0), "", is_taken),
        };
        self.head.next_book = id.0.saturating_add(1);
        let created = self.note_book();
        self.keep_book(&Book { id, fields, path, created, changed: created });
        Ok(id)
    }

    /// Changes what is said of an address book.
    pub fn change_book(&mut self, id: BookId, fields: BookFields) -> Step<()> {
        check_fields(&fields)?;
        let book = self.known_book(id)?;
        if book.fields != fields {
            let changed = self.note_book();
            self.keep_book(&Book { fields, changed, ..book });
        }
        Ok(())
    }

    /// Has new cards go to an address book. Gives the one that they went to, if it is another that is still there.
    pub fn set_default(&mut self, id: BookId) -> Step<Option<BookId>> {
        let book = self.known_book(id)?;
        let Some(before) = self.default_book().filter(|before| *before != id) else {
            if self.head.default_book != id.0 {
                self.head.default_book = id.0;
                let changed = self.note_book();
                self.keep_book(&Book { changed, ..book });
            }
            return Ok(None);
        };
        self.head.default_book = id.0;
        let changed = self.note_book();
        self.keep_book(&Book { changed, ..book });
        let Some(other) = self.book(before)? else { return Ok(None) };
        let changed = self.note_book();
        self.keep_book(&Book { changed, ..other });
        Ok(Some(before))
    }

    /// Removes an address book. Where new cards went to it, they go to the one that was made first from then on.
    pub fn remove_book(&mut self, id: BookId, contents: Contents) -> Step<()> {
        let book = self.known_book(id)?;
        let range = layout::card_names(self.transaction.account(), id);
        let named = self.transaction.range(&range, usize::MAX)?;
        if contents == Contents::Keep && !named.is_empty() {
            return Err(ContactsRefused::NotEmpty.into());
        }
        for (key, value) in named {
            let card = records::read_number(&value).ok_or_else(|| damaged(&key))?;
            let Some(record) = self.record(card)? else { continue };
            if record.places.len() > 1 {
                let mut places = record.places.clone();
                places.remove(&id);
                self.move_card(card, record, places);
            } else {
                self.remove_card(card)?;
            }
        }
        self.transaction.delete(layout::book(self.transaction.account(), id));
        let at = self.note_book();
        self.note_gone(at, Gone { what: Went::Book(id), created: book.created });
        if self.head.default_book == id.0 {
            self.head.default_book = 0;
            let first = self.books()?.into_iter().next();
            if let Some(first) = first {
                self.set_default(first.id)?;
            }
        }
        Ok(())
    }

    fn note_book(&mut self) -> u64 {
        self.did.books = self.did.books.saturating_add(1);
        let step = self.step();
        self.head.books_at = step;
        step
    }

    fn keep_book(&mut self, book: &Book) {
        let key = layout::book(self.transaction.account(), book.id);
        self.transaction.put(key, book.write());
    }

    fn note_gone(&mut self, at: u64, gone: Gone) {
        let key = layout::contacts_gone(self.transaction.account(), at);
        self.transaction.put(key, gone.write());
        self.head.gone = self.head.gone.saturating_add(1);
    }

    // ---- cards

    fn record(&mut self, id: CardId) -> Result<Option<CardRecord>, Fault> {
        let key = layout::card(self.transaction.account(), id);
        let value = self.transaction.get(&key)?;
        value.map(|value| CardRecord::read(&value).ok_or_else(|| damaged(&key))).transpose()
    }

    /// A card; none: there is none of that number.
    pub fn card(&mut self, id: CardId) -> Result<Option<KeptCard>, Fault> {
        let record = self.record(id)?;
        record.map(|record| kept(record).ok_or_else(|| self.unreadable(id))).transpose()
    }

    fn unreadable(&self, id: CardId) -> Fault {
        damaged(&layout::card(self.transaction.account(), id))
    }

    /// The card with a uid.
    pub fn with_uid(&mut self, uid: &str) -> Result<Option<CardId>, Fault> {
        self.number(layout::card_uid(self.transaction.account(), uid))
    }

    /// The card that has a name in an address book.
    pub fn with_name(&mut self, book: BookId, name: &str) -> Result<Option<CardId>, Fault> {
        self.number(layout::card_name(self.transaction.account(), book, name))
    }

    fn number(&mut self, key: Vec<u8>) -> Result<Option<CardId>, Fault> {
        let value = self.transaction.get(&key)?;
        value.map(|value| records::read_number(&value).ok_or_else(|| damaged(&key))).transpose()
    }

    /// The octets of a photo that a card has.
    pub fn photo(&mut self, card: CardId, name: &PhotoName) -> Result<Option<Bytes>, Fault> {
        self.transaction.get(&layout::photo(self.transaction.account(), card, name))
    }

    /// Makes a card, or puts another in the place of one. `places` says in which address books it lies; where no name stands it keeps the
    /// one that it has there, or gets one.
    pub fn put_card(
        &mut self,
        id: Option<CardId>,
        card: &Card,
        places: &BTreeMap<BookId, Option<String>>,
    ) -> Step<CardId> {
        let before = match id {
            None => None,
            Some(id) => Some(self.record(id)?.ok_or(ContactsRefused::NoSuchCard)?),
        };
        let number = id.unwrap_or(CardId(self.head.next_card));
        self.check_uid(number, card.uid())?;
        let named = self.names(number, before.as_ref(), places)?;
        let photos = self.photos(card, before.as_ref())?;
        let record = CardRecord {
            created: before.as_ref().map_or(0, |before| before.created),
            changed: 0,
            places: named,
            photos,
            written: card.written.clone(),
            content: card.octets().into(),
        };
        self.check_room(&record, before.as_ref())?;
        if before.is_none() {
            self.head.next_card = number.0.saturating_add(1);
        }
        self.keep_photos(number, card, &record, before.as_ref());
        self.keep_uid(number, card.uid(), before.as_ref())?;
        self.keep_card(number, record, before);
        Ok(number)
    }

    fn check_uid(&mut self, number: CardId, uid: &str) -> Step<()> {
        if uid.is_empty() || uid.len() > UID_OCTETS_MAX {
            return Err(ContactsRefused::NoUid.into());
        }
        match self.with_uid(uid)? {
            Some(other) if other != number => Err(ContactsRefused::UidTaken(other).into()),
            Some(_) | None => Ok(()),
        }
    }

    /// Where it lies, each place with a name that no other card has there.
    fn names(
        &mut self,
        number: CardId,
        before: Option<&CardRecord>,
        places: &BTreeMap<BookId, Option<String>>,
    ) -> Step<Places> {
        if places.is_empty() {
            return Err(ContactsRefused::NoBook.into());
        }
        let mut named = Places::new();
        for (book, name) in places {
            self.known_book(*book)?;
            let had = before.and_then(|before| before.places.get(book));
            let name = match name.as_ref().or(had) {
                Some(name) => {
                    check_resource(name)?;
                    match self.with_name(*book, name)? {
                        Some(other) if other != number => {
                            return Err(ContactsRefused::NameTaken.into());
                        }
                        Some(_) | None => name.clone(),
                    }
                }
                None => self.free_card_name(*book, number)?,
            };
            named.insert(*book, name);
        }
        Ok(named)
    }

    fn free_card_name(&mut self, book: BookId, number: CardId) -> Step<String> {
        let mut fault = None;
        let name =
            free_name(&format!("C{}", number.0), ".vcf", |name| match self.with_name(book, name) {
                Ok(found) => found.is_some_and(|other| other != number),
                Err(found) => {
                    fault = Some(found);
                    false
                }
            });
        fault.map_or(Ok(name), |fault| Err(fault.into()))
    }

    fn photos(&mut self, card: &Card, before: Option<&CardRecord>) -> Step<Vec<(PhotoName, u64)>> {
        let names = card.photo_names();
        if names.len() > PHOTOS_MAX {
            let max = u64::try_from(PHOTOS_MAX).unwrap_or(u64::MAX);
            return Err(ContactsRefused::TooMany { what: "photos of a card", max }.into());
        }
        let mut photos = Vec::with_capacity(names.len());
        for name in names {
            let known = before.and_then(|it| it.photos.iter().find(|(known, _)| *known == name));
            let octets = match (card.photos.get(&name), known) {
                (Some(octets), _) => octets.len(),
                (None, Some((_, octets))) => usize::try_from(*octets).unwrap_or(usize::MAX),
                (None, None) => return Err(ContactsRefused::NoSuchPhoto.into()),
            };
            photos.push((name, bounded("a photo", octets, PHOTO_OCTETS_MAX)?));
        }
        Ok(photos)
    }

    fn check_room(&self, record: &CardRecord, before: Option<&CardRecord>) -> Step<()> {
        bounded("the card", record.content.len(), CARD_OCTETS_MAX)?;
        let written = record.written.as_ref().map_or(0, String::len);
        bounded("the card", written, CARD_OCTETS_MAX)?;
        if before.is_none() && self.head.cards >= CARDS_MAX {
            return Err(ContactsRefused::TooMany { what: "cards", max: CARDS_MAX }.into());
        }
        let octets = self.octets_with(record, before);
        if octets > CONTACTS_OCTETS_MAX {
            let max = CONTACTS_OCTETS_MAX;
            return Err(ContactsRefused::TooMany { what: "octets of contacts", max }.into());
        }
        Ok(())
    }

    fn octets_with(&self, record: &CardRecord, before: Option<&CardRecord>) -> u64 {
        let less = before.map_or(0, CardRecord::octets);
        self.head.octets.saturating_sub(less).saturating_add(record.octets())
    }

    fn keep_photos(
        &mut self,
        number: CardId,
        card: &Card,
        record: &CardRecord,
        before: Option<&CardRecord>,
    ) {
        let account = self.transaction.account();
        for (name, _) in &record.photos {
            if let Some(octets) = card.photos.get(name) {
                self.transaction.put(layout::photo(account, number, name), octets.clone());
            }
        }
        for (name, _) in before.into_iter().flat_map(|before| &before.photos) {
            if !record.photos.iter().any(|(kept, _)| kept == name) {
                self.transaction.delete(layout::photo(account, number, name));
            }
        }
    }

    fn keep_uid(&mut self, number: CardId, uid: &str, before: Option<&CardRecord>) -> Step<()> {
        let account = self.transaction.account();
        if let Some(before) = before {
            let object = Card::read(&before.content).map_err(|_| self.unreadable(number))?;
            let old = object.get("uid").and_then(serde_json::Value::as_str).unwrap_or_default();
            if old != uid {
                self.transaction.delete(layout::card_uid(account, old));
            }
        }
        self.transaction.put(layout::card_uid(account, uid), records::write_number(number));
        Ok(())
    }

    /// Keeps a record in the place of the one before, with all that follows from where it lies.
    fn keep_card(&mut self, number: CardId, record: CardRecord, before: Option<CardRecord>) {
        let account = self.transaction.account();
        self.head.octets = self.octets_with(&record, before.as_ref());
        let at = self.step();
        self.head.cards_at = at;
        let created = match &before {
            Some(before) => before.created,
            None => at,
        };
        for (book, name) in &record.places {
            let key = layout::card_name(account, *book, name);
            self.transaction.put(key, records::write_number(number));
        }
        let mut left = Places::new();
        for (book, name) in before.iter().flat_map(|before| &before.places) {
            if record.places.get(book) != Some(name) {
                self.transaction.delete(layout::card_name(account, *book, name));
                left.insert(*book, name.clone());
            }
        }
        if !left.is_empty() {
            self.note_gone(at, Gone { what: Went::FromBooks(number, left), created });
        }
        let count = match before {
            Some(_) => &mut self.did.updated,
            None => {
                self.head.cards = self.head.cards.saturating_add(1);
                &mut self.did.created
            }
        };
        *count = count.saturating_add(1);
        let record = CardRecord { created, changed: at, ..record };
        self.transaction.put(layout::card(account, number), record.write());
    }

    fn move_card(&mut self, number: CardId, record: CardRecord, places: Places) {
        let moved = CardRecord { places, ..record.clone() };
        self.keep_card(number, moved, Some(record));
    }

    /// Removes a card.
    pub fn remove_card(&mut self, id: CardId) -> Step<()> {
        let record = self.record(id)?.ok_or(ContactsRefused::NoSuchCard)?;
        let account = self.transaction.account();
        let object = Card::read(&record.content).map_err(|_| self.unreadable(id))?;
        let uid = object.get("uid").and_then(serde_json::Value::as_str).unwrap_or_default();
        self.transaction.delete(layout::card_uid(account, uid));
        for (name, _) in &record.photos {
            self.transaction.delete(layout::photo(account, id, name));
        }
        for (book, name) in &record.places {
            self.transaction.delete(layout::card_name(account, *book, name));
        }
        self.transaction.delete(layout::card(account, id));
        let at = self.step();
        self.head.cards_at = at;
        self.head.cards = self.head.cards.saturating_sub(1);
        self.head.octets = self.head.octets.saturating_sub(record.octets());
        self.did.destroyed = self.did.destroyed.saturating_add(1);
        self.note_gone(at, Gone { what: Went::Card(id, record.places), created: record.created });
        Ok(())
    }
}

/// A name that is not taken: the wanted one, or that with a number.
fn free_name(wanted: &str, ending: &str, mut is_taken: impl FnMut(&str) -> bool) -> String {
    let mut name = format!("{wanted}{ending}");
    let mut more = 1u64;
    while is_taken(&name) {
        more = more.saturating_add(1);
        name = format!("{wanted}-{more}{ending}");
    }
    name
}

fn check_fields(fields: &BookFields) -> Step<()> {
    let description = fields.description.as_ref().map_or(0, String::len);
    if description > BOOK_DESCRIPTION_OCTETS_MAX {
        return Err(ContactsRefused::Description.into());
    }
    if fields.name.trim().is_empty() || fields.name.len() > BOOK_NAME_OCTETS_MAX {
        return Err(ContactsRefused::Name.into());
    }
    Ok(())
}

/// Checks a name in an address: one level, which means nothing else.
fn check_resource(name: &str) -> Step<()> {
    let is_one = !name.contains('/') && name != "." && name != "..";
    let fits = (1..=RESOURCE_OCTETS_MAX).contains(&name.len());
    if is_one && fits && !name.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(ContactsRefused::Name.into())
    }
}

fn bounded(what: &'static str, octets: usize, most: usize) -> Step<u64> {
    let wide = |octets: usize| u64::try_from(octets).unwrap_or(u64::MAX);
    if octets > most {
        return Err(ContactsRefused::TooLarge { what, octets_max: wide(most) }.into());
    }
    Ok(wide(octets))
}
