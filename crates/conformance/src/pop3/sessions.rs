//! Sessions, devices, choices and terms.

use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::operations::What;
use mailbox::{
    AccountId, Differ, Door, Flags, OnDelete, Pop3Choice, Pop3Ended, Pop3Policy, Quit, Refused,
    Retrieved, SentCopy, Shows, Who,
};

use super::{
    Bench, at, choice, device, fill, id_of, nothing, refused, sees, session, shown, sound, uids,
};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Engine>) {
    each_device_has_a_lock_of_its_own(Bench::new(make())).await;
    a_device_waits_between_logins(Bench::new(make())).await;
    a_view_is_fixed(Bench::new(make())).await;
    only_quit_removes_and_notes(Bench::new(make())).await;
    choices_fall_back_and_stay(Bench::new(make())).await;
    terms_are_the_strictest_of_all(Bench::new(make())).await;
    devices_are_limited(Bench::new(make())).await;
    headers_in_utf8_are_marked(Bench::new(make())).await;
}

async fn each_device_has_a_lock_of_its_own(bench: Bench) {
    let account = bench.account().await;
    let office = at(&bench, "Office").open_pop3().unwrap();
    assert_eq!(refused(at(&bench, "office").open_pop3()), Refused::InUse);
    let unnamed = at(&bench, "").open_pop3().unwrap();
    assert_eq!(refused(at(&bench, "").open_pop3()), Refused::InUse);
    drop(at(&bench, "phone").open_pop3().unwrap());
    drop(office);
    at(&bench, "office").open_pop3().unwrap();
    at(&bench, "").close_pop3(unnamed, nothing()).await.unwrap();
    at(&bench, "").open_pop3().unwrap();
    sound(&bench.accounts, &account);
}

async fn a_device_waits_between_logins(bench: Bench) {
    let account = bench.account().await;
    let wait = Pop3Choice { login_delay_s: Some(300), ..Pop3Choice::default() };
    account.choose_pop3(Some(&device("office")), wait).await.unwrap();
    drop(at(&bench, "office").open_pop3().unwrap());
    drop(at(&bench, "phone").open_pop3().unwrap());
    drop(at(&bench, "phone").open_pop3().unwrap());
    super::later(&bench, 100);
    let over = at(&bench, "office").open_pop3();
    assert_eq!(refused(over), Refused::TooSoon { wait_s: 200 });
    super::later(&bench, 200);
    drop(at(&bench, "office").open_pop3().unwrap());
    // The clock was put right: nobody waits for it to come back.
    super::later(&bench, -100_000);
    drop(at(&bench, "office").open_pop3().unwrap());
    sound(&bench.accounts, &account);
}

async fn a_view_is_fixed(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, 1..=4).await;
    let inbox = id_of(&account, "INBOX");
    let (office, phone) = (at(&bench, "office"), at(&bench, "phone"));
    let view = office.open_pop3().unwrap();
    let other = phone.open_pop3().unwrap();
    let before = super::ids(&view);
    account.copy(inbox, &uids([1]), inbox).await.unwrap();
    account.remove(inbox, &uids([1])).await.unwrap();
    let ended = Pop3Ended { deleted: uids([2, 3]), downloaded: uids([1, 2, 3]), quit: Quit::Yes };
    let closed = phone.close_pop3(other, ended).await.unwrap();
    assert_eq!((closed.removed, closed.hidden, closed.moved), (2, 0, 0));
    assert_eq!((shown(&view), super::ids(&view)), (vec![1, 2, 3, 4], before));
    // What others removed is passed over.
    let ended = Pop3Ended { deleted: uids([1, 3, 4]), downloaded: uids([]), quit: Quit::Yes };
    assert_eq!(office.close_pop3(view, ended).await.unwrap().removed, 1);
    assert_eq!(sees(&bench, "office"), [5]);
    sound(&bench.accounts, &account);
}

async fn only_quit_removes_and_notes(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, 1..=3).await;
    let read = Pop3Choice { retrieved: Some(Retrieved::MarkRead), ..Pop3Choice::default() };
    account.choose_pop3(Some(&device("office")), read).await.unwrap();
    let counter = *account.bell().borrow();
    session(&bench, "office", [], [1], Quit::Broken).await;
    session(&bench, "phone", [1], [2], Quit::Broken).await;
    session(&bench, "office", [], [], Quit::Yes).await;
    assert_eq!(*account.bell().borrow(), counter);
    session(&bench, "office", [1], [2], Quit::Broken).await;
    assert_eq!(sees(&bench, "phone"), [1, 2, 3]);
    let state = account.state(id_of(&account, "INBOX")).unwrap();
    let read: Vec<bool> = state.entries.iter().map(|e| e.flags.contains(Flags::SEEN)).collect();
    assert_eq!(read, [true, false, false]);
    assert!(account.pop3_devices().unwrap().iter().all(|device| device.downloaded == 0));
    let counter = *account.bell().borrow();
    let closed = session(&bench, "Office", [1, 2, 3], [3], Quit::Yes).await;
    assert_eq!((closed.removed, closed.hidden, closed.moved), (1, 0, 0));
    let told = account.changes_since(counter, 9).unwrap();
    assert!(told.iter().all(|change| change.who.door == Door::Pop3));
    assert!(told.iter().all(|change| change.who.device.as_deref() == Some("Office")));
    let gone =
        |what: &What| matches!(what, What::Expunged { uids: gone, .. } if *gone == uids([3]));
    assert!(told.iter().any(|change| gone(&change.what)));
    let devices = account.pop3_devices().unwrap();
    assert_eq!(devices.len(), 1);
    assert_eq!((devices[0].hidden, devices[0].downloaded), (0, 2));
    assert_eq!(devices[0].last, Some(bench.accounts.clock().now()));
    assert_eq!(account.retained(1).unwrap()[0].who.device.as_deref(), Some("Office"));
    sound(&bench.accounts, &account);
}

async fn choices_fall_back_and_stay(mut bench: Bench) {
    let account = bench.account().await;
    let (office, phone) = (device("Office"), device("phone"));
    account.choose_pop3(None, choice(OnDelete::KeepDays(30))).await.unwrap();
    let own = Pop3Choice {
        on_delete: Some(OnDelete::KeepUntil(vec![phone.clone(), office.clone()])),
        shows: Some(Shows::Newest(50)),
        retrieved: Some(Retrieved::MarkRead),
        sent: Some(SentCopy::Copy),
        login_delay_s: None,
    };
    account.choose_pop3(Some(&office), own.clone()).await.unwrap();
    let wrong = choice(OnDelete::KeepDays(0));
    assert!(matches!(refused(account.choose_pop3(None, wrong).await), Refused::Choice { .. }));
    drop(account);
    bench.restart();
    let account = at(&bench, "office");
    let (chosen, devices) = account.pop3_choices().unwrap();
    assert_eq!(chosen, choice(OnDelete::KeepDays(30)));
    assert_eq!((devices.len(), devices[0].0.as_str()), (1, "Office"));
    assert_eq!(devices[0].1.shows, own.shows);
    let policy = account.pop3_policy(Some(&device("OFFICE"))).unwrap();
    assert_eq!(policy.on_delete, OnDelete::KeepUntil(vec![office.clone(), phone.clone()]));
    assert_eq!((policy.sent, policy.login_delay_s), (SentCopy::Copy, 0));
    let other = account.pop3_policy(Some(&phone)).unwrap();
    assert_eq!(other, Pop3Policy { on_delete: OnDelete::KeepDays(30), ..Pop3Policy::default() });
    assert_eq!(account.pop3_policy(None).unwrap(), other);
    assert_eq!(account.open_pop3().unwrap().policy(), &policy);
    account.choose_pop3(Some(&office), Pop3Choice::default()).await.unwrap();
    account.choose_pop3(None, Pop3Choice::default()).await.unwrap();
    assert_eq!(account.pop3_choices().unwrap(), (Pop3Choice::default(), Vec::new()));
    assert_eq!(account.pop3_policy(Some(&office)).unwrap(), Pop3Policy::default());
    sound(&bench.accounts, &account);
}

async fn terms_are_the_strictest_of_all(mut bench: Bench) {
    let account = bench.account().await;
    let other = bench.accounts.create(AccountId(8), &Who::at(Door::Admin)).await.unwrap();
    let all = bench.accounts.pop3_terms().unwrap();
    assert_eq!((all.expire_days, all.login_delay_s, all.differ), (None, 0, Differ::No));
    account.choose_pop3(None, choice(OnDelete::KeepDays(30))).await.unwrap();
    account.choose_pop3(Some(&device("a")), choice(OnDelete::KeepDays(7))).await.unwrap();
    let wait = Pop3Choice { login_delay_s: Some(60), ..choice(OnDelete::Hide) };
    account.choose_pop3(Some(&device("b")), wait).await.unwrap();
    other.choose_pop3(None, choice(OnDelete::KeepDays(14))).await.unwrap();
    let own = account.pop3_terms().unwrap();
    assert_eq!((own.expire_days, own.login_delay_s, own.differ), (Some(7), 60, Differ::No));
    for _ in 0..2 {
        let all = bench.accounts.pop3_terms().unwrap();
        assert_eq!((all.expire_days, all.login_delay_s), (Some(7), 60));
        assert_eq!((all.expire_differs, all.login_delay_differs), (Differ::ByUser, Differ::ByUser));
        bench.restart();
    }
    bench.accounts.remove(AccountId(7)).await.unwrap();
    let all = bench.accounts.pop3_terms().unwrap();
    assert_eq!((all.expire_days, all.login_delay_s), (Some(14), 0));
    assert_eq!((all.expire_differs, all.login_delay_differs), (Differ::ByUser, Differ::No));
    let other = bench.accounts.open(AccountId(8), Who::at(Door::Admin)).unwrap();
    other.choose_pop3(None, Pop3Choice::default()).await.unwrap();
    assert_eq!(bench.accounts.pop3_terms().unwrap(), Pop3Policy::default().terms());
    bench.restart();
    assert_eq!(bench.accounts.pop3_terms().unwrap(), Pop3Policy::default().terms());
    sound(&bench.accounts, &other);
}

async fn devices_are_limited(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, 1..=1).await;
    for number in 0..100 {
        let name = device(&format!("device {number}"));
        account.choose_pop3(Some(&name), choice(OnDelete::Hide)).await.unwrap();
    }
    let one_more = account.choose_pop3(Some(&device("x")), choice(OnDelete::Hide)).await;
    assert_eq!(refused(one_more), Refused::TooMany { what: "devices", max: 100 });
    account.choose_pop3(Some(&device("DEVICE 3")), choice(OnDelete::KeepDays(9))).await.unwrap();
    account.choose_pop3(None, choice(OnDelete::Hide)).await.unwrap();
    account.choose_pop3(Some(&device("device 4")), Pop3Choice::default()).await.unwrap();
    // Those that only downloaded give way, the oldest first; those chosen for do not.
    for number in 0..150 {
        super::later(&bench, 1);
        session(&bench, &format!("device {number}"), [1], [], Quit::Yes).await;
    }
    let devices = account.pop3_devices().unwrap();
    let there = |name: &str| devices.iter().any(|state| state.device == Some(device(name)));
    assert_eq!(devices.len(), 100);
    assert!(there("device 99") && !there("device 4") && !there("device 148"));
    // Where one more cannot be, nothing is hidden, and nothing is removed.
    for number in 0..99 {
        session(&bench, &format!("device {}", number + u32::from(number > 3)), [], [1], Quit::Yes)
            .await;
    }
    session(&bench, "device 149", [], [1], Quit::Yes).await;
    let last = at(&bench, "device 150");
    let view = last.open_pop3().unwrap();
    let ended = Pop3Ended { deleted: uids([1]), ..nothing() };
    let over = last.close_pop3(view, ended).await;
    assert_eq!(refused(over), Refused::TooMany { what: "devices", max: 100 });
    assert_eq!(sees(&bench, "device 150"), [1]);
    sound(&bench.accounts, &account);
}

async fn headers_in_utf8_are_marked(mut bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    for text in ["Subject: Grüße\r\n\r\nx\r\n", "Subject: a\r\n\r\né\r\n", "Subject: é\n\nuneven"]
    {
        let message = bench.message(text).await;
        account.append(inbox, vec![message]).await.unwrap();
    }
    let archive = id_of(&account, "Archive");
    account.r#move(inbox, &uids([1, 2]), archive).await.unwrap();
    account.r#move(archive, &uids([1, 2]), inbox).await.unwrap();
    account.remove(inbox, &uids([3, 4])).await.unwrap();
    account.bring_back(account.retained(1).unwrap()[0].modseq, None).await.unwrap();
    let store = mailbox::operations::Store {
        uids: mailbox::UidSet::all(),
        mode: mailbox::FlagMode::Replace,
        flags: mailbox::FlagNames { system: Flags(u64::MAX), keywords: Vec::new() },
        unchanged_since: None,
    };
    account.store(inbox, store).await.unwrap();
    drop(account);
    bench.restart();
    let account = at(&bench, "");
    let marks: Vec<Flags> = {
        let view = account.open_pop3().unwrap();
        view.state().entries.iter().map(|e| Flags(e.flags.0 & Flags::INTERNAL.0)).collect()
    };
    assert_eq!(marks, [Flags::NONE, Flags::INTERNAL, Flags::UTF8_HEADER]);
    sound(&bench.accounts, &account);
}
