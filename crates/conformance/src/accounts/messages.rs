//! What a message has and keeps: flags and keywords, its unique id, its thread, its body.

use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::operations::Store;
use mailbox::{
    Account, AccountId, Door, FlagMode, Flags, ModSeq, Refused, Timestamp, UidSet, Who, limits,
};

use super::{fill, flags, refused};
use crate::{Bench, id_of, sound, uids};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Engine>) {
    flags_change_only_where_they_have_to(Bench::new(make())).await;
    keywords_have_room_and_no_more(Bench::new(make())).await;
    uidls_are_stable_for_life(Bench::new(make())).await;
    conversations_become_threads(Bench::new(make())).await;
    large_mail_and_copies_share_one_body(Bench::new(make())).await;
}

async fn flags_change_only_where_they_have_to(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "INBOX", 4).await;
    let inbox = id_of(&account, "INBOX");
    let first = Store { uids: uids([1, 2, 9]), ..flags(FlagMode::Add, Flags::SEEN, &[]) };
    let stored = account.store(inbox, first.clone()).await.unwrap();
    assert_eq!((&stored.gone, &stored.modified), (&uids([9]), &uids([])));
    let counter = *account.bell().borrow();
    assert_eq!(stored.modseq, counter);
    let nothing = account.store(inbox, first).await.unwrap();
    assert_eq!((nothing.modseq, *account.bell().borrow()), (ModSeq(0), counter));
    let conditional = Store {
        unchanged_since: Some(ModSeq(counter.0 - 1)),
        ..flags(FlagMode::Replace, Flags::FLAGGED, &[])
    };
    let stored = account.store(inbox, conditional).await.unwrap();
    assert_eq!(stored.modified, uids([1, 2]));
    let state = account.state(inbox).unwrap();
    let all: Vec<Flags> = state.entries.iter().map(|entry| entry.flags).collect();
    assert_eq!(all, [Flags::SEEN, Flags::SEEN, Flags::FLAGGED, Flags::FLAGGED]);
    let mailbox = account.mailbox(inbox).unwrap().unwrap();
    assert_eq!((mailbox.unseen, mailbox.deleted), (2, 0));
    account.store(inbox, flags(FlagMode::Remove, Flags::SEEN, &["unknown"])).await.unwrap();
    assert!(account.state(inbox).unwrap().keywords.is_empty());
    sound(&bench.accounts, &account);
}

async fn keywords_have_room_and_no_more(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "INBOX", 2).await;
    let inbox = id_of(&account, "INBOX");
    let all: Vec<String> = (0..limits::KEYWORDS_MAX).map(|n| format!("k{n}")).collect();
    let all: Vec<&str> = all.iter().map(|text| &**text).collect();
    account.store(inbox, flags(FlagMode::Add, Flags::NONE, &all)).await.unwrap();
    let counter = *account.bell().borrow();
    let more = account.store(inbox, flags(FlagMode::Add, Flags::SEEN, &["one-more"])).await;
    assert!(matches!(refused(more), Refused::TooMany { .. }));
    assert_eq!(*account.bell().borrow(), counter);
    account.store(inbox, flags(FlagMode::Remove, Flags::NONE, &["K3"])).await.unwrap();
    let trash = id_of(&account, "Trash");
    account.r#move(inbox, &uids([1]), trash).await.unwrap();
    let state = account.state(trash).unwrap();
    let entry = state.entries.get(0).unwrap();
    assert_eq!(state.keywords_of(entry.flags).count(), limits::KEYWORDS_MAX - 1);
    assert!(!state.keywords_of(entry.flags).any(|keyword| keyword.as_str() == "k3"));
    sound(&bench.accounts, &account);
}

async fn uidls_are_stable_for_life(mut bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "INBOX", 3).await;
    let (inbox, trash) = (id_of(&account, "INBOX"), id_of(&account, "Trash"));
    let ids = |account: &Account| account.uidls(&account.state(inbox).unwrap()).unwrap();
    account.copy(inbox, &uids([1]), inbox).await.unwrap();
    let all = ids(&account);
    let mut different = all.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 4, "a copy in the Inbox has an id of its own");
    assert!(all.iter().all(|id| (1..=70).contains(&id.len())));
    assert!(all.iter().all(|id| id.bytes().all(|octet| (0x21..=0x7e).contains(&octet))));
    // Away and back, the original and the copy.
    account.r#move(inbox, &uids([1, 4]), trash).await.unwrap();
    account.r#move(trash, &uids([1, 2]), inbox).await.unwrap();
    assert_eq!(ids(&account), [all[1].clone(), all[2].clone(), all[0].clone(), all[3].clone()]);
    account.remove(inbox, &uids([2, 6])).await.unwrap();
    let retained = account.retained(1).unwrap();
    account.bring_back(retained[0].modseq, None).await.unwrap();
    drop(account);
    bench.restart();
    let account = bench.accounts.open(AccountId(7), Who::at(Door::Pop3)).unwrap();
    assert_eq!(ids(&account), [all[2].clone(), all[0].clone(), all[1].clone(), all[3].clone()]);
    sound(&bench.accounts, &account);
}

async fn conversations_become_threads(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    let texts = [
        "Message-ID: <a@x>\r\n\r\n",
        "Message-ID: <b@x>\r\nReferences: <a@x>\r\n\r\n",
        "Message-ID: <d@x>\r\nReferences: <a@x> <c@x>\r\n\r\n",
        "Message-ID: <c@x>\r\n\r\n",
        "Message-ID: <e@x>\r\nIn-Reply-To: <f@x>\r\n\r\n",
        "Message-ID: <f@x>\r\n\r\n",
        "\r\nno id",
        "\r\nno id",
        "Message-ID: <a@x>\r\n\r\n",
    ];
    let mut messages = Vec::new();
    for text in texts {
        messages.push(bench.message(text).await);
    }
    let appended = account.append(inbox, messages).await.unwrap();
    let reader = account.reader().unwrap();
    let threads: Vec<u64> = appended
        .entries
        .iter()
        .map(|(_, email)| reader.email(*email).unwrap().unwrap().thread.0)
        .collect();
    assert_eq!(threads, [1, 1, 1, 1, 5, 5, 7, 8, 1]);
    // A thread lives on in those that are left.
    account.remove(inbox, &uids([1, 2, 3, 9])).await.unwrap();
    account.drop_retained(Timestamp(i64::MAX)).await.unwrap();
    let late = bench.message("Message-ID: <z@x>\r\nReferences: <b@x>\r\n\r\n").await;
    let late = account.append(inbox, vec![late]).await.unwrap();
    let thread = |email| account.reader().unwrap().email(email).unwrap().unwrap().thread.0;
    assert_eq!(thread(late.entries[0].1), 1);
    account.remove(inbox, &UidSet::all()).await.unwrap();
    account.drop_retained(Timestamp(i64::MAX)).await.unwrap();
    let anew = bench.message("Message-ID: <y@x>\r\nReferences: <b@x>\r\n\r\n").await;
    let anew = account.append(inbox, vec![anew]).await.unwrap();
    assert_eq!(thread(anew.entries[0].1), anew.entries[0].1.0);
    sound(&bench.accounts, &account);
}

async fn large_mail_and_copies_share_one_body(bench: Bench) {
    let account = bench.account().await;
    let other = bench.accounts.create(AccountId(8), &Who::at(Door::Delivery)).await.unwrap();
    let text = format!("Subject: large\r\n\r\n{}", "0123456789\r\n".repeat(60_000));
    let message = bench.message(&text).await;
    let (inbox, theirs) = (id_of(&account, "INBOX"), id_of(&other, "INBOX"));
    let first = account.append(inbox, vec![message.clone(), message.clone()]).await.unwrap();
    other.append(theirs, vec![message]).await.unwrap();
    account.remove(inbox, &UidSet::all()).await.unwrap();
    let email = account.reader().unwrap().email(first.entries[0].1).unwrap().unwrap();
    assert_eq!(email.octets, text.len() as u64);
    account.drop_retained(Timestamp(i64::MAX)).await.unwrap();
    let body = other.body(&email, 0..u64::MAX).unwrap();
    assert_eq!(&body[..], text.as_bytes());
    let mut incoming = bench.accounts.receive();
    let much = vec![b'x'; 6 << 20];
    incoming.write(&much).await.unwrap();
    let over = incoming.write(&much).await;
    assert_eq!(refused(over), Refused::TooLarge { octets_max: 10 << 20 });
    sound(&bench.accounts, &account);
    sound(&bench.accounts, &other);
}
