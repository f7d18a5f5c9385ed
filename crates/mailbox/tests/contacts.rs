//! Contacts: what an edit does, what it refuses, what is told to have changed, and what mending makes of damage.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests may be blunt"
)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use cards::{Card, PhotoName};
use mailbox::engine::{Batch, Engine};
use mailbox::memory::MemoryEngine;
use mailbox::operations::{ContactsChange, What};
use mailbox::{
    Account, AccountId, Accounts, BookFields, BookId, CardId, CardPlace, ContactsEdit,
    ContactsRefused, Contents, Door, Error, NotEdited, Policy, SetClock, Timestamp, Who, keys,
};
use serde_json::{Value, json};

const ID: AccountId = AccountId(1);

async fn account() -> (Arc<dyn Engine>, Accounts, Account) {
    let engine: Arc<dyn Engine> = Arc::new(MemoryEngine::new());
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let accounts = Accounts::new(Arc::clone(&engine), clock, Policy::default());
    let account = accounts.create(ID, &Who::at(Door::Imap)).await.unwrap();
    edit(&account, |edit| edit.make_first("Contacts")).await.unwrap();
    (engine, accounts, account)
}

/// Carries out steps; the first that is refused ends them, and what was done before stays.
async fn edit<T: Send + 'static>(
    account: &Account,
    mut steps: impl FnMut(&mut ContactsEdit<'_, '_, '_>) -> Result<T, NotEdited> + Send + 'static,
) -> Result<T, ContactsRefused> {
    let done = account.edit_contacts(1, move |edit| match steps(edit) {
        Ok(done) => Ok(Ok(done)),
        Err(NotEdited::Refused(refused)) => Ok(Err(refused)),
        Err(NotEdited::Fault(fault)) => Err(Error::Fault(fault)),
    });
    done.await.unwrap()
}

fn card(uid: &str, photo: Option<&[u8]>) -> Card {
    let Value::Object(object) = json!({"uid": uid, "name": {"full": uid}}) else { panic!() };
    let mut card = Card::of(object);
    if let Some(octets) = photo {
        let name = PhotoName::of(octets);
        let media = json!({"p": {"kind": "photo", "blobId": name.as_str()}});
        card.object.insert("media".to_owned(), media);
        card.photos.insert(name, Bytes::copy_from_slice(octets));
    }
    card
}

fn places(list: &[(u32, Option<&str>)]) -> BTreeMap<BookId, Option<String>> {
    list.iter().map(|(book, name)| (BookId(*book), name.map(str::to_owned))).collect()
}

async fn put(
    account: &Account,
    uid: &str,
    at: &[(u32, Option<&str>)],
) -> Result<CardId, ContactsRefused> {
    let (card, at) = (card(uid, None), places(at));
    edit(account, move |edit| edit.put_card(None, &card, &at)).await
}

async fn book(account: &Account, name: &str) -> Result<BookId, ContactsRefused> {
    let fields = BookFields { name: name.to_owned(), ..BookFields::default() };
    edit(account, move |edit| edit.add_book(fields.clone(), None)).await
}

#[tokio::test]
async fn cards_live_in_address_books_and_go_with_the_last() {
    let (_, _, account) = account().await;
    let work = book(&account, "Work").await.unwrap();
    let ana = put(&account, "ana", &[(1, Some("ana.vcf")), (work.0, None)]).await.unwrap();
    let bob = put(&account, "bob", &[(work.0, None)]).await.unwrap();
    let contacts = account.contacts().await.unwrap();
    assert_eq!(contacts.cards().len(), 2);
    assert_eq!(contacts.default_book(), Some(BookId(1)));
    assert_eq!(contacts.with_name(BookId(1), "ana.vcf").unwrap().id, ana);
    assert_eq!(contacts.with_name(work, "C1.vcf").unwrap().id, ana);
    assert_eq!(contacts.with_uid("bob").unwrap().id, bob);
    assert_eq!(contacts.kept(bob).unwrap().unwrap().object["name"]["full"], "bob");
    let since = contacts.step();
    let keep = edit(&account, move |edit| edit.remove_book(work, Contents::Keep)).await;
    assert_eq!(keep, Err(ContactsRefused::NotEmpty));
    edit(&account, move |edit| edit.set_default(work).map(drop)).await.unwrap();
    edit(&account, move |edit| edit.remove_book(work, Contents::Remove)).await.unwrap();
    let contacts = account.contacts().await.unwrap();
    assert_eq!(contacts.cards().map(|card| card.id).collect::<Vec<_>>(), [ana]);
    assert_eq!(contacts.default_book(), Some(BookId(1)));
    let changed = contacts.card_changes(since, 10).unwrap();
    assert_eq!((changed.updated, changed.destroyed), (vec![ana], vec![bob]));
    let changed = contacts.book_changes(since, 10).unwrap();
    assert_eq!((changed.updated, changed.destroyed), (vec![BookId(1)], vec![work]));
    assert_eq!(account.check().unwrap().wrong, []);
    let line = account.changes_since(mailbox::ModSeq(0), 100).unwrap().pop().unwrap();
    let did = ContactsChange { updated: 1, destroyed: 1, books: 2, ..ContactsChange::default() };
    assert_eq!((line.what, line.who.door), (What::Contacts(did), Door::Imap));
}

#[tokio::test]
async fn what_may_not_be_is_refused_and_changes_nothing() {
    let (_, _, account) = account().await;
    let ana = put(&account, "ana", &[(1, Some("a.vcf"))]).await.unwrap();
    let before = account.contacts().await.unwrap().step();
    for (uid, at, want) in [
        ("ana", &[(1, None)][..], ContactsRefused::UidTaken(ana)),
        ("bob", &[(1, Some("a.vcf"))], ContactsRefused::NameTaken),
        ("bob", &[(9, None)], ContactsRefused::NoSuchBook),
        ("bob", &[], ContactsRefused::NoBook),
        ("bob", &[(1, Some("a/b"))], ContactsRefused::Name),
        ("bob", &[(1, Some(".."))], ContactsRefused::Name),
        ("bob", &[(1, Some(""))], ContactsRefused::Name),
        ("", &[(1, None)], ContactsRefused::NoUid),
    ] {
        assert_eq!(put(&account, uid, at).await, Err(want));
    }
    let long = "x".repeat(256);
    assert_eq!(put(&account, &long, &[(1, None)]).await, Err(ContactsRefused::NoUid));
    assert_eq!(book(&account, " ").await, Err(ContactsRefused::Name));
    for (photo, what) in [(vec![1; (1 << 20) + 1], "a photo"), (vec![], "the card")] {
        let mut card = card("bob", Some(&photo));
        if what == "the card" {
            card.object.insert("x".to_owned(), "y".repeat(256 << 10).into());
        }
        let refused = edit(&account, move |edit| edit.put_card(None, &card, &places(&[(1, None)])));
        let refused = refused.await.unwrap_err();
        assert!(matches!(refused, ContactsRefused::TooLarge { what: it, .. } if it == what));
    }
    let mut without = card("bob", Some(b"x"));
    without.photos.clear();
    let refused = edit(&account, move |edit| edit.put_card(None, &without, &places(&[(1, None)])));
    assert_eq!(refused.await, Err(ContactsRefused::NoSuchPhoto));
    let gone = edit(&account, |edit| edit.remove_card(CardId(99))).await;
    assert_eq!(gone, Err(ContactsRefused::NoSuchCard));
    assert_eq!(account.contacts().await.unwrap().step(), before);
    for number in 1..100 {
        book(&account, &number.to_string()).await.unwrap();
    }
    let refused = book(&account, "one more").await.unwrap_err();
    assert!(matches!(refused, ContactsRefused::TooMany { what: "address books", .. }));
    assert_eq!(account.check().unwrap().wrong, []);
}

#[tokio::test]
async fn changes_are_told_in_parts_and_by_address_book() {
    let (_, _, account) = account().await;
    let start = account.contacts().await.unwrap().step();
    let one = put(&account, "one", &[(1, Some("1"))]).await.unwrap();
    let two = put(&account, "two", &[(1, Some("2"))]).await.unwrap();
    let middle = account.contacts().await.unwrap().step();
    edit(&account, move |edit| edit.remove_card(one)).await.unwrap();
    let (moved, at) = (card("two", None), places(&[(1, Some("2b"))]));
    edit(&account, move |edit| edit.put_card(Some(two), &moved, &at)).await.unwrap();
    let three = put(&account, "three", &[(1, Some("2"))]).await.unwrap();
    let contacts = account.contacts().await.unwrap();
    let changed = contacts.card_changes(middle, 2).unwrap();
    assert!(changed.has_more);
    assert_eq!((changed.updated, changed.destroyed), (vec![two], vec![one]));
    let rest = contacts.card_changes(changed.to, 2).unwrap();
    assert_eq!((rest.created, rest.has_more, rest.to), (vec![three], false, contacts.step()));
    // What came and went is not told.
    let all = contacts.card_changes(start, 10).unwrap();
    assert_eq!((all.created, all.destroyed), (vec![two, three], vec![]));
    let names = contacts.place_changes(BookId(1), middle).unwrap();
    let want =
        [("1", CardPlace::Gone), ("2b", CardPlace::There(two)), ("2", CardPlace::There(three))];
    assert!(names.iter().map(|it| (it.name.as_str(), it.place.clone())).eq(want));
    let rest = contacts.place_changes(BookId(1), names[1].at).unwrap();
    assert_eq!(rest, names[2..], "a list can be told in parts");
    assert_eq!(contacts.card_changes(contacts.step() + 1, 1), None);
}

#[tokio::test]
async fn photos_stand_beside_their_cards_and_go_with_them() {
    let (engine, _, account) = account().await;
    let photos = || count(&*engine, b'p');
    let (with, at) = (card("ana", Some(b"picture")), places(&[(1, None)]));
    let id = edit(&account, move |edit| edit.put_card(None, &with, &at)).await.unwrap();
    let name = PhotoName::of(b"picture");
    let contacts = account.contacts().await.unwrap();
    assert_eq!(contacts.photo(id, &name).unwrap().unwrap(), &b"picture"[..]);
    // One that is there already need not come again.
    let mut same = card("ana", Some(b"picture"));
    same.photos.clear();
    let at = places(&[(1, None)]);
    edit(&account, move |edit| edit.put_card(Some(id), &same, &at)).await.unwrap();
    assert_eq!(photos(), 1);
    let (without, at) = (card("ana", None), places(&[(1, None)]));
    edit(&account, move |edit| edit.put_card(Some(id), &without, &at)).await.unwrap();
    assert_eq!(photos(), 0);
    assert_eq!(account.check().unwrap().wrong, []);
}

#[tokio::test]
async fn what_went_longest_ago_is_forgotten() {
    let (engine, _, account) = account().await;
    let since = account.contacts().await.unwrap().step();
    for _ in 0..6 {
        let made = edit(&account, |edit| {
            for number in 0..1_000 {
                let at = places(&[(1, None)]);
                let id = edit.put_card(None, &card(&number.to_string(), None), &at)?;
                edit.remove_card(id)?;
            }
            Ok(())
        });
        made.await.unwrap();
    }
    assert_eq!(count(&*engine, b'g'), 5_000);
    let contacts = account.contacts().await.unwrap();
    assert_eq!(contacts.card_changes(since, 10), None);
    assert!(contacts.card_changes(contacts.step() - 100, 1_000).is_some());
    assert_eq!(account.check().unwrap().wrong, []);
}

fn all(engine: &dyn Engine, kind: u8) -> Vec<(Vec<u8>, Bytes)> {
    let mut found = Vec::new();
    let start = [&[keys::ACCOUNT][..], &ID.0.to_be_bytes(), &[kind]].concat();
    let end = [&[keys::ACCOUNT][..], &ID.0.to_be_bytes(), &[kind + 1]].concat();
    let mut visit = |key: &[u8], value: &[u8]| {
        found.push((key.to_vec(), Bytes::copy_from_slice(value)));
        ControlFlow::Continue(())
    };
    engine.snapshot().unwrap().range(&start..&end, &mut visit).unwrap();
    found
}

fn count(engine: &dyn Engine, kind: u8) -> usize {
    all(engine, kind).len()
}

#[tokio::test]
async fn damage_of_any_key_is_found_out_and_mended() {
    // The kinds of keys, and how many cards stay when one key of the kind is lost.
    for (kind, stay) in
        [(b'c', 3), (b'A', 3), (b'k', 2), (b'q', 3), (b'n', 3), (b'p', 3), (b'g', 3)]
    {
        for lost in [true, false] {
            let (engine, accounts, account) = account().await;
            book(&account, "Work").await.unwrap();
            for uid in ["a", "b", "c", "d"] {
                let (card, at) = (card(uid, Some(uid.as_bytes())), places(&[(1, None), (2, None)]));
                edit(&account, move |edit| edit.put_card(None, &card, &at)).await.unwrap();
            }
            edit(&account, |edit| edit.remove_card(CardId(4))).await.unwrap();
            assert_eq!(account.check().unwrap().wrong, []);
            let (key, _) = all(&*engine, kind).remove(0);
            let mut batch = Batch::default();
            if lost {
                batch.deletes.push(key);
            } else {
                batch.puts.push((key, Bytes::from_static(b"\xff")));
            }
            engine.commit(batch).await.unwrap();
            drop(account);
            let what = format!("{} {lost}", char::from(kind));
            assert_ne!(accounts.check(ID).unwrap().wrong, [], "{what}");
            accounts.mend(ID).await.unwrap();
            assert_eq!(accounts.check(ID).unwrap().wrong, [], "{what}");
            let account = accounts.open(ID, Who::at(Door::Imap)).unwrap();
            let contacts = account.contacts().await.unwrap();
            assert_eq!(contacts.cards().len(), stay, "{what}");
            let first = contacts.cards().next().unwrap();
            // It can be changed again.
            let object = contacts.kept(first.id).unwrap().unwrap().object;
            let (id, card, at) = (first.id, Card::of(object), places(&[(2, None)]));
            let at = if kind == b'A' { at } else { places(&[(1, None)]) };
            edit(&account, move |edit| edit.put_card(Some(id), &card, &at)).await.unwrap();
            assert_eq!(account.check().unwrap().wrong, [], "{what}");
        }
    }
}
