//! Contacts: every card lies in address books that are there, is found by its uid and its names, and has its photos.

use std::collections::BTreeSet;

use super::{About, Checked, wide};
use crate::survey::{ContactsSurvey, Survey};

pub(super) fn check(survey: &Survey, checked: &mut Checked) {
    let contacts = &survey.contacts;
    let mut must = |holds: bool, text: String| checked.must(holds, About::Account, || text);
    let mut photos = BTreeSet::new();
    let mut names = 0usize;
    for (id, card) in &contacts.cards {
        let number = id.0;
        let is_found = contacts.uids.get(&card.uid) == Some(id);
        must(is_found, format!("card {number} is not found by its uid"));
        must(!card.record.places.is_empty(), format!("card {number} is in no address book"));
        for (book, name) in &card.record.places {
            let is_there = contacts.books.contains_key(book);
            must(is_there, format!("card {number} is in an address book that is not there"));
            let is_found = contacts.names.get(&(*book, name.clone())) == Some(id);
            must(is_found, format!("card {number} is not found by its name"));
            names = names.saturating_add(1);
        }
        for (photo, _) in &card.record.photos {
            let is_there = contacts.photos.contains(&(*id, photo.clone()));
            must(is_there, format!("card {number} has lost a photo"));
            photos.insert((*id, photo.clone()));
        }
    }
    must(contacts.uids.len() == contacts.cards.len(), "a uid is of no card".to_owned());
    must(contacts.names.len() == names, "a name is of no card".to_owned());
    must(contacts.photos.is_subset(&photos), "a photo is of no card".to_owned());
    check_head(contacts, &mut must);
}

fn check_head(contacts: &ContactsSurvey, must: &mut impl FnMut(bool, String)) {
    let Some(head) = &contacts.head else {
        let is_empty = contacts.books.is_empty() && contacts.cards.is_empty();
        return must(is_empty, "the contacts have no head".to_owned());
    };
    let counted = (wide(contacts.cards.len()), contacts.octets(), wide(contacts.gone.len()));
    let said = (head.cards, head.octets, head.gone);
    must(said == counted, format!("the contacts are counted as {said:?}, and are {counted:?}"));
    let to_come = contacts.books.keys().any(|book| book.0 >= head.next_book)
        || contacts.cards.keys().any(|card| card.0 >= head.next_card);
    must(!to_come, "a card or an address book has a number to come".to_owned());
    let is_there = contacts.books.keys().any(|book| book.0 == head.default_book);
    let holds = is_there || (head.default_book == 0 && contacts.books.is_empty());
    must(holds, "new cards would go to an address book that is not there".to_owned());
    let changed = contacts.books.values().map(|book| book.changed);
    let changed = changed.chain(contacts.cards.values().map(|card| card.record.changed));
    let last = changed.chain(contacts.gone.iter().copied()).max().unwrap_or(0);
    must(last <= head.step, "a card or an address book is ahead of the counter".to_owned());
}
