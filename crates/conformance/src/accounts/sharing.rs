//! Mailboxes that their owner shares: who may do what, whose `\Seen` is, and who finds whose (RFC 4314, ADR 22, ADR 39).

use std::collections::BTreeMap;
use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::operations::{Append, Store, What};
use mailbox::{
    Account, AccountId, Accounts, Door, Error, FlagMode, FlagNames, Flags, Grantee, Keyword,
    MailboxId, ModSeq, Refused, Rights, RightsChange, SeenBy, Sign, Uid, Who,
};

use super::{fill, flags, refused};
use crate::random::Random;
use crate::{Bench, id_of, name, sound, uids};

const OWNER: AccountId = AccountId(7);
const BOB: AccountId = AccountId(9);
const EVA: AccountId = AccountId(11);

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Engine>) {
    each_right_opens_what_it_says(Bench::new(make())).await;
    flags_without_a_right_are_left_away(Bench::new(make())).await;
    what_is_made_below_is_shared_alike(Bench::new(make())).await;
    owners_are_found_and_forgotten(Bench::new(make())).await;
    a_user_who_is_removed_leaves_no_rights(Bench::new(make())).await;
    each_user_has_seen_what_he_has(Bench::new(make())).await;
    what_is_done_by_others_is_told_so(Bench::new(make())).await;
    looks_are_what_they_are_when_made_anew(Bench::new(make())).await;
}

async fn guest(accounts: &Accounts, user: AccountId) -> Account {
    accounts.enter_shared(OWNER, user, Who::at(Door::Imap)).await.unwrap()
}

async fn give(account: &Account, mailbox: MailboxId, user: AccountId, letters: &str) {
    let rights = Rights::parse(letters).unwrap();
    let grantee = (Grantee::User(user), Sign::Given);
    account.set_rights(mailbox, grantee, RightsChange::Replace(rights)).await.unwrap();
}

async fn message(bench: &Bench, flags: FlagNames) -> Append {
    Append { flags, ..bench.message("Subject: x\r\n\r\nx\r\n").await }
}

/// What each operation answers with all rights but some; without the right to list the mailbox, as if it were not there.
async fn each_right_opens_what_it_says(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "Archive", 3).await;
    let (archive, inbox) = (id_of(&account, "Archive"), id_of(&account, "INBOX"));
    give(&account, inbox, BOB, "lrswipkxtea").await;
    let bob = guest(&bench.accounts, BOB).await;
    assert!(!bob.is_own() && account.is_own());
    for lookup in ["l", ""] {
        let refusal =
            if lookup.is_empty() { Refused::NoSuchMailbox } else { Refused::NoPermission };
        let refusal = || refusal.clone();
        let but = |missing: &str| {
            let all = format!("{lookup}rswipkxtea");
            all.chars().filter(|letter| !missing.contains(*letter)).collect::<String>()
        };
        give(&account, archive, BOB, &but("r")).await;
        assert_eq!(refused(bob.state(archive).map(drop)), refusal());
        assert_eq!(refused(bob.copy(archive, &uids([1]), inbox).await.map(drop)), refusal());
        let seen = flags(FlagMode::Add, Flags::SEEN, &[]);
        assert_eq!(refused(bob.store(archive, seen).await.map(drop)), refusal());
        assert_eq!(refused(bob.expunge(archive, None).await.map(drop)), refusal());
        give(&account, archive, BOB, &but("i")).await;
        let append = vec![message(&bench, FlagNames::default()).await];
        assert_eq!(refused(bob.append(archive, append).await.map(drop)), refusal());
        assert_eq!(refused(bob.copy(inbox, &uids([1]), archive).await.map(drop)), refusal());
        for missing in ["r", "t", "e"] {
            give(&account, archive, BOB, &but(missing)).await;
            let moved = bob.r#move(archive, &uids([1]), inbox).await;
            assert_eq!(refused(moved.map(drop)), refusal(), "{missing}");
            let removed = bob.remove(archive, &uids([1])).await;
            assert_eq!(refused(removed.map(drop)), refusal(), "{missing}");
            let replacing = message(&bench, FlagNames::default()).await;
            let replaced = bob.replace((archive, Uid::MIN), inbox, replacing).await;
            assert_eq!(refused(replaced.map(drop)), refusal(), "{missing}");
        }
        give(&account, archive, BOB, &but("x")).await;
        assert_eq!(refused(bob.delete_mailbox(archive).await), refusal());
        let renamed = bob.rename_mailbox(archive, &name("INBOX/Archive")).await;
        assert_eq!(refused(renamed), refusal());
        give(&account, archive, BOB, &but("k")).await;
        let made = bob.create_mailbox(&name("Archive/Below"), None).await;
        assert_eq!(refused(made.map(drop)), Refused::NoPermission);
        give(&account, archive, BOB, &but("a")).await;
        assert_eq!(refused(bob.access(archive).map(drop).map_err(Error::from)), refusal());
        let more = RightsChange::Add(Rights::ALL);
        let given = bob.set_rights(archive, (Grantee::Anyone, Sign::Given), more).await;
        assert_eq!(refused(given), refusal());
        let listed = bob.mailboxes().unwrap().iter().any(|mailbox| mailbox.id == archive);
        assert_eq!(listed, !lookup.is_empty());
    }
    // What is no matter of rights is the owner's alone.
    give(&account, archive, BOB, "lrswipkxtea").await;
    assert_eq!(refused(bob.set_quota(Some(1), None).await), Refused::NoPermission);
    assert_eq!(refused(bob.subscribe(&name("Archive")).await), Refused::NoPermission);
    let seen_by = bob.set_seen_by(archive, SeenBy::EachUser).await;
    assert_eq!(refused(seen_by), Refused::NoPermission);
    assert!(bob.subscriptions().unwrap().is_empty());
    // A mailbox at the top lies below none that he might make others below.
    let made = bob.create_mailbox(&name("Top"), None).await;
    assert_eq!(refused(made.map(drop)), Refused::NoPermission);
    assert_eq!(refused(bob.rename_mailbox(inbox, &name("Archive/Inbox")).await), Refused::Inbox);
    let all = RightsChange::Remove(Rights::ALL);
    let owners = account.set_rights(archive, (Grantee::User(OWNER), Sign::Given), all).await;
    assert!(matches!(refused(owners), Refused::Choice { .. }));
    assert_eq!(bob.mailboxes().unwrap().iter().find(|it| it.id == archive).unwrap().role, None);
    sound(&bench.accounts, &account);
}

/// RFC 4314, 4: a message comes without the flags that may not be set, and STORE sets those that may.
async fn flags_without_a_right_are_left_away(bench: Bench) {
    let account = bench.account().await;
    let (archive, inbox) = (id_of(&account, "Archive"), id_of(&account, "INBOX"));
    give(&account, inbox, BOB, "lrswipkxtea").await;
    let bob = guest(&bench.accounts, BOB).await;
    let all = Flags::SEEN.with(Flags::DELETED).with(Flags::FLAGGED);
    let names = || FlagNames { system: all, keywords: vec![Keyword::new("$Work").unwrap()] };
    let appended = bob.append(inbox, vec![message(&bench, names()).await]).await.unwrap();
    let from = uids([appended.entries[0].0.number()]);
    for (letters, system, work) in [
        ("", Flags::NONE, false),
        ("s", Flags::SEEN, false),
        ("t", Flags::DELETED, false),
        ("w", Flags::FLAGGED, true),
        ("stw", all, true),
    ] {
        give(&account, archive, BOB, &format!("lri{letters}")).await;
        let found = |uid: Uid| {
            let state = account.state(archive).unwrap();
            let entry = state.entries.find(uid).unwrap();
            let work = state.keywords_of(entry.flags).any(|it| it.as_str() == "$Work");
            (Flags(entry.flags.0 & Flags::SYSTEM.0), work)
        };
        let appended = bob.append(archive, vec![message(&bench, names()).await]).await.unwrap();
        assert_eq!(found(appended.entries[0].0), (system, work), "APPEND with {letters}");
        let copied = bob.copy(inbox, &from, archive).await.unwrap();
        assert_eq!(found(copied.pairs[0].1), (system, work), "COPY with {letters}");
        let plain = message(&bench, FlagNames::default()).await;
        let uid = bob.append(archive, vec![plain]).await.unwrap().entries[0].0;
        let change = Store {
            uids: uids([uid.number()]),
            mode: FlagMode::Replace,
            flags: names(),
            unchanged_since: None,
        };
        let stored = bob.store(archive, change.clone()).await;
        assert_eq!(stored.is_ok(), !letters.is_empty());
        assert_eq!(found(uid), (system, work), "STORE with {letters}");
        // What may not be changed stays.
        account.store(archive, change.clone()).await.unwrap();
        let none = Store { flags: FlagNames::default(), ..change };
        assert_eq!(bob.store(archive, none).await.is_ok(), !letters.is_empty());
        assert_eq!(found(uid), (all.without(system), !work), "STORE of none with {letters}");
    }
    sound(&bench.accounts, &account);
}

async fn what_is_made_below_is_shared_alike(bench: Bench) {
    let account = bench.account().await;
    let archive = id_of(&account, "Archive");
    give(&account, archive, BOB, "lrk").await;
    let bob = guest(&bench.accounts, BOB).await;
    let below = bob.create_mailbox(&name("Archive/A/B"), None).await.unwrap();
    assert_eq!(bob.rights(below), Rights::parse("lrk").unwrap());
    assert_eq!(bob.rights(id_of(&account, "Archive/A")), Rights::parse("lrk").unwrap());
    // Each has its own from then on, whatever it is called.
    give(&account, archive, BOB, "l").await;
    account.rename_mailbox(below, &name("B")).await.unwrap();
    assert_eq!(bob.rights(below), Rights::parse("lrk").unwrap());
    // What is deleted and stays for what lies below it is shared no more (RFC 4314, 4).
    account.delete_mailbox(id_of(&account, "Archive")).await.unwrap();
    assert_eq!(bob.rights(archive), Rights::NONE);
    sound(&bench.accounts, &account);
}

async fn owners_are_found_and_forgotten(mut bench: Bench) {
    let account = bench.account().await;
    let (archive, sent) = (id_of(&account, "Archive"), id_of(&account, "Sent"));
    assert_eq!(bench.accounts.owners(BOB).await.unwrap(), []);
    give(&account, archive, BOB, "l").await;
    give(&account, sent, BOB, "l").await;
    assert_eq!(bench.accounts.owners(BOB).await.unwrap(), [OWNER]);
    assert_eq!(bench.accounts.owners(EVA).await.unwrap(), []);
    give(&account, sent, BOB, "").await;
    assert_eq!(bench.accounts.owners(BOB).await.unwrap(), [OWNER]);
    let anyone = (Grantee::Anyone, Sign::Given);
    let look = RightsChange::Add(Rights::LOOKUP);
    account.set_rights(sent, anyone, look).await.unwrap();
    assert_eq!(bench.accounts.owners(EVA).await.unwrap(), [OWNER]);
    assert_eq!(bench.accounts.owners(OWNER).await.unwrap(), []);
    account.delete_mailbox(archive).await.unwrap();
    account.set_rights(sent, anyone, RightsChange::Remove(Rights::LOOKUP)).await.unwrap();
    assert_eq!(bench.accounts.owners(BOB).await.unwrap(), []);
    give(&account, sent, EVA, "l").await;
    drop(account);
    bench.restart();
    assert_eq!(bench.accounts.owners(EVA).await.unwrap(), [OWNER]);
    bench.accounts.remove(OWNER).await.unwrap();
    assert_eq!(bench.accounts.owners(EVA).await.unwrap(), []);
}

async fn a_user_who_is_removed_leaves_no_rights(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "Archive", 2).await;
    bench.accounts.create(BOB, &Who::at(Door::Admin)).await.unwrap();
    let archive = id_of(&account, "Archive");
    give(&account, archive, BOB, "lrs").await;
    give(&account, archive, EVA, "l").await;
    account.set_seen_by(archive, SeenBy::EachUser).await.unwrap();
    let bob = guest(&bench.accounts, BOB).await;
    bob.store(archive, flags(FlagMode::Add, Flags::SEEN, &[])).await.unwrap();
    bench.accounts.remove(BOB).await.unwrap();
    assert_eq!(bob.rights(archive), Rights::NONE);
    assert_eq!(account.access(archive).unwrap().grants().len(), 1);
    assert_eq!(bench.accounts.owners(BOB).await.unwrap(), []);
    sound(&bench.accounts, &account);
}

fn seen(account: &Account, mailbox: MailboxId) -> Vec<u32> {
    let state = account.state(mailbox).unwrap();
    let seen = state.entries.iter().filter(|entry| entry.flags.contains(Flags::SEEN));
    seen.map(|entry| entry.uid.number()).collect()
}

async fn each_user_has_seen_what_he_has(mut bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "Archive", 5).await;
    let (archive, inbox) = (id_of(&account, "Archive"), id_of(&account, "INBOX"));
    let mark =
        |numbers: Vec<u32>, mode| Store { uids: uids(numbers), ..flags(mode, Flags::SEEN, &[]) };
    account.store(archive, mark(vec![1, 2], FlagMode::Add)).await.unwrap();
    for user in [BOB, EVA] {
        give(&account, archive, user, "lrswit").await;
        give(&account, inbox, user, "lrswite").await;
    }
    let (bob, eva) = (guest(&bench.accounts, BOB).await, guest(&bench.accounts, EVA).await);
    assert_eq!(seen(&bob, archive), [1, 2]);
    account.set_seen_by(archive, SeenBy::EachUser).await.unwrap();
    assert_eq!((seen(&bob, archive), seen(&account, archive)), (vec![], vec![1, 2]));
    let before = account.state(archive).unwrap();
    let stored = bob.store(archive, mark(vec![2, 3, 4], FlagMode::Add)).await.unwrap();
    bob.store(archive, mark(vec![3], FlagMode::Remove)).await.unwrap();
    eva.store(archive, mark(vec![5], FlagMode::Add)).await.unwrap();
    assert_eq!(seen(&bob, archive), [2, 4]);
    assert_eq!(seen(&eva, archive), [5]);
    // To the owner nothing happened at all.
    assert!(Arc::ptr_eq(&before, &account.state(archive).unwrap()));
    // UNCHANGEDSINCE counts what the user did himself, and nothing of what another did (RFC 7162, 3.1.3).
    let since = Store { unchanged_since: Some(stored.modseq), ..mark(vec![2, 3], FlagMode::Add) };
    let refused = bob.store(archive, since.clone()).await.unwrap();
    assert_eq!(refused.modified, uids([3]));
    // What goes along with a message is what the one who moves it has seen.
    let copied = bob.copy(archive, &uids([1, 2]), inbox).await.unwrap();
    let flags_of = |uid| account.state(inbox).unwrap().entries.find(uid).unwrap().flags;
    assert!(!flags_of(copied.pairs[0].1).contains(Flags::SEEN));
    assert!(flags_of(copied.pairs[1].1).contains(Flags::SEEN));
    let back = eva.copy(inbox, &uids([copied.pairs[1].1.number()]), archive).await.unwrap();
    let back = back.pairs[0].1.number();
    assert_eq!(seen(&eva, archive), [5, back]);
    assert_eq!(seen(&bob, archive), [2, 4]);
    assert_eq!(seen(&account, archive), [1, 2]);
    drop((account, bob, eva));
    bench.restart();
    let (bob, eva) = (guest(&bench.accounts, BOB).await, guest(&bench.accounts, EVA).await);
    assert_eq!((seen(&bob, archive), seen(&eva, archive)), (vec![2, 4], vec![5, back]));
    let account = bench.accounts.open(OWNER, Who::at(Door::Imap)).unwrap();
    sound(&bench.accounts, &account);
    // With the mailbox goes what was seen in it.
    account.delete_mailbox(archive).await.unwrap();
    sound(&bench.accounts, &account);
}

async fn what_is_done_by_others_is_told_so(mut bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "Archive", 2).await;
    let archive = id_of(&account, "Archive");
    give(&account, archive, BOB, "lrte").await;
    let bob = guest(&bench.accounts, BOB).await;
    let start = *account.bell().borrow();
    bob.store(archive, flags(FlagMode::Add, Flags::DELETED, &[])).await.unwrap();
    bob.expunge(archive, None).await.unwrap();
    drop((account, bob));
    bench.restart();
    let account = bench.accounts.open(OWNER, Who::at(Door::Imap)).unwrap();
    let lines = account.changes_since(start, 9).unwrap();
    assert!(lines.iter().all(|line| line.who.user == Some(BOB)));
    assert!(matches!(lines[1].what, What::Expunged { .. }));
    let retained = account.retained(9).unwrap();
    assert_eq!(retained[0].who.user, Some(BOB));
    sound(&bench.accounts, &account);
}

/// Whatever the owner and two others do: how the mailbox looks to them is the same when it is made anew; who remembers a
/// mod-sequence finds all that changed since above it (RFC 7162); and nobody hears of what another has seen.
async fn looks_are_what_they_are_when_made_anew(mut bench: Bench) {
    let account = bench.account().await;
    let archive = id_of(&account, "Archive");
    for user in [BOB, EVA] {
        give(&account, archive, user, "lrswite").await;
    }
    fill(&bench, &account, "Archive", 4).await;
    account.set_seen_by(archive, SeenBy::EachUser).await.unwrap();
    drop(account);
    let mut random = Random::seeded(0x5eed);
    let mut remembered: BTreeMap<AccountId, (ModSeq, BTreeMap<Uid, Flags>)> = BTreeMap::new();
    for step in 0..300 {
        let users = [OWNER, BOB, EVA];
        let acting = users[random.below(3)];
        let account = guest(&bench.accounts, acting).await;
        let first = random.below(30) as u32 + 1;
        let some = uids(first..first + random.below(6) as u32 + 1);
        let mode = [FlagMode::Add, FlagMode::Remove, FlagMode::Replace][random.below(3)];
        match random.below(10) {
            0 => {
                let message = message(&bench, FlagNames::default()).await;
                account.append(archive, vec![message]).await.unwrap();
            }
            1 => {
                account.remove(archive, &uids([first])).await.unwrap();
            }
            2 if acting == OWNER => {
                let seen_by = if random.once_in(2) { SeenBy::Everybody } else { SeenBy::EachUser };
                account.set_seen_by(archive, seen_by).await.unwrap();
            }
            3 => bench.restart(),
            4..=6 => {
                let change = Store { uids: some, ..flags(mode, Flags::SEEN, &[]) };
                account.store(archive, change).await.unwrap();
            }
            _ => {
                let both = Flags::SEEN.with(Flags::FLAGGED);
                let change = Store { uids: some, ..flags(mode, both, &[]) };
                account.store(archive, change).await.unwrap();
            }
        }
        for user in users {
            let shown = guest(&bench.accounts, user).await.state(archive).unwrap();
            let fresh = bench.beside();
            let anew = guest(&fresh, user).await.state(archive).unwrap();
            let of =
                |state: &mailbox::MailboxState| state.entries.iter().copied().collect::<Vec<_>>();
            assert_eq!(of(&shown), of(&anew), "step {step}, user {user:?}");
            assert_eq!(shown.highest_modseq, anew.highest_modseq, "step {step}");
            let now: BTreeMap<Uid, Flags> =
                shown.entries.iter().map(|entry| (entry.uid, entry.flags)).collect();
            if let Some((since, before)) = remembered.get(&user) {
                for entry in shown.entries.iter().filter(|entry| entry.modseq <= *since) {
                    assert_eq!(before.get(&entry.uid), Some(&entry.flags), "step {step}");
                }
            }
            assert!(shown.entries.iter().all(|entry| entry.modseq <= shown.highest_modseq));
            remembered.insert(user, (shown.highest_modseq, now));
        }
    }
    bench.restart();
    let account = bench.accounts.open(OWNER, Who::at(Door::Imap)).unwrap();
    sound(&bench.accounts, &account);
}
