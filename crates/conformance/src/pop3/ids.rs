//! Unique ids: ours, and those that mail brought along.

use std::collections::BTreeSet;
use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::operations::Append;
use mailbox::{AccountId, OnDelete, Quit, Timestamp, Uid, Uidl};

use super::{Bench, at, choice, device, fill, id_of, ids, session, sound, uids};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Engine>) {
    ids_from_elsewhere_are_kept(Bench::new(make())).await;
    ids_that_could_be_of_two_are_not_taken(Bench::new(make())).await;
    messages_that_are_there_adopt_ids(Bench::new(make())).await;
    a_remade_account_has_other_ids(Bench::new(make())).await;
}

fn uidl(text: &str) -> Uidl {
    Uidl::new(text.as_bytes()).unwrap()
}

fn told(bench: &Bench) -> Vec<String> {
    let view = at(bench, "").open_pop3().unwrap();
    let all = ids(&view);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    assert!(all.iter().all(|id| Uidl::new(id.as_bytes()).is_some()));
    // The same, however it is asked.
    let mut pieces = Vec::new();
    for from in 0..all.len() {
        view.uidls(from, 1, &mut |_, id| pieces.push(id.to_owned())).unwrap();
    }
    assert_eq!(pieces, all);
    all
}

async fn ids_from_elsewhere_are_kept(mut bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    let mut messages = Vec::new();
    for text in ["0000001a4f2b", "", "!~x", "0000001b4f2b"] {
        let message = bench.message("mail").await;
        let uidl = (!text.is_empty()).then(|| uidl(text));
        messages.push(Append { uidl, ..message });
    }
    account.append(inbox, messages).await.unwrap();
    let first = told(&bench);
    assert_eq!(
        (&first[0], &first[2], &first[3]),
        (&"0000001a4f2b".to_owned(), &"!~x".to_owned(), &"0000001b4f2b".to_owned())
    );
    // Copies have ids of their own; what moves, or goes and comes back, keeps its id.
    let archive = id_of(&account, "Archive");
    account.copy(inbox, &uids([1]), inbox).await.unwrap();
    account.r#move(inbox, &uids([1]), archive).await.unwrap();
    account.r#move(archive, &uids([1]), inbox).await.unwrap();
    account.remove(inbox, &uids([3])).await.unwrap();
    account.bring_back(account.retained(1).unwrap()[0].modseq, None).await.unwrap();
    drop(account);
    bench.restart();
    let second = told(&bench);
    assert_eq!([&second[0], &second[1]], [&first[1], &first[3]]);
    assert_eq!([&second[3], &second[4]], [&first[0], &first[2]]);
    assert!(!first.contains(&second[2]));
    let account = at(&bench, "");
    account.remove(inbox, &mailbox::UidSet::all()).await.unwrap();
    account.drop_retained(Timestamp(i64::MAX)).await.unwrap();
    sound(&bench.accounts, &account);
    // Gone for good, its id is free.
    let message = bench.message("mail").await;
    account.append(inbox, vec![Append { uidl: Some(uidl("!~x")), ..message }]).await.unwrap();
    assert_eq!(told(&bench), ["!~x"]);
    sound(&bench.accounts, &account);
}

async fn ids_that_could_be_of_two_are_not_taken(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, 1..=2).await;
    let inbox = id_of(&account, "INBOX");
    let own = told(&bench);
    let start = own[0].strip_suffix(".1").unwrap().to_owned();
    let append = async |text: &str| {
        let message = bench.message("mail").await;
        let to = id_of(&account, "INBOX");
        account.append(to, vec![Append { uidl: Some(uidl(text)), ..message }]).await.unwrap();
        told(&bench).pop().unwrap() == text
    };
    assert!(append("a").await);
    assert!(!append("a").await, "another has it");
    assert!(!append(&own[0]).await, "it is another's own");
    assert!(!append(&format!("{start}.2.1.9")).await, "it could be that of a copy of another");
    assert!(!append(&format!("{start}.ff")).await, "it is that of an email to come");
    assert!(append(&format!("{start}.0ff")).await, "we never write it so");
    assert!(append("65000000.1").await, "it is that of another account");
    // As an export of this very account brings it back once the first one is gone for good.
    account.remove(inbox, &uids([1])).await.unwrap();
    assert!(!append(&own[0]).await);
    account.drop_retained(Timestamp(i64::MAX)).await.unwrap();
    assert!(append(&own[0]).await);
    sound(&bench.accounts, &account);
}

async fn messages_that_are_there_adopt_ids(mut bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, 1..=5).await;
    let inbox = id_of(&account, "INBOX");
    account.copy(inbox, &uids([1]), inbox).await.unwrap();
    account.choose_pop3(Some(&device("office")), choice(OnDelete::Hide)).await.unwrap();
    session(&bench, "office", [], [2], Quit::Yes).await;
    let own = told(&bench);
    let list = |pairs: &[(u32, &str)]| -> Vec<(Uid, Uidl)> {
        pairs.iter().map(|(number, text)| (Uid::new(*number).unwrap(), uidl(text))).collect()
    };
    // 6 is a copy, 9 is not there, 4 asks for what 3 has, 5 for what is its own anyway.
    let asked = list(&[(2, "two"), (3, "three"), (6, "six"), (9, "nine"), (5, &own[4])]);
    assert_eq!(account.adopt_uidls(inbox, asked.clone()).await.unwrap(), 3);
    assert_eq!(account.adopt_uidls(inbox, list(&[(4, "three")])).await.unwrap(), 0);
    assert_eq!(account.adopt_uidls(inbox, asked).await.unwrap(), 3);
    let want = [&own[0], "two", "three", &own[3], &own[4], &own[5]];
    assert_eq!(told(&bench), want);
    // A better list takes the place of the one before.
    assert_eq!(account.adopt_uidls(inbox, list(&[(2, "deux"), (4, "two")])).await.unwrap(), 2);
    drop(account);
    bench.restart();
    assert_eq!(told(&bench)[1..4], ["deux", "three", "two"]);
    assert_eq!(super::sees(&bench, "office"), [1, 3, 4, 5, 6]);
    sound(&bench.accounts, &at(&bench, ""));
}

async fn a_remade_account_has_other_ids(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, 1..=3).await;
    let message = bench.message("mail").await;
    let inbox = id_of(&account, "INBOX");
    account.append(inbox, vec![Append { uidl: Some(uidl("kept")), ..message }]).await.unwrap();
    account.choose_pop3(None, choice(OnDelete::Hide)).await.unwrap();
    session(&bench, "", [], [1], Quit::Yes).await;
    let before = ids(&at(&bench, "office").open_pop3().unwrap());
    bench.accounts.remove(AccountId(7)).await.unwrap();
    super::later(&bench, 1);
    let account = bench.account().await;
    assert!(account.pop3_choices().unwrap().0.is_empty());
    assert!(account.pop3_devices().unwrap().is_empty());
    fill(&bench, &account, 1..=4).await;
    let after = told(&bench);
    assert_eq!(after.len(), 4);
    assert!(after.iter().all(|id| !before.contains(id)));
    sound(&bench.accounts, &account);
}
