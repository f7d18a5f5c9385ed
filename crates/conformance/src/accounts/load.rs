//! Many at once and much at a time: each operation is whole, limits are exact, and memory is bounded.

use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::operations::Store;
use mailbox::{FlagMode, Flags, Octets, QuotaResource, Refused};

use super::{flags, refused, uids_in};
use crate::{Bench, id_of, sound, uids};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Engine>) {
    quota_is_exact_among_many_writers(Bench::new(make())).await;
    an_operation_whose_caller_left_is_whole(Bench::new(make())).await;
    many_writers_of_one_account_get_on(Bench::new(make())).await;
    hot_state_is_let_go_of_and_read_again(Bench::new(make())).await;
}

async fn quota_is_exact_among_many_writers(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    let message = bench.message("0123456789").await;
    account.set_quota(Some(35), None).await.unwrap();
    let writers: Vec<_> = (0..16)
        .map(|_| {
            let (account, message) = (account.clone(), message.clone());
            tokio::spawn(async move { account.append(inbox, vec![message]).await })
        })
        .collect();
    let mut passed = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(_) => passed += 1,
            other => {
                assert_eq!(refused(other), Refused::OverQuota(QuotaResource::Storage));
            }
        }
    }
    assert_eq!((passed, account.quota().unwrap().octets), (3, Octets(30)));
    let copy = account.copy(inbox, &uids([1, 2]), inbox).await;
    assert_eq!(refused(copy), Refused::OverQuota(QuotaResource::Storage));
    // A move needs no room, and what is expunged makes some at once.
    account.r#move(inbox, &uids([1]), id_of(&account, "Trash")).await.unwrap();
    account.remove(inbox, &uids([2])).await.unwrap();
    account.set_quota(Some(35), Some(2)).await.unwrap();
    let both = account.append(inbox, vec![message.clone()]).await;
    assert_eq!(refused(both), Refused::OverQuota(QuotaResource::Message));
    account.set_quota(None, None).await.unwrap();
    account.append(inbox, vec![message]).await.unwrap();
    sound(&bench.accounts, &account);
}

async fn an_operation_whose_caller_left_is_whole(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    let messages: Vec<_> = {
        let mut messages = Vec::new();
        for number in 0..3 {
            messages.push(bench.message(&format!("mail {number}")).await);
        }
        messages
    };
    for patience in 0..30 {
        let mut append = Box::pin(account.append(inbox, messages.clone()));
        for _ in 0..patience {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            if append.as_mut().poll(&mut context).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(append);
        let flag = flags(FlagMode::Add, Flags::SEEN, &[]);
        account.store(inbox, flag).await.unwrap();
        assert_eq!(uids_in(&account, "INBOX").len() % 3, 0);
    }
    sound(&bench.accounts, &account);
}

async fn many_writers_of_one_account_get_on(bench: Bench) {
    let account = bench.account().await;
    let (inbox, trash) = (id_of(&account, "INBOX"), id_of(&account, "Trash"));
    let message = bench.message("Message-ID: <m@x>\r\n\r\nmail").await;
    let writers: Vec<_> = (0..12u32)
        .map(|writer| {
            let (account, message) = (account.clone(), message.clone());
            tokio::spawn(async move {
                for round in 0..10u32 {
                    let appended = account.append(inbox, vec![message.clone()]).await.unwrap();
                    let own = appended.entries[0].0;
                    assert!(account.state(inbox).unwrap().entries.find(own).is_some());
                    let own = uids([own.number()]);
                    match (writer + round) % 4 {
                        0 => drop(account.copy(inbox, &own, trash).await.unwrap()),
                        1 => drop(account.r#move(inbox, &own, trash).await.unwrap()),
                        2 => drop(account.remove(inbox, &own).await.unwrap()),
                        _ => {
                            let seen = flags(FlagMode::Add, Flags::SEEN, &["done"]);
                            let seen = Store { uids: own.clone(), ..seen };
                            let stored = account.store(inbox, seen).await.unwrap();
                            assert!(stored.gone.is_empty());
                        }
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    // Of 120: a quarter copied (2 entries), a quarter moved, a quarter gone, a quarter flagged.
    let inbox = account.mailbox(inbox).unwrap().unwrap();
    assert_eq!((inbox.messages, inbox.unseen), (60, 30));
    assert_eq!(account.quota().unwrap().messages, 120);
    sound(&bench.accounts, &account);
}

async fn hot_state_is_let_go_of_and_read_again(bench: Bench) {
    let account = bench.account().await;
    // 64 KB of hot state hold about 1,800 entries.
    let message = bench.message("mail").await;
    for mailbox in ["INBOX", "Trash", "Sent", "Archive"] {
        account.append(id_of(&account, mailbox), vec![message.clone(); 600]).await.unwrap();
    }
    for round in 1..4 {
        for mailbox in ["INBOX", "Trash", "Sent", "Archive"] {
            let id = id_of(&account, mailbox);
            assert_eq!(account.state(id).unwrap().entries.len(), 600 + round - 1);
            account.append(id, vec![message.clone()]).await.unwrap();
            assert_eq!(account.state(id).unwrap().entries.len(), 600 + round);
        }
    }
    sound(&bench.accounts, &account);
}
