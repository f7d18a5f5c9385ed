//! The gate over the engine in memory.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "tests may be blunt"
)]

use std::sync::Arc;

use mailbox::memory::MemoryEngine;
use mailbox::operations::{Append, Store};
use mailbox::search::Query;
use mailbox::{
    Account, AccountId, Accounts, Door, Entry, Error, FlagMode, FlagNames, Flags, MailboxName,
    Policy, QuotaResource, Refused, SetClock, Timestamp, Uid, UidSet, Who,
};

async fn account() -> (Accounts, Account) {
    account_by(&Arc::new(SetClock::at(Timestamp(1_700_000_000)))).await
}

async fn account_by(clock: &Arc<SetClock>) -> (Accounts, Account) {
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 3600,
        hot_octets_max: 1 << 20,
        pop3: mailbox::Pop3Policy::default(),
        ..Policy::default()
    };
    let clock: Arc<SetClock> = Arc::clone(clock);
    let accounts = Accounts::new(Arc::new(MemoryEngine::new()), clock, policy);
    let account = accounts.create(AccountId(1), &Who::at(Door::Imap)).await.unwrap();
    (accounts, account)
}

async fn message(accounts: &Accounts, text: &str) -> Append {
    let mut incoming = accounts.receive();
    incoming.write(text.as_bytes()).await.unwrap();
    let received = incoming.finish().await.unwrap();
    Append { received, flags: FlagNames::default(), internal_date: None, uidl: None }
}

fn uids(numbers: &[u32]) -> UidSet {
    numbers.iter().filter_map(|n| Uid::new(*n)).collect()
}

#[tokio::test]
async fn one_listener_hears_the_bells_of_all_accounts() {
    let (accounts, account) = account().await;
    let other = accounts.create(AccountId(2), &Who::at(Door::Imap)).await.unwrap();
    let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    accounts.on_bell(move |id| ears.lock().unwrap().push(id.0));
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    account.append(inbox, vec![message(&accounts, "Subject: x\r\n\r\nx\r\n").await]).await.unwrap();
    other.set_quota(Some(1_000_000), None).await.unwrap();
    // What changes nothing rings no bell; what lies beside the mail does.
    other.set_quota(Some(1_000_000), None).await.unwrap();
    account.ring();
    assert_eq!(*heard.lock().unwrap(), [1, 2, 1]);
}

#[tokio::test]
async fn mail_goes_through_its_life() {
    let (accounts, account) = account().await;
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    let trash = account.find(&MailboxName::new("Trash").unwrap()).unwrap().unwrap().id;
    assert_eq!(account.mailboxes().unwrap().len(), 6);
    let mut bell = account.bell();
    let before = *bell.borrow_and_update();
    let mut messages = Vec::new();
    for n in 0..3 {
        messages.push(message(&accounts, &format!("Subject: {n}\r\n\r\nbody {n}\r\n")).await);
    }
    let appended = account.append(inbox, messages).await.unwrap();
    assert_eq!(appended.entries.len(), 3);
    assert!(bell.has_changed().unwrap() && *bell.borrow_and_update() > before);
    let deleted = Store {
        uids: uids(&[2, 3, 9]),
        mode: FlagMode::Add,
        flags: FlagNames { system: Flags::DELETED, keywords: vec![] },
        unchanged_since: None,
    };
    let stored = account.store(inbox, deleted).await.unwrap();
    assert_eq!((stored.gone, stored.modified), (uids(&[9]), uids(&[])));
    let copied = account.copy(inbox, &uids(&[1]), inbox).await.unwrap();
    assert_eq!(copied.pairs, [(Uid::new(1).unwrap(), Uid::new(4).unwrap())]);
    let state = account.state(inbox).unwrap();
    let ids = account.uidls(&state).unwrap();
    assert_eq!(ids.len(), 4);
    assert_ne!(ids[0], ids[3]);
    let moved = account.r#move(inbox, &uids(&[4]), trash).await.unwrap();
    assert_eq!(moved.pairs, [(Uid::new(4).unwrap(), Uid::new(1).unwrap())]);
    assert_eq!(account.uidls(&account.state(trash).unwrap()).unwrap(), [ids[3].clone()]);
    let since = account.state(inbox).unwrap().highest_modseq;
    assert_eq!(account.expunge(inbox, None).await.unwrap(), uids(&[2, 3]));
    assert_eq!(
        account.vanished(&account.state(inbox).unwrap(), since, None).unwrap(),
        uids(&[2, 3])
    );
    let state = account.state(inbox).unwrap();
    assert_eq!(state.entries.len(), 1);
    let email = account.reader().unwrap().email(state.entries.get(0).unwrap().email).unwrap();
    let body = account.body(&email.unwrap(), 0..100).unwrap();
    assert_eq!(&body[..], b"Subject: 0\r\n\r\nbody 0\r\n");
    assert_eq!(account.quota().unwrap().messages, 2);
    let retained = account.retained(10).unwrap();
    assert_eq!(retained[0].entries.len(), 2);
    let back = account.bring_back(retained[0].modseq, Some(&uids(&[3]))).await.unwrap();
    assert_eq!(back[0].entries[0].0, Uid::new(5).unwrap());
    assert_eq!(account.uidls(&account.state(inbox).unwrap()).unwrap()[1], ids[2]);
    assert_eq!(account.drop_retained(Timestamp(i64::MAX)).await.unwrap(), 1);
}

#[tokio::test]
async fn what_is_said_to_fit_fits_and_the_rest_is_refused_with_the_same_edges() {
    let (accounts, account) = account().await;
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    account.append(inbox, vec![message(&accounts, "12345").await]).await.unwrap();
    let storage = Err(Refused::OverQuota(QuotaResource::Storage));
    let messages = Err(Refused::OverQuota(QuotaResource::Message));
    for (octets_max, messages_max, text, want) in [
        (None, None, "123", Ok(())),
        (Some(8), None, "123", Ok(())),
        (Some(7), None, "123", storage.clone()),
        // Full, and over the limit already: nothing fits, of whatever size.
        (Some(5), None, "1", storage.clone()),
        (Some(5), None, "", storage.clone()),
        (Some(4), None, "", storage.clone()),
        (Some(0), None, "", storage.clone()),
        (Some(6), None, "", Ok(())),
        (None, Some(2), "1", Ok(())),
        (None, Some(1), "1", messages.clone()),
        (None, Some(0), "", messages),
        (Some(5), Some(1), "1", storage),
    ] {
        account.set_quota(octets_max, messages_max).await.unwrap();
        let case = format!("{octets_max:?} {messages_max:?} {text:?}");
        assert_eq!(account.would_fit(text.len() as u64, 1), want, "{case}");
        assert_eq!(account.would_fit(0, 0), Ok(()), "no message always fits: {case}");
        let appended = account.append(inbox, vec![message(&accounts, text).await]).await;
        match (appended, want) {
            (Ok(appended), Ok(())) => {
                let uids = appended.entries.iter().map(|(uid, _)| *uid).collect();
                let deleted = FlagNames { system: Flags::DELETED, keywords: vec![] };
                let mark =
                    Store { uids, mode: FlagMode::Add, flags: deleted, unchanged_since: None };
                account.store(inbox, mark).await.unwrap();
                account.expunge(inbox, None).await.unwrap();
            }
            (Err(Error::Refused(refused)), Err(want)) => assert_eq!(refused, want, "{case}"),
            (appended, want) => panic!("{case}: {appended:?}, not {want:?}"),
        }
        assert!(account.append(inbox, vec![]).await.is_ok(), "{case}");
    }
}

#[tokio::test]
async fn of_parallel_appends_at_the_limit_one_passes() {
    let (accounts, account) = account().await;
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    account.set_quota(None, Some(1)).await.unwrap();
    let message = message(&accounts, "x").await;
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (account, message) = (account.clone(), message.clone());
            tokio::spawn(async move { account.append(inbox, vec![message]).await })
        })
        .collect();
    let mut passed = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => passed += 1,
            Err(Error::Refused(Refused::OverQuota(QuotaResource::Message))) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(passed, 1);
    assert_eq!(account.state(inbox).unwrap().entries.len(), 1);
}

/// RFC 8514, 3.
#[tokio::test]
async fn each_copy_has_the_date_at_which_it_came_into_its_mailbox() {
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let (accounts, account) = account_by(&clock).await;
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    let trash = account.find(&MailboxName::new("Trash").unwrap()).unwrap().unwrap().id;
    account.append(inbox, vec![message(&accounts, "Subject: 1\r\n\r\n1\r\n").await]).await.unwrap();
    clock.set(Timestamp(1_700_086_400));
    account.copy(inbox, &uids(&[1]), inbox).await.unwrap();
    clock.set(Timestamp(1_700_172_800));
    account.r#move(inbox, &uids(&[2]), trash).await.unwrap();
    clock.set(Timestamp(1_700_259_200));
    account.copy(inbox, &uids(&[1]), inbox).await.unwrap();
    let saved = |mailbox| {
        let entries: Vec<Entry> = account.state(mailbox).unwrap().entries.iter().copied().collect();
        let dates = account.reader().unwrap().save_dates(mailbox, &entries).unwrap();
        dates.into_iter().map(|date| date.unwrap().unwrap().0).collect::<Vec<i64>>()
    };
    assert_eq!(saved(inbox), [1_700_000_000, 1_700_259_200]);
    assert_eq!(saved(trash), [1_700_172_800]);
    // Two entries of one email, and a search that tells them apart.
    let state = account.state(inbox).unwrap();
    let mut search = account.search(&state, Query::SavedSinceDay(19_676)).unwrap();
    let mut found = Vec::new();
    while let Some(some) = search.step(1_000).unwrap() {
        found.extend(some.into_iter().map(|(_, entry)| entry.uid.number()));
    }
    assert_eq!(found, [3]);
}
