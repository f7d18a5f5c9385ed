//! The gate over an engine: what people rely on, one story each. Every story ends with a check of the account.

use std::sync::Arc;

use super::{Bench, id_of, name, sound, uid, uids};
use mailbox::engine::Engine;
use mailbox::operations::{Store, What};
use mailbox::{
    Account, AccountId, Door, Error, FlagMode, FlagNames, Flags, Keyword, MailboxKind, ModSeq,
    Octets, QuotaResource, Refused, Role, Timestamp, Who,
};

/// Runs the stories.
pub async fn run(make: impl Fn() -> Arc<dyn Engine>) {
    a_new_account_has_the_usual_mailboxes(Bench::new(make())).await;
    what_is_done_is_there_after_a_restart(Bench::new(make())).await;
    names_make_a_tree(Bench::new(make())).await;
    a_deleted_mailbox_leaves_a_container_as_long_as_it_is_needed(Bench::new(make())).await;
    renaming_moves_all_that_lies_below(Bench::new(make())).await;
    renaming_the_inbox_moves_its_mail(Bench::new(make())).await;
    uids_and_uid_validities_are_never_given_again(Bench::new(make())).await;
    flags_change_only_where_they_have_to(Bench::new(make())).await;
    keywords_have_room_and_no_more(Bench::new(make())).await;
    quota_is_exact_among_many_writers(Bench::new(make())).await;
    expunged_mail_stays_until_retention_ends(Bench::new(make())).await;
    mail_of_a_deleted_mailbox_comes_back_to_the_inbox(Bench::new(make())).await;
    uidls_are_stable_for_life(Bench::new(make())).await;
    conversations_become_threads(Bench::new(make())).await;
    what_vanished_is_told_or_a_whole_listing_is(Bench::new(make())).await;
    the_change_log_says_who_did_what(Bench::new(make())).await;
    recent_mail_is_told_to_one_session(Bench::new(make())).await;
    large_mail_and_copies_share_one_body(Bench::new(make())).await;
    an_operation_whose_caller_left_is_whole(Bench::new(make())).await;
    many_writers_of_one_account_get_on(Bench::new(make())).await;
    a_removed_account_leaves_nothing(Bench::new(make())).await;
    many_entries_go_at_once(Bench::new(make())).await;
    hot_state_is_let_go_of_and_read_again(Bench::new(make())).await;
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
        uids: mailbox::UidSet::all(),
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
    let all: Vec<String> = (0..mailbox::limits::KEYWORDS_MAX).map(|n| format!("k{n}")).collect();
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
    assert_eq!(state.keywords_of(entry.flags).count(), mailbox::limits::KEYWORDS_MAX - 1);
    assert!(!state.keywords_of(entry.flags).any(|keyword| keyword.as_str() == "k3"));
    sound(&bench.accounts, &account);
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

async fn expunged_mail_stays_until_retention_ends(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "INBOX", 4).await;
    let inbox = id_of(&account, "INBOX");
    account.copy(inbox, &uids([1]), id_of(&account, "Archive")).await.unwrap();
    let marked = Store { uids: uids([1, 2, 3]), ..flags(FlagMode::Add, Flags::DELETED, &["x"]) };
    account.store(inbox, marked).await.unwrap();
    let emails: Vec<_> =
        account.state(inbox).unwrap().entries.iter().map(|entry| entry.email).collect();
    assert_eq!(account.expunge(inbox, Some(&uids([1, 2, 4]))).await.unwrap(), uids([1, 2]));
    bench.clock.set(Timestamp(super::BEGINNING.0 + 100));
    assert_eq!(account.expunge(inbox, None).await.unwrap(), uids([3]));
    let retained = account.retained(9).unwrap();
    assert_eq!(retained.len(), 2);
    assert_eq!(retained[0].entries[0].email, emails[2]);
    assert_eq!(retained[1].entries.len(), 2);
    assert_eq!(retained[1].mailbox_name, name("INBOX"));
    assert_eq!(retained[1].entries[0].keywords[0].as_str(), "x");
    assert_eq!(account.retained(1).unwrap().len(), 1);
    assert_eq!(account.retained_since().unwrap(), Some(super::BEGINNING));
    let back = account.bring_back(retained[1].modseq, Some(&uids([2]))).await.unwrap();
    assert_eq!(back.entries, [(uid(5), emails[1])]);
    let state = account.state(inbox).unwrap();
    let entry = state.entries.find(uid(5)).unwrap();
    assert!(!entry.flags.contains(Flags::DELETED));
    assert_eq!(state.keywords_of(entry.flags).count(), 1);
    let again = account.bring_back(retained[1].modseq, Some(&uids([2]))).await;
    assert_eq!(refused(again), Refused::NoSuchMessage);
    let dropped = account.drop_retained(Timestamp(super::BEGINNING.0 + 50)).await.unwrap();
    assert_eq!(dropped, 1);
    let reader = account.reader().unwrap();
    assert!(reader.email(emails[0]).unwrap().is_some(), "a copy holds it");
    assert!(reader.email(emails[2]).unwrap().is_some(), "its time is not over");
    assert_eq!(account.drop_retained(Timestamp(i64::MAX)).await.unwrap(), 1);
    assert!(account.reader().unwrap().email(emails[2]).unwrap().is_none());
    assert!(account.retained(9).unwrap().is_empty());
    sound(&bench.accounts, &account);
}

async fn mail_of_a_deleted_mailbox_comes_back_to_the_inbox(bench: Bench) {
    let account = bench.account().await;
    account.create_mailbox(&name("Trips/Lisbon"), None).await.unwrap();
    fill(&bench, &account, "Trips/Lisbon", 3).await;
    account.delete_mailbox(id_of(&account, "Trips/Lisbon")).await.unwrap();
    let retained = account.retained(9).unwrap();
    assert_eq!(retained[0].mailbox_name, name("Trips/Lisbon"));
    account.set_quota(None, Some(2)).await.unwrap();
    let refusal = account.bring_back(retained[0].modseq, None).await;
    assert_eq!(refused(refusal), Refused::OverQuota(QuotaResource::Message));
    account.set_quota(None, None).await.unwrap();
    let back = account.bring_back(retained[0].modseq, None).await.unwrap();
    assert_eq!(back.mailbox, id_of(&account, "INBOX"));
    assert_eq!(uids_in(&account, "INBOX"), [1, 2, 3]);
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
    account.remove(inbox, &mailbox::UidSet::all()).await.unwrap();
    account.drop_retained(Timestamp(i64::MAX)).await.unwrap();
    let anew = bench.message("Message-ID: <y@x>\r\nReferences: <b@x>\r\n\r\n").await;
    let anew = account.append(inbox, vec![anew]).await.unwrap();
    assert_eq!(thread(anew.entries[0].1), anew.entries[0].1.0);
    sound(&bench.accounts, &account);
}

async fn what_vanished_is_told_or_a_whole_listing_is(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "INBOX", 6).await;
    let (inbox, trash) = (id_of(&account, "INBOX"), id_of(&account, "Trash"));
    let start = account.state(inbox).unwrap().highest_modseq;
    account.remove(inbox, &uids([2])).await.unwrap();
    let middle = account.state(inbox).unwrap().highest_modseq;
    bench.clock.set(Timestamp(super::BEGINNING.0 + 100));
    account.r#move(inbox, &uids([4, 5]), trash).await.unwrap();
    let end = account.state(inbox).unwrap().highest_modseq;
    assert_eq!(account.vanished(inbox, start, None).unwrap(), uids([2, 4, 5]));
    assert_eq!(account.vanished(inbox, start, Some(&uids([1, 4]))).unwrap(), uids([4]));
    assert_eq!(account.vanished(inbox, middle, None).unwrap(), uids([4, 5]));
    assert!(account.vanished(inbox, end, None).unwrap().is_empty());
    account.forget_changes(Timestamp(super::BEGINNING.0 + 50)).await.unwrap();
    assert!(account.log_floor() > start);
    assert_eq!(account.vanished(inbox, middle, None).unwrap(), uids([4, 5]));
    // Older than what is remembered: all that is not there.
    assert_eq!(account.vanished(inbox, start, None).unwrap(), uids([2, 4, 5]));
    assert_eq!(account.vanished(inbox, ModSeq(0), Some(&uids([2, 3, 90]))).unwrap(), uids([2]));
    sound(&bench.accounts, &account);
}

async fn the_change_log_says_who_did_what(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "INBOX", 2).await;
    let start = *account.bell().borrow();
    let who = Who {
        door: Door::Pop3,
        device: Some("Office PC".into()),
        address: Some([192, 0, 2, 7].into()),
    };
    let office = bench.accounts.open(AccountId(7), who.clone()).unwrap();
    let inbox = id_of(&account, "INBOX");
    office.remove(inbox, &uids([2])).await.unwrap();
    account.subscribe(&name("Not/There")).await.unwrap();
    let lines = account.changes_since(start, 9).unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0].who, lines[0].time), (&who, super::BEGINNING));
    assert_eq!(lines[0].what, What::Expunged { mailbox: inbox, uids: uids([2]) });
    assert_eq!(lines[1].what, What::Subscribed { name: name("Not/There") });
    assert_eq!(account.changes_since(start, 1).unwrap().len(), 1);
    assert!(account.changes_since(lines[1].modseq, 9).unwrap().is_empty());
    let all = account.changes_since(ModSeq(0), 99).unwrap();
    assert!(all.windows(2).all(|pair| pair[0].modseq < pair[1].modseq));
    assert_eq!(account.retained(1).unwrap()[0].who, who);
    sound(&bench.accounts, &account);
}

async fn recent_mail_is_told_to_one_session(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    assert_eq!(account.claim_recent(&account.state(inbox).unwrap()), None);
    fill(&bench, &account, "INBOX", 2).await;
    let old = account.state(inbox).unwrap();
    fill(&bench, &account, "INBOX", 1).await;
    assert_eq!(account.claim_recent(&old), Some(uid(1)));
    let new = account.state(inbox).unwrap();
    assert_eq!(account.claim_recent(&new), Some(uid(3)));
    assert_eq!(account.claim_recent(&new), None);
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
    account.remove(inbox, &mailbox::UidSet::all()).await.unwrap();
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

async fn many_entries_go_at_once(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    let message = bench.message("mail").await;
    for _ in 0..5 {
        account.append(inbox, vec![message.clone(); 500]).await.unwrap();
    }
    account.store(inbox, flags(FlagMode::Add, Flags::DELETED, &[])).await.unwrap();
    let gone = account.expunge(inbox, None).await.unwrap();
    assert_eq!(gone.len(), 2_500);
    let retained = account.retained(9).unwrap();
    assert_eq!(retained[0].entries.len(), 2_500);
    let back = account.bring_back(retained[0].modseq, None).await.unwrap();
    assert_eq!(back.entries.len(), 2_500);
    account.remove(inbox, &mailbox::UidSet::all()).await.unwrap();
    assert_eq!(account.drop_retained(Timestamp(i64::MAX)).await.unwrap(), 2_500);
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
