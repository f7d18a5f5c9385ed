//! Contacts: what finds cards is made anew of them, and cards whose address book is lost come into another.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use cards::{Card, PhotoName};
use serde_json::Value;

use super::{Mending, RECOVERED};
use crate::contacts::{Book, BookFields, BookId, CardId, Places};
use crate::layout;
use crate::records::{self, ContactsHead};
use crate::survey::{CardSurvey, ContactsSurvey};

/// What finds cards, and what they hold, as it has to be.
#[derive(Default)]
struct Found {
    uids: BTreeMap<String, CardId>,
    names: BTreeMap<(BookId, String), CardId>,
    photos: BTreeSet<(CardId, PhotoName)>,
}

pub(super) fn mend(mending: &mut Mending<'_>) {
    let mut contacts = std::mem::take(&mut mending.survey.contacts);
    let is_empty = contacts.books.is_empty() && contacts.cards.is_empty();
    let before = mending.changes.len();
    let mut found = Found::default();
    if !is_empty {
        home(mending, &mut contacts);
        for (id, mut card) in std::mem::take(&mut contacts.cards) {
            mend_card(mending, &contacts, &mut found, id, &mut card);
            contacts.cards.insert(id, card);
        }
    }
    point(mending, &contacts, &found);
    let head = counted(&contacts);
    let is_new = contacts.head.is_none() && !is_empty;
    if is_new || contacts.head.is_some_and(|said| said != head) || mending.changes.len() > before {
        // Programs look at all of them again.
        let step = head.step.saturating_add(1);
        let head = ContactsHead { step, floor: step, books_at: step, cards_at: step, ..head };
        mending.put(layout::contacts_head(mending.account), head.write());
        mending.done(|| "contacts are found and counted anew".to_owned());
    }
}

/// Sees that there is an address book, where there are cards.
fn home(mending: &mut Mending<'_>, contacts: &mut ContactsSurvey) {
    if !contacts.books.is_empty() {
        return;
    }
    let last = contacts.cards.values().flat_map(|card| card.record.places.keys().copied()).max();
    let id = BookId(last.map_or(1, |last| last.0.saturating_add(1)));
    let fields =
        BookFields { name: RECOVERED.to_owned(), is_subscribed: true, ..BookFields::default() };
    let path = format!("D{}", id.0);
    let book = Book { id, fields, path, created: 0, changed: 0 };
    mending.put(layout::book(mending.account, id), book.write());
    mending.done(|| "an address book is made for cards that had lost theirs".to_owned());
    contacts.books.insert(id, book);
}

fn mend_card(
    mending: &mut Mending<'_>,
    contacts: &ContactsSurvey,
    found: &mut Found,
    id: CardId,
    card: &mut CardSurvey,
) {
    let number = id.0;
    let before = card.record.clone();
    if found.uids.contains_key(&card.uid)
        && let Ok(mut object) = Card::read(&card.record.content)
    {
        card.uid = format!("{}-{number}", card.uid);
        object.insert("uid".to_owned(), card.uid.clone().into());
        card.record.content = Card { object, ..Card::default() }.octets().into();
        card.record.written = None;
        mending.done(|| format!("card {number} had the uid of another, and gets one of its own"));
    }
    found.uids.insert(card.uid.clone(), id);
    let mut places = Places::new();
    for (book, name) in &card.record.places {
        let place = (*book, name.clone());
        if contacts.books.contains_key(book) && !found.names.contains_key(&place) {
            found.names.insert(place, id);
            places.insert(*book, name.clone());
        }
    }
    if let Some(book) = contacts.books.keys().next().filter(|_| places.is_empty()) {
        let name = format!("C{number}-recovered.vcf");
        found.names.insert((*book, name.clone()), id);
        places.insert(*book, name);
    }
    card.record.places = places;
    let is_there = |name: &PhotoName| contacts.photos.contains(&(id, name.clone()));
    if !card.record.photos.iter().all(|(name, _)| is_there(name)) {
        card.record.photos.retain(|(name, _)| is_there(name));
        card.record.content = without_lost(&card.record.content, is_there);
        card.record.written = None;
    }
    found.photos.extend(card.record.photos.iter().map(|(name, _)| (id, name.clone())));
    if card.record != before {
        mending.put(layout::card(mending.account, id), card.record.write());
        mending.done(|| format!("card {number} is put right: its address books, uid or photos"));
    }
}

/// What a card says, without media whose octets are lost.
fn without_lost(content: &Bytes, is_there: impl Fn(&PhotoName) -> bool) -> Bytes {
    let Ok(mut object) = Card::read(content) else { return content.clone() };
    if let Some(Value::Object(media)) = object.get_mut("media") {
        media.retain(|_, media| {
            let named = media.get("blobId").and_then(Value::as_str).and_then(PhotoName::read);
            named.is_none_or(|name| is_there(&name))
        });
    }
    Card { object, ..Card::default() }.octets().into()
}

/// Has uids and names lead to their cards, and nothing else.
fn point(mending: &mut Mending<'_>, contacts: &ContactsSurvey, found: &Found) {
    let account = mending.account;
    for (uid, id) in &found.uids {
        if contacts.uids.get(uid) != Some(id) {
            mending.put(layout::card_uid(account, uid), records::write_number(*id));
        }
    }
    for uid in contacts.uids.keys().filter(|uid| !found.uids.contains_key(*uid)) {
        mending.delete(layout::card_uid(account, uid));
    }
    for ((book, name), id) in &found.names {
        if contacts.names.get(&(*book, name.clone())) != Some(id) {
            mending.put(layout::card_name(account, *book, name), records::write_number(*id));
        }
    }
    for (book, name) in contacts.names.keys().filter(|place| !found.names.contains_key(*place)) {
        mending.delete(layout::card_name(account, *book, name));
    }
    for (card, name) in contacts.photos.iter().filter(|photo| !found.photos.contains(*photo)) {
        mending.delete(layout::photo(account, *card, name));
    }
}

/// The head as it has to be.
fn counted(contacts: &ContactsSurvey) -> ContactsHead {
    let said = contacts.head.unwrap_or_default();
    let wide = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let changed = contacts.books.values().map(|book| book.changed);
    let changed = changed.chain(contacts.cards.values().map(|card| card.record.changed));
    let last = changed.chain(contacts.gone.iter().copied()).max().unwrap_or(0);
    let next_book = contacts.books.keys().map(|book| book.0.saturating_add(1)).max().unwrap_or(1);
    let next_card = contacts.cards.keys().map(|card| card.0.saturating_add(1)).max().unwrap_or(1);
    let is_there = contacts.books.contains_key(&BookId(said.default_book));
    let first = contacts.books.keys().next().map_or(0, |book| book.0);
    ContactsHead {
        step: said.step.max(last),
        default_book: if is_there { said.default_book } else { first },
        next_book: said.next_book.max(next_book),
        next_card: said.next_card.max(next_card),
        cards: wide(contacts.cards.len()),
        octets: contacts.octets(),
        gone: wide(contacts.gone.len()),
        ..said
    }
}
