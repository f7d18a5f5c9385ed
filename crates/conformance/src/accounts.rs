//! The gate over an engine: what people rely on, one story each. Every story ends with a check of the account.

mod annotations;
mod emails;
mod load;
mod mailboxes;
mod messages;
mod news;
mod placements;
mod retention;
mod sharing;

use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::operations::Store;
use mailbox::{
    Account, AccountId, Door, Error, FlagMode, FlagNames, Flags, Keyword, Refused, Role, UidSet,
    Who,
};

use crate::{Bench, id_of, name, sound, uids};

/// Runs the stories.
pub async fn run(make: impl Fn() -> Arc<dyn Engine>) {
    a_new_account_has_the_usual_mailboxes(Bench::new(make())).await;
    what_is_done_is_there_after_a_restart(Bench::new(make())).await;
    a_removed_account_leaves_nothing(Bench::new(make())).await;
    mailboxes::run(&make).await;
    messages::run(&make).await;
    retention::run(&make).await;
    news::run(&make).await;
    load::run(&make).await;
    emails::run(&make).await;
    placements::run(&make).await;
    sharing::run(&make).await;
    annotations::run(&make).await;
}

async fn a_new_account_has_the_usual_mailboxes(bench: Bench) {
    assert_eq!(
        refused(bench.accounts.open(AccountId(7), Who::at(Door::Imap)).map(|_| ())),
        Refused::NoSuchMailbox
    );
    let account = bench.account().await;
    assert_eq!(names(&account), ["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"]);
    assert_eq!(account.subscriptions().unwrap().len(), 6);
    let trash = account.find(&name("Trash")).unwrap().unwrap();
    assert_eq!(trash.role, Some(Role::Trash));
    let again = bench.accounts.create(AccountId(7), &Who::at(Door::Admin)).await;
    assert_eq!(refused(again.map(|_| ())), Refused::MailboxExists);
    bench.accounts.create(AccountId(9), &Who::at(Door::Admin)).await.unwrap();
    assert_eq!(bench.accounts.list().unwrap(), [AccountId(7), AccountId(9)]);
    sound(&bench.accounts, &account);
}

async fn what_is_done_is_there_after_a_restart(mut bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "INBOX", 5).await;
    let inbox = id_of(&account, "INBOX");
    account.store(inbox, flags(FlagMode::Add, Flags::SEEN, &["$Work"])).await.unwrap();
    account.remove(inbox, &uids([2, 4])).await.unwrap();
    account.set_quota(Some(1_000), Some(10)).await.unwrap();
    let (listing, state) = (account.mailboxes().unwrap(), account.state(inbox).unwrap());
    let (quota, counter) = (account.quota().unwrap(), *account.bell().borrow());
    drop(account);
    bench.restart();
    let account = bench.accounts.open(AccountId(7), Who::at(Door::Imap)).unwrap();
    assert_eq!(account.mailboxes().unwrap(), listing);
    let read = account.state(inbox).unwrap();
    assert!(read.entries.iter().eq(state.entries.iter()));
    assert_eq!((read.keywords.clone(), read.uid_next), (state.keywords.clone(), state.uid_next));
    assert_eq!(account.quota().unwrap(), quota);
    assert_eq!(*account.bell().borrow(), counter);
    sound(&bench.accounts, &account);
}

async fn a_removed_account_leaves_nothing(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "INBOX", 30).await;
    let other = bench.accounts.create(AccountId(6), &Who::at(Door::Imap)).await.unwrap();
    fill(&bench, &other, "INBOX", 3).await;
    let inbox = id_of(&account, "INBOX");
    account.remove(inbox, &uids([1, 2])).await.unwrap();
    bench.accounts.remove(AccountId(7)).await.unwrap();
    assert_eq!(bench.accounts.list().unwrap(), [AccountId(6)]);
    assert_eq!(refused(account.state(inbox)), Refused::NoSuchMailbox);
    let late = bench.message("late").await;
    assert_eq!(refused(account.append(inbox, vec![late]).await), Refused::NoSuchMailbox);
    assert_eq!(refused(bench.accounts.remove(AccountId(7)).await), Refused::NoSuchMailbox);
    sound(&bench.accounts, &other);
    let again = bench.account().await;
    assert!(uids_in(&again, "INBOX").is_empty());
    sound(&bench.accounts, &again);
}

async fn fill(bench: &Bench, account: &Account, to: &str, count: u32) {
    let mut messages = Vec::new();
    for number in 0..count {
        messages.push(bench.message(&format!("Subject: {number}\r\n\r\nMail {number}.\r\n")).await);
    }
    account.append(id_of(account, to), messages).await.unwrap();
}

fn flags(mode: FlagMode, system: Flags, keywords: &[&str]) -> Store {
    let keywords = keywords.iter().map(|text| Keyword::new(text).unwrap()).collect();
    Store {
        uids: UidSet::all(),
        mode,
        flags: FlagNames { system, keywords },
        unchanged_since: None,
    }
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> Refused {
    match result {
        Err(Error::Refused(refused)) => refused,
        other => panic!("not refused: {other:?}"),
    }
}

fn names(account: &Account) -> Vec<String> {
    account.mailboxes().unwrap().iter().map(|mailbox| mailbox.name.to_string()).collect()
}

fn uids_in(account: &Account, mailbox: &str) -> Vec<u32> {
    let state = account.state(id_of(account, mailbox)).unwrap();
    state.entries.iter().map(|entry| entry.uid.number()).collect()
}
