//! The tree of mailboxes: names, renaming, what a deleted mailbox leaves, and what is never given again.

use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::operations::{MailboxEdit, Subscription};
use mailbox::{AccountId, Door, MailboxKind, ModSeq, Refused, Role, Timestamp, Who};

use super::{fill, names, refused, uids_in};
use crate::{Bench, id_of, name, sound, uids};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Engine>) {
    names_make_a_tree(Bench::new(make())).await;
    a_deleted_mailbox_leaves_a_container_as_long_as_it_is_needed(Bench::new(make())).await;
    renaming_moves_all_that_lies_below(Bench::new(make())).await;
    renaming_the_inbox_moves_its_mail(Bench::new(make())).await;
    a_mailbox_is_changed_in_one_step_or_not_at_all(Bench::new(make())).await;
    uids_and_uid_validities_are_never_given_again(Bench::new(make())).await;
}

async fn names_make_a_tree(bench: Bench) {
    let account = bench.account().await;
    let deep = account.create_mailbox(&name("Work/2024/Trips"), None).await.unwrap();
    let mailbox = account.mailbox(deep).unwrap().unwrap();
    assert_eq!(mailbox.name, name("Work/2024/Trips"));
    assert!(names(&account).contains(&"Work/2024".to_owned()));
    let again = account.create_mailbox(&name("Work/2024"), None).await;
    assert_eq!(refused(again), Refused::MailboxExists);
    let second = account.create_mailbox(&name("Bin"), Some(Role::Trash)).await;
    assert_eq!(refused(second), Refused::SpecialUse);
    let important = account.create_mailbox(&name("Stars"), Some(Role::Important)).await.unwrap();
    assert_eq!(account.mailbox(important).unwrap().unwrap().role, Some(Role::Important));
    account.create_mailbox(&name("inbox/Lists"), None).await.unwrap();
    assert!(names(&account).contains(&"INBOX/Lists".to_owned()));
    sound(&bench.accounts, &account);
}

async fn a_deleted_mailbox_leaves_a_container_as_long_as_it_is_needed(bench: Bench) {
    let account = bench.account().await;
    account.create_mailbox(&name("A/B/C"), None).await.unwrap();
    fill(&bench, &account, "A/B", 3).await;
    let (a, b, c) = (id_of(&account, "A"), id_of(&account, "A/B"), id_of(&account, "A/B/C"));
    let before = account.mailbox(b).unwrap().unwrap();
    account.delete_mailbox(b).await.unwrap();
    let mailbox = account.mailbox(b).unwrap().unwrap();
    assert_eq!((mailbox.kind, mailbox.messages), (MailboxKind::Container, 0));
    assert_eq!(refused(account.state(b)), Refused::NotSelectable);
    assert_eq!(refused(account.delete_mailbox(b).await), Refused::NotSelectable);
    assert_eq!(account.quota().unwrap().messages, 0);
    let message = bench.message("x").await;
    assert_eq!(refused(account.append(b, vec![message]).await), Refused::NotSelectable);
    // Made again, it is another mailbox to clients.
    let anew = account.create_mailbox(&name("A/B"), None).await.unwrap();
    assert_eq!(account.mailbox(b).unwrap(), None);
    assert_eq!(account.mailbox(c).unwrap().unwrap().name, name("A/B/C"));
    let b = anew;
    let anew = account.mailbox(b).unwrap().unwrap();
    assert!(anew.uid_validity > before.uid_validity);
    assert!(uids_in(&account, "A/B").is_empty());
    account.delete_mailbox(b).await.unwrap();
    account.delete_mailbox(a).await.unwrap();
    account.delete_mailbox(c).await.unwrap();
    assert!(!names(&account).iter().any(|name| name.starts_with('A') && name != "Archive"));
    let inbox = id_of(&account, "INBOX");
    assert_eq!(refused(account.delete_mailbox(inbox).await), Refused::Inbox);
    assert_eq!(refused(account.delete_mailbox(c).await), Refused::NoSuchMailbox);
    sound(&bench.accounts, &account);
}

async fn renaming_moves_all_that_lies_below(bench: Bench) {
    let account = bench.account().await;
    account.create_mailbox(&name("A/B/C"), None).await.unwrap();
    fill(&bench, &account, "A/B", 2).await;
    let (a, b, c) = (id_of(&account, "A"), id_of(&account, "A/B"), id_of(&account, "A/B/C"));
    let before = account.mailbox(b).unwrap().unwrap();
    account.rename_mailbox(b, &name("X/Y")).await.unwrap();
    let after = account.mailbox(b).unwrap().unwrap();
    assert_eq!(after.name, name("X/Y"));
    assert_eq!((after.uid_validity, after.messages), (before.uid_validity, 2));
    assert_eq!(account.mailbox(c).unwrap().unwrap().name, name("X/Y/C"));
    assert_eq!(refused(account.rename_mailbox(b, &name("X/Y/C/D")).await), Refused::BelowItself);
    assert_eq!(refused(account.rename_mailbox(b, &name("Trash")).await), Refused::MailboxExists);
    assert_eq!(refused(account.rename_mailbox(b, &name("X/Y")).await), Refused::MailboxExists);
    account.rename_mailbox(a, &name("X/Y/C/A")).await.unwrap();
    let long = vec!["n".repeat(200); 4].join("/");
    let deep = account.create_mailbox(&name(&long), None).await.unwrap();
    let up = account.mailbox(deep).unwrap().unwrap().name.split().0.unwrap();
    let below = account.find(&up).unwrap().unwrap().id;
    let refusal = account.rename_mailbox(below, &name(&vec!["m".repeat(199); 5].join("/"))).await;
    assert!(matches!(refused(refusal), Refused::TooMany { .. }));
    // Two mailboxes can change names at the same time.
    let (sent, junk) = (id_of(&account, "Sent"), id_of(&account, "Junk"));
    account.rename_mailbox(sent, &name("Between")).await.unwrap();
    account.rename_mailbox(junk, &name("Sent")).await.unwrap();
    account.rename_mailbox(sent, &name("Junk")).await.unwrap();
    assert_eq!((id_of(&account, "Sent"), id_of(&account, "Junk")), (junk, sent));
    sound(&bench.accounts, &account);
}

async fn a_mailbox_is_changed_in_one_step_or_not_at_all(bench: Bench) {
    let account = bench.account().await;
    account.create_mailbox(&name("A/B"), None).await.unwrap();
    account.subscribe(&name("A/B")).await.unwrap();
    let a = id_of(&account, "A");
    let edit = MailboxEdit {
        name: Some(name("Work/Z")),
        role: Some(Some(Role::Important)),
        sort_order: Some(3),
        subscription: Some(Subscription::Yes),
    };
    account.edit_mailbox(a, edit).await.unwrap();
    let mailbox = account.mailbox(a).unwrap().unwrap();
    assert_eq!((mailbox.role, mailbox.sort_order), (Some(Role::Important), Some(3)));
    let subscribed = |text| account.subscriptions().unwrap().contains(&name(text));
    // Those below go on being subscribed to.
    assert!(subscribed("Work/Z") && subscribed("Work/Z/B") && !subscribed("A/B"));
    let before = account.changes_since(ModSeq(0), 100).unwrap().last().unwrap().modseq;
    let taken = MailboxEdit {
        name: Some(name("Y")),
        role: Some(Some(Role::Trash)),
        sort_order: Some(4),
        subscription: Some(Subscription::No),
    };
    assert_eq!(refused(account.edit_mailbox(a, taken).await), Refused::SpecialUse);
    let below =
        MailboxEdit { name: Some(name("Work/Z/C")), role: Some(None), ..MailboxEdit::default() };
    assert_eq!(refused(account.edit_mailbox(a, below).await), Refused::BelowItself);
    assert_eq!(account.mailbox(a).unwrap().unwrap(), mailbox);
    assert!(account.changes_since(before, 1).unwrap().is_empty());
    let inbox = id_of(&account, "INBOX");
    let moved = MailboxEdit { name: Some(name("Old")), ..MailboxEdit::default() };
    assert_eq!(refused(account.edit_mailbox(inbox, moved).await), Refused::Inbox);
    sound(&bench.accounts, &account);
}

async fn renaming_the_inbox_moves_its_mail(bench: Bench) {
    let account = bench.account().await;
    account.create_mailbox(&name("INBOX/Below"), None).await.unwrap();
    fill(&bench, &account, "INBOX", 3).await;
    let inbox = id_of(&account, "INBOX");
    account.rename_mailbox(inbox, &name("Old/Mail")).await.unwrap();
    assert_eq!(id_of(&account, "INBOX"), inbox);
    assert!(uids_in(&account, "INBOX").is_empty());
    assert_eq!(uids_in(&account, "Old/Mail"), [1, 2, 3]);
    assert!(names(&account).contains(&"INBOX/Below".to_owned()));
    sound(&bench.accounts, &account);
}

async fn uids_and_uid_validities_are_never_given_again(mut bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "INBOX", 3).await;
    let inbox = id_of(&account, "INBOX");
    account.remove(inbox, &uids([1, 2, 3])).await.unwrap();
    drop(account);
    bench.restart();
    let account = bench.accounts.open(AccountId(7), Who::at(Door::Imap)).unwrap();
    fill(&bench, &account, "INBOX", 1).await;
    assert_eq!(uids_in(&account, "INBOX"), [4]);
    let mut last = account.mailboxes().unwrap().iter().map(|m| m.uid_validity).max().unwrap();
    // Not even when the clock is set back.
    for time in [1_800_000_000, 5, 1_700_000_000] {
        bench.clock.set(Timestamp(time));
        let id = account.create_mailbox(&name("Again"), None).await.unwrap();
        let validity = account.mailbox(id).unwrap().unwrap().uid_validity;
        assert!(validity > last);
        last = validity;
        account.delete_mailbox(id).await.unwrap();
    }
    sound(&bench.accounts, &account);
}
