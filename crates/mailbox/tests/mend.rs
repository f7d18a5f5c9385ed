//! Damaged accounts are found out and mended, and no mail that can still be read is lost.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests may be blunt"
)]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use conformance::Random;
use mailbox::engine::{Batch, Engine};
use mailbox::memory::MemoryEngine;
use mailbox::operations::{Append, Store, What};
use mailbox::{
    Account, AccountId, Accounts, Device, Door, EmailId, FlagMode, FlagNames, Flags, Kept, Keyword,
    MailboxKind, MailboxName, Mended, OnDelete, Policy, Pop3Choice, Pop3Ended, Quit, SetClock,
    Timestamp, Uid, UidSet, Who, keys,
};

const ID: AccountId = AccountId(1);

async fn populated() -> (Arc<dyn Engine>, Accounts, Account) {
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 3600,
        hot_octets_max: 1 << 20,
        pop3: mailbox::Pop3Policy::default(),
        ..Policy::default()
    };
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let engine: Arc<dyn Engine> = Arc::new(MemoryEngine::new());
    let accounts = Accounts::new(Arc::clone(&engine), clock, policy);
    let account = accounts.create(ID, &Who::at(Door::Imap)).await.unwrap();
    let id = |text: &str| account.find(&MailboxName::new(text).unwrap()).unwrap().unwrap().id;
    account.create_mailbox(&MailboxName::new("Work/Trips/2024").unwrap(), None).await.unwrap();
    let (inbox, trips) = (id("INBOX"), id("Work/Trips"));
    for number in 0..20u32 {
        let text = format!(
            "Message-ID: <{number}@x>\r\nReferences: <{}@x>\r\n\r\nmail {}\r\n",
            number / 3,
            number % 15
        );
        let mut incoming = accounts.receive();
        incoming.write(text.as_bytes()).await.unwrap();
        let received = incoming.finish().await.unwrap();
        let keywords = vec![Keyword::new(&format!("k{}", number % 3)).unwrap()];
        let flags = FlagNames { system: Flags::SEEN, keywords };
        let uidl = mailbox::Uidl::new(format!("id{number}").as_bytes()).filter(|_| number > 14);
        let to = if number % 4 == 0 { trips } else { inbox };
        account
            .append(to, vec![Append { received, flags, internal_date: None, uidl }])
            .await
            .unwrap();
    }
    account.copy(inbox, &uids(1..=5), trips).await.unwrap();
    account.copy(inbox, &uids(2..=3), inbox).await.unwrap();
    account.r#move(inbox, &uids(6..=7), id("Trash")).await.unwrap();
    let change = Store {
        uids: uids(8..=11),
        mode: FlagMode::Add,
        flags: FlagNames { system: Flags::DELETED, keywords: vec![] },
        unchanged_since: None,
    };
    account.store(inbox, change).await.unwrap();
    account.expunge(inbox, None).await.unwrap();
    account.set_quota(Some(1 << 20), None).await.unwrap();
    pop3(&accounts).await;
    account.delete_mailbox(id("Work/Trips")).await.unwrap();
    (engine, accounts, account)
}

/// Two devices with choices have been here.
async fn pop3(accounts: &Accounts) {
    for (name, on_delete) in [("Office", OnDelete::Hide), ("home", OnDelete::KeepDays(9))] {
        let who = Who { device: Some(name.to_owned()), ..Who::at(Door::Pop3) };
        let account = accounts.open(ID, who).unwrap();
        let choice = Pop3Choice { on_delete: Some(on_delete), ..Pop3Choice::default() };
        account.choose_pop3(Device::new(name).as_ref(), choice).await.unwrap();
        let view = account.open_pop3().unwrap();
        let ended = Pop3Ended { deleted: uids(3..=5), downloaded: uids(1..=4), quit: Quit::Yes };
        account.close_pop3(view, ended).await.unwrap();
    }
}

fn uids(numbers: impl IntoIterator<Item = u32>) -> UidSet {
    numbers.into_iter().filter_map(Uid::new).collect()
}

/// All keys of the account and all references to bodies.
fn all_keys(engine: &Arc<dyn Engine>) -> Vec<(Vec<u8>, Bytes)> {
    let mut all = Vec::new();
    for space in [keys::ACCOUNT, keys::BODY_REFERENCE] {
        let snapshot = engine.snapshot().unwrap();
        snapshot
            .range(&[space]..&[space + 1], &mut |key, value| {
                all.push((key.to_vec(), Bytes::copy_from_slice(value)));
                ControlFlow::Continue(())
            })
            .unwrap();
    }
    all
}

/// The emails whose records can be read, whether or not their bodies can, with the ones that can be seen or brought back.
fn emails(account: &Account) -> (BTreeSet<EmailId>, BTreeSet<EmailId>) {
    let reader = account.reader().unwrap();
    let read = |number: u64| reader.email(EmailId(number)).ok().flatten().map(|email| email.id);
    let readable = (1..40).filter_map(read).collect();
    let mut shown = BTreeSet::new();
    for mailbox in account.mailboxes().unwrap().iter() {
        if mailbox.kind == MailboxKind::Selectable {
            let state = account.state(mailbox.id).unwrap();
            shown.extend(state.entries.iter().map(|entry| entry.email));
        }
    }
    for group in account.retained(usize::MAX).unwrap() {
        shown.extend(group.entries.iter().map(|entry| entry.email));
    }
    (readable, shown)
}

#[tokio::test]
async fn a_sound_account_is_left_alone() {
    let (engine, accounts, _account) = populated().await;
    let before = all_keys(&engine);
    assert_eq!(accounts.check(ID).unwrap().wrong, []);
    assert_eq!(accounts.mend(ID).await.unwrap(), Mended::default());
    assert_eq!(accounts.mend_references().await.unwrap(), 0);
    assert_eq!(all_keys(&engine), before);
}

#[tokio::test]
async fn every_single_key_may_go_and_the_account_is_sound_again() {
    let (engine, _, _) = populated().await;
    let count = all_keys(&engine).len();
    assert!(count > 150);
    for index in 0..count {
        let (engine, accounts, _) = populated().await;
        let (key, _) = all_keys(&engine)[index].clone();
        let batch = Batch { deletes: vec![key.clone()], ..Batch::default() };
        engine.commit(batch).await.unwrap();
        mended(&engine, &accounts, &format!("{key:?}")).await;
    }
}

#[tokio::test]
async fn random_damage_is_mended() {
    for seed in 0..600 {
        let mut random = Random::seeded(seed);
        let (engine, accounts, account) = populated().await;
        let all = all_keys(&engine);
        let mut batch = Batch::default();
        let mut done = BTreeSet::new();
        for _ in 0..1 + random.below(6) {
            let (key, value) = &all[random.below(all.len())];
            if !done.insert(key.clone()) {
                continue;
            }
            let mut octets = value.to_vec();
            match random.below(4) {
                0 => {
                    batch.deletes.push(key.clone());
                    continue;
                }
                1 => octets.truncate(random.below(octets.len())),
                2 if !octets.is_empty() => {
                    let at = random.below(octets.len());
                    octets[at] ^= 1 << random.below(8);
                }
                _ => {
                    // The value of another key of this kind.
                    let like: Vec<_> = all.iter().filter(|(k, _)| k[..6] == key[..6]).collect();
                    octets = like[random.below(like.len())].1.to_vec();
                }
            }
            batch.puts.push((key.clone(), octets.into()));
        }
        drop(account);
        engine.commit(batch).await.unwrap();
        mended(&engine, &accounts, &format!("seed {seed}")).await;
    }
}

async fn mended(engine: &Arc<dyn Engine>, accounts: &Accounts, what: &str) {
    let policy = accounts.policy().clone();
    // As after a restart: nothing in memory is of before the damage.
    let accounts = Accounts::new(Arc::clone(engine), Arc::clone(accounts.clock()), policy);
    let before = accounts.check(ID).unwrap().wrong;
    let referred: BTreeSet<EmailId> = all_keys(engine)
        .iter()
        .filter(|(key, _)| key[0] == keys::BODY_REFERENCE)
        .map(|(key, _)| EmailId(u64::from_be_bytes(*key.last_chunk().unwrap())))
        .collect();
    let references = accounts.mend_references().await.unwrap();
    let report = accounts.mend(ID).await.unwrap_or_else(|error| panic!("{what}: {error}"));
    let after = accounts.check(ID).unwrap().wrong;
    assert_eq!(after, [], "{what}, before: {before:?}, done: {report:?}");
    assert_eq!(accounts.check_references().unwrap(), Vec::<String>::new(), "{what}");
    let again = accounts.mend(ID).await.unwrap();
    assert_eq!(again, Mended::default(), "{what}: mended twice");
    let account = accounts.open(ID, Who::at(Door::Admin)).unwrap();
    assert_eq!(account.check().unwrap().wrong, [], "{what}");
    let (readable, shown) = emails(&account);
    assert_eq!(readable, shown, "{what}: {report:?}");
    assert!(shown.is_superset(&referred), "{what}: {report:?}");
    if !before.is_empty() && references == 0 {
        assert_ne!(report.done, Vec::<String>::new(), "{what}: {before:?}");
    }
}

/// Takes the body of an email out of the engine, and leaves all that is known of it.
async fn lose_body(engine: &Arc<dyn Engine>, account: &Account, email: EmailId) {
    let email = account.reader().unwrap().email(email).unwrap().unwrap();
    let range = keys::body_reference(&email.hash, ID, EmailId(0))
        ..keys::body_reference(&email.hash, AccountId(2), EmailId(0));
    let mut references = Vec::new();
    let snapshot = engine.snapshot().unwrap();
    snapshot
        .range(&range.start..&range.end, &mut |key, _| {
            references.push(key.to_vec());
            ControlFlow::Continue(())
        })
        .unwrap();
    let batch = Batch { deletes: references.clone(), ..Batch::default() };
    engine.commit(batch).await.unwrap();
    let puts = references.into_iter().map(|key| (key, Bytes::new())).collect();
    engine.commit(Batch { puts, ..Batch::default() }).await.unwrap();
    assert!(account.body(&email, 0..1).is_err());
}

#[tokio::test]
async fn a_message_that_lost_its_body_stays_listed_until_it_is_dropped() {
    let (engine, accounts, account) = populated().await;
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    // It is in the Inbox twice, and once among what was removed with Work/Trips.
    let email = account.state(inbox).unwrap().entries.iter().nth(1).unwrap().email;
    lose_body(&engine, &account, email).await;
    let before = (account.quota().unwrap(), account.state(inbox).unwrap());
    assert_eq!(accounts.mend_references().await.unwrap(), 0);
    assert_eq!(accounts.mend(ID).await.unwrap(), Mended::default());
    let places = accounts.places(ID, email).unwrap();
    let shown = |kept| places.iter().filter(|place| place.kept == kept).count();
    assert_eq!((shown(Kept::Listed), shown(Kept::Retained)), (2, 1), "{places:?}");
    let hash = account.reader().unwrap().email(email).unwrap().unwrap().hash;
    let found = accounts.emails_of(&BTreeSet::from([hash])).unwrap();
    assert!(found.contains(&(ID, email, hash)), "{found:?}");

    let dropped = account.drop_damaged(&BTreeSet::from([email])).await.unwrap();
    assert_eq!((dropped.listed, dropped.retained), (2, 1));
    let after = account.state(inbox).unwrap();
    let (was, is) = (before.0, account.quota().unwrap());
    assert_eq!((was.messages - is.messages, after.entries.len()), (2, before.1.entries.len() - 2));
    assert!(is.octets < was.octets && after.highest_modseq > before.1.highest_modseq);
    let gone =
        account.vanished(&account.state(inbox).unwrap(), before.1.highest_modseq, None).unwrap();
    assert_eq!(gone.len(), 2);
    let line = account.changes_since(before.1.highest_modseq, 10).unwrap().pop().unwrap();
    assert!(
        matches!(line.what, What::Expunged { mailbox, ref uids } if mailbox == inbox && *uids == gone)
    );
    assert!(account.reader().unwrap().email(email).unwrap().is_none());
    assert_eq!(accounts.check(ID).unwrap().wrong, []);
    assert_eq!(accounts.check_references().unwrap(), Vec::<String>::new());
    let dropped = account.drop_damaged(&BTreeSet::from([email])).await.unwrap();
    assert_eq!((dropped.listed, dropped.retained), (0, 0));
}

#[tokio::test]
async fn what_is_wrong_is_named_by_what_people_call_it() {
    let (engine, accounts, account) = populated().await;
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    let mut incoming = accounts.receive();
    incoming
        .write(b"From: Ana <ana@example.org>\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\n\r\nhello\r\n")
        .await
        .unwrap();
    let received = incoming.finish().await.unwrap();
    let append = Append { received, flags: FlagNames::default(), internal_date: None, uidl: None };
    let (uid, email) = account.append(inbox, vec![append]).await.unwrap().entries[0];
    let hash = account.reader().unwrap().email(email).unwrap().unwrap().hash;
    let deletes = vec![keys::body_reference(&hash, ID, email)];
    engine.commit(Batch { deletes, ..Batch::default() }).await.unwrap();
    let wrong = accounts.check(ID).unwrap().wrong;
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    let named = accounts.describe(ID, &[wrong[0].about]).unwrap().remove(0);
    assert_eq!((named.mailbox.as_deref(), named.uid), (Some("INBOX"), Some(uid)));
    assert_eq!(named.from.as_deref(), Some("Ana <ana@example.org>"));
    assert_eq!(named.subject.as_deref(), Some("Café"));
    assert_eq!((named.date, named.octets), (Some(Timestamp(1_700_000_000)), Some(70)));
}

#[tokio::test]
async fn bodies_that_others_hold_are_left_to_them() {
    let (engine, accounts, _account) = populated().await;
    let octets = Bytes::from_static(b"Subject: on its way out\r\n\r\n");
    let hash = mailbox::BodyHash(*blake3::hash(&octets).as_bytes());
    let source = mailbox::engine::BodySource::Memory(octets.clone());
    let body = mailbox::engine::StagedBody { hash, octets: octets.len() as u64, source };
    let puts = vec![(keys::body_reference(&hash, keys::NOBODY, EmailId(7)), Bytes::new())];
    engine.commit(Batch { puts, bodies: vec![body], ..Batch::default() }).await.unwrap();
    assert_eq!(accounts.check_references().unwrap(), Vec::<String>::new());
    assert_eq!(accounts.mend_references().await.unwrap(), 0);
    assert_eq!(engine.body(&hash, 0..u64::MAX).unwrap(), octets);
}
